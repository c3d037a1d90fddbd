"""Exhibits made by hand, peaceful and hostile, for tests of files."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from hivemind_core.corpus.exports import Citation
from hivemind_core.exhibit import Exhibit, Panel, View
from hivemind_core.figures.palette import LIGHT, Ground

HASH = "0123456789abcdef0123456789abcdef"
HOSTILE = (
    "</script><script>document.title='broken'</script><img src=x onerror=\"alert(1)\">"
    "<a href='javascript:alert(2)'>a</a>\"' onload=alert(3) \u2028\u2029 ]]> <!-- "
    "\x00\x08\ud800 & %{x} ${y}"
)
CITATION: Citation = {
    "corpus": "two-rivers",
    "content_hash": HASH,
    "source": "a paper",
    "licence": "CC0-1.0",
    "simulated": False,
    "encoder": "all-MiniLM-L6-v2",
    "software": "hivemind-atlas",
    "version": "9.8.7",
}


def draw_points(ground: Ground = LIGHT, name: str = "model-a", kind: Any = go.Scatter) -> go.Figure:
    """Return a small map: a hover, a legend, a title, a text of each sort."""
    figure = go.Figure(
        kind(
            x=np.array([0.0, 1.0, 2.0]),
            y=np.array([0.0, 1.0, 0.5]),
            mode="markers",
            name=name,
            text=[name, "b", "c"],
            hovertemplate=f"{name}<br>%{{x}}<extra></extra>",
            marker={"color": ground.accent, "size": 14},
            showlegend=True,
        )
    )
    figure.update_layout(xaxis_title=name)
    figure.add_annotation(x=1, y=1, text=name, showarrow=False)
    return figure


def make_exhibit(
    title: str = "Write a metaphor about time.",
    *,
    words: str = "Three points on a line.",
    figure: go.Figure | None = None,
    **parts: Any,
) -> Exhibit:
    """Return an exhibit with a figure and a table."""
    view = View("atlas", {"query": "q7", "colour": "Model"}, "two-rivers", HASH)
    panel = Panel(draw_points() if figure is None else figure, words)
    table = pa.table({"model": ["a", None], "share": [0.51234567, float("nan")]})
    given: dict[str, Any] = {
        "reading": "Most say that time is a river.",
        "panels": (panel,),
        "tables": {"answers": table},
        "citation": CITATION,
        "basis": "Cosine of 1,250 answers.",
        "note": "Say it slowly.",
    }
    return Exhibit(view, title, **(given | parts))


def make_hostile() -> Exhibit:
    """Return an exhibit all of whose texts want to become markup or a script."""
    figure = draw_points(name=HOSTILE)
    panel = Panel(figure, HOSTILE, HOSTILE, HOSTILE)
    table = pa.table({HOSTILE.replace("\ud800", ""): [HOSTILE.replace("\ud800", ""), "x" * 10_000]})
    view = View(HOSTILE, {HOSTILE: HOSTILE, "several": (HOSTILE, "b")}, HOSTILE, HASH)
    citation: Citation = CITATION | {"source": HOSTILE, HOSTILE: HOSTILE}
    return Exhibit(
        view,
        HOSTILE,
        HOSTILE,
        (panel,),
        {HOSTILE: table},
        citation,
        HOSTILE,
        HOSTILE,
        HOSTILE,
    )


def make_talk(number: int = 3) -> list[Exhibit]:
    """Return several exhibits, unlike in their titles."""
    return [make_exhibit(f"View {i} of a talk", note=f"Note {i}") for i in range(1, number + 1)]
