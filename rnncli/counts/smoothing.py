"""Modified Kneser-Ney discounts: what seen n-grams give to unseen ones (Chen & Goodman 1999, An empirical study of
smoothing techniques for language modeling, Computer Speech & Language 13)."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

USUAL = (0.5, 1.0, 1.5)  # where the counts of a small text give none


def discounts(occurrences: Iterable[int]) -> NDArray[np.float64]:
    """Returns what is taken off a count of 1, of 2, and of 3 or more: D_c = c - (c+1) Y n_{c+1} / n_c, with
    Y = n_1 / (n_1 + 2 n_2).

    occurrences  n_1, n_2, n_3, n_4: how many n-grams of a length have a count of 1, 2, 3, 4
    """
    n1, n2, n3, n4 = map(float, occurrences)
    if not min(n1, n2, n3, n4):
        return np.array(USUAL)
    Y = n1 / (n1 + 2 * n2)
    D = np.array([1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3])
    return D if (D > 0).all() and (D <= [1, 2, 3]).all() else np.array(USUAL)
