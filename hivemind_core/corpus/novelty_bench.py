"""`hivemind import novelty-bench`: NoveltyBench (arXiv 2504.05228) in its own layout.

A folder holds `data/curated.jsonl` (100 queries), `data/humans.jsonl`, and a folder for each model
under `evaluation` with `scores.jsonl`, or `generations.jsonl` where nothing was scored yet.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hivemind_core.corpus.identity import make_id
from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.merge import (
    NOTHING_SAID,
    About,
    Clock,
    Given,
    read_clock,
    take,
)
from hivemind_core.corpus.records import (
    GENERATIONS,
    NUMBERS,
    WHOLES,
    Layout,
    Record,
    read_records,
)
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.store import open_or_create
from hivemind_core.corpus.tables import HUMAN, QUERIES, RESPONSES, SCORES, Column
from hivemind_core.errors import InputError
from hivemind_core.progress import Report, report_nothing

SPLIT = "curated"
QUERY_FILE = "data/curated.jsonl"
HUMAN_FILE = "data/humans.jsonl"
SCORER = "NoveltyBench reward, 1 to 10"
RAW_SCORER = "NoveltyBench raw reward"
DUPLICATE = 'a generation score of 0 means "duplicate of an earlier class", so it is no score'

ABOUT = About(
    source="NoveltyBench (arXiv 2504.05228)",
    licence="MIT",
    note=(
        "The 100 curated queries. Groups are NoveltyBench's classes of functionally equal answers."
        " olmo2-7b was also prompted with a random document in front: strategy random-doc."
    ),
)

KNOWN_FOLDERS = {
    "2025-03-27_gemini-1.5-pro": ("gemini-1.5-pro", None),
    "2025-11-21_CrPO-llama-3.1-8b-instruct-cre": ("CrPO-llama-3.1-8b", None),
    "gpt4o": ("gpt-4o", None),
    "olmo2-7b": ("olmo2-7b", None),
    "olmo2-7b-random": ("olmo2-7b", "random-doc"),
}

_PROMPT = (Column("id", required=True), Column("prompt", required=True))
_QUERY_LAYOUT = Layout(QUERIES.name, (*_PROMPT, Column("category")), (("id",), ("prompt",)))
_ANSWER_LAYOUT = Layout(
    RESPONSES.name,
    (
        *_PROMPT,
        Column("model"),
        Column("generations", GENERATIONS.type),
        Column("partition", WHOLES),
        Column("generation_scores", NUMBERS),
        Column("generation_raw_rewards", NUMBERS),
    ),
    (("id",), ("prompt",), ("generations",)),
)
_BESIDE = ("partition", "generation_scores", "generation_raw_rewards")

SourcePair = tuple[str | None, str | None]


def import_novelty_bench(
    locator: str,
    folder: Path,
    *,
    report: Report = report_nothing,
    clock: Clock = read_clock,
) -> ImportReport:
    """Merge a folder of NoveltyBench into a corpus, new or old, all or nothing.

    Texts stay exactly as given, verbatim repeats apart: a sample's number is its place in the
    list. `group` is the partition class. Scores of 0 are left and counted, because they say
    "duplicate of an earlier class", not "bad".

    Parameters
    ----------
    locator : str
        Local path or fsspec URL of the corpus.
    folder : Path
        NoveltyBench's own layout; `download.download_novelty_bench` gives one.
    report : Report
    clock : callable
        Says when a new corpus was made.

    Raises
    ------
    InputError
        If the folder is not laid out so, or a row cannot be taken.
    CorpusError, WorkError
        See `files.import_files`.
    """
    files = find_answer_files(folder)
    corpus = open_or_create(locator)
    sieve = Sieve()
    records: dict[str, list[Record]] = {QUERIES.name: _read_queries(folder / QUERY_FILE)}
    records |= {RESPONSES.name: [], SCORES.name: []}
    taken: set[SourcePair] = set()
    for step, file in enumerate(files):
        report("reading files", step, len(files))
        rows = read_records(file, _ANSWER_LAYOUT, Sieve())
        source = name_source(file, rows, taken)
        taken.add(source)
        for row in rows:
            for response, scores in _split_row(row, source, sieve):
                records[RESPONSES.name].append(response)
                records[SCORES.name] += scores
    report("reading files", len(files), len(files))
    about = NOTHING_SAID if corpus.manifest.content_hash else ABOUT
    return take(corpus, Given(records, about=about), sieve, report=report, clock=clock)[1]


def find_answer_files(folder: Path) -> list[Path]:
    """Return the files of answers, people's first, then by folder.

    Raises
    ------
    InputError
        If the folder has no queries or no answers where NoveltyBench keeps them.
    """
    if not (folder / QUERY_FILE).is_file():
        raise InputError(
            f"a folder of NoveltyBench must hold {QUERY_FILE}",
            where=str(folder),
            remedy="Without --from the public files are downloaded",
        )
    folders = sorted(path for path in folder.glob("evaluation/*/*curated*") if path.is_dir())
    scored = [path / "scores.jsonl" for path in folders]
    files = [f if f.is_file() else f.with_name("generations.jsonl") for f in scored]
    found = [f for f in (folder / HUMAN_FILE, *files) if f.is_file()]
    if not found:
        raise InputError(
            "a folder of NoveltyBench must hold evaluation/<model>/nb-curated/scores.jsonl",
            where=str(folder),
        )
    return found


def name_source(file: Path, rows: list[Record], taken: set[SourcePair]) -> SourcePair:
    """Return the model and strategy behind a file of answers.

    Known folders have names of their own here, because one of the files names a path as its model
    and two name the same model. An unknown folder is called what its rows say, or, where that is
    a path, what the folder is called without its date; a name that is taken gets the folder's as
    its strategy.
    """
    folder, subfolder = file.parts[-3:-1]
    if file.parts[-2:] == tuple(HUMAN_FILE.split("/")):
        return HUMAN, None
    model, strategy = KNOWN_FOLDERS.get(folder) or (_name_model(file, folder, rows), None)
    names = (strategy, folder, f"{folder}/{subfolder}")
    return model, next(name for name in names if (model, name) not in taken)


def _name_model(file: Path, folder: str, rows: list[Record]) -> str:
    models = {row.values.get("model") for row in rows}
    if len(models) > 1:
        found = ", ".join(sorted(map(str, models)))
        raise InputError("a file of answers must be by one model", where=str(file), found=found)
    model = models.pop()
    if model is None or model.startswith(("/", ".", "~")) or "\\" in model:
        date, _, name = folder.partition("_")
        return name if name and date.replace("-", "").isdecimal() else folder
    return str(model)


def _read_queries(file: Path) -> list[Record]:
    return [
        Record(
            {
                "query_id": values["id"],
                "query": values["prompt"],
                "categories": [values["category"]] if values.get("category") else None,
                "labels": [values["category"]] if values.get("category") else None,
                "source_id": values["id"],
                "split": SPLIT,
            },
            place,
        )
        for values, place in read_records(file, _QUERY_LAYOUT, Sieve())
    ]


def _split_row(
    row: Record, source: SourcePair, sieve: Sieve
) -> Iterator[tuple[Record, list[Record]]]:
    """Yield each generation of a row with its scores."""
    values, place = row
    generations = values["generations"] or []
    for name in _BESIDE:
        beside = values.get(name)
        if beside is not None and len(beside) != len(generations):
            rule = "a list beside the generations must be as long as they are"
            found = f"{len(beside)} for {len(generations)}"
            raise InputError(rule, where=f"{place}, column {name}", found=found)
    for number, text in enumerate(generations):
        beside = {name: values[name][number] for name in _BESIDE if values.get(name) is not None}
        where = f"{place}, item {number + 1}"
        response = _make_response(values, source, (number, text), beside.get("partition"))
        scores = _make_scores(response["response_id"], beside, where, sieve)
        yield Record(response, where), scores


def _make_response(
    values: dict[str, Any], source: SourcePair, item: tuple[int, str | None], group: int | None
) -> dict[str, Any]:
    model, strategy = source
    number, text = item
    return {
        "response_id": make_id("response", values["id"], model, strategy, number, text),
        "query_id": values["id"],
        "query": values["prompt"],
        "model": model,
        "strategy": strategy,
        "sample": number,
        "text": text,
        "group": None if group is None else str(group),
    }


def _make_scores(
    response_id: str, beside: dict[str, Any], place: str, sieve: Sieve
) -> list[Record]:
    pairs = {
        SCORER: beside.get("generation_scores"),
        RAW_SCORER: beside.get("generation_raw_rewards"),
    }
    if pairs[SCORER] == 0:
        sieve.leave(SCORES.name, DUPLICATE, place)
        pairs[SCORER] = None
    return [
        Record(
            {
                "response_id": response_id,
                "scorer": scorer,
                "kind": "reward_model",
                "score": score,
                "higher_is_better": True,
            },
            place,
        )
        for scorer, score in pairs.items()
        if score is not None
    ]
