"""Small steps on what was just written (dynamic evaluation: Mikolov et al. 2010, Krause et al. 2018)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.optimizer import norm
from ..network.parameters import Floats, Gradients, Ints, Params, Rows, Weights
from ..network.recurrent import TANH, Activation, backward

STEP = 10  # words that are learnt from at a time
LEAST = 0.003  # of a word's error, anywhere in these, for its row to be moved
LARGEST = 1.0  # norm of the gradient a word
RATES = (0.006, 0.0003, 0.0003, 0.0, 0.05, 0.004)  # of Wx, Ws, bs, bk, Wy, by; by experiment, on Penn Treebank


class Touched(NamedTuple):
    """The words whose rows a step moved."""

    read: Ints  # of Wx
    foreseen: Ints  # of Wy and by


def adapt(
    params: Weights, x: Ints, d: Ints, s: Floats, y: NDArray[np.float64], activation: Activation = TANH
) -> Touched:
    """Moves the weights, in place, to foresee some words better, by one step back through the time they took.

    x, d  (n,)       words read, and the words that did come next
    s     (n+1, H)   states, from forward
    y     (n, V)     the distributions that followed
    """
    n = len(x)
    error = y.astype(params.Wy.dtype)
    error[np.arange(n), d] -= 1
    words = np.flatnonzero(np.abs(error).max(0) > LEAST)
    error = np.ascontiguousarray(error[:, words])
    dWy, dby, ds = error.T @ s[1:], error.sum(0), (error @ params.Wy[words])[:, None]
    dWx, dWs, dbs, dbk = backward(params, x[:, None], s[:, None], ds, activation)
    gradients: Gradients = Params(dWx, dWs, dbs, dbk, Rows(words, dWy), Rows(words, dby))
    shorter = min(1.0, LARGEST * n / max(norm(gradients), LARGEST))
    for w, g, rate in zip(params, gradients, RATES, strict=True):
        if isinstance(g, Rows):
            w[g.rows] -= rate * shorter * g.values
        else:
            w -= rate * shorter * g
    return Touched(dWx.rows, words)
