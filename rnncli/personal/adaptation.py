"""Small steps on what was just written (dynamic evaluation: Mikolov et al. 2010, Krause et al. 2018)."""

from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.cells import Trace
from ..network.inputs import Inputs
from ..network.network import Network
from ..network.optimizer import norm
from ..network.parameters import Ints, Rows, sum_rows
from ..network.step import backward

ADAPTED_WORDS = 10  # that one step learns from
MIN_ERROR = 0.003  # a word's probability, or what it lacks to 1, anywhere in a step, for its row to move
MAX_GRADIENT_NORM = 1.0  # a word
# By experiment, on Penn Treebank.
RATES = {"Wx": 0.006, "Ws": 0.0003, "bs": 0.0003, "bk": 0.0, "Wy": 0.05, "by": 0.004}


class MovedRows(NamedTuple):
    """The rows that a step moved."""

    read: Ints  # of Wx: those of words, or all where words are tied
    predicted: Ints  # of Wy and by


def adapt(network: Network, x: Ints, d: Ints, trace: Trace, y: NDArray[np.float64]) -> MovedRows:
    """Moves weights, in place, by one step of backpropagation through the time of some words, to predict these better.

    x, d   (n,)    words read, and the words that did come next
    trace          of reading them in one column
    y      (n, V)  the distributions that were predicted
    Moves nothing where the gradient is not a number.
    """
    n, params, s = len(x), network.params, trace.states[0][1:, 0]
    error = y.astype(params["Wy"].dtype)
    error[np.arange(n), d] -= 1
    words = np.flatnonzero(~(np.abs(error).max(0) <= MIN_ERROR))  # one that is not a number, too
    error = np.ascontiguousarray(error[:, words])
    dWy, dby, ds = error.T @ s, error.sum(0), (error @ params["Wy"][words])[:, None]
    gradients, rows_read = backward(params, network.cell, Inputs(network.cell, params, x[:, None]), trace, ds)
    of_words = Rows(words, dWy)
    if rows_read:
        of_words = sum_rows(np.concatenate((words, rows_read.rows)), np.concatenate((dWy, rows_read.values)))
    gradients |= {"Wy": of_words, "by": Rows(words, dby)}
    length = norm(gradients)
    if not isfinite(length):
        return MovedRows(np.zeros(0, np.int64), np.zeros(0, np.int64))
    scale = min(1.0, MAX_GRADIENT_NORM * n / max(length, MAX_GRADIENT_NORM))
    for name, g in gradients.items():
        w = params[name]
        if isinstance(g, Rows):
            w[g.rows] -= RATES[name] * scale * g.values
        else:
            w -= RATES[name] * scale * g
    dWx = gradients["Wx"]
    return MovedRows(dWx.rows if isinstance(dWx, Rows) else np.arange(len(dWx)), of_words.rows)
