"""Key words of clusters by class-based TF-IDF (c-TF-IDF; Grootendorst 2022, equation 1)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    from sklearn.feature_extraction.text import CountVectorizer

    clusters = int(labels.max(initial=-1)) + 1
    if clusters == 0:
        return []
    vectorizer = CountVectorizer(stop_words="english", token_pattern=WORD)
    try:
        words = vectorizer.fit_transform(text[:CHARACTERS] for text in texts)
    except ValueError:  # no text holds a word that is no stop word
        return [() for _ in range(clusters)]
    names = vectorizer.get_feature_names_out()
    counts = np.zeros((clusters + 1, len(names)))
    for number in range(-1, clusters):
        counts[number] = words[labels == number].sum(axis=0)
    return [_rank_words(row, names, count) for row in _weigh(counts)[:clusters]]


def _weigh(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    return np.asarray(share * np.log1p(totals.mean() / counts.sum(axis=0)))


def _rank_words(
    weights: NDArray[np.float64], names: NDArray[np.str_], count: int
) -> tuple[str, ...]:
    order = np.lexsort((names, -np.round(weights, 12)))[:count]
    return tuple(str(names[i]) for i in order if weights[i] > 0)
