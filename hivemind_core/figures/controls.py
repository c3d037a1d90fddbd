"""Whether sources keep their order under every control, in sentences and tables."""

from collections.abc import Sequence

import numpy as np

from hivemind_core.figures.findings import TITLES
from hivemind_core.figures.numbers import count, drop_nan, write_number
from hivemind_core.measures.arrays import Floats


def tell_robustness(correlations: Floats, titles: Sequence[str], sources: int) -> str:
    """Return whether all controls agree on the order, and which two agree least."""
    lower = np.tril_indices(len(titles), -1)
    values = correlations[lower]
    if sources < 3:
        return "Rankings can be compared from three sources on."
    if np.isnan(values).all():
        return "Rankings cannot be compared here: the sources tie, or too few have a number."
    least = int(np.nanargmin(values))
    i, j = int(lower[0][least]), int(lower[1][least])
    if values[least] > 1 - 1e-9:
        those = f"{len(titles)} controls put the {sources} sources in one order."
        return (
            f"Where they can be compared, the {those}" if np.isnan(values).any() else f"All {those}"
        )
    return (
        f"The order of the {sources} sources depends on the control: rank correlations go down to "
        f"{write_number(float(values[least]))}, as between {titles[j]} and {titles[i]}; their "
        f"median is {write_number(float(np.nanmedian(values)))}."
    )


def tell_unbuilt_encoder(encoder: str, missing: int) -> str:
    """Return that vectors of an encoder are not measured yet, and what has to come first."""
    told = f"Vectors of {encoder} are here and not measured yet"
    if missing:
        verb = "has" if missing == 1 else "have"
        return (
            f"{told}; {count(missing, 'answer')} {verb} none. Import theirs too, or build with the "
            "encoder itself, by its own name:"
        )
    return f"{told}:"


def name_control(measure: str, encoder: str, encoders: Sequence[str]) -> str:
    """Return what a control is called; with the encoder where there are several."""
    return f"{TITLES[measure]} · {encoder}" if encoder and len(encoders) > 1 else TITLES[measure]


def tabulate_ranks(
    names: Sequence[str], titles: Sequence[str], values: Floats, ranks: Floats
) -> list[dict[str, object]]:
    """Return a row a model: its value and rank under every control, by its rank in the first.

    Parameters
    ----------
    names : sequence of str, length s
    titles : sequence of str, length c
    values, ranks : (s, c) float64
    """
    order = np.argsort(ranks[:, 0], kind="stable")  # nan comes last
    return [
        {"model": names[i]}
        | {
            key: drop_nan(round(float(number), 3))
            for c, title in enumerate(titles)
            for key, number in (
                (_lower(title), values[i, c]),
                (f"rank by {_lower(title)}", ranks[i, c]),
            )
        }
        for i in order.tolist()
    ]


def _lower(title: str) -> str:
    """Return a title within a line; names of encoders stay as they are."""
    return title[:1].lower() + title[1:]


def tabulate_agreement(
    titles: Sequence[str], correlations: Floats, low: Floats, high: Floats
) -> list[dict[str, object]]:
    """Return a row for each two controls, those that agree least first.

    Parameters
    ----------
    titles : sequence of str, length c
    correlations, low, high : (c, c) float64
    """
    rows, columns = np.tril_indices(len(titles), -1)
    values = correlations[rows, columns]
    return [
        {
            "control": titles[columns[n]],
            "other control": titles[rows[n]],
            "rank correlation": drop_nan(values[n]),
            "95 % from": drop_nan(low[rows[n], columns[n]]),
            "95 % to": drop_nan(high[rows[n], columns[n]]),
        }
        for n in np.argsort(values, kind="stable").tolist()
    ]
