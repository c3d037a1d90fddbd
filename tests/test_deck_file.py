"""Files of decks: whole or absent."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hivemind_core.corpus import deck_file
from hivemind_core.corpus.deck_file import (
    add_deck_file,
    change_deck_file,
    list_deck_files,
    name_deck_file,
    read_deck_file,
    write_deck_file,
)
from hivemind_core.corpus.locations import find_decks_folder
from hivemind_core.errors import InputError, WorkError


def test_a_deck_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "decks" / "time.json"
    write_deck_file(path, "{“é”}\n")
    assert read_deck_file(path) == "{“é”}\n"
    assert [one.name for one in path.parent.iterdir()] == ["time.json"]


def test_a_deck_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "time.json").write_bytes(b"\xef\xbb\xbf{}")
    assert read_deck_file(tmp_path / "time.json") == "{}"


def test_decks_are_listed_by_name(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "a.txt", ".c.json"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.json").mkdir()
    assert [path.name for path in list_deck_files(tmp_path)] == ["a.json", "b.json"]
    assert list_deck_files(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A talk, on time!", "a-talk-on-time.json"),
        ("../../etc/passwd", "etc-passwd.json"),
        ("Zürich", "zurich.json"),
        ("时间", "deck.json"),
        ("", "deck.json"),
        ("x" * 500, "x" * 60 + ".json"),
    ],
)
def test_a_file_is_named_after_its_deck(tmp_path: Path, title: str, name: str) -> None:
    assert name_deck_file(tmp_path, title) == tmp_path / name


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    for name in ("time.json", "time-2.json"):
        (tmp_path / name).write_text("x")
    assert name_deck_file(tmp_path, "Time").name == "time-3.json"


def test_a_deck_that_cannot_be_read_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deck.json"
    with pytest.raises(InputError, match=r"deck.json: the deck cannot be read; found no such file"):
        read_deck_file(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"deck.json: a deck is UTF-8 text; found invalid start"):
        read_deck_file(path)
    monkeypatch.setattr(deck_file, "LARGEST", 1)
    with pytest.raises(InputError, match=r"a deck has 1 bytes at most; found 2"):
        read_deck_file(path)


def test_a_deck_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkError, match=r"the deck cannot be written; .*Set HIVEMIND_DECKS"):
        write_deck_file(tmp_path / "file" / "deck.json", "{}")


def test_a_write_that_breaks_off_leaves_the_old_deck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deck.json"
    write_deck_file(path, "old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WorkError, match="no space left on device"):
        write_deck_file(path, "new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["deck.json"]


def test_changes_that_come_together_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "deck.json"
    write_deck_file(path, "")

    def add(letter: str) -> Callable[[], str]:
        return lambda: change_deck_file(path, lambda text: text + letter)

    threads = [threading.Thread(target=add(letter)) for letter in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_deck_file(path)) == list("abcdefgh")
    assert list_deck_files(tmp_path) == [path]


def test_decks_of_one_title_that_are_begun_together_are_all_kept(tmp_path: Path) -> None:
    folder, together = tmp_path / "decks", threading.Barrier(8)
    made: list[Path] = []

    def begin(letter: str) -> None:
        together.wait()
        made.append(add_deck_file(folder, "My talk", letter))

    threads = [threading.Thread(target=begin, args=(letter,)) for letter in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(read_deck_file, list_deck_files(folder))) == list("abcdefgh")
    assert sorted(made) == list_deck_files(folder)


def test_a_folder_that_cannot_be_written_is_not_taken_for_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for work in (
        lambda: add_deck_file(tmp_path / "file", "A talk", "{}"),
        lambda: change_deck_file(tmp_path / "file" / "deck.json", str),
    ):
        with pytest.raises(WorkError, match=r"the deck cannot be written; .*Set HIVEMIND_DECKS"):
            work()


def test_a_deck_that_somebody_else_writes_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deck.json"
    write_deck_file(path, "old")
    monkeypatch.setattr(deck_file, "PATIENCE", 0.0)

    def change(text: str) -> str:
        with pytest.raises(WorkError, match=r"cannot be changed now; .*Try again"):
            change_deck_file(path, lambda other: "lost")
        return "new"

    assert change_deck_file(path, change) == "new"
    assert path.read_text() == "new"


def test_decks_lie_beside_corpora_or_where_they_are_told() -> None:
    home = {"HIVEMIND_CORPORA": "/library/corpora"}
    assert find_decks_folder(home) == Path("/library/decks")
    assert find_decks_folder(home | {"HIVEMIND_DECKS": "/talks"}) == Path("/talks")
    assert find_decks_folder(home | {"HIVEMIND_DECKS": ""}) is None
