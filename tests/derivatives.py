"""The definition of a derivative, to compare gradients with."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from rnncli.network.parameters import Rows, Weights
from rnncli.network.step import Chunk

Array = NDArray[np.float64]


def dense(gradient: "Array | Rows", like: Array) -> Array:
    """The gradient with its zeros."""
    if not isinstance(gradient, Rows):
        return gradient
    full = np.zeros_like(like)
    full[gradient.rows] = gradient.values
    return full


def central_differences(f: Callable[[], float], w: Array, h: float = 1e-5) -> Array:
    """(f(w + h) - f(w - h)) / 2h for each number of w, changed in place and put back."""
    slopes = np.empty_like(w)
    for i in np.ndindex(w.shape):
        kept = w[i]
        w[i] = kept + h
        above = f()
        w[i] = kept - h
        below = f()
        w[i] = kept
        slopes[i] = (above - below) / (2 * h)
    return slopes


def require_central_differences(
    params: Weights, f: Callable[[], float], gradients: "Mapping[str, Array | Rows]"
) -> None:
    """Compares the gradients of all parameters with the slopes of f."""
    assert sorted(gradients) == sorted(params)
    for name, w in params.items():
        slopes = central_differences(f, w)
        np.testing.assert_allclose(dense(gradients[name], w), slopes, rtol=1e-6, atol=1e-9, err_msg=name)


def require_gradients(params: Weights, step: Callable[[], Chunk]) -> None:
    """Compares the gradients of a step with the slopes of its loss."""
    require_central_differences(params, lambda: step().loss, step().gradients)
