"""How many queries are of each category, beside the shares that the paper gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from hivemind_core.corpus.taxonomy import read_taxonomy
from hivemind_core.figures.axes import make_axis
from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import count, escape_label
from hivemind_core.figures.palette import Ground, ink_text
from hivemind_core.figures.rows import lay_legend
from hivemind_core.figures.taxonomy import NAME_WIDTH, OTHER, find_hues

ROW_HEIGHT = 25  # pixels
BARS, DIAMONDS = "this corpus", "as published, of 26,070 queries"


@dataclass(frozen=True)
class CategoryShare:
    """How many queries are of a category.

    Attributes
    ----------
    group : str
        The paper's category above it; itself where it has none.
    name : str
        Untrusted.
    queries : int or None
        Of the corpus; None where there is none.
    share, published : float or None
        In per cent of all queries: of the corpus, and as the paper has it.
    """

    group: str
    name: str
    queries: int | None
    share: float | None
    published: float | None


def list_shares(
    names: Sequence[str], counts: Sequence[int] | None, total: int
) -> tuple[CategoryShare, ...]:
    """Return the share of every category: the paper's first, in its order, then the corpus's own.

    Parameters
    ----------
    names : sequence of str
        Categories of the corpus.
    counts : sequence of int or None
        Queries of each; None where there is no corpus. Without names nothing was labelled, and
        no share is known either.
    total : int
        All queries.
    """
    if not names:
        counts = None
    held = dict(zip(names, counts, strict=True)) if counts is not None else {}
    paper = {sub.name: sub for sub in read_taxonomy()}
    is_papers = counts is None or any(name in paper for name in held)
    rows = [
        CategoryShare(
            sub.category,
            sub.name,
            None if counts is None else held.get(sub.name, 0),
            None if counts is None else _share(held.get(sub.name, 0), total),
            sub.share_pct,
        )
        for sub in (paper.values() if is_papers else ())
    ]
    rows += [
        CategoryShare(name, name, number, _share(number, total), None)
        for name, number in held.items()
        if name not in paper
    ]
    return tuple(rows)


def _share(number: int, total: int) -> float | None:
    return 100 * number / total if total else None


def describe_shares(rows: Sequence[CategoryShare], total: int) -> str:
    """Return what the shares say, in a sentence; `total` is all queries of the corpus."""
    known = [row for row in rows if row.share is not None]
    if not known:
        top = max(rows, key=lambda row: row.published or 0)
        bare = "No query of this corpus has a category. " if total else ""
        return (
            f"{bare}The paper's queries ask most often for {top.name} ({top.published:.0f} %); a "
            "query may be of several categories."
        )
    named = [row for row in known if row.queries and row.name != OTHER]
    ranked = sorted(named, key=lambda row: -(row.share or 0))[:2]
    told = " and ".join(f"{row.share:.0f} % are of {row.name}" for row in ranked)
    if not told:
        return f"None of {count(total, 'query')} has a category of its own."
    return f"Of {count(total, 'query')}, {told}."


def explain_shares(rows: Sequence[CategoryShare], bare: int) -> str:
    """Return what the shares rest on."""
    total = sum(row.share for row in rows if row.share is not None)
    published = sum(row.published for row in rows if row.published is not None)
    parts = []
    if any(row.share is not None for row in rows):
        parts.append(
            f"Bars: the corpus. A query may be of several categories, so that shares sum to "
            f"{total:.0f} %; {count(bare, 'query')} of none."
        )
    if published:
        parts.append(f"Diamonds: as published, of 26,070 queries; these sum to {published:.0f} %.")
    return " ".join(parts)


def tabulate_shares(rows: Sequence[CategoryShare]) -> list[dict[str, object]]:
    """Return the shares as a table."""
    return [
        {
            "category": row.group,
            "subcategory": row.name,
            "queries": row.queries,
            "share (%)": row.share,
            "published (%)": row.published,
        }
        for row in rows
    ]


def draw_shares(rows: Sequence[CategoryShare], ground: Ground) -> go.Figure:
    """Return a bar for the share of each category, and a diamond where the paper has it."""
    hues = find_hues([row.group for row in rows], ground)
    turned = list(reversed(rows))
    places = list(range(len(turned)))
    figure = go.Figure()
    if any(row.share is not None for row in turned):
        figure.add_trace(
            go.Bar(
                x=[row.share for row in turned],
                y=places,
                orientation="h",
                marker={"color": [hues[row.group] for row in turned]},
                text=[escape_label(row.name) for row in turned],
                textposition="none",
                hovertemplate="%{text}<br>%{x:.1f} % of this corpus<extra></extra>",
                width=0.66,
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[row.published for row in turned],
            y=places,
            mode="markers",
            marker={
                "symbol": "diamond-open",
                "size": 9,
                "color": ground.ink,
                "line": {"width": 1.6},
            },
            text=[escape_label(row.name) for row in turned],
            hovertemplate="%{text}<br>%{x:.1f} % as published<extra></extra>",
        )
    )
    most = max([1.0, *(v for row in rows for v in (row.share, row.published) if v is not None)])
    ticks = [(tick, f"{tick} %") for tick in range(0, 101, 10 if most > 25 else 5) if tick <= most]
    axis = make_axis("Share of queries", (0, 1.06 * most), ticks, ground, has_grid=True)
    names = [(place, escape_label(cut_name(row.name, NAME_WIDTH))) for place, row in
             zip(places, turned, strict=True)]  # fmt: skip
    _lay(figure, axis, names, ground, 70 + ROW_HEIGHT * len(rows))
    _name_groups(figure, turned, hues, ground)
    _name_marks(figure, rows, ground)
    return figure


def _name_marks(figure: go.Figure, rows: Sequence[CategoryShare], ground: Ground) -> None:
    """Say above the rows what a bar is, and what a diamond."""
    figure.update_traces(showlegend=False)
    marks = (
        ("square", ground.muted, BARS, any(row.share is not None for row in rows)),
        ("diamond-open", ground.ink, DIAMONDS, any(row.published is not None for row in rows)),
    )
    for symbol, color, name, is_drawn in marks:
        if is_drawn:
            look = {"symbol": symbol, "size": 10, "color": color, "line": {"width": 1.6}}
            figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=look, name=name))
    lay_legend(figure, ground)


def _name_groups(
    figure: go.Figure, turned: Sequence[CategoryShare], hues: dict[str, str], ground: Ground
) -> None:
    """Write the paper's category beside the rows that lie in it, in their colour."""
    for group in dict.fromkeys(row.group for row in turned):
        places = [place for place, row in enumerate(turned) if row.group == group]
        if len(places) > 1:
            figure.add_annotation(
                x=1,
                xref="paper",
                xanchor="right",
                y=sum(places) / len(places),
                text=escape_label(group),
                showarrow=False,
                font={"size": 12, "color": ink_text(hues[group], ground)},
            )


def _lay(
    figure: go.Figure,
    axis: dict[str, object],
    names: Sequence[tuple[int, str]],
    ground: Ground,
    height: int,
) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 8, "b": 44},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        xaxis=axis,
        yaxis={
            "range": [-0.6, len(names) - 0.4],
            "tickvals": [place for place, _ in names],
            "ticktext": [name for _, name in names],
            "tickfont": {"size": 13, "color": ground.ink},
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
    )
