"""Scores for the responses of a corpus: what is asked, kept, replaced and counted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hivemind_core.corpus.scorer_records import read_records
from hivemind_core.corpus.store import Corpus, open_corpus, views_file
from hivemind_core.corpus.tables import SCORES
from hivemind_core.corpus.verdict_cache import VerdictCache
from hivemind_core.errors import CorpusError, InputError, WorkError
from hivemind_core.models.scorer import Item, Keep, Verdict
from hivemind_core.progress import Report
from hivemind_core.scoring import find_scorers, format_scored, list_rated, read_work, score_corpus
from tests.dashboard_corpus import ENCODER, write_demo
from tests.test_cli_import import run
from tests.test_evaluation import prefer, rate, score, write_corpus

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Counter:
    """Scores a response by its length; knows no answer to some, and stops at one."""

    version: str = "1"
    silent: frozenset[str] = frozenset()
    offline: frozenset[str] = frozenset()
    stop_at: str | None = None
    criterion: str | None = None
    name: str = "counter"
    kind: str = "baseline"
    asked: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        return f"counter {self.version}"

    @property
    def record(self) -> Mapping[str, str]:
        return {"version": self.version}

    def score(self, items: Sequence[Item], keep: Keep, report: Report) -> None:
        for place, item in enumerate(items):
            if item.text == self.stop_at:
                raise WorkError("the machine went away")
            self.asked.append(item.text)
            if item.text in self.silent:
                keep(place, Verdict({}, "refused", "I would rather not."))
            elif item.text in self.offline:
                keep(place, Verdict({}, "no answer", is_final=False))
            else:
                keep(place, Verdict({self.criterion: float(len(item.text))}))
            report("score", place + 1, len(items))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Two rated responses, one without a text, and a pair."""
    return write_corpus(
        tmp_path / "corpus",
        ratings=[*rate("q0a", 3, 4), *rate("q1a", 1, 2), *rate("q1b", 2, 2)],
        preferences=prefer(("q0a", "q0b"), 1, 2),
    )


@pytest.fixture
def cache(tmp_path: Path) -> VerdictCache:
    return VerdictCache(tmp_path / "verdicts.sqlite")


def run_scorer(
    corpus: Corpus, scorer: Counter, cache: VerdictCache, *, everything: bool = False
) -> tuple[Corpus, str]:
    opened = open_corpus(corpus.locator)
    work = read_work(opened, everything=everything)
    written, done = score_corpus(opened, scorer, work, cache, clock=lambda: NOW)
    return written, format_scored(done)


def read_scores(corpus: Corpus, scorer: str = "counter") -> dict[str, float]:
    rows = corpus.read(SCORES).to_pylist()
    return {row["response_id"]: row["score"] for row in rows if row["scorer"] == scorer}


def test_what_people_rated_or_compared_is_scored(corpus: Corpus, cache: VerdictCache) -> None:
    assert list_rated(corpus) == ("q0a", "q0b", "q1a", "q1b")
    scorer = Counter()
    written, said = run_scorer(corpus, scorer, cache)
    assert read_scores(written) == {"q0a": 4, "q0b": 7, "q1b": 7}
    assert said == "counter: 3 of 4 responses scored\n  1 no text"
    row = next(iter(written.read(SCORES).to_pylist()))
    assert (row["kind"], row["criterion"], row["higher_is_better"]) == ("baseline", None, True)
    record = read_records(written)["counter"]
    assert (record.responses, record.scored, record.failures) == (4, 3, {"no text": 1})
    assert (record.created, record.details) == ("2026-01-02T03:04:05+00:00", {"version": "1"})


def test_every_response_is_scored_where_asked(corpus: Corpus, cache: VerdictCache) -> None:
    written, _ = run_scorer(corpus, Counter(), cache, everything=True)
    assert set(read_scores(written)) == {"q0a", "q0b", "q0h", "q1b"}


def test_nothing_is_asked_twice(corpus: Corpus, cache: VerdictCache) -> None:
    first = Counter(silent=frozenset({"seventy"}))
    written, _ = run_scorer(corpus, first, cache)
    stamp = written.filesystem.modified(written.path("corpus.json"))
    second = Counter(silent=frozenset({"seventy"}))
    again, said = run_scorer(corpus, second, cache)
    assert sorted(first.asked) == ["four", "seventy", "ünïcödé"]
    assert second.asked == []
    assert said.startswith("counter: 2 of 4 responses scored, 3 verdicts known from an earlier run")
    assert again.manifest == written.manifest
    assert again.filesystem.modified(again.path("corpus.json")) == stamp


def test_what_the_network_failed_at_is_asked_again(corpus: Corpus, cache: VerdictCache) -> None:
    written, said = run_scorer(corpus, Counter(offline=frozenset({"four"})), cache)
    assert "1 no answer" in said
    assert "q0a" not in read_scores(written)
    later = Counter()
    written, said = run_scorer(corpus, later, cache)
    assert later.asked == ["four"]
    assert read_scores(written) == {"q0a": 4, "q0b": 7, "q1b": 7}
    assert read_records(written)["counter"].failures == {"no text": 1}


def test_a_refusal_is_no_score_and_is_counted(corpus: Corpus, cache: VerdictCache) -> None:
    written, said = run_scorer(corpus, Counter(silent=frozenset({"four"})), cache)
    assert "1 refused" in said
    assert "q0a" not in read_scores(written)


def test_what_was_scored_before_the_work_stopped_is_kept(
    corpus: Corpus, cache: VerdictCache
) -> None:
    with pytest.raises(WorkError, match="went away"):
        run_scorer(corpus, Counter(stop_at="seventy"), cache)
    stopped = open_corpus(corpus.locator)
    assert read_scores(stopped) == {"q0a": 4}
    assert read_records(stopped)["counter"].failures == {"no text": 1, "not asked": 2}
    later = Counter()
    written, _ = run_scorer(corpus, later, cache)
    assert "four" not in later.asked
    assert len(read_scores(written)) == 3


def test_scores_made_in_another_way_are_replaced(corpus: Corpus, cache: VerdictCache) -> None:
    run_scorer(corpus, Counter(), cache, everything=True)
    written, said = run_scorer(corpus, Counter(version="2"), cache)
    assert set(read_scores(written)) == {"q0a", "q0b", "q1b"}
    assert said.endswith("4 scores made in another way were replaced")


def test_scores_of_other_responses_and_scorers_stay(corpus: Corpus, cache: VerdictCache) -> None:
    run_scorer(corpus, Counter(), cache, everything=True)
    run_scorer(corpus, Counter(name="other", version="9"), cache)
    written, _ = run_scorer(corpus, Counter(), cache)
    assert set(read_scores(written)) == {"q0a", "q0b", "q0h", "q1b"}
    assert set(read_scores(written, "other")) == {"q0a", "q0b", "q1b"}
    assert set(read_records(written)) == {"counter", "other"}


def test_imported_scores_of_the_same_name_are_not_overwritten(
    tmp_path: Path, cache: VerdictCache
) -> None:
    corpus = write_corpus(
        tmp_path / "imported", ratings=rate("q0a", 1, 2), scores=score({"q0a": 0.5}, "counter")
    )
    scorer = Counter()
    with pytest.raises(InputError, match="scores of this name that were imported"):
        run_scorer(corpus, scorer, cache)
    assert scorer.asked == []
    assert read_scores(open_corpus(corpus.locator)) == {"q0a": 0.5}


def test_equal_responses_to_a_query_are_asked_about_once(
    tmp_path: Path, cache: VerdictCache
) -> None:
    responses: list[dict[str, object]] = [
        {"response_id": i, "query_id": q, "model": None, "text": "same"}
        for i, q in (("a", "q0"), ("b", "q0"), ("c", "q1"))
    ]
    ratings = [*rate("a", 1), *rate("b", 2), *rate("c", 3)]
    corpus = write_corpus(tmp_path / "twins", responses=responses, ratings=ratings)
    scorer = Counter()
    written, _ = run_scorer(corpus, scorer, cache)
    assert len(scorer.asked) == 2
    assert set(read_scores(written)) == {"a", "b", "c"}


def test_a_criterion_is_kept(corpus: Corpus, cache: VerdictCache) -> None:
    written, _ = run_scorer(corpus, Counter(criterion="helpful"), cache)
    assert set(written.read(SCORES)["criterion"].to_pylist()) == {"helpful"}
    again, _ = run_scorer(corpus, Counter(criterion="helpful"), cache)  # now from the cache
    assert again.read(SCORES) == written.read(SCORES)


def test_a_corpus_that_nobody_judged_says_what_to_do(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "bare")
    with pytest.raises(InputError, match=r"none that people rated .*\. --all scores every"):
        read_work(corpus)
    assert len(read_work(corpus, everything=True)) == 5


def test_a_damaged_record_is_told(corpus: Corpus, cache: VerdictCache) -> None:
    Path(corpus.path("scorers.json")).write_text('{"counter": {"kind": 1}}')
    with pytest.raises(CorpusError, match="Remove the file, and score again"):
        run_scorer(corpus, Counter(), cache)


@pytest.mark.parametrize("name", ["", "judge:", "reward", "gpt-4o", "lengths", "perplexity:"])
def test_a_name_that_is_no_scorer_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="a scorer is judge:MODEL, reward:MODEL"):
        find_scorers(name, {})


def test_the_command_scores_and_says_so(corpus: Corpus) -> None:
    done = run("score", corpus.locator, "--scorer", "length", "--json")
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    assert (told["responses"], told["scored"], told["failures"]) == (4, 3, {"no text": 1})
    assert "3 of 4 responses scored" in done.stderr
    assert sorted(read_scores(open_corpus(corpus.locator), told["scorer"]).values()) == [4, 7, 7]


def test_the_command_refuses_an_unknown_scorer(corpus: Corpus) -> None:
    done = run("score", corpus.locator, "--scorer", "vibes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "hivemind: --scorer: a scorer is judge:MODEL" in done.stderr


def test_scores_leave_views_that_were_up_to_date_so(tmp_path: Path, cache: VerdictCache) -> None:
    demo = write_demo(tmp_path / "demo")
    stamp = Path(demo.path(views_file(ENCODER, "build.json")))
    other = Path(demo.path(views_file(ENCODER, "summary.json"))).read_bytes()
    assert json.loads(stamp.read_text())["content_hash"] == demo.manifest.content_hash
    written, _ = run_scorer(demo, Counter(), cache)
    assert written.manifest.content_hash != demo.manifest.content_hash
    assert open_corpus(demo.locator).manifest == written.manifest
    assert json.loads(stamp.read_text())["content_hash"] == written.manifest.content_hash
    assert Path(demo.path(views_file(ENCODER, "summary.json"))).read_bytes() == other
    stamp.write_text(json.dumps({"content_hash": "older"}))
    run_scorer(demo, Counter(version="2"), cache)
    assert json.loads(stamp.read_text()) == {"content_hash": "older"}
