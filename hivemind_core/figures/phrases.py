"""What answers share word for word, and where two of them differ.

Words are compared without case, and without the punctuation around them. A character of a script
that sets no space between words (Thai, Chinese, Japanese …) counts as a word.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from hivemind_core.corpus.terms import UNSPACED

WORDS = 5_000
TOKENS = 20_000
LEAST_WORDS = 3
IS_UNSPACED = re.compile(f"[{UNSPACED}]")

# Patterns over outlines, in which a letter or digit is "w", a character of a script without
# spaces "c", an accent or vowel sign "m", white space " ", an apostrophe "'", and all else ".".
WORD = re.compile("w(?:[wm']*[wm])?|cm*")
TOKEN = re.compile("(w(?:[wm']*[wm])?|cm*|[.'m]+)?( *)")

Span: TypeAlias = tuple[int, int]
"""Start and stop of a piece of text, in characters."""

_Run: TypeAlias = tuple[str, ...]

Side = Literal["first", "second"]
SIDES: tuple[Side, Side] = ("first", "second")


class Phrase(NamedTuple):
    """A sequence of words that several answers hold.

    Attributes
    ----------
    text : str
        As the first answer writes it, on one line.
    answers : int
        Answers that hold it, the first included.
    """

    text: str
    answers: int


@dataclass(frozen=True)
class Piece:
    """A piece of two texts: what both hold, or only one of them.

    Attributes
    ----------
    kind : {"same", "first", "second"}
    text : str
        White space included, never empty.
    """

    kind: Literal["same", "first", "second"]
    text: str


@dataclass(frozen=True)
class _Words:
    """The words of a text, folded, and where they are."""

    folded: tuple[str, ...]
    spans: tuple[Span, ...]

    def list_runs(self, size: int) -> list[_Run]:
        """Return every sequence of `size` words; the i-th begins with the i-th word."""
        return list(zip(*(self.folded[i:] for i in range(size)), strict=False)) if size else []


class _Outline(dict[int, str]):
    """What each character is, looked up once each; see `WORD`."""

    def __missing__(self, code: int) -> str:
        self[code] = kind = _classify(chr(code))
        return kind


def _classify(character: str) -> str:
    if character.isspace():
        return " "
    if character in "'’":
        return "'"
    category = unicodedata.category(character)[0]
    if category in "LN":
        return "c" if IS_UNSPACED.match(character) else "w"
    return "m" if category == "M" else "."


def find_shared_phrases(
    texts: Sequence[str], least_words: int = LEAST_WORDS
) -> tuple[tuple[Span, ...], ...]:
    """Find the words that answers of a group share with the group's first answer.

    Parameters
    ----------
    texts : sequence of str
        The first is what the others are held against: the medoid. Of each the first 5,000 words
        are compared, and nothing is marked beyond them.
    least_words : int
        Words in a row that count as shared. Where one of the two texts has fewer, all of it.

    Returns
    -------
    tuple of tuple of (int, int)
        For each text the spans, in characters, in order and apart from each other: of the first
        what at least half of the others share (and at least one), of every other text what it
        shares with the first, wherever it stands there. A text without words has none; no texts
        give an empty tuple.

    Notes
    -----
    Every sequence of `least_words` words of a text is looked up among those of the first: an
    alignment would miss phrases that stand in another order, as in lists. Long texts share
    sequences like "one of the" by chance.
    """
    if not texts:
        return ()
    reference, *others = _read_all(texts)
    most = _limit(least_words, reference)
    runs = {size: reference.list_runs(size) for size in range(most + 1)}
    holders = np.zeros(len(runs[most]), int)
    marked = []
    for other in others:
        size = _limit(most, other)
        marked.append(_join_runs(other, _look_up(other.list_runs(size), runs[size]), size))
        holders += _look_up(runs[most], other.list_runs(most))
    return (_join_runs(reference, holders >= max(len(others) / 2, 1), most), *marked)


def _limit(least_words: int, *texts: _Words) -> int:
    return min(least_words, *(len(words.folded) for words in texts))


def _read_all(texts: Sequence[str]) -> list[_Words]:
    outline = _Outline()
    return [_read_words(text, outline) for text in texts]


def _read_words(text: str, outline: _Outline) -> _Words:
    found = islice(WORD.finditer(text.translate(outline)), WORDS)
    spans = tuple(match.span() for match in found)
    return _Words(tuple(_fold(text[start:stop]) for start, stop in spans), spans)


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", word).casefold().replace("’", "'")


def _look_up(runs: Collection[_Run], others: Collection[_Run]) -> NDArray[np.bool_]:
    """Return which sequences of words are among some others."""
    known = set(others)
    return np.array([run in known for run in runs], bool)


def _join_runs(words: _Words, held: NDArray[np.bool_], size: int) -> tuple[Span, ...]:
    """Return the characters of all held sequences of `size` words, overlapping ones joined."""
    joined: list[list[int]] = []
    for first in np.flatnonzero(held).tolist():
        if joined and first < joined[-1][1]:
            joined[-1][1] = first + size
        else:
            joined.append([first, first + size])
    return tuple((words.spans[first][0], words.spans[stop - 1][1]) for first, stop in joined)


def list_common_phrases(
    texts: Sequence[str], limit: int = 3, least_words: int = LEAST_WORDS
) -> list[Phrase]:
    """List the phrases that most answers of a group hold.

    Parameters
    ----------
    texts : sequence of str
        The first is the medoid; phrases are its own. Of each the first 5,000 words count.
    limit : int
        Phrases to list.
    least_words : int
        Words of the shortest phrase; all of the first text where it has fewer.

    Returns
    -------
    list of Phrase
        Held by more than half of the texts, apart from each other in the first text; first those
        that make up most words of all answers (words x answers), none a part of another. Empty
        for fewer than two texts.

    Notes
    -----
    The count is exact: the phrase stands in so many answers, word after word. That "most" hold a
    phrase says nothing of what else they say.
    """
    if len(texts) < 2:
        return []
    read = _read_all(texts)
    reference, size = read[0], _limit(least_words, read[0])
    runs = reference.list_runs(size)
    held = np.array([_look_up(runs, words.list_runs(size)) for words in read])
    lines = [_write_line(words.folded) for words in read]
    phrases: list[Phrase] = []
    while len(phrases) < limit and (heaviest := _find_heaviest(held, size)):
        first, stop, answers = _shorten(reference.folded, heaviest, lines, size)
        held[:, max(first - size + 1, 0) : stop] = False
        held[:, _look_up(runs, runs[first : stop - size + 1])] = False
        start, end = reference.spans[first][0], reference.spans[stop - 1][1]
        phrases.append(Phrase(" ".join(texts[0][start:end].split()), answers))
    return phrases


def _write_line(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


def _shorten(
    words: Sequence[str], heaviest: Span, lines: Sequence[str], size: int
) -> tuple[int, int, int]:
    """Return the start and stop of the phrase that most lines hold in one piece, and how many.

    A line may hold every sequence of `size` words of a phrase, and yet not the phrase.
    """
    first, stop = heaviest

    def count(stop: int) -> int:
        phrase = _write_line(words[first:stop])
        return sum(phrase in line for line in lines)

    stops = range(first + size, stop + 1)
    kept = bisect_left(stops, True, key=lambda stop: 2 * count(stop) <= len(lines))
    return first, stops[kept - 1], count(stops[kept - 1])


def _find_heaviest(held: NDArray[np.bool_], size: int) -> Span | None:
    """Return the words of the phrase that weighs most: words x texts, over half of the texts.

    Parameters
    ----------
    held : (n, m) bool
        Whether a text holds the sequence of `size` words that begins with a word.
    """
    texts, starts = held.shape
    if not held.any():
        return None
    places = np.arange(starts)
    misses = np.where(held, starts, places)
    stops = np.minimum.accumulate(misses[:, ::-1], axis=1)[:, ::-1]
    runs = np.sort(stops - places, axis=0)[: (texts + 1) // 2]
    answers = np.arange(texts, texts // 2, -1)[:, None]
    weights = np.where(runs > 0, (runs + size - 1) * answers, 0)
    rank, first = np.unravel_index(weights.argmax(), weights.shape)
    if not weights[rank, first]:
        return None
    return int(first), int(first + runs[rank, first] + size - 1)


def compare_words(first: str, second: str) -> tuple[Piece, ...]:
    """Compare two texts word by word: the fewest words that have to go or to come.

    Case and punctuation count here.

    Parameters
    ----------
    first, second : str
        What is left of them without their common beginning and end is compared up to 20,000 words
        and punctuation marks each; what lies beyond is said to differ.

    Returns
    -------
    tuple of Piece
        In order; the "same" and "first" pieces joined are the first text exactly, the "same" and
        "second" ones the second. Between two "same" pieces "first" comes before "second". Two
        empty texts give an empty tuple.

    Notes
    -----
    A passage that stands elsewhere in the other text is said to differ.
    """
    outline = _Outline()
    left, right = _split(first, outline), _split(second, outline)
    return tuple(_join_pieces(_align(left, right)))


def _split(text: str, outline: _Outline) -> list[tuple[str, str]]:
    """Return the words and punctuation marks of a text, each with the white space after it."""
    matches = TOKEN.finditer(text.translate(outline))
    cuts = [(m.start(), m.start(2), m.end()) for m in matches if m.end() > m.start()]
    return [(text[start:middle], text[middle:stop]) for start, middle, stop in cuts]


def _align(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> Iterator[Piece]:
    """Return the pieces in order, the smallest ones, some of them empty."""
    before = _count_equal(left, right)
    after = _count_equal(left[before:][::-1], right[before:][::-1])
    middles = left[before : len(left) - after], right[before : len(right) - after]
    compared, rest = [
        [part[cut] for part in middles] for cut in (slice(TOKENS), slice(TOKENS, None))
    ]
    yield Piece("same", _join(left[:before]))
    for code in LCSseq.opcodes(*_number(*compared)):
        pair = (
            compared[0][code.src_start : code.src_end],
            compared[1][code.dest_start : code.dest_end],
        )
        yield from _match(*pair) if code.tag == "equal" else _part(_join(pair[0]), _join(pair[1]))
    yield from _part(_join(rest[0]), _join(rest[1]))
    yield Piece("same", _join(left[len(left) - after :]))


def _count_equal(left: Sequence[object], right: Sequence[object]) -> int:
    """Return how many things two sequences begin with in common."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))))


def _number(*sides: list[tuple[str, str]]) -> list[list[int]]:
    numbers: dict[str, int] = {}
    return [[numbers.setdefault(token, len(numbers)) for token, _ in side] for side in sides]


def _join(tokens: Sequence[tuple[str, str]]) -> str:
    return "".join(token + space for token, space in tokens)


def _match(left: Sequence[tuple[str, str]], right: Sequence[tuple[str, str]]) -> Iterator[Piece]:
    """Return equal tokens, and the white space after them, which may differ."""
    for (token, space), (_, other) in zip(left, right, strict=True):
        yield Piece("same", token)
        yield from [Piece("same", space)] if space == other else _part(space, other)


def _part(first: str, second: str) -> tuple[Piece, Piece]:
    return Piece("first", first), Piece("second", second)


def _join_pieces(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Return as few pieces as say the same, common white space at the end of two as their own."""
    space = ""
    filled = (piece for piece in pieces if piece.text)
    for is_same, group in groupby(filled, lambda piece: piece.kind == "same"):
        listed = list(group)
        if is_same:
            yield Piece("same", space + "".join(piece.text for piece in listed))
            space = ""
        else:
            first, second = ("".join(p.text for p in listed if p.kind == k) for k in SIDES)
            space = _find_last_space(first, second)
            cut = len(space)
            texts = first[: len(first) - cut], second[: len(second) - cut]
            yield from (p for p in _part(*texts) if p.text)
    if space:
        yield Piece("same", space)


def _find_last_space(first: str, second: str) -> str:
    """Return the white space that both texts end with."""
    spaces = [text[len(text.rstrip()) :] for text in (first, second)]
    count = _count_equal(spaces[0][::-1], spaces[1][::-1])
    return first[len(first) - count :]
