"""What a scorer is: something that says how good a response to a query is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from hivemind_core.progress import Report


@dataclass(frozen=True)
class Item:
    """A response to score.

    Attributes
    ----------
    query, text : str
        Neither is empty.
    """

    query: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What a scorer says of an item.

    Attributes
    ----------
    scores : mapping of str or None to float
        By criterion; None where the scorer has only one number to give. Finite. Empty where it
        gave none.
    failure : str or None
        Why a score is missing, as one of a few fixed phrases that can be counted, such as
        "refused". A verdict with a failure may still hold the scores that could be read.
    answer : str or None
        What a judge wrote, word for word; None for scorers that write nothing.
    is_final : bool
        Whether asking again would give the same: False for what the network or the machine
        failed at, which is not kept.
    """

    scores: Mapping[str | None, float]
    failure: str | None = None
    answer: str | None = None
    is_final: bool = True


Keep = Callable[[int, Verdict], None]
"""Called with the place of an item and its verdict, as soon as there is one."""


def count_kept(keep: Keep, report: Report, stage: str, total: int) -> Keep:
    """Return what keeps verdicts and reports how many there are."""
    done = count(1)

    def tell(place: int, verdict: Verdict) -> None:
        keep(place, verdict)
        report(stage, next(done), total)

    return tell


class Scorer(Protocol):
    """Scores responses.

    Attributes
    ----------
    name : str
        Under which a corpus keeps the scores.
    kind : str
        One of `corpus.tables.SCORER_KINDS`.
    fingerprint : str
        Under which the cache keeps them: changes with everything that decides a score, such as
        weights, template, rubric and settings. Holds no key.
    record : mapping of str to str
        Exactly what is scored and by what, for the corpus to keep and people to read.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def fingerprint(self) -> str: ...  # noqa: D102

    @property
    def record(self) -> Mapping[str, str]: ...  # noqa: D102

    def score(self, items: Sequence[Item], keep: Keep, report: Report) -> None:
        """Score items, each kept the moment it is scored; none twice.

        Raises
        ------
        InputError
            If the scorer cannot be used as it is named.
        WorkError
            If it cannot go on; what was kept stays.
        """
        ...
