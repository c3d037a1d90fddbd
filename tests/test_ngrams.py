"""Word pairs: the Ochiai coefficient of the sets of two words in a row."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from hivemind_core.measurement import LEXICAL, measure_corpus
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.homogeneity import measure_intra, sum_by_source, sum_sparse_by_source
from hivemind_core.space.ngrams import BUCKETS, CHARACTERS, encode_ngrams
from tests.planted import ENCODER, list_responses, make_unit_rows, write_corpus


def compare(*texts: str) -> Floats:
    """Return the cosines of all pairs of texts."""
    rows = encode_ngrams(texts)
    return np.asarray((rows @ rows.T).toarray())


def write_texts(n: int, seed: int = 0) -> list[str]:
    """Return random texts of few words."""
    rng = np.random.default_rng(seed)
    words = ["rain", "sun", "wind", "snow", "fog"]
    return [" ".join(rng.choice(words, rng.integers(1, 9))) for _ in range(n)]


def test_hand_worked_values() -> None:
    # "the cat": edge-the, the-cat, cat-edge. "the cat sat" has four, two of them the same.
    assert compare("the cat", "the cat sat")[0, 1] == pytest.approx(2 / np.sqrt(12))
    # Answers of one word have two pairs, with the edges.
    assert compare("Paris", "paris.", "Rome") == pytest.approx(
        np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    )


def test_equal_to_the_definition_on_random_texts() -> None:
    texts = write_texts(25)
    sets = [set(pairwise(["", *text.split(), ""])) for text in texts]
    cosines = compare(*texts)
    for i, j in combinations(range(25), 2):
        expected = len(sets[i] & sets[j]) / np.sqrt(len(sets[i]) * len(sets[j]))
        assert cosines[i, j] == pytest.approx(expected)


def test_rows_have_unit_length_and_texts_their_own_row() -> None:
    texts = write_texts(10)
    rows = encode_ngrams(texts)
    assert rows.shape == (10, BUCKETS)
    assert rows.dtype == np.float64
    assert rows.multiply(rows).sum(axis=1) == pytest.approx(np.ones((10, 1)))
    order = np.random.default_rng(1).permutation(10)
    moved = compare(*(texts[i] for i in order))
    assert moved == pytest.approx(compare(*texts)[np.ix_(order, order)])


def test_case_white_space_and_marks_do_not_count_but_the_order_of_words_does() -> None:
    assert compare("A red fox.", "  a RED\n\n**fox**!")[0, 1] == pytest.approx(1)
    assert compare("red fox", "fox red")[0, 1] == 0
    assert compare("don't stop", "don stop")[0, 1] < 1


def test_a_pair_that_is_repeated_counts_once() -> None:
    once, often = "so it goes", "so it goes so it goes so it goes"
    # The longer text has one pair more, goes-so.
    assert compare(once, often)[0, 1] == pytest.approx(4 / np.sqrt(4 * 5))


def test_only_the_beginning_of_a_text_is_read() -> None:
    beginning = "word " * (CHARACTERS // 5)
    assert len(beginning) == CHARACTERS
    assert compare(beginning, beginning + "and the rest is another")[0, 1] == pytest.approx(1)
    shorter = "word " * (CHARACTERS // 5 - 2)
    assert compare(shorter, shorter + "and more")[0, 1] < 1


def test_a_text_without_words_is_alike_to_nothing() -> None:
    assert compare("", " \n", "…!?", "word")[:3].tolist() == [[0] * 4] * 3


def test_no_texts_are_no_rows() -> None:
    assert encode_ngrams([]).shape == (0, BUCKETS)
    assert np.isnan(
        measure_intra(sum_sparse_by_source(encode_ngrams([]), np.zeros(0, int), 1))
    ).all()


def test_markup_and_symbols_are_text_like_any_other() -> None:
    assert compare("<b>bold</b>", "bold")[0, 1] < 1
    assert compare("🎉", "🎉", "🎈")[0].tolist() == pytest.approx([1, 1, 0])


def test_sparse_sums_are_those_of_dense_rows() -> None:
    rows, sources = encode_ngrams(write_texts(14)), np.random.default_rng(0).integers(0, 3, 14)
    held = np.unique(rows.indices)
    dense = sum_by_source(rows[:, held].toarray().astype(np.float32), sources, 4)
    sparse = sum_sparse_by_source(rows, sources, 4)
    assert sparse.products == pytest.approx(dense.products, abs=1e-5)
    assert sparse.squares == pytest.approx(dense.squares, abs=1e-5)
    assert sparse.counts.tolist() == dense.counts.tolist()
    assert sparse.total[held] == pytest.approx(dense.total, abs=1e-5)


def test_wording_is_measured_whatever_the_vectors_say(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    responses = list_responses(3, ("parrot", "poet"), 4)
    for n, row in enumerate(responses):
        row["text"] = "a copied answer" if row["model"] == "parrot" else f"line {n} verse {n}"
    found = []
    for seed in range(2):
        folder = tmp_path_factory.mktemp("corpus")
        corpus = write_corpus(folder, responses, make_unit_rows(len(responses), 8, seed))
        found.append(measure_corpus(corpus, ENCODER))
    assert np.array_equal(found[0].within[LEXICAL], found[1].within[LEXICAL])
    # Two verses share of five pairs edge-line alone.
    assert found[0].within[LEXICAL] == pytest.approx(np.array([[1, 1 / 5]] * 3))
    assert found[0].between[LEXICAL] == pytest.approx(np.zeros((3, 1)))
    # Of the pairs that answer different queries a quarter are copies, and a quarter verses.
    assert found[0].floors[LEXICAL].mean == pytest.approx((1 + 1 / 5) / 4)
