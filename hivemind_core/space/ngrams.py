"""Texts as sets of word pairs: similarity of wording, which no encoder has a hand in."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from hivemind_core.corpus.terms import UNSPACED
from hivemind_core.space.sameness import WORD

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BUCKETS = 2**18
CHARACTERS = 4000
EDGE = "\n"
ALONE = re.compile(f"[{UNSPACED}]")  # scripts without spaces: a character counts as a word


def encode_ngrams(texts: Sequence[str]) -> "csr_matrix":
    """Return a sparse unit row a text, so that cosines are shares of word pairs in common.

    The cosine of two rows is |A and B| / sqrt(|A| |B|), A and B the sets of two words in a row
    that the texts hold (the Ochiai coefficient). The edges of a text count as a word each, so
    that answers of one word have pairs too. Case does not count; a character of a script without
    spaces between words is a word.

    Parameters
    ----------
    texts : sequence of str, length n
        Only the first 4,000 characters of each are read.

    Returns
    -------
    (n, 262,144) sparse matrix of float64
        Rows of unit length; a text without words gives one of zeros. Pairs are told by a hash:
        two different ones share a column once in 262,144.

    Notes
    -----
    Words that stand in every text count like any other, and translations have nothing in common.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        analyzer=_list_pairs, n_features=BUCKETS, binary=True, alternate_sign=False, norm="l2"
    )
    return vectorizer.transform(texts) if len(texts) else _make_empty()


def _make_empty() -> "csr_matrix":
    from scipy.sparse import csr_matrix

    return csr_matrix((0, BUCKETS), dtype=np.float64)


def _list_pairs(text: str) -> Iterator[str]:
    read = unicodedata.normalize("NFC", text[:CHARACTERS]).casefold()
    words = WORD.findall(ALONE.sub(r" \g<0> ", read))
    if words:
        yield from (f"{one} {other}" for one, other in pairwise([EDGE, *words, EDGE]))
