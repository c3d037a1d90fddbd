"""What groups of answers are about, in a few words that tell them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

WORDS = 3
ALIKE = 2  # words in common


@dataclass(frozen=True)
class Topic:
    """A group of answers and what it is about.

    Attributes
    ----------
    members : tuple of int
        Row numbers.
    words : tuple of str
        The best first: untrusted.
    """

    members: tuple[int, ...]
    words: tuple[str, ...]


def choose_words(topics: Sequence[Topic]) -> list[tuple[str, ...]]:
    """Return the best three words of each topic.

    Where topics would read alike, which begin with the same word or share two of three, each
    begins with its best word that those others lack. Topics of the same words stay alike.
    """
    leading = [topic.words[:WORDS] for topic in topics]
    chosen = []
    for topic, lead in zip(topics, leading, strict=True):
        others = {
            word
            for other, words in zip(topics, leading, strict=True)
            if other is not topic and _read_alike(lead, words)
            for word in other.words
        }
        own = [word for word in topic.words if others and word not in others][:1]
        chosen.append((*own, *(word for word in topic.words if word not in own))[:WORDS])
    return chosen


def _read_alike(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return words[:1] == others[:1] or len(set(words) & set(others)) >= ALIKE
