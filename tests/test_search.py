"""Search over answers, queries and category names."""

from pathlib import Path

import pyarrow as pa
import pytest

from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.search import (
    CategoryHit,
    QueryHits,
    quote_answers,
    search_answers,
    search_categories,
    search_queries,
)
from hivemind_core.corpus.store import Corpus, open_or_create, write_tables
from hivemind_core.corpus.tables import QUERIES, RESPONSES, build_rows
from hivemind_core.corpus.taxonomy import (
    MEANT_BY,
    list_other_names,
    list_spellings,
    read_taxonomy,
)
from hivemind_core.errors import CorpusError

PAPER = [subcategory.name for subcategory in read_taxonomy()]
NOVELTY_BENCH = [
    "Random Generation & Selection",
    "Factual Knowledge",
    "Character & Entity Naming",
    "Subjective Rankings & Opinions",
    "Product & Purchase Recommendations",
    "Creativity",
]

ANSWERS = [
    ("a1", "qa", "one", "Time is a river."),
    ("a2", "qa", "one", "Time is a river."),
    ("a3", "qa", "two", "A RIVER of rivers; time."),
    ("a4", "qa", "two", "Time is a thief."),
    ("a5", "qa", "human", None),
    ("b1", "qb", "one", "Love, time and <b>river</b> ![x](http://example.com/x.png)"),
    ("b2", "qb", "two", ""),
    ("c1", "qc", None, "Rivière, ma rivière."),
]


def write(folder: Path, answers: list[tuple[str, str, str | None, str | None]]) -> Corpus:
    names = ("response_id", "query_id", "model", "text")
    rows = [dict(zip(names, answer, strict=True)) for answer in answers]
    queries = [{"query_id": i, "query": i} for i in sorted({str(r["query_id"]) for r in rows})]
    tables = {
        "queries": build_rows(QUERIES, queries),
        "responses": build_rows(RESPONSES, rows),
    }
    return write_tables(open_or_create(str(folder)), tables, Manifest("made up"))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return write(tmp_path / "corpus", ANSWERS)


def name(hits: tuple[CategoryHit, ...]) -> list[str]:
    return [hit.name for hit in hits]


def test_answers_that_hold_every_word_are_grouped_by_query(corpus: Corpus) -> None:
    hits = search_answers(corpus, "river TIME")
    assert hits.by_query == (
        QueryHits("qa", 3, ("a1", "a2", "a3"), (("one", 2), ("two", 1))),
        QueryHits("qb", 1, ("b1",), (("one", 1),)),
    )
    assert (hits.words, hits.total, hits.queries) == ("river TIME", 4, 2)
    assert not hits.is_capped


def test_the_order_of_words_and_their_repetition_change_nothing(corpus: Corpus) -> None:
    first, second = (search_answers(corpus, w) for w in ("river time", "TIME river time"))
    assert first.by_query == second.by_query


def test_accents_and_withheld_models_are_no_hindrance(corpus: Corpus) -> None:
    hits = search_answers(corpus, "riviere")
    assert hits.by_query == (QueryHits("qc", 1, ("c1",), (("unknown", 1),)),)


def test_a_phrase_is_found_as_it_stands(corpus: Corpus) -> None:
    assert search_answers(corpus, '"is a river"').total == 2
    assert search_answers(corpus, '"rivers river"').total == 0


@pytest.mark.parametrize("words", ["", '"', "...", "nowhere"])
def test_nothing_is_found_by_nothing(corpus: Corpus, words: str) -> None:
    hits = search_answers(corpus, words)
    assert (hits.total, hits.queries, hits.by_query) == (0, 0, ())


@pytest.mark.parametrize(
    "words", [".*", "(", "[", "\\", "a{9999}", "(?P<x>", "\x00", "%s", "'; --"]
)
def test_no_pattern_is_run_and_nothing_breaks(corpus: Corpus, words: str) -> None:
    assert search_answers(corpus, words).total == 0


def test_markup_is_text(corpus: Corpus) -> None:
    assert search_answers(corpus, "<b>river</b>").by_query[0].response_ids == ("b1",)


def test_all_are_counted_where_only_some_are_named(corpus: Corpus) -> None:
    hits = search_answers(corpus, "time", limit=2)
    assert hits.is_capped
    assert (hits.total, hits.queries) == (5, 2)
    assert hits.by_query == (QueryHits("qa", 4, ("a1", "a2"), (("one", 2), ("two", 2))),)


def test_corpora_of_many_row_groups_are_searched_whole(tmp_path: Path) -> None:
    answers = [
        (f"{q}-{i}", f"q{q:02d}", "m", "needle" if i == q * 10 else "hay")
        for q in range(20)
        for i in range(1100)
    ]
    hits = search_answers(write(tmp_path / "large", list(answers)), "needle")
    assert [hit.response_ids for hit in hits.by_query] == [(f"{q}-{q * 10}",) for q in range(20)]


def test_a_corpus_without_answers_has_no_hits(tmp_path: Path) -> None:
    corpus = open_or_create(str(tmp_path / "nothing"))
    assert search_answers(corpus, "river").total == 0
    assert quote_answers(corpus, (), "river") == {}


def test_a_damaged_table_is_told(corpus: Corpus) -> None:
    path = Path(corpus.path(RESPONSES.file))
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(CorpusError, match="whole Parquet file"):
        search_answers(corpus, "river")


def test_a_table_without_a_column_is_told(corpus: Corpus) -> None:
    rows = corpus.read(RESPONSES).drop_columns(["text"])
    pa.parquet.write_table(rows, corpus.path(RESPONSES.file))
    with pytest.raises(CorpusError, match="no column text"):
        search_answers(corpus, "river")


def test_answers_are_quoted_once_with_their_source(corpus: Corpus) -> None:
    hits = search_answers(corpus, "river time")
    quotes = quote_answers(corpus, hits.by_query, "river time", each=2)
    first, second = quotes["qa"]
    assert (first.response_id, first.sources) == ("a1", (("one", 2),))
    assert (second.response_id, second.sources) == ("a3", (("two", 1),))
    marked = [second.excerpt.text[a:b] for a, b in second.excerpt.spans]
    assert marked == ["RIVER", "river", "time"]
    assert len(quotes["qb"]) == 1


def test_a_quote_of_each_source_comes_first(tmp_path: Path) -> None:
    answers = [(f"{m}{i}", "q", m, f"River {m} {i}") for m in ("one", "two") for i in range(3)]
    corpus = write(tmp_path / "sources", list(answers))
    found = search_answers(corpus, "river").by_query
    quotes = quote_answers(corpus, found, "river", each=3)["q"]
    assert [quote.response_id for quote in quotes] == ["one0", "two0", "one1"]


def test_queries_come_phrase_first_then_shorter() -> None:
    texts = {
        "long": "Write a very long poem about the love of time",
        "short": "Time and love",
        "phrase": "Write something about love, peace, and the love time leaves over and over",
        "none": "Love only",
    }
    rows = pa.table({"query_id": list(texts), "query": list(texts.values())})
    assert search_queries(rows, "love time") == ("phrase", "short", "long")
    assert search_queries(rows, '"time and love"') == ("short",)
    assert search_queries(rows, "") == ()
    assert search_queries(rows.slice(0, 0), "love") == ()


def test_equal_queries_are_all_found_in_one_order() -> None:
    rows = pa.table({"query_id": ["b", "a"], "query": ["Same?", "Same?"]})
    assert search_queries(rows, "same") == ("a", "b")


@pytest.mark.parametrize("category", PAPER)
def test_every_category_is_found_first_by_its_own_name(category: str) -> None:
    for spelling in (category, category.upper(), category.replace("&", "and")):
        assert search_categories(PAPER, spelling)[0] == CategoryHit(category)


@pytest.mark.parametrize(
    ("label", "category"), [(label, s.name) for s in read_taxonomy() for label in s.labels]
)
def test_labels_of_the_data_files_find_their_category(label: str, category: str) -> None:
    assert name(search_categories(PAPER, label))[0] == category


@pytest.mark.parametrize("words", MEANT_BY)
def test_names_that_people_know_find_what_they_mean(words: str) -> None:
    meant = {category for category in MEANT_BY[words] if category in PAPER}
    assert set(name(search_categories(PAPER, words))) == meant
    assert set(name(search_categories(PAPER, words.replace("&", "and").upper()))) == meant


@pytest.mark.parametrize("category", dict.fromkeys(s.category for s in read_taxonomy()))
def test_the_categories_above_find_what_is_below(category: str) -> None:
    below = {s.name for s in read_taxonomy() if s.category == category}
    assert below <= set(name(search_categories(PAPER, category)))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("advice", "Personal Advice"),
        ("opinions, advices", "Personal Advice"),
        ("brainstorming", "Brainstorm & Ideation"),
        ("ideas brainstorm", "Brainstorm & Ideation"),
        ("philosophy", "Philosophical Questions"),
        ("recommend", "Recommendations"),
        ("analytical questions", "Analytical & Interpretive Questions"),
        ("creative content writing", "Creative Content Generation"),
        ("controversy", "Controversial Questions"),
        ("open ended question answering", "Philosophical Questions"),
    ],
)
def test_names_are_found_with_words_missing_and_other_endings(words: str, first: str) -> None:
    assert name(search_categories(PAPER, words))[0] == first


def test_another_name_is_told() -> None:
    assert search_categories(PAPER, "opinion & advice")[0] == CategoryHit(
        "Personal Advice", "opinion & advice"
    )
    assert search_categories(PAPER, "alternative styles")[-1].also == "Alternative Styles"


@pytest.mark.parametrize("words", ["", "  ", "&", "river of time", "zzz", "a", "qq"])
def test_other_words_find_no_category(words: str) -> None:
    assert search_categories(PAPER, words) == ()


def test_categories_of_their_own_are_found_by_their_names() -> None:
    for category in NOVELTY_BENCH:
        assert name(search_categories(NOVELTY_BENCH, category.lower()))[0] == category
    assert name(search_categories(NOVELTY_BENCH, "opinion")) == ["Subjective Rankings & Opinions"]
    assert name(search_categories(NOVELTY_BENCH, "purchases")) == [
        "Product & Purchase Recommendations"
    ]


def test_only_categories_of_the_corpus_are_found() -> None:
    assert name(search_categories(["Personal Advice"], "opinion & advice")) == ["Personal Advice"]
    assert search_categories([], "advice") == ()
    hostile = "<b>Category</b> ![c](http://example.com/c.png)"
    assert name(search_categories([hostile, ""], "category")) == [hostile]


def test_a_label_of_a_data_file_answers_to_the_names_of_its_category() -> None:
    label = "Ideation and Brainstorming"
    assert name(search_categories([label], "Brainstorm & Ideation")) == [label]
    assert name(search_categories(["Opinion-Based Questions"], "opinion & advice")) == [
        "Opinion-Based Questions"
    ]


def test_every_name_that_people_know_means_categories_of_the_paper() -> None:
    meant = {category for categories in MEANT_BY.values() for category in categories}
    assert meant - set(PAPER) == {"Opinion-Based Questions"}


def test_other_names_are_not_merely_the_own_name_again() -> None:
    assert list_other_names("Brainstorm & Ideation") == ()
    assert list_other_names("Recommendations") == ()
    assert list_other_names("Creative Content Generation") == ("creative writing",)
    assert list_other_names("Creativity") == ()
    assert list_spellings("Creativity") == ("Creativity",)
    assert list_spellings("Decision Support") == (
        "Decision Support",
        "Information-Seeking about Decision Support",
        "Information-Seeking",
        "planning",
    )
