"""Key words of clusters by class-based TF-IDF (c-TF-IDF; Grootendorst 2022, equation 1)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

KEYWORDS = 6
CHARACTERS = 4000
WORD = r"(?u)(?<!\w)[^\W\d_][\w'’-]{1,29}(?!\w)"  # longer runs of letters are no words


def find_keywords(
    texts: Sequence[str], labels: NDArray[np.int32], count: int = KEYWORDS
) -> list[tuple[str, ...]]:
    """Return the words that set each cluster apart from the other texts.

    A word's weight in a cluster is tf * log(1 + A / f): tf its share of the cluster's words, f
    its count in all clusters and the noise together, A the mean number of words of these.

    Parameters
    ----------
    texts : sequence of str, length n
        Only the first 4,000 characters of each are read.
    labels : (n,) int32
        Cluster of each text; -1, noise, is counted as background and gets no words.
    count : int

    Returns
    -------
    list of tuple of str
        One tuple a cluster, best word first; empty where its texts hold no words.
    """
    clusters = int(labels.max(initial=-1)) + 1
    if clusters == 0:
        return []
    words, names = count_words(texts)
    counts = np.zeros((clusters + 1, len(names)))
    for number in range(-1, clusters):
        counts[number] = words[labels == number].sum(axis=0)
    return [rank_words(row, names, count) for row in _weigh(counts)[:clusters]]


def count_words(
    texts: Sequence[str], least_texts: int = 1
) -> tuple["csr_matrix", NDArray[np.object_]]:
    """Count the words of texts, stop words of English left out.

    Parameters
    ----------
    texts : sequence of str, length n
        Only the first 4,000 characters of each are read.
    least_texts : int
        Texts that a word must occur in.

    Returns
    -------
    counts : (n, w) sparse matrix of float64
    names : (w,) object
        The words, in alphabetical order. w is 0 where no text holds such a word.
    """
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(
        stop_words="english", token_pattern=WORD, min_df=least_texts, dtype=np.float64
    )
    try:
        counts = vectorizer.fit_transform(text[:CHARACTERS] for text in texts)
    except ValueError:  # no text holds a word that is no stop word, or too few hold one
        return csr_matrix((len(texts), 0)), np.array([], object)
    return counts, vectorizer.get_feature_names_out()


def _weigh(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    return np.asarray(share * np.log1p(totals.mean() / counts.sum(axis=0)))


def rank_words(
    weights: NDArray[np.float64], names: NDArray[np.object_], count: int
) -> tuple[str, ...]:
    """Return the words with the highest positive weights, equal ones in alphabetical order."""
    held = np.flatnonzero(weights > 0)
    order = np.lexsort((names[held], -np.round(weights[held], 12)))[:count]
    return tuple(str(names[held[i]]) for i in order)
