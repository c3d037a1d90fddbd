"""Figures as a file needs them: with the colours of their ground, as vectors, and harmless.

On a page the theme of the dashboard dresses a figure. In a file nothing does.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.export.about import clean_text
from hivemind_core.figures.palette import HUES, Ground, mix

FONTS = 'Inter, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
TEXT_SIZE = 12
# What Plotly reads as markup, of this only what neither leads anywhere nor carries attributes.
MARKUP = re.compile(r"<(?!/?(?:b|i|u|s|em|sub|sup|br|extra)\s*/?>)", re.IGNORECASE)
PER_POINT = ("x", "y", "customdata", "text", "hovertext", "ids")


def dress_figure(figure: go.Figure, ground: Ground, fonts: str = FONTS) -> go.Figure:
    """Return a figure fit for a file; the one that is given stays as it is.

    It has the colours of its ground, draws vectors where a page would draw with WebGL, leaves out
    points that nobody would see, and no text of it can become a link or bring its own style.

    Parameters
    ----------
    figure : plotly Figure
        One without traces stays empty.
    ground : Ground
        Those colours it was made for.
    fonts : str
        Families of typefaces, the first that is there is taken.
    """
    drawn = figure.to_plotly_json()
    traces = [_draw_vectors(_drop_unseen(trace)) for trace in drawn["data"]]
    layout = dict(drawn.get("layout", {}))
    layout.pop("width", None)
    layout["template"] = _make_template(ground, fonts)
    guarded = _guard({"data": [t for t in traces if t is not None], "layout": layout})
    return go.Figure(guarded)


def list_text(part: object) -> str:
    """Return every text of a figure, or of a part of it, one after the other."""
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping):
        return "".join(list_text(value) for value in part.values())
    if isinstance(part, np.ndarray):
        return list_text(part.tolist()) if part.dtype.kind in "OU" else ""
    if isinstance(part, list | tuple):
        return "".join(list_text(value) for value in part)
    return ""


def _draw_vectors(trace: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a trace as Plotly draws it in SVG: WebGL would need scripts that make scripts."""
    if trace is not None and trace.get("type") == "scattergl":
        return {**trace, "type": "scatter"}
    return trace


def _drop_unseen(trace: dict[str, Any]) -> dict[str, Any] | None:
    """Return a trace without points that only a selection would show; None where none is left."""
    marker = trace.get("marker") or {}
    if trace.get("type") not in ("scatter", "scattergl") or marker.get("opacity") != 0:
        return trace
    chosen = np.array(trace.get("selectedpoints") or [], np.int64)
    if not len(chosen):
        return trace if trace.get("showlegend") else None
    kept = {name: _take(trace[name], chosen) for name in PER_POINT if name in trace}
    return {**trace, **kept, "selectedpoints": list(range(len(chosen)))}


def _take(values: object, chosen: NDArray[np.int64]) -> object:
    if isinstance(values, dict):  # as Plotly writes arrays of numbers
        held = np.frombuffer(b64decode(values["bdata"]), np.dtype(values["dtype"]))
        shape = [int(side) for side in str(values.get("shape", len(held))).split(",")]
        return held.reshape(shape)[chosen]
    if isinstance(values, np.ndarray):
        return values[chosen]
    return [values[i] for i in chosen] if isinstance(values, list | tuple) else values


def _guard(part: object) -> object:
    """Return a part of a figure whose texts hold no markup but plain emphasis and line breaks."""
    if isinstance(part, str):
        return MARKUP.sub("&lt;", clean_text(part))
    if isinstance(part, dict):
        return {name: _guard(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_guard(value) for value in part]
    if isinstance(part, np.ndarray) and part.dtype.kind in "OU":
        return _guard(part.tolist())
    return part


def _make_template(ground: Ground, fonts: str) -> dict[str, Any]:
    """Return what the theme of the dashboard gives a figure."""
    axis = {
        "gridcolor": ground.line,
        "linecolor": ground.line,
        "zerolinecolor": ground.line,
        "tickcolor": ground.line,
        "tickfont": {"color": ground.muted},
        "title": {"font": {"color": ground.muted}, "standoff": 8},
        "automargin": True,
    }
    layout = {
        "paper_bgcolor": ground.paper,
        "plot_bgcolor": ground.paper,
        "font": {"family": fonts, "size": TEXT_SIZE, "color": ground.ink},
        "colorway": list(HUES),
        "hoverlabel": {
            "bgcolor": mix(ground.paper, ground.ink, 0.06),
            "bordercolor": ground.line,
            "font": {"family": fonts, "color": ground.ink},
            "align": "left",
        },
        "legend": {"bgcolor": "rgba(0,0,0,0)", "font": {"color": ground.ink}},
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": ground.muted,
            "activecolor": ground.accent,
        },
        "margin": {"l": 48, "r": 16, "t": 16, "b": 48},
        "xaxis": axis,
        "yaxis": axis,
    }
    return {"layout": layout, "data": {"scatter": [{"marker": {"line": {"width": 0}}}]}}
