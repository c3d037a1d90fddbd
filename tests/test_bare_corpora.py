"""Pages on what people bring first: query, model and response, and nothing else, by the commands.

The corpora of the other tests have categories, strategies or made-up views; these are imported and
built as a user does it.
"""

import json
from pathlib import Path

import pytest

from hivemind_core.cli import application
from tests.browsing import read, visit

PARTS: dict[str, list[dict[str, str]]] = {
    "overview": [{}],
    "taxonomy": [{"taxonomy": part} for part in ("Shares", "Together", "Map")],
    "atlas": [{}, {"list": "Clusters"}, {"map": "PCA"}, {"view": "Category"}],
    "homogeneity": [
        {"part": part}
        for part in ("Within models", "Between models", "Nearest answers", "Robustness", "Change")
    ]
    + [{"of": "Both"}],
    "calibration": [{}, {"question": "Votes"}],
    "live": [{}],
    "talk": [{}],
}
PLACES = [(page, part) for page, parts in PARTS.items() for part in parts]
ANSWERS = {
    "three": [
        ("Name a colour.", name, text)
        for name, text in zip("aba", ("Blue.", "Red.", "Grey."), strict=True)
    ],
    "one": [("Name a colour.", "a", "Blue.")],
    "few": [
        (f"Name a {thing}.", model, f"A {thing} of {model}, number {n % 3}.")
        for thing in ("colour", "cat")
        for model in ("gpt-4o", "olmo2-7b")
        for n in range(6)
    ],
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bare")
    for name, rows in ANSWERS.items():
        given = folder / f"{name}.jsonl"
        keys = ("query", "model", "response")
        lines = [json.dumps(dict(zip(keys, row, strict=True))) for row in rows]
        given.write_text("\n".join(lines))
        corpus = str(folder / "corpora" / name)
        imported = ["import", "files", corpus, "--responses", str(given)]
        for command in (imported, ["build", corpus]):
            application(command, standalone_mode=False)
    return folder / "corpora"


@pytest.mark.parametrize("corpus", ANSWERS)
@pytest.mark.parametrize(("page", "part"), PLACES, ids=str)
def test_every_page_opens_on_what_people_bring_first(
    page: str, part: dict[str, str], corpus: str, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(bare))
    app = visit(page, corpus, **part)
    assert not app.exception
    assert "nan" not in read(app).split()


def test_a_corpus_without_categories_says_so_beside_the_papers(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(bare))
    words = read(visit("taxonomy", "few"))
    assert (
        "No query of this corpus has a category. The paper's queries ask most often for " in words
    )
    assert "Diamonds: as published" in words and "Bars" not in words
