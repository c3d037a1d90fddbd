"""The paper's printed figures: what they come to, and files that are not sound."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from hivemind_core.corpus.locations import find_shipped
from hivemind_core.corpus.published import (
    BIN_FILE,
    MODEL_FILE,
    SAMPLES,
    SIMILARITY_FILE,
    Published,
    PublishedModel,
    read_folder,
    read_published,
)
from hivemind_core.errors import CorpusError
from hivemind_core.measures.homogeneity import include_self_pairs

FILES = (MODEL_FILE, SIMILARITY_FILE, BIN_FILE)

MODELS = """model,family,provider,parameters,type,in_main_paper,in_table5
small,F,P,0.5B,open,no,yes
mixed,F,P,8x7B,open,yes,yes
shut,G,Q,,closed,yes,no
"""
SIMILARITY = "model,small,mixed,shut\nsmall,51.0,60.0,70.0\nmixed,60.0,75.5,80.0\n"
SIMILARITY += "shut,70.0,80.0,100.0\n"
BINS = "model,0.9-1.0,0.8-0.9,0.7-0.8,0.6-0.7,0.5-0.6,0.4-0.5,0.3-0.4,0.2-0.3,0.1-0.2,0.0-0.1\n"
BINS += "small,0,0,0,0,60,0,0,0,0,40\nmixed,10,20,70,0,0,0,0,0,0,0\nshut,100,0,0,0,0,0,0,0,0,0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write the figures of three models that nobody published."""
    for name, content in zip(FILES, (MODELS, SIMILARITY, BINS), strict=True):
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def share_above(published: Published) -> float:
    return float(published.bins[:, 8:].sum(axis=1).mean())


def test_the_headline_of_the_main_paper() -> None:
    main = read_published().choose_main()
    assert len(main.models) == 25
    assert share_above(main) == pytest.approx(79.08)
    assert np.nanmin(main.between) == pytest.approx(0.695, abs=5e-4)
    assert np.nanmax(main.between) == pytest.approx(0.821, abs=5e-4)
    assert np.nanmean(main.between) == pytest.approx(0.759, abs=5e-4)
    assert main.within.mean() == pytest.approx(0.856, abs=5e-4)


def test_all_models() -> None:
    published = read_published()
    assert len(published.models) == 79
    assert share_above(published) == pytest.approx(70.11, abs=5e-3)
    assert np.nanmin(published.between) == pytest.approx(0.592, abs=5e-4)
    assert np.nanmax(published.between) == pytest.approx(0.837, abs=5e-4)
    assert np.nanmean(published.between) == pytest.approx(0.734, abs=5e-4)


def test_the_main_models_are_those_of_the_text_and_not_of_the_ticks() -> None:
    names = read_published().choose_main().names
    assert "gpt-4o-2024-11-20" in names
    assert "gpt-4o-2024-08-06" not in names


def test_five_small_models_are_closer_to_another_than_to_themselves() -> None:
    published = read_published()
    closer = include_self_pairs(published.within, SAMPLES) < np.nanmax(published.between, axis=1)
    assert [name for name, is_so in zip(published.names, closer, strict=True) if is_so] == [
        "Qwen/Qwen2.5-0.5B-Instruct",
        "Qwen/Qwen2-0.5B-Instruct",
        "Qwen/Qwen2-1.5B-Instruct",
        "Qwen/Qwen1.5-0.5B-Chat",
        "microsoft/Phi-3-mini-128k-instruct",
    ]


def test_shapes_ranges_and_symmetry() -> None:
    published = read_published()
    m = len(published.models)
    assert (published.within.shape, published.bins.shape) == ((m,), (m, 10))
    assert published.between.shape == (m, m)
    assert np.array_equal(published.between, published.between.T, equal_nan=True)
    assert np.array_equal(np.isnan(published.between), np.eye(m, dtype=bool))
    assert ((published.within > 0) & (published.within < 1)).all()
    assert published.bins.sum(axis=1) == pytest.approx(100)


def test_hand_worked_values() -> None:
    published = read_published()
    # Printed 88.2: (50 x .882 - 1) / 49 = 43.1 / 49; and 51 of 100 queries are above .9.
    assert published.names[0] == "gpt-4o-2024-11-20"
    assert published.within[0] == pytest.approx(0.8795918)
    assert published.bins[0].tolist() == [0, 0, 0, 0, 0, 2, 1, 10, 36, 51]
    assert published.between[0, 1] == pytest.approx(0.822)


def test_planted_figures_come_back(folder: Path) -> None:
    published = read_folder(folder)
    # At 51 % fifty samples that are alike by half have (25.5 - 1) / 49 = .5 left.
    assert published.within == pytest.approx([0.5, 0.75, 1])
    assert published.between[0].tolist() == pytest.approx([np.nan, 0.6, 0.7], nan_ok=True)
    assert published.bins[0].tolist() == [40, 0, 0, 0, 0, 60, 0, 0, 0, 0]
    assert published.models == (
        PublishedModel("small", "F", "P", "open", 0.5, is_main=False),
        PublishedModel("mixed", "F", "P", "open", None, is_main=True),
        PublishedModel("shut", "G", "Q", "closed", None, is_main=True),
    )
    assert published.choose_main().names == ("mixed", "shut")


def test_a_choice_keeps_the_order_of_the_table_and_its_own_numbers(folder: Path) -> None:
    published = read_folder(folder)
    chosen = published.choose(["shut", "unheard of", "small", "shut"])
    assert chosen.names == ("small", "shut")
    assert chosen.within.tolist() == published.within[[0, 2]].tolist()
    assert chosen.bins.tolist() == published.bins[[0, 2]].tolist()
    assert chosen.between[0, 1] == chosen.between[1, 0] == pytest.approx(0.7)
    assert np.isnan(chosen.between.diagonal()).all()


def test_a_choice_of_all_changes_nothing(folder: Path) -> None:
    published = read_folder(folder)
    chosen = published.choose(published.names)
    assert chosen.models == published.models
    assert np.array_equal(chosen.between, published.between, equal_nan=True)


def test_a_choice_of_none_is_empty() -> None:
    chosen = read_published().choose([])
    assert (chosen.models, chosen.names) == ((), ())
    assert (chosen.within.shape, chosen.bins.shape) == ((0,), (0, 10))
    assert chosen.between.shape == (0, 0)


def test_what_is_shared_cannot_be_written_to() -> None:
    published = read_published()
    assert read_published() is published
    for array in (published.within, published.bins, published.between):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


DAMAGED = {
    "not square": (SIMILARITY_FILE, "shut,70.0,80.0,100.0\n", "", "rows must be.*found 2 for 3"),
    "a column short": (SIMILARITY_FILE, "model,small,mixed,shut", "model,small,mixed", "columns"),
    "a ragged row": (SIMILARITY_FILE, "51.0,60.0,70.0", "51.0,60.0", "row 2 must have 4.*found 3"),
    "not symmetric": (SIMILARITY_FILE, "51.0,60.0", "51.0,61.0", "both ways; found 61 and 60 for"),
    "empty cells": (SIMILARITY_FILE, "51.0", "", "number of per cent, 0 to 100; found ''"),
    "not numbers": (SIMILARITY_FILE, "51.0", "nan", "number of per cent, 0 to 100; found 'nan'"),
    "not per cent": (BIN_FILE, "0,60,0", "-1,61,0", "number of per cent, 0 to 100; found '-1'"),
    "other rows": (BIN_FILE, "shut", "open", "rows must be.*found 'open' for 'shut' at place 3"),
    "rows in another order": (
        BIN_FILE,
        BINS.partition("\n")[2],
        "".join(reversed(BINS.splitlines(keepends=True)[1:])),
        "rows must be.*found 'shut' for 'small' at place 1",
    ),
    "other columns": (
        SIMILARITY_FILE,
        "model,small,mixed",
        "model,mixed,small",
        "columns.*found 'mixed' for 'small' at place 2",
    ),
    "bins turned": (BIN_FILE, "0.9-1.0,0.8-0.9", "0.8-0.9,0.9-1.0", "columns must be as published"),
    "a wrong sum": (BIN_FILE, "mixed,10,20", "mixed,10,21", "sum to 100; found 101 for 'mixed'"),
    "a name twice": (MODEL_FILE, "mixed", "small", "each once; found 'small' twice"),
    "a strange type": (MODEL_FILE, "closed", "ajar", "type of 'shut' must.*found 'ajar'"),
    "a strange tick": (MODEL_FILE, "no,yes", "No,yes", "in_main_paper of 'small'.*found 'No'"),
    "a strange size": (MODEL_FILE, "0.5B", "half", "parameters of 'small' must.*found 'half'"),
    "no models": (MODEL_FILE, MODELS.partition("\n")[2], "", "must name models.*found none"),
    "nothing": (MODEL_FILE, MODELS, "", "columns must be as published; found 0 for 7"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_named(folder: Path, damage: str) -> None:
    name, old, new, message = DAMAGED[damage]
    content = (folder / name).read_text(encoding="utf-8")
    assert old in content
    (folder / name).write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"{name}: .*{message}.*Install"):
        read_folder(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_unreadable_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"model,\xff")
    with pytest.raises(CorpusError, match=rf"{name}: .*readable table; found UnicodeDecodeError"):
        read_folder(folder)
    (folder / name).unlink()
    with pytest.raises(CorpusError, match=rf"{name}: .*readable table; found FileNotFoundError"):
        read_folder(folder)


def test_a_hostile_name_stays_on_one_short_line(folder: Path) -> None:
    hostile = '"<b>\n' + "x" * 500 + '"'
    content = (folder / BIN_FILE).read_text(encoding="utf-8")
    (folder / BIN_FILE).write_text(content.replace("shut", hostile), encoding="utf-8")
    with pytest.raises(CorpusError, match="at place 3") as caught:
        read_folder(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(folder))


def test_the_shipped_files_are_a_folder_that_can_be_read(tmp_path: Path) -> None:
    for name in FILES:
        shutil.copy(find_shipped("published") / name, tmp_path)
    assert read_folder(tmp_path).models == read_published().models


def test_the_shipped_files_are_the_reference(test_data: Path) -> None:
    reference = test_data.parent / "reference"
    if not reference.is_dir():
        pytest.skip("there is no folder of reference figures beside the real data")
    for name in FILES:
        shipped = (find_shipped("published") / name).read_text(encoding="utf-8")
        assert shipped == (reference / name).read_text(encoding="utf-8"), name
