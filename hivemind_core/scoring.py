"""Scores for the responses of a corpus: rated responses -> scorer -> cache -> scores."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from hivemind_core.corpus.scorer_records import FILE, ScorerRecord, format_records, read_records
from hivemind_core.corpus.store import Corpus, write_tables
from hivemind_core.corpus.tables import (
    PREFERENCES,
    QUERIES,
    RATINGS,
    RESPONSES,
    SCORES,
    build_rows,
)
from hivemind_core.corpus.verdict_cache import VerdictCache
from hivemind_core.corpus.views import keep_current
from hivemind_core.errors import InputError, WorkError, shorten
from hivemind_core.models.length import Length
from hivemind_core.models.scorer import Item, Scorer, Verdict
from hivemind_core.progress import Report, report_nothing

NO_TEXT = "no text"
FORMS = "judge:MODEL, reward:MODEL, perplexity:MODEL, perplexity-response:MODEL or length"

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Scored:
    """What became of one scorer.

    Attributes
    ----------
    scorer : str
    responses : int
        Responses that were to be scored.
    scored : int
        Those that have a score now.
    from_cache : int
        Those whose verdict was known from an earlier run.
    failures : mapping of str to int
        Those without a score, or with a part of it, by reason.
    replaced : int
        Scores of this scorer, made in another way, that were taken out.
    """

    scorer: str
    responses: int
    scored: int
    from_cache: int
    failures: Mapping[str, int]
    replaced: int


def find_scorers(name: str, environment: Mapping[str, str]) -> tuple[Scorer, ...]:
    """Return the scorers that a name stands for; nothing is loaded or asked yet.

    Parameters
    ----------
    name : str
        "judge:MODEL", "reward:MODEL", "perplexity:MODEL", "perplexity-response:MODEL", where a
        MODEL is a hub id or a folder, of judges the name at the endpoint; or "length".
    environment : mapping
        OPENAI_API_KEY and OPENAI_BASE_URL are read from it.

    Raises
    ------
    InputError
        If the name means nothing, or what it needs is missing.
    """
    from hivemind_core.models.judging import find_judges
    from hivemind_core.models.perplexity import find_perplexity
    from hivemind_core.models.reward import find_reward

    form, _, model = name.partition(":")
    if name == "length":
        return (Length(),)
    if form == "judge" and model:
        return find_judges(name, environment)
    if form == "reward" and model:
        return (find_reward(name),)
    if form in ("perplexity", "perplexity-response") and model:
        return (find_perplexity(name, environment),)
    raise InputError(f"a scorer is {FORMS}", where="--scorer", found=shorten(name))


def list_rated(corpus: Corpus) -> tuple[str, ...]:
    """Return the ids of the responses that people rated or compared, in the order of their ids."""
    columns = [
        corpus.read(RATINGS, columns=["response_id"])["response_id"],
        corpus.read(PREFERENCES, columns=["response_a"])["response_a"],
        corpus.read(PREFERENCES, columns=["response_b"])["response_b"],
    ]
    return tuple(sorted({i for column in columns for i in pc.unique(column).to_pylist()}))


@dataclass(frozen=True, eq=False)
class Work:
    """The responses to score, as texts.

    Attributes
    ----------
    items : mapping of str to Item
        By response id; responses without a text are not there.
    withheld : int
        Responses that would have been there if they had a text.
    """

    items: Mapping[str, Item]
    withheld: int

    def __len__(self) -> int:
        return len(self.items) + self.withheld


def read_work(corpus: Corpus, *, everything: bool = False) -> Work:
    """Return the responses of a corpus that people judged, or all of them, as texts.

    Raises
    ------
    InputError
        If there are none.
    """
    rows = corpus.read(RESPONSES, columns=["response_id", "query_id", "text"])
    if not everything:
        rated = pa.array(list_rated(corpus), pa.string())
        rows = rows.filter(pc.is_in(rows["response_id"], rated))
    if not len(rows):
        raise InputError(
            "there must be responses to score",
            where=corpus.locator,
            found="none that people rated or compared" if not everything else "none",
            remedy="" if everything else "--all scores every response",
        )
    queries = corpus.read(QUERIES, columns=["query_id", "query"])
    texts = dict(zip(*(queries[c].to_pylist() for c in ("query_id", "query")), strict=True))
    items = {
        row["response_id"]: Item(texts[row["query_id"]], row["text"])
        for row in rows.to_pylist()
        if row["text"] and row["text"].strip() and texts[row["query_id"]].strip()
    }
    return Work(items, len(rows) - len(items))


def score_corpus(
    corpus: Corpus,
    scorer: Scorer,
    work: Work,
    cache: VerdictCache,
    *,
    report: Report = report_nothing,
    clock: Clock = lambda: datetime.now(UTC),
) -> tuple[Corpus, Scored]:
    """Score responses and write the scores into the corpus.

    Equal responses to one query are scored once. Every verdict is kept the moment it comes, so
    that a stopped run goes on where it was; what the network or the machine failed at is asked
    anew by the next run. Scores that this scorer gave in another way, by other weights or another
    rubric, are replaced.

    Parameters
    ----------
    corpus : Corpus
    scorer : Scorer
    work : Work
        See `read_work`.
    cache : VerdictCache
    report : Report
    clock : callable
        Says when the scores were made.

    Raises
    ------
    InputError
        If the scorer cannot be used, or the corpus has scores of that name from elsewhere.
    WorkError
        If the scorer cannot go on; what it scored until then is written.
    """
    _check_name(corpus, scorer)
    items = list(dict.fromkeys(work.items.values()))
    known = _recall(cache, scorer.fingerprint, items)
    from_cache = sum(item in known for item in work.items.values())
    missing = [item for item in items if item not in known]
    try:
        if missing:
            _ask(scorer, missing, known, cache, report)
    except WorkError:
        if any(verdict.scores for verdict in known.values()):
            _store(corpus, scorer, work, known, clock)
        raise
    written, record, replaced = _store(corpus, scorer, work, known, clock)
    return written, Scored(
        scorer.name, len(work), record.scored, from_cache, record.failures, replaced
    )


def _ask(
    scorer: Scorer,
    items: Sequence[Item],
    known: dict[Item, Verdict],
    cache: VerdictCache,
    report: Report,
) -> None:
    """Have items scored; what is said of them goes into `known` and, if final, the cache."""

    def keep(place: int, verdict: Verdict) -> None:
        item = items[place]
        known[item] = verdict
        if verdict.is_final:
            cache.write(scorer.fingerprint, {(item.query, item.text): _format(verdict)})

    scorer.score(items, keep, report)


def _recall(cache: VerdictCache, fingerprint: str, items: Sequence[Item]) -> dict[Item, Verdict]:
    found = cache.read(fingerprint, [(item.query, item.text) for item in items])
    return {Item(*texts): _parse(content) for texts, content in found.items()}


def _format(verdict: Verdict) -> str:
    return json.dumps(asdict(verdict) | {"scores": list(verdict.scores.items())})


def _parse(content: str) -> Verdict:
    values = json.loads(content)
    return Verdict(**values | {"scores": dict(values["scores"])})


def _check_name(corpus: Corpus, scorer: Scorer) -> None:
    """Refuse to mix scores made here with scores of the same name that came from elsewhere."""
    if scorer.name in read_records(corpus):
        return
    held = corpus.read(SCORES, columns=["scorer"])["scorer"]
    if scorer.name in pc.unique(held).to_pylist():
        raise InputError(
            "the corpus has scores of this name that were imported",
            where=corpus.locator,
            found=shorten(scorer.name),
            remedy="Score a copy of the corpus that lacks them",
        )


def _store(
    corpus: Corpus, scorer: Scorer, work: Work, known: Mapping[Item, Verdict], clock: Clock
) -> tuple[Corpus, ScorerRecord, int]:
    """Write what is known, and say how; an equal corpus is not written anew.

    Returns
    -------
    corpus : Corpus
    record : ScorerRecord
    replaced : int
        Scores made in another way that went.
    """
    records = read_records(corpus)
    replaced, rows = _merge_scores(corpus, scorer, records, _list_scores(scorer, work, known))
    record = ScorerRecord(
        scorer.kind,
        scorer.fingerprint,
        clock().astimezone(UTC).isoformat(timespec="seconds"),
        len(work),
        sum(bool(known[item].scores) for item in work.items.values() if item in known),
        _count_failures(work, known),
        dict(scorer.record),
    )
    old = records.get(scorer.name)
    if old == replace(record, created=old.created if old else "") and rows == corpus.read(SCORES):
        return corpus, record, replaced
    content = format_records(records | {scorer.name: record})
    written = write_tables(corpus, {SCORES.name: rows}, corpus.manifest, {FILE: content})
    return keep_current(corpus, written, [SCORES.name]), record, replaced


def _list_scores(
    scorer: Scorer, work: Work, known: Mapping[Item, Verdict]
) -> list[dict[str, object]]:
    return [
        {
            "response_id": response_id,
            "scorer": scorer.name,
            "kind": scorer.kind,
            "score": score,
            "criterion": criterion,
            "higher_is_better": True,
        }
        for response_id, item in work.items.items()
        if item in known
        for criterion, score in known[item].scores.items()
    ]


def _count_failures(work: Work, known: Mapping[Item, Verdict]) -> dict[str, int]:
    counts = Counter(
        reason
        for item in work.items.values()
        if item in known and (reason := known[item].failure) is not None
    )
    counts[NO_TEXT] += work.withheld
    counts["not asked"] += sum(item not in known for item in work.items.values())
    return {reason: n for reason, n in sorted(counts.items()) if n}


def _merge_scores(
    corpus: Corpus,
    scorer: Scorer,
    records: Mapping[str, ScorerRecord],
    new: Sequence[dict[str, object]],
) -> tuple[int, pa.Table]:
    """Return how many scores made in another way go, and all scores that the corpus has then."""
    held = corpus.read(SCORES)
    own = pc.equal(held["scorer"], scorer.name)
    record = records.get(scorer.name)
    is_same = record is None or record.fingerprint == scorer.fingerprint
    mine = held.filter(own).to_pylist()
    renewed = {row["response_id"] for row in new}
    kept = [row for row in mine if is_same and row["response_id"] not in renewed]
    others = held.filter(pc.invert(own)).to_pylist()
    return 0 if is_same else len(mine), build_rows(SCORES, [*others, *kept, *new])


def format_scored(done: Scored) -> str:
    """Return what became of a scorer as lines for people."""
    known = f", {done.from_cache:,} verdicts known from an earlier run" if done.from_cache else ""
    lines = [f"{done.scorer}: {done.scored:,} of {done.responses:,} responses scored{known}"]
    lines += [f"  {count:,} {reason}" for reason, count in done.failures.items()]
    if done.replaced:
        lines.append(f"  {done.replaced:,} scores made in another way were replaced")
    return "\n".join(lines)
