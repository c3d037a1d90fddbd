"""How alike two answers to one query are, in the eyes of people: a small logistic model.

Its features can be read off two answers by hand; its coefficients come from pairs that people
called the same or different (docs/sameness.md).
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.calibration import Calibration
from hivemind_core.errors import InputError

FEATURES = ("cosine", "word_overlap", "layout", "headings")
CHARACTERS = 4000
# Arrows, signs and emoji are words of their own: encoders may know none of them.
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[\u2190-\u2bff\U0001f000-\U0001faff]")
ITEM = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]", re.MULTILINE)
BREAK = re.compile(r"\n\s*\n")
HEADING = re.compile(r"^#+[ \t]([^\n]+)|\*\*([^*\n]+)\*\*", re.MULTILINE)

Matrix = NDArray[np.float32]


def measure_features(texts: Sequence[str], vectors: NDArray[np.floating]) -> Mapping[str, Matrix]:
    """Return the features of every pair of some answers.

    Parameters
    ----------
    texts : sequence of str, length n
        Only the first 4,000 characters of each are read, white space at both ends left out.
    vectors : (n, d) float
        Unit rows.

    Returns
    -------
    mapping of str to (n, n) float32
        cosine
            Of the vectors, in [-1, 1].
        word_overlap
            Distinct words in both over distinct words in either (Jaccard), in [0, 1]; case does
            not count, a symbol such as an emoji is a word; 0 where neither has any.
        layout
            |log((a + 1) / (b + 1))| of their numbers of list items, plus the same of their
            numbers of blank lines between paragraphs: 0 where they are laid out alike.
        headings
            Distinct headings and bold phrases in both over those in either, in [0, 1]; 0 where
            neither has any.

    Notes
    -----
    Symmetric. Order of words, negation and sense are left to the vectors.
    """
    read = [text.strip()[:CHARACTERS] for text in texts]
    rows = np.asarray(vectors, np.float32)
    return {
        "cosine": np.clip(rows @ rows.T, -1, 1),
        "word_overlap": _measure_overlap([WORD.findall(text.casefold()) for text in read]),
        "layout": _compare_counts(ITEM, read) + _compare_counts(BREAK, read),
        "headings": _measure_overlap([_list_headings(text) for text in read]),
    }


def _compare_counts(part: re.Pattern[str], texts: Sequence[str]) -> Matrix:
    """Return |log((a + 1) / (b + 1))| of how often every two texts hold a part, shape (n, n)."""
    counts = np.log1p(np.array([len(part.findall(text)) for text in texts], np.float32))
    return np.abs(counts[:, None] - counts[None, :])


def _list_headings(text: str) -> list[str]:
    """Return the headings and bold phrases of an answer, without marks around them."""
    found = ((heading or bold).strip(" \t:*").casefold() for heading, bold in HEADING.findall(text))
    return [heading for heading in found if heading]


def _measure_overlap(words: Sequence[Sequence[str]]) -> Matrix:
    """Return the Jaccard overlap of the distinct words of every pair, shape (n, n)."""
    from scipy.sparse import csr_array

    numbers: dict[str, int] = {}
    rows = [sorted({numbers.setdefault(w, len(numbers)) for w in found}) for found in words]
    sizes = np.array([len(row) for row in rows], np.float32)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    columns = np.array([number for row in rows for number in row], np.int64)
    member = csr_array(
        (np.ones(len(columns), np.float32), columns, starts), shape=(len(rows), len(numbers))
    )
    common = (member @ member.T).toarray()
    either = sizes[:, None] + sizes[None, :] - common
    return np.divide(common, either, out=np.zeros_like(common), where=either > 0)


def compare_all(
    texts: Sequence[str], vectors: NDArray[np.floating], calibration: Calibration
) -> Matrix:
    """Return the chance that people would call each two of some answers the same.

    1 / (1 + exp(-(intercept + sum of weight times feature))); 1 where the texts are word for
    word the same.

    Parameters
    ----------
    texts : sequence of str, length n
        Answers to one query: people judged no others.
    vectors : (n, d) float
        Unit rows of the calibration's encoder.
    calibration : Calibration

    Returns
    -------
    (n, n) float32
        Symmetric, in [0, 1]; the diagonal is 1.

    Raises
    ------
    InputError
        If the calibration weighs other features than these.

    Notes
    -----
    Misleads where the frame of an answer is long and what differs is short ("My favourite colour
    is …"), and in languages other than English. Both answers of a judged pair were one model's:
    between models a difference in layout may be no more than a habit. The chance is that of the
    pairs judged, a third of them the same; where most answers are the same it is too low.
    """
    if set(calibration.weights) != set(FEATURES):
        raise InputError(
            f"a calibration must weigh {', '.join(FEATURES)}",
            where=calibration.encoder,
            found=", ".join(sorted(calibration.weights)) or "nothing",
            remedy="Make its file again with recipes/sameness/fit.py",
        )
    from scipy.special import expit

    features = measure_features(texts, vectors)
    sums = np.full((len(texts), len(texts)), calibration.intercept, np.float32)
    for name, weight in calibration.weights.items():
        sums += np.float32(weight) * features[name]
    chances = expit(sums)
    chances = (chances + chances.T) / 2  # a matrix product need not be symmetric to the last bit
    numbers = {text.strip(): i for i, text in enumerate(texts)}
    wording = np.array([numbers[text.strip()] for text in texts], np.int64)
    chances[wording[:, None] == wording[None, :]] = 1
    return chances
