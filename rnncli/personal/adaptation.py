"""Small steps on what was just written (dynamic evaluation: Mikolov et al. 2010, Krause et al. 2018)."""

from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.optimizer import norm
from ..network.parameters import Floats, Gradients, Ints, Params, Rows, Weights
from ..network.recurrent import Activation, backward

ADAPTED_WORDS = 10  # that one step learns from
MIN_ERROR = 0.003  # a word's probability, or what it lacks to 1, anywhere in a step, for its row to move
MAX_GRADIENT_NORM = 1.0  # a word
RATES = (0.006, 0.0003, 0.0003, 0.0, 0.05, 0.004)  # of Wx, Ws, bs, bk, Wy, by; by experiment, on Penn Treebank


class MovedRows(NamedTuple):
    """The words whose rows a step moved."""

    read: Ints  # rows of Wx
    predicted: Ints  # rows of Wy and by


def adapt(
    params: Weights, x: Ints, d: Ints, s: Floats, u: Floats, y: NDArray[np.float64], activation: Activation
) -> MovedRows:
    """Moves weights, in place, by one step of backpropagation through the time of some words, to predict these better.

    x, d  (n,)       words read, and the words that did come next
    s     (n+1, H)   states, from forward
    u     (n, H)     candidates, from forward
    y     (n, V)     the distributions that were predicted
    Moves nothing where the gradient is not a number.
    """
    n = len(x)
    error = y.astype(params.Wy.dtype)
    error[np.arange(n), d] -= 1
    words = np.flatnonzero(~(np.abs(error).max(0) <= MIN_ERROR))  # one that is not a number, too
    error = np.ascontiguousarray(error[:, words])
    dWy, dby, ds = error.T @ s[1:], error.sum(0), (error @ params.Wy[words])[:, None]
    dWx, dWs, dbs, dbk = backward(params, x[:, None], s[:, None], u[:, None], ds, activation)
    gradients: Gradients = Params(dWx, dWs, dbs, dbk, Rows(words, dWy), Rows(words, dby))
    length = norm(gradients)
    if not isfinite(length):
        return MovedRows(np.zeros(0, np.int64), np.zeros(0, np.int64))
    scale = min(1.0, MAX_GRADIENT_NORM * n / max(length, MAX_GRADIENT_NORM))
    for w, g, rate in zip(params, gradients, RATES, strict=True):
        if isinstance(g, Rows):
            w[g.rows] -= rate * scale * g.values
        else:
            w -= rate * scale * g
    return MovedRows(dWx.rows, words)
