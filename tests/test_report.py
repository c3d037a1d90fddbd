"""Reports: their numbers are those of the pages and the commands, and they hold nothing live."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from hivemind_core.corpus.locations import find_shipped
from hivemind_core.corpus.store import Corpus, embeddings_file, open_corpus, views_file, write_files
from hivemind_core.corpus.views import CLUSTERS, GROUPS, LINKAGES, POINTS, QUALITY, add_scope
from hivemind_core.errors import InputError, WorkError
from hivemind_core.figures import categories as by_category
from hivemind_core.figures.numbers import write_number
from hivemind_core.measurement import measure_corpus
from hivemind_core.report.groups import SHARED
from hivemind_core.report.judgements import NONE
from hivemind_core.report.material import read_material
from hivemind_core.report.writing import SIMULATED, make_report, write_report
from hivemind_core.summary import summarise
from hivemind_core.tabulation import tabulate
from tests.browsing import HOSTILE, list_rows, visit
from tests.dashboard_corpus import FLAT_SCORER, HOSTILE_SCORER, grow, write_demo
from tests.planted import ENCODER, list_responses, write_corpus
from tests.test_cli_import import run

FEW = ("a", "button", "caption", "code", "dd", "details", "div", "dl", "dt", "figcaption", "figure")
FEW += ("footer", "h1", "h2", "h3", "header", "li", "main", "nav", "noscript", "ol", "p", "pre")
FEW += ("section", "small", "span", "style", "summary", "table", "tbody", "td", "th", "thead", "tr")
ALLOWED = {*FEW, "ul", "html", "head", "body", "meta", "title", "script"}
VIEWS = ("maps", "clusters", "map_quality", "linkages", "groups", "intra", "inter", "nearest")
WITHIN = "Every source under every measure"


class Read(HTMLParser):
    """Reads a report back: its text, tables by caption, data by name, tags, attributes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tables, self.data = "", {}, {}
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.code: list[str] = []
        self._rows: list[list[str]] = []
        self._open: list[str] = []
        self._caption, self._name, self._kind = "", "", ""
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(held)
        self._open.append(tag)
        self._name, self._kind = held.get("id") or "", held.get("type") or ""
        self.links += [held["href"] or ""] if "href" in held else []
        self.anchors |= {held["id"] or ""} if "id" in held else set()
        if tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag == "small":
            self._rows[-1][-1] += "|"

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.tables[self._caption] = self._rows
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            if self._kind == "application/json":
                self.data[self._name] = json.loads(data)
            else:
                self.code.append(data)
        elif "style" not in self._open:
            self.text += data
            if "caption" in self._open:
                self._caption += data
            elif {"td", "th"} & set(self._open):
                self._rows[-1][-1] += data


@pytest.fixture(scope="module")
def demo(corpora: Path) -> Read:
    return Read(make_report(open_corpus(str(corpora / "demo")), "report.html"))


@pytest.fixture(scope="module")
def hostile(corpora: Path) -> Read:
    return Read(make_report(open_corpus(str(corpora / "hostile")), "report.html"))


def build_planted(folder: Path, *, simulated: bool = False) -> Corpus:
    """Write a corpus with its measures: "same" always says one thing, "apart" never one twice."""
    responses = list_responses(4, ("apart", "same"), 4)
    vectors = np.zeros((len(responses), 24))
    for n, row in enumerate(responses):
        query, sample = int(str(row["query_id"])[1:]), int(str(row["sample"]))
        vectors[n, 6 * query + (0 if row["model"] == "same" else 1 + sample)] = 1
    corpus = write_corpus(folder, responses, vectors)
    measured = measure_corpus(corpus, ENCODER)
    files: dict[str, Any] = {f"{name}.parquet": rows for name, rows in tabulate(measured).items()}
    files["summary.json"] = json.dumps(summarise("", "", measured)).encode()
    files["build.json"] = json.dumps({"content_hash": corpus.manifest.content_hash}).encode()
    empty = {"maps": POINTS, "clusters": CLUSTERS, "map_quality": QUALITY}
    for name, schema in empty.items():
        files[f"{name}.parquet"] = add_scope("query_id", schema).empty_table()
    files |= {"linkages.parquet": LINKAGES.empty_table(), "groups.parquet": GROUPS.empty_table()}
    named = {views_file(ENCODER, name): content for name, content in files.items()}
    return write_files(corpus, named, replace(corpus.manifest, simulated=simulated))


def test_planted_structure_comes_out_in_the_tables(tmp_path: Path) -> None:
    found = Read(make_report(build_planted(tmp_path / "planted"), "report.html"))
    head, same, apart, floor = found.tables[WITHIN]
    assert head[:5] == ["source", "n", "cosine", "above floor", "queries above .8 (%)"]
    # Of four queries there is no interval.
    assert same[:5] == ["same", "4", "1.000", "1.000", "100.0"]
    assert apart[:5] == ["apart", "4", ".000", ".000", "0.0"]
    assert (floor[0].split("|")[0], floor[2]) == ("unrelated answers", ".000")
    assert same[head.index("vendi score")] == "1.00"
    assert apart[head.index("vendi score")] == "4.00"
    assert same[head.index("distinct answers among 4")] == "1.00"
    bins = found.tables["Queries by mean cosine within a source, per cent"]
    assert [row[2:] for row in bins[1:]] == [["0.0"] * 9 + ["100.0"], ["100.0"] + ["0.0"] * 9]
    told = "same repeats itself most: 1.00 over 4 queries, against .00 for unrelated"
    assert told in found.text
    assert "The only two models to compare are apart and same, .00 over 4 queries." in found.text
    assert "Under 5 queries there are none." in found.text
    categories = found.tables["Within, between, and the gap in each category"]
    assert [row[:3] for row in categories[1:]] == [
        ["Even", "2", ".500"],  # of two queries there is no interval
        ["Odd", "2", ".500"],
    ]
    assert categories[0][-1] == "gap"  # nobody else answered
    assert by_category.FEW in found.text
    assert "No two answers to a query are nearly the same." in found.text
    assert NONE in found.text
    centred = head.index("centred cosine")  # of four queries there is no mean to hold against
    assert (same[centred], apart[centred], floor[centred]) == ("–", "–", "–")


def test_the_numbers_are_those_of_measure_and_calibrate(corpora: Path, demo: Read) -> None:
    numbers = demo.data["numbers"]
    told = json.loads(run("measure", corpora / "demo", "--json").stdout)
    assert_close(numbers["measure"], told)
    criteria = [(one["annotation"], one["criterion"]) for one in numbers["calibrate"]]
    assert criteria == [("absolute", "interest"), ("absolute", "quality"), ("pairwise", None)]
    judged = run("calibrate", corpora / "demo", "--criterion", "quality", "--json").stdout
    assert numbers["calibrate"][1] == json.loads(judged)
    assert (
        numbers["citation"]["content_hash"]
        == open_corpus(str(corpora / "demo")).manifest.content_hash
    )


def assert_close(found: Any, expected: Any) -> None:
    """Assert that two JSON values are the same up to the last digits of their numbers."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert_close(found[name], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, value in zip(found, expected, strict=True):
            assert_close(one, value)
    else:
        assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_the_bundled_corpus_is_told_by_its_own_numbers() -> None:
    corpus = open_corpus(str(find_shipped("two-small-models")))
    found = Read(make_report(corpus, "report.html"))
    summary = found.data["numbers"]["measure"]
    rows = {row[0]: row for row in found.tables[WITHIN][1:]}
    assert len(summary["intra"]) == 8
    for name, part in summary["intra"].items():
        ends = " to ".join(write_number(end, 3) for end in part["ci95"])
        assert rows[name][1:3] == [str(part["queries"]), f"{write_number(part['mean'], 3)}|{ends}"]
        assert rows[name][4].split("|")[0] == f"{part['share_above_0_8']:.1f}"
    (floor,) = [row for name, row in rows.items() if name.startswith("unrelated answers|")]
    assert floor[0] == f"unrelated answers|all {summary['floor']['n_pairs']:,} pairs, no interval"
    assert floor[2] == write_number(summary["floor"]["mean"], 3)
    assert found.text.count(manifest_hash := corpus.manifest.content_hash) == 2
    assert f"corpus with hash {manifest_hash[:12]}" in found.text
    assert len(found.tables["Within, between, and the gap in each category"]) == 18


def test_the_groups_told_are_those_of_the_table_and_of_the_rest(demo: Read) -> None:
    """The number in the sentence, the rows, and what is left name one thing."""
    told = re.search(r"For (\d+) of (\d+) queries there is nearly the same answer", demo.text)
    assert told is not None
    cells = demo.tables[SHARED][1:]
    rows = [[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row] for row in cells]
    more = re.search(r"(\d+) more quer\w+ ha\w+ a group that models share", demo.text)
    assert int(told[1]) == len(rows) + (int(more[1]) if more else 0)
    assert all(int(row[1].split(" of ")[0]) > 1 for row in rows)
    for row in rows:
        parts = [[int(n) for n in cell.split(" of ")] for cell in row[2:]]
        (said, written), (by_people, people), (different, answers) = parts
        assert written + people == answers
        assert 2 <= said + by_people <= answers - different + 1
    widest = max(rows, key=lambda row: int(row[1].split(" of ")[0]))
    assert f"{widest[1]} models share one, in " in demo.text


def test_tables_and_sentences_are_those_of_the_pages(use_corpora: None, demo: Read) -> None:
    app = visit("homogeneity")
    shown = list_rows(app, "source", "queries", "cosine", "vendi score")
    rows = [row for row in demo.tables[WITHIN][1:] if not row[0].startswith("unrelated answers")]
    place = demo.tables[WITHIN][0].index("vendi score")
    assert [(row[0], row[1], row[2].split("|")[0]) for row in rows] == [
        (name, str(n), write_number(mean, 3)) for name, n, mean, _ in shown
    ]
    assert [row[place].split("|")[0] for row in rows] == [
        write_number(vendi, 2) for *_, vendi in shown
    ]
    sentence = app.get_by_key("finding-within").text[0].value
    assert demo.text.count(sentence) == 2  # in short, and beside its evidence


def test_every_figure_is_there_on_both_grounds_and_in_words(demo: Read) -> None:
    figures = {name: both for name, both in demo.data.items() if name.startswith("figure-")}
    sections = {name.split("-")[1] for name in figures}
    assert sections == {"within", "between", "nearest", "robustness", "categories", "calibration"}
    for light, dark in figures.values():
        assert light["data"]
        assert light["layout"]["font" if "font" in light["layout"] else "template"]
        assert len(light["data"]) == len(dark["data"])
        assert light != dark
    assert {link for link in demo.links if not link.startswith("#")} == set()
    assert {link[1:] for link in demo.links} <= demo.anchors


def test_what_corpora_hold_is_only_ever_text(hostile: Read) -> None:
    assert hostile.tags <= ALLOWED
    assert not {name for name in hostile.attributes if name.startswith("on")}
    assert not {"src", "srcdoc", "action"} & hostile.attributes
    assert all(link.startswith("#") for link in hostile.links)
    assert not [code for code in hostile.code if "example.com" in code or "broken" in code]
    for told in (HOSTILE, "<script>alert(1)</script>", FLAT_SCORER, *HOSTILE_SCORER):
        assert told in hostile.text
    drawn = json.dumps([part for name, part in hostile.data.items() if name != "numbers"])
    assert "<script" not in drawn
    assert "<a " not in drawn
    assert "<img" not in drawn


def test_what_is_left_out_is_counted(hostile: Read, demo: Read) -> None:
    assert "Left out of maps and measures, and counted: 2 answers whose text" in hostile.text
    assert "4 answers whose model its source withholds" in hostile.text
    assert "No answer is left out." not in hostile.text
    assert "No answer is left out." in demo.text
    sources = {row[0]: row[1:] for row in demo.tables["Sources"][1:]}
    assert sources["human"] == ["people", "48", "48", "6"]


def test_scorers_have_their_verdict_and_the_slices_beyond_what_is_expected(demo: Read) -> None:
    rows = {row[0]: row for row in demo.tables["Ratings · quality: every scorer"][1:]}
    part = demo.data["numbers"]["calibrate"][1]["scorers"]["perplexity"]
    ends = " to ".join(write_number(end, 3) for end in part["full"]["ci95"])
    assert rows["perplexity"][4] == f"{write_number(part['full']['spearman'], 3)}|{ends}"
    assert rows["perplexity"][-1] == part["verdict"]
    found = demo.tables["Ratings · quality: slices beyond what range alone would give"][1:]
    clear = {
        (name, "below" if one["difference"] < 0 else "above")
        for name, scorer in demo.data["numbers"]["calibrate"][1]["scorers"].items()
        for one in scorer["slices"]
        if one["p_adjusted"] is not None
        and one["p_adjusted"] < 0.05
        and one["difference_ci95"][0] * one["difference_ci95"][1] > 0
    }
    assert {(row[0], row[1]) for row in found} == clear
    assert len(found) == len(clear)
    assert clear


def test_a_report_names_no_folder_and_is_the_same_again(tmp_path: Path) -> None:
    corpus = build_planted(tmp_path / "planted")
    first = make_report(corpus, "report.html")
    assert first == make_report(open_corpus(corpus.locator), "report.html")
    assert str(tmp_path).encode() not in first
    told = Read(first).text
    assert f"hivemind report CORPUS --to report.html --encoder {ENCODER}" in told


def test_a_simulated_corpus_and_one_that_has_changed_say_so(tmp_path: Path) -> None:
    assert SIMULATED in Read(make_report(build_planted(tmp_path / "p", simulated=True), "r")).text
    corpus = write_demo(tmp_path / "demo", queries=2, samples=3)
    grow(corpus, "q0", 2)
    told = Read(make_report(open_corpus(corpus.locator), "r.html")).text
    assert "The corpus has changed since its numbers were built" in told
    assert "2 answers without a vector yet" in told
    assert SIMULATED not in told


def test_one_source_and_one_query_are_told_without_numbers_that_need_more(tmp_path: Path) -> None:
    responses = list_responses(1, ("alone",), 3)
    corpus = write_corpus(tmp_path / "alone", responses, np.eye(3))
    measured = measure_corpus(corpus, ENCODER)
    assert len(measured.sources) == 1
    planted = build_planted(tmp_path / "planted")
    files = {
        views_file(ENCODER, f"{name}.parquet"): rows for name, rows in tabulate(measured).items()
    }
    files[views_file(ENCODER, "summary.json")] = json.dumps(summarise("", "", measured)).encode()
    for name in ("maps", "clusters", "map_quality", "linkages", "groups"):
        file = views_file(ENCODER, f"{name}.parquet")
        files[file] = planted.read_file(file)
    files[views_file(ENCODER, "build.json")] = b"{}"
    found = Read(make_report(write_files(corpus, files, corpus.manifest), "r.html"))
    assert found.tables[WITHIN][1][:4] == ["alone", "1", ".000", "–"]
    assert "Similarity between models is undefined here." in found.text
    assert "Rankings can be compared from three sources on." in found.text


def test_progress_is_told(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    corpus = build_planted(tmp_path / "planted")
    write_report(corpus, tmp_path / "r.html", report=lambda *news: heard.append(news))
    assert heard == [("report", n, 10) for n in range(1, 11)]
    assert (tmp_path / "r.html").read_bytes() == make_report(corpus, "r.html")


@pytest.mark.parametrize(
    ("corpus", "options", "message"),
    [
        ("unbuilt", [], "a report needs a corpus that is built; found no measures. Run: hivemind"),
        ("demo", ["--encoder", "x y"], "found no measures of 'x y', but of 'made-up'"),
        ("damaged", [], "corpus.json must be a JSON object"),
        ("nothing", [], "nothing"),
    ],
)
def test_what_cannot_be_told_is_one_line_and_exit_2(
    corpora: Path, tmp_path: Path, corpus: str, options: list[str], message: str
) -> None:
    done = run("report", corpora / corpus, "--to", tmp_path / "r.html", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hivemind: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("report.pdf", "--to: a report is an HTML file; found 'report.pdf'"),
        ("gone/report.html", "--to: the folder must be there; found no "),
        ("folder.html", "--to: a report is a file; found a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(
    corpora: Path, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(InputError, match=re.escape(message)):
        write_report(open_corpus(str(corpora / "demo")), tmp_path / name)


def test_a_report_that_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    corpus = build_planted(tmp_path / "planted")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(WorkError, match="the report cannot be written; found No space left"):
        write_report(corpus, target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.glob("*.html*")] == ["report.html"]
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_the_command_writes_a_file_and_changes_no_corpus(corpora: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (corpora / "demo").rglob("*")}
    done = run("report", corpora / "demo", "--to", tmp_path / "r.html")
    assert (done.returncode, done.stdout) == (0, "")
    assert "demo is told in" in done.stderr
    assert (tmp_path / "r.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert {path: path.stat().st_mtime_ns for path in (corpora / "demo").rglob("*")} == before


def test_the_material_is_of_one_encoder_and_knows_the_others(corpora: Path) -> None:
    material = read_material(open_corpus(str(corpora / "demo")))
    assert (material.encoder, material.encoders) == ("made-up", ("made-up",))
    assert sum(material.answers.values()) == 288


def test_every_encoder_that_was_built_has_a_say_in_the_ranking(tmp_path: Path) -> None:
    corpus = write_demo(tmp_path / "demo", queries=2, samples=4)
    encoders = ("made-up", "made up again")
    views = {name: corpus.read_file(views_file("made-up", f"{name}.parquet")) for name in VIEWS}
    files: dict[str, Any] = {
        views_file(encoders[1], f"{name}.parquet"): rows for name, rows in views.items()
    }
    for name in ("summary.json", "build.json"):
        content = Path(corpus.path(views_file("made-up", name))).read_bytes()
        files[views_file(encoders[1], name)] = content
    vectors = corpus.read_file(embeddings_file("made-up"))
    files[embeddings_file(encoders[1])] = vectors
    corpus = write_files(corpus, files, replace(corpus.manifest, encoders=encoders))
    found = Read(make_report(corpus, "r.html", encoders[1]))
    head = found.tables["Every model under every control"][0]
    assert head[1] == "Cosine · made up again"
    assert "Cosine · made-up" in head
    assert head.count("Wording") == 1
    assert found.data["numbers"]["measure"]["encoder"] == encoders[1]
    assert "--encoder 'made up again'" in found.text


@pytest.mark.browser
@pytest.mark.parametrize(
    ("scheme", "paper"), [("light", "rgb(253, 252, 250)"), ("dark", "rgb(23, 20, 18)")]
)
@pytest.mark.parametrize("corpus", ["demo", "hostile"])
def test_a_report_opens_offline_and_asks_for_nothing(
    browser: Browser, corpora: Path, tmp_path: Path, corpus: str, scheme: Any, paper: str
) -> None:
    target = tmp_path / "report.html"
    write_report(open_corpus(str(corpora / corpus)), target)
    with browser.new_context(color_scheme=scheme, offline=True, accept_downloads=True) as visit_:
        page, heard = visit_.new_page(), []
        page.on("request", lambda request: heard.append(request.url))
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.goto(target.as_uri())
        page.wait_for_function("document.body.dataset.drawn")
        drawings = page.locator("[data-figure]")
        expect(page.locator("[data-figure] > .plot-container")).to_have_count(drawings.count())
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.title().startswith("How alike are the answers? ")
        expect(page.locator("main img, iframe, svg a, h1 > *, td > :not(small)")).to_have_count(0)
        with page.expect_download() as taken:
            page.locator("#take").click()
        numbers = json.loads(Path(taken.value.path()).read_text("utf-8"))
        assert numbers == Read(target.read_bytes()).data["numbers"]
        assert [url for url in heard if not url.startswith(("file:", "blob:"))] == []
        visit_.close()


@pytest.mark.browser
def test_what_is_folded_is_printed_whole_on_light_ground(
    browser: Browser, corpora: Path, tmp_path: Path
) -> None:
    target = tmp_path / "report.html"
    write_report(open_corpus(str(find_shipped("two-small-models"))), target)
    with browser.new_context(color_scheme="dark", offline=True) as visit_:
        page = visit_.new_page()
        page.goto(target.as_uri())
        page.wait_for_function("document.body.dataset.drawn")
        folded = page.locator("details:not([open])")
        kept = folded.count()
        assert kept > 0
        dark = list(_list_inks(page))
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(folded).to_have_count(0)
        assert list(_list_inks(page)) != dark
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(folded).to_have_count(kept)
        assert list(_list_inks(page)) == dark
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        visit_.close()


@pytest.mark.browser
def test_what_leads_to_a_figure_is_printed_on_its_page(
    browser: Browser, corpora: Path, tmp_path: Path
) -> None:
    target = tmp_path / "report.html"
    write_report(open_corpus(str(find_shipped("two-small-models"))), target)
    with browser.new_context(offline=True) as visit_:
        page = visit_.new_page()
        page.goto(target.as_uri())
        page.wait_for_function("document.body.dataset.drawn")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 680, "height": 930})  # a page of paper
        held = page.locator("section:has(figure) > .opening").evaluate_all(
            "all => all.map(one => [one.parentElement.id, getComputedStyle(one).breakInside, "
            "one.querySelectorAll('h2').length, one.querySelectorAll('.finding').length, "
            "one.querySelectorAll('figure').length, one.offsetHeight <= innerHeight])"
        )
        sections = ["within", "between", "nearest", "robustness", "categories"]
        assert held == [[name, "avoid", 1, 1, 1, True] for name in sections]
        visit_.close()


def _list_inks(page: Any) -> Iterator[str]:
    """Yield the colour of the first words of each figure."""
    yield from page.locator("[data-figure]").evaluate_all(
        "all => all.map(one => getComputedStyle(one.querySelector('text')).fill)"
    )
