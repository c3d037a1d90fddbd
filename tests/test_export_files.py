import csv
import io
import json
import resource
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hivemind_core.errors import InputError, WorkError
from hivemind_core.exhibit import Exhibit
from hivemind_core.export.files import (
    FORMS,
    NEEDS_RENDERER,
    TYPES,
    Options,
    find_form,
    name_ending,
    save_files,
    write_file,
    write_parts,
)
from hivemind_core.export.numbers import write_numbers
from hivemind_core.export.paper import COLUMN, Print, fit_figure
from hivemind_core.export.renderer import find_renderer
from hivemind_core.figures.atlas import LabelledMap
from hivemind_core.figures.coloring import paint_sources
from hivemind_core.figures.layers import MapPoints, MapStyle
from hivemind_core.figures.palette import LIGHT, Ink
from hivemind_core.figures.topics import Topic
from tests.exhibits import HASH, HOSTILE, draw_points, make_exhibit, make_hostile, make_talk


def unpack(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_ending_says_the_form() -> None:
    assert [find_form(f"a.b.{form}") for form in FORMS] == list(FORMS)
    assert find_form("TALK.PDF") == "pdf"
    assert find_form("talk.csv.zip") == "csv"
    for name in ("talk.docx", "talk", ""):
        with pytest.raises(InputError, match=r"the ending says the form: \.html, \.svg"):
            find_form(name)
    assert set(TYPES) == {*FORMS, "zip"}


def test_numbers_as_csv_come_with_what_they_are_of() -> None:
    files = unpack(write_file([make_exhibit()], "csv"))
    assert set(files) == {"answers.csv", "about.json"}
    rows = list(csv.reader(io.StringIO(files["answers.csv"].decode())))
    assert rows == [["model", "share"], ["a", "0.51234567"], ["", "nan"]]
    (about,) = json.loads(files["about.json"])
    assert about["files"] == ["answers.csv"]
    assert about["parameters"] == {"query": "q7", "colour": "Model"}
    assert about["content_hash"] == HASH
    assert about["citation"]["licence"] == "CC0-1.0"
    assert about["version"] == "9.8.7"


def test_a_lone_table_as_parquet_holds_what_it_is_of() -> None:
    exhibit = make_exhibit()
    content = write_file([exhibit], "parquet")
    read = pq.read_table(pa.BufferReader(content))
    assert read.schema.remove_metadata() == exhibit.tables["answers"].schema
    assert read["model"].to_pylist() == ["a", None]
    assert read["share"].to_pylist() == pytest.approx([0.51234567, float("nan")], nan_ok=True)
    about = json.loads(read.schema.metadata[b"hivemind"])
    assert json.loads(about["parameters"]) == {"query": "q7", "colour": "Model"}
    assert json.loads(about["citation"])["licence"] == "CC0-1.0"
    assert about["title"] == "Write a metaphor about time."


def test_tables_of_several_views_keep_apart() -> None:
    table = pa.table({"n": [1]})
    exhibits = [make_exhibit(tables={"a b": table, "a/b": table}), make_exhibit()]
    files = write_numbers(exhibits, "csv")
    assert set(files) == {"1-a-b.csv", "1-a-b-2.csv", "2-answers.csv", "about.json"}
    assert [about["files"] for about in json.loads(files["about.json"])] == [
        ["1-a-b.csv", "1-a-b-2.csv"],
        ["2-answers.csv"],
    ]


def test_names_of_tables_are_no_paths() -> None:
    table = pa.table({"n": [1]})
    files = write_numbers([make_exhibit(tables={"../../etc/x": table, "…": table})], "parquet")
    assert set(files) == {"etc-x.parquet", "table.parquet", "about.json"}


def test_views_without_what_is_asked_for_are_refused() -> None:
    bare = make_exhibit(panels=(), tables={})
    with pytest.raises(InputError, match=r"no tables\. Take them as HTML, PDF or PPTX"):
        write_file([bare], "csv")
    with pytest.raises(InputError, match=r"no figure to take as SVG\. Take HTML or CSV"):
        write_file([bare], "svg")
    for form in FORMS:
        with pytest.raises(InputError, match="nothing to export"):
            write_file([], form)


@pytest.mark.parametrize("form", ["html", "csv", "parquet"])
def test_equal_exhibits_give_equal_bytes(form: str) -> None:
    made = [write_file(make_talk(2), find_form(f".{form}")) for _ in range(2)]
    assert made[0] == made[1]


def test_what_becomes_a_zip() -> None:
    assert [name_ending(form, 1, 1) for form in FORMS] == [
        *("html", "svg", "png", "pdf", "pptx", "csv.zip", "parquet")
    ]
    assert [name_ending(form, 2, 2) for form in FORMS] == [
        *("html", "svg.zip", "png.zip", "pdf", "pptx", "csv.zip", "parquet.zip")
    ]
    assert write_file(make_talk(2), "parquet")[:2] == b"PK"
    assert write_file(make_talk(1), "parquet")[:4] == b"PAR1"


def test_files_are_whole_and_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "new" / "time.csv"
    assert save_files([make_exhibit()], path) == [path, path.with_name("time-about.json")]
    assert path.read_bytes() == write_parts([make_exhibit()], "csv")["answers.csv"]
    two = [each.name for each in save_files(make_talk(2), path)]
    assert two == ["time-1-answers.csv", "time-2-answers.csv", "time-about.json"]
    page = tmp_path / "talk.html"
    save_files(make_talk(2), page, Options("A talk"))
    assert page.read_bytes() == write_file(make_talk(2), "html", Options("A talk"))
    assert not list(tmp_path.rglob(".*"))


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "talk.html").mkdir()
    (tmp_path / "talk.html" / "inside").touch()
    with pytest.raises(WorkError, match=r"talk\.html: the file cannot be written"):
        save_files(make_talk(1), tmp_path / "talk.html")
    assert [each.name for each in tmp_path.iterdir()] == ["talk.html"]
    blocked = tmp_path / "talk.html" / "inside" / "a.csv"
    with pytest.raises(WorkError, match="cannot be written"):
        save_files(make_talk(1), blocked)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "talk.html"
    path.write_text("old")
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))
    try:
        with pytest.raises(WorkError, match=r"talk\.html: the file cannot be written"):
            save_files(make_talk(1), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["talk.html"]


def test_hostile_tables_are_written_as_they_are() -> None:
    files = write_numbers([make_hostile()], "csv")
    (name,) = [name for name in files if name != "about.json"]
    assert HOSTILE.replace("\ud800", "").encode().replace(b'"', b'""') in files[name]


def test_without_a_browser_it_is_said_what_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    match = r"found no browser at .*none\. Install one, or name it in BROWSER_PATH\. HTML, CSV and"
    with pytest.raises(WorkError, match=match):
        find_renderer()
    for form in sorted(NEEDS_RENDERER):
        with pytest.raises(WorkError, match="HTML, CSV and Parquet need no browser"):
            write_file(make_talk(1), find_form(f".{form}"))


@pytest.mark.parametrize("module", ["choreographer", "pptx"])
def test_without_the_extra_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    if module == "choreographer":
        monkeypatch.setitem(__import__("sys").modules, "choreographer.browsers.chromium", None)
    with pytest.raises(WorkError, match=r"pip install 'hivemind-atlas\[export\]'"):
        write_file(make_talk(1), "pptx")


def test_print_sizes_are_millimetres() -> None:
    figure = draw_points()
    whole = fit_figure(figure, Print())
    assert (whole.width, whole.height) == (673, 417)  # 178 mm at 96 pixels an inch, and 62 % of it
    column = fit_figure(figure, Print(COLUMN, 60, font_scale=0.8))
    assert (column.width, column.height) == (402, 283)  # 85 mm and 60 mm, with room for .8 letters
    figure.update_layout(height=500)
    assert fit_figure(figure, Print()).height == 500


def test_titles_that_would_meet_are_broken() -> None:
    figure = draw_points()
    figure.update_layout(
        height=300,
        margin={"b": 40},
        xaxis={"domain": [0, 0.5], "title": {"text": "change from unanimous to split"}},
    )
    size = fit_figure(figure, Print(COLUMN))
    assert figure.layout.xaxis.title.text == "change from unanimous<br>to split"
    assert figure.layout.margin.b == pytest.approx(40 + 1.35 * 12)
    assert size.height == round(300 + 1.35 * 12)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"width": 5.0}, "20 to 2000 mm wide and high; found 5"),
        ({"height": 9000.0}, "mm wide and high"),
        ({"width": float("nan")}, "mm wide and high"),
        ({"font_scale": 0.0}, "letters are scaled by .3 to 4; found 0"),
        ({"dpi": 10}, "36 to 1200 dpi"),
        ({"width": 500.0, "dpi": 1200}, "at most 12,000 points a side"),
    ],
)
def test_prints_that_nobody_could_draw_are_refused(given: dict[str, float], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        Print(**given)  # type: ignore[arg-type]


def test_a_further_ending_packs_all_files_into_one(tmp_path: Path) -> None:
    path = tmp_path / "talk.csv.zip"
    assert save_files(make_talk(2), path) == [path]
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == set(write_parts(make_talk(2), "csv"))
    assert [each.name for each in tmp_path.iterdir()] == ["talk.csv.zip"]


def label_map() -> Exhibit:
    """Return a view of a map of four answers in two groups, with what a map for print needs."""
    points = MapPoints(
        ("a", "b", "c", "d"),
        ("model-a",) * 4,
        np.array([0, 0, 1, 1]),
        np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 3.0], [5.1, 3.0]]),
    )
    style = MapStyle(paint_sources(points.sources, {"model-a": Ink("#0072B2")}), LIGHT)
    labels = (Topic((0, 1), ("river",)), Topic((2, 3), ("thief <b>",)))
    (panel,) = make_exhibit().panels
    labelled = replace(panel, labelled=LabelledMap(points, style, labels))
    return replace(make_exhibit(), panels=(labelled,))


@pytest.mark.parametrize("form", ["pdf", "svg"])
def test_a_map_for_print_is_labelled_and_needs_no_browser(
    form: Literal["pdf", "svg"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER_PATH", "/nowhere")
    options = Options(printed=Print(COLUMN), has_figures_alone=True)
    content = write_file([label_map()], form, options)
    if form == "svg":
        assert b"river (2)" in content
        assert b"thief &lt;b&gt; (2)" in content
    else:
        assert content.startswith(b"%PDF")
