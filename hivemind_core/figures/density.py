"""How many answers lie where, for maps of too many points to be seen one by one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.figures.layout import Points

CELLS = 130  # along the larger side: about four pixels each on a laptop


@dataclass(frozen=True)
class Density:
    """Counts in square cells.

    Attributes
    ----------
    counts : int array, shape (rows, columns)
        From the lowest row up.
    corner : tuple of float
        Middle of the first cell of the lowest row.
    step : float
        Side of a cell.
    """

    counts: NDArray[np.int64]
    corner: tuple[float, float]
    step: float


def count_density(places: Points, extent: float) -> Density:
    """Return how many places lie in each cell of a grid around them.

    Parameters
    ----------
    places : float array, shape (n, 2)
        None at all gives a single empty cell.
    extent : float
        Above 0: the larger side of what is drawn, which sets the size of a cell.
    """
    step = extent / CELLS
    if len(places) == 0:
        return Density(np.zeros((1, 1), dtype=np.int64), (0.0, 0.0), step)
    low = places.min(axis=0)
    cells = np.floor((places - low) / step).astype(np.int64)
    width, height = (int(side) + 1 for side in cells.max(axis=0))
    counts = np.bincount(cells[:, 1] * width + cells[:, 0], minlength=width * height)
    x, y = (float(side) for side in low + step / 2)
    return Density(counts.reshape(height, width), (x, y), step)
