"""Near-identical answers: the queries where most models say nearly the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from hivemind_core.corpus.catalogue import shorten_label
from hivemind_core.corpus.store import Corpus, views_file
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.figures.striking import (
    Sharing,
    choose_striking,
    explain_striking,
    find_widest,
    keep_shared,
    tell_rest,
    tell_striking,
)
from hivemind_core.report.material import Material
from hivemind_core.report.parts import Cell, Grid, Part, Section, Words
from hivemind_core.space.linking import cut_named, read_linkage, split_by_query

SHOWN = 15
TEXT_CUT = 220  # characters of an answer
SHARED = "Queries with a group that models share, by answers × models"
ALONE = "Queries with a group, the largest first"
COLUMNS = ("query, and the answer that stands for the group", "models", "alike")
PEOPLE, DIFFERENT = "by people", "different answers"


def describe_groups(material: Material) -> Section:
    """Return the section on groups of near-identical answers."""
    rows = material.corpus.read_file(views_file(material.encoder, "groups.parquet")).to_pylist()
    ranked = [row for row in choose_striking(rows) if row["query_id"] in material.catalogue.queries]
    shown = (keep_shared(ranked) or ranked)[:SHOWN]
    widest = find_widest(ranked)
    sharing = _count_sharing(material, [*shown, *([widest] if widest else [])])
    queries = len({row["query_id"] for row in rows})
    finding = tell_striking(ranked, queries, sharing[widest["query_id"]] if widest else None)
    parts: list[Part] = [Words(finding, "finding")]
    if ranked:
        parts += [Words(explain_striking(ranked), "note")]
        parts += [_tabulate(material, shown, sharing, SHARED if widest else ALONE)]
    if rest := tell_rest(ranked, len(shown)):
        parts.append(Words(rest, "note"))
    return Section("groups", "Near-identical answers", tuple(parts), (finding,))


def _count_sharing(material: Material, rows: Sequence[Mapping[str, Any]]) -> dict[str, Sharing]:
    """Return who shares the group of each query: its linkage, cut where its row says."""
    wanted = {row["query_id"]: row for row in rows}
    views = {
        name: dict(
            split_by_query(
                material.corpus.read_file(
                    views_file(material.encoder, f"{name}.parquet"), query_ids=wanted
                )
            )
        )
        for name in ("linkages", "maps")
    }
    found = {}
    for query_id, row in wanted.items():
        points, merges = views["maps"][query_id], views["linkages"][query_id]
        merges = merges.filter(pc.equal(merges["sense"], row["sense"]))
        labels = cut_named(read_linkage(merges), row["threshold"]).labels
        place = points["response_id"].to_pylist().index(row["medoid"])
        sources = points["source"].to_pylist()
        alike = [
            source for source, label in zip(sources, labels, strict=True) if label == labels[place]
        ]
        found[query_id] = _count(material, Counter(alike), Counter(sources))
    return found


def _count(material: Material, alike: Counter[str], present: Counter[str]) -> Sharing:
    """Return who shares a group, from its answers and all answers by source."""
    sources = material.manifest.sources
    people = {source.name for source in sources if source.is_human}
    models = {source.name: source.model for source in sources if source.is_model}
    return Sharing(
        len({models[name] for name in alike if name in models}),
        len({models[name] for name in present if name in models}),
        *(sum(one[name] for name in side) for side in (models, people) for one in (alike, present)),
    )


def _tabulate(
    material: Material,
    rows: Sequence[Mapping[str, Any]],
    sharing: Mapping[str, Sharing],
    caption: str,
) -> Grid:
    """Return a row a query; people have a column where they answered."""
    texts = _read_texts(material.corpus, rows)
    has_people = any(sharing[row["query_id"]].written_by_people for row in rows)
    cells = []
    for row in rows:
        who = sharing[row["query_id"]]
        name = shorten_label(material.catalogue.queries[row["query_id"]])
        by_people = _show(who.said_by_people, who.written_by_people)
        cells.append(
            (
                Cell(name, f"“{_cut(texts.get(row['medoid'], ''))}”"),
                _show(who.models, who.asked),
                _show(who.said, who.written),
                *([by_people] if has_people else []),
                _show(row["different"], row["answers"]),
            )
        )
    columns = (*COLUMNS, *([PEOPLE] if has_people else []), DIFFERENT)
    return Grid(caption, columns, tuple(cells))


def _show(part: int, whole: int) -> Cell:
    """Return how many of how many, on one line."""
    return Cell(f"{part:,}\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}{whole:,}")


def _read_texts(corpus: Corpus, ranked: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the answers that stand for the groups, by response id."""
    queries = [row["query_id"] for row in ranked]
    columns = ["response_id", "query_id", "text"]
    rows = corpus.read(RESPONSES, columns=columns, query_ids=queries).to_pylist()
    wanted = {row["medoid"] for row in ranked}
    return {row["response_id"]: row["text"] or "" for row in rows if row["response_id"] in wanted}


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_CUT else line[:TEXT_CUT] + "…"
