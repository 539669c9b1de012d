"""The distribution of the next word, and the best of it."""

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Weights
from ..network.softmax import probabilities
from ..text.vocabulary import EOS, UNK


def distribution(params: Weights, s: Floats) -> NDArray[np.float64]:
    """The probability (V,) of each word to come next, told from a state s (1, H). Sums to 1."""
    y: NDArray[np.float64] = probabilities(params.Wy, params.by, s)[0]
    return y


def best(y: NDArray[np.float64], k: int, eos: bool = False) -> list[int]:
    """The k likeliest ids, likeliest first, equal ones by id. UNK is not among them, EOS only if asked for."""
    offered = y.copy()
    offered[[UNK] if eos else [UNK, EOS]] = -1
    order = np.argsort(-offered, kind="stable")[:k].tolist()
    return [i for i in order if offered[i] >= 0]
