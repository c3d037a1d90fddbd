"""Near-identical answers: the queries where most models say nearly the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from hivemind_core.corpus.catalogue import shorten_label
from hivemind_core.corpus.store import Corpus, views_file
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.figures.striking import choose_striking, explain_striking, tell_striking
from hivemind_core.report.material import Material
from hivemind_core.report.parts import Cell, Grid, Part, Section, Words

SHOWN = 15
TEXT_CUT = 220  # characters of an answer
CAPTION = "The queries whose answers are most nearly the same"


def describe_groups(material: Material) -> Section:
    """Return the section on groups of near-identical answers."""
    rows = material.corpus.read_file(views_file(material.encoder, "groups.parquet")).to_pylist()
    ranked = [row for row in choose_striking(rows) if row["query_id"] in material.catalogue.queries]
    queries = len({row["query_id"] for row in rows})
    finding = tell_striking(ranked, queries)
    parts: list[Part] = [Words(finding, "finding")]
    if ranked:
        parts += [Words(explain_striking(ranked), "note"), _tabulate(material, ranked[:SHOWN])]
    if len(ranked) > SHOWN:
        parts.append(Words(f"{len(ranked) - SHOWN:,} more queries have such a group.", "note"))
    return Section("groups", "Near-identical answers", tuple(parts), (finding,))


def _tabulate(material: Material, ranked: Sequence[Mapping[str, Any]]) -> Grid:
    texts = _read_texts(material.corpus, ranked)
    rows = tuple(
        (
            Cell(
                shorten_label(material.catalogue.queries[row["query_id"]]),
                f"“{_cut(texts.get(row['medoid'], ''))}”",
            ),
            Cell(f"{row['size']:,}"),
            Cell(f"{row['models']:,}"),
            Cell(f"{row['answers']:,}"),
            Cell(f"{row['different']:,}"),
        )
        for row in ranked
    )
    columns = (
        "query, and the answer that stands for the group",
        "alike",
        "models",
        "of answers",
        "different",
    )
    return Grid(CAPTION, columns, rows)


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
