"""Answers: what became of an order, what it cost, and why some did not come."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hivemind_core.models.budget import price_outcome
from hivemind_core.models.requests import Outcome
from hivemind_core.sampling.orders import Place


@dataclass(frozen=True)
class Answer:
    """What became of one sample.

    Attributes
    ----------
    place : Place
    text : str or None
        The answer; None where there is none.
    outcome : Outcome
        Of the last time it was asked for.
    error : str or None
    created : str
        ISO 8601.
    is_known : bool
        Whether an earlier run had asked.
    discarded : tuple of Outcome
        Earlier ones that held no list where one was asked for: paid for, and no answer.
    """

    place: Place
    text: str | None
    outcome: Outcome
    error: str | None
    created: str
    is_known: bool = False
    discarded: tuple[Outcome, ...] = ()


def price_answer(answer: Answer) -> float | None:
    """Return in USD what came for a sample, discarded lists too; None without a price or words."""
    endpoint = answer.place.served.endpoint
    came = [one for one in (*answer.discarded, answer.outcome) if one.text is not None]
    if endpoint.input_price is None or endpoint.output_price is None or not came:
        return None
    return sum(price_outcome(endpoint, one) for one in came)


def count_answers(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return how many answers came, and why others did not."""
    counted = Counter(answer.error for answer in answers)
    return {"answers": counted.pop(None, 0), "errors": dict(counted)}


def add_costs(answers: Iterable[Answer]) -> float:
    """Return in USD what came in a run and was paid for in it, as far as is known."""
    return sum(price_answer(answer) or 0.0 for answer in answers if not answer.is_known)


def format_answers(answers: Sequence[Answer], budget: float | None = None) -> str:
    """Return what became of an order as lines for people."""
    came = sum(answer.text is not None for answer in answers)
    known = sum(answer.is_known for answer in answers)
    lines = [f"{came:,} of {len(answers):,} answers" + (f", {known:,} known" if known else "")]
    spent = add_costs(answers)
    if spent:
        lines[0] += f", {spent:.4f} USD"
    if budget is not None and spent > budget:
        lines.append("  more than the budget: a service gave more tokens than it was asked for")
    failed = Counter(
        (answer.place.served.model, answer.error) for answer in answers if answer.error
    )
    lines += [f"  {model}: {count:,} {error}" for (model, error), count in failed.most_common()]
    left = {
        (answer.place.served.model, name) for answer in answers for name in answer.outcome.left_out
    }
    lines += [f"  {model}: {name} was not sent, it is not taken" for model, name in sorted(left)]
    return "\n".join(lines)
