"""What a search means: words and phrases, folded, found in texts and marked there.

A search is words, all of which must occur. A word finds every word that begins with it; "words in
quotation marks" find exactly that, in that order. Case, accents and the shape of quotation marks
and dashes do not count. What a visitor types is only ever looked for, never run as a pattern.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 300
EXCERPT = 240
LEAD = 80
EDGES = ",.;:!?…()[]{}'"

# Scripts that set no space between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
BETWEEN_WORDS = rf"(?:[^\pL\pM\pN]|[{UNSPACED}])"
ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\ufe00-\ufe0f]")
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
SAME_MARKS = dict(zip("‘’‚‛ʼ′“”„‟«»″‐‑‒–—―−", "'" * 6 + '"' * 7 + "-" * 7, strict=True))


@dataclass(frozen=True)
class Term:
    """A word or phrase that is looked for.

    Attributes
    ----------
    text : str
        Folded, with single spaces.
    is_whole : bool
        Whether a word of the text must end where the term ends.
    """

    text: str
    is_whole: bool


@dataclass(frozen=True)
class Excerpt:
    """A piece of a text around what was found.

    Attributes
    ----------
    text : str
    spans : tuple of (int, int)
        Where in the piece the terms are: start and stop in characters.
    """

    text: str
    spans: tuple[tuple[int, int], ...]


class Folding(dict[int, str]):
    """What each character folds to, worked out when it is first met; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if character in SAME_MARKS:
        return SAME_MARKS[character]
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cf":  # joiners, soft hyphens, marks of direction
        return ""
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    return ACCENTS.sub("", unicodedata.normalize("NFKD", decomposed))


def fold(text: str) -> str:
    """Return text in small letters, without accents, with plain quotation marks and dashes."""
    return _fold(text, Folding())


def _fold(text: str, folding: Folding) -> str:
    return NOT_ASCII.sub(lambda match: match[0].translate(folding), text).lower()


def read_terms(words: str) -> tuple[Term, ...]:
    """Return what a search looks for.

    Parameters
    ----------
    words : str
        As typed; 300 characters of it count. A quotation mark that is not closed is no mark, and
        punctuation counts within words and within quotation marks only.

    Returns
    -------
    tuple of Term
        Each once; none for empty input and for nothing but marks.
    """
    parts = fold(words[:LONGEST]).split('"')
    last = len(parts) - 1
    terms: dict[Term, None] = {}
    for place, part in enumerate(parts):
        if place % 2 and place < last:
            terms[Term(" ".join(part.split()), True)] = None
        else:
            terms |= {Term(word.strip(EDGES), False): None for word in part.split() if _says(word)}
    return tuple(term for term in terms if term.text)


def _says(word: str) -> bool:
    """Whether a word is more than punctuation, such as the "&" between two others."""
    return any(unicodedata.category(character)[0] != "P" for character in word)


def _is_in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" and not re.match(f"[{UNSPACED}]", character)


def _write_literal(term: Term) -> str:
    return r"\s+".join(re.escape(word) for word in term.text.split())


def _write_pattern(term: Term) -> str:
    """Return a pattern of our own around the term, every sign of which stands for itself."""
    start = f"(?:^|{BETWEEN_WORDS})" if _is_in_word(term.text[0]) else ""
    stop = f"(?:$|{BETWEEN_WORDS})" if term.is_whole and _is_in_word(term.text[-1]) else ""
    return start + _write_literal(term) + stop


def find_rows(texts: pa.ChunkedArray, terms: Collection[Term], folding: Folding) -> pa.Array:
    """Return the numbers of the texts that hold every term; a missing text holds none."""
    texts = texts.combine_chunks()
    rows = pa.array(np.arange(len(texts), dtype=np.int64))
    texts = _fold_texts(texts, folding)
    for term in terms:
        holds = pc.match_substring_regex(texts, _write_pattern(term), ignore_case=True)
        holds = holds.fill_null(False)
        texts, rows = texts.filter(holds), rows.filter(holds)
    return rows


def _fold_texts(texts: pa.Array, folding: Folding) -> pa.Array:
    """Return texts folded, but for the case of those that hold nothing but ASCII."""
    foreign = pc.invert(pc.string_is_ascii(texts).fill_null(True))
    folded = [_fold(text, folding) for text in texts.filter(foreign).to_pylist()]
    return pc.replace_with_mask(texts, foreign, pa.array(folded, texts.type)) if folded else texts


def find_spans(text: str, words: str) -> tuple[tuple[int, int], ...]:
    """Return where a text holds the words of a search.

    Returns
    -------
    tuple of (int, int)
        Start and stop in characters, in order, none within another. Empty where there is none.
    """
    folding = Folding()
    pieces = [folding[ord(character)] for character in text]
    folded = "".join(pieces)
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    spans = sorted(
        (places[start], places[stop - 1] + 1)
        for term in read_terms(words)
        for start, stop in _find_term(folded, term)
    )
    return _merge_spans(spans, pieces)


def _find_term(folded: str, term: Term) -> Iterator[tuple[int, int]]:
    inside = _is_in_word(term.text[0]), _is_in_word(term.text[-1]) and term.is_whole
    for match in re.finditer(f"(?=({_write_literal(term)}))", folded):  # overlapping ones too
        start, stop = match.span(1)
        begins = not (inside[0] and start and _is_in_word(folded[start - 1]))
        ends = not (inside[1] and stop < len(folded) and _is_in_word(folded[stop]))
        if begins and ends:
            yield start, stop


def _merge_spans(
    spans: Collection[tuple[int, int]], pieces: list[str]
) -> tuple[tuple[int, int], ...]:
    """Join spans that overlap, and take in the accents that follow one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        stop = end
        while stop < len(pieces) and not pieces[stop]:
            stop += 1
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((start, stop))
    return tuple(merged)


def cut_excerpt(text: str, words: str, width: int = EXCERPT) -> Excerpt:
    """Return the piece of a text that shows most of what a search found in it.

    Parameters
    ----------
    text, words : str
    width : int
        Characters, without the dots that say where something was left out.
    """
    spans = find_spans(text, words)
    starts, stops = [start for start, _ in spans], [stop for _, stop in spans]
    begin = max(
        (max(start - LEAD, 0) for start in starts),
        key=lambda b: bisect_right(stops, b + width) - bisect_left(starts, b),
        default=0,
    )
    begin = max(min(begin, len(text) - width), 0)
    end = min(begin + width, len(text))
    inside = [span for span in spans if begin <= span[0] < end]
    if begin and (gap := text.find(" ", begin, inside[0][0] if inside else end)) >= 0:
        begin = gap + 1
    if end < len(text) and (gap := text.rfind(" ", inside[-1][1] if inside else begin, end)) >= 0:
        end = gap
    head, tail = "… " if begin else "", " …" if end < len(text) else ""
    shift = len(head) - begin
    marks = tuple((start + shift, min(stop, end) + shift) for start, stop in inside)
    return Excerpt(head + text[begin:end] + tail, marks)
