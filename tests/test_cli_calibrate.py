"""The command calibrate, run as a user runs it."""

import json
from pathlib import Path

import pytest

from hivemind_core.corpus.store import open_corpus
from hivemind_core.evaluation import LENGTH
from hivemind_core.measures.miscalibration import TOO_FEW
from tests.dashboard_corpus import FLAT_SCORER, HOSTILE_SCORER
from tests.test_cli_import import run

KEYS = {"corpus", "annotation", "criterion", "items", "disagreement", "scorers"}
SCORER_KEYS = {"kind", "higher_is_better", "full", "verdict", "slices"}
SLICE_KEYS = {
    *("slice", "parameter", "n", "spearman", "ci95", "expected", "null95", "ceiling"),
    *("difference", "difference_ci95", "p_adjusted", "reason"),
}


def test_json_has_the_keys_of_the_contract(corpora: Path) -> None:
    done = run("calibrate", corpora / "demo", "--criterion", "quality", "--json")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    told = json.loads(done.stdout)
    assert told.keys() >= KEYS
    about = ("demo", "absolute", "quality", 150, "entropy")
    assert tuple(told[name] for name in ("corpus", *list(told)[1:4], "disagreement")) == about
    assert set(told["scorers"]) == {"judge", "reward", "praise", "perplexity", LENGTH}
    for scorer in told["scorers"].values():
        assert scorer.keys() >= SCORER_KEYS
        assert scorer["full"].keys() >= {"n", "spearman", "ci95", "within_query"}
        kinds = {part["slice"] for part in scorer["slices"]}
        assert kinds == {"disagreement_bin", "disagreed", "similar_quality"}
        for part in scorer["slices"]:
            assert part.keys() == SLICE_KEYS
            assert (part["spearman"] is None) == bool(part["reason"])
    directions = {name: one["higher_is_better"] for name, one in told["scorers"].items()}
    assert (directions["praise"], directions["perplexity"]) == (True, False)
    assert directions["judge"] is None
    perplexity = told["scorers"]["perplexity"]
    assert perplexity["full"]["spearman"] > 0.4  # turned round: more is better
    assert perplexity["verdict"].startswith("Agrees less where people disagree")


def test_the_table_for_people_has_the_best_scorer_first(corpora: Path) -> None:
    done = run("calibrate", corpora / "demo", "--criterion", "quality")
    assert done.returncode == 0, done.stderr
    first, header, *lines = done.stdout.splitlines()
    assert first == "demo: absolute judgements, quality, 150 items of 6 queries"
    assert header.split()[:2] == ["scorer", "rho"]
    assert [line.split()[0] for line in lines[::2]][:2] == ["praise", "perplexity"]
    assert lines[3].strip().startswith("Agrees less where people disagree")
    assert len(lines) == 10


def test_preferences_need_no_criterion_where_there_is_none(corpora: Path) -> None:
    done = run("calibrate", corpora / "demo", "--annotation", "pairwise", "--json")
    told = json.loads(done.stdout)
    assert (told["annotation"], told["criterion"], told["items"]) == ("pairwise", None, 30)
    assert "arena" in told["scorers"]
    assert told["scorers"]["reward"]["full"]["reason"] == TOO_FEW
    assert told["scorers"]["reward"]["full"]["spearman"] is None
    kinds = {part["slice"] for part in told["scorers"]["arena"]["slices"]}
    assert kinds == {"disagreement_bin", "disagreed", "similar_quality"}


def test_bins_and_people_are_chosen(corpora: Path) -> None:
    options = ("--criterion", "quality", "--bins", "2", "--without-people", "--json")
    told = json.loads(run("calibrate", corpora / "demo", *options).stdout)
    assert told["items"] == 120
    slices = told["scorers"]["praise"]["slices"]
    bins = [part for part in slices if part["slice"] == "disagreement_bin"]
    assert [part["parameter"] for part in bins] == [1, 2]
    assert sum(part["n"] for part in bins) == 120


@pytest.mark.parametrize("criterion", ["(none)", HOSTILE_SCORER[1]])
def test_hostile_names_are_text_and_judgements_without_a_criterion_have_a_name(
    corpora: Path, criterion: str
) -> None:
    done = run("calibrate", corpora / "hostile", "--criterion", criterion, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["criterion"] == (None if criterion == "(none)" else criterion)
    assert told["scorers"][FLAT_SCORER]["full"]["spearman"] is None
    assert (HOSTILE_SCORER[0] in told["scorers"]) == (criterion != "(none)")


@pytest.mark.parametrize(
    ("corpus", "options", "message"),
    [
        ("demo", [], "say which criterion people judged by; found interest, quality"),
        ("demo", ["--criterion", "wit"], "found 'wit'. It has: interest, quality"),
        ("demo", ["--criterion", "(none)"], "found '(none)'. It has: interest, quality"),
        ("demo", ["--bins", "1"], "--bins: there are two bins at least; found 1"),
        ("demo", ["--annotation", "both"], "one of absolute, pairwise; found 'both'"),
        ("empty", [], "the corpus must hold judgements by people; found none"),
        ("empty", ["--annotation", "pairwise"], "the corpus must hold judgements by people"),
        ("damaged", [], "corpus.json must be a JSON object"),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_what_cannot_be_asked_is_one_line_and_exit_2(
    corpora: Path, corpus: str, options: list[str], message: str, form: list[str]
) -> None:
    done = run("calibrate", corpora / corpus, *options, *form)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hivemind: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_is_written(corpora: Path) -> None:
    before = open_corpus(str(corpora / "demo")).manifest
    files = {path: path.stat().st_mtime_ns for path in (corpora / "demo").rglob("*")}
    assert run("calibrate", corpora / "demo", "--criterion", "interest").returncode == 0
    assert open_corpus(str(corpora / "demo")).manifest == before
    assert {path: path.stat().st_mtime_ns for path in (corpora / "demo").rglob("*")} == files


def test_help_is_there() -> None:
    done = run("calibrate", "--help")
    assert done.returncode == 0
    assert "--criterion" in done.stdout
