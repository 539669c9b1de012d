"""A predictor made by hand, whose answers are known, and networks of every kind."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rnncli.network.network import Network
from rnncli.network.parameters import initial, joined
from rnncli.network.recurrent import ACTIVATIONS
from rnncli.personal.learner import Learner
from rnncli.prediction.ended import EndOrNot
from rnncli.predictor import Floats, Ints, Predictor, State, rows

V, H = 13, 5


class Bigram(Predictor):
    """Predicts the next word from a table (V, V) by the last word alone; the state is that word, 0 at the start."""

    def __init__(self, table: Floats) -> None:
        self.table = np.asarray(table, np.float64)

    @property
    def vocabulary_size(self) -> int:
        return len(self.table)

    def start(self, n: int = 1) -> State:
        return (np.zeros(n, np.int64),)

    def read(self, state: State, x: Ints) -> State:
        return (np.concatenate((state[0][None], x)),)

    def next(self, state: State) -> NDArray[np.float64]:
        return self.table[state[0]]


class Unigram(Bigram):
    """Predicts one distribution (V,) whatever was read."""

    def __init__(self, *y: float) -> None:
        super().__init__(np.tile(y, (len(y), 1)))


def table(size: int = V, seed: int = 0) -> Floats:
    """Draws a table whose rows sum to 1, each with likely and unlikely words."""
    y = np.random.default_rng(seed).dirichlet(np.full(size, 0.3), size)
    y += 1e-6
    return y / y.sum(1, keepdims=True)


def network(
    activation: str = "tanh", leaky: float = 0.0, scale: float = 1.0, widths: tuple[int, ...] = (H,)
) -> Network:
    """Makes a network, or an ensemble of several, with random weights; `scale` multiplies its scores."""
    each = [initial(V, width, np.random.default_rng(n), np.float64, leaky=leaky) for n, width in enumerate(widths)]
    params = joined(each)
    return Network(params._replace(Wy=20 * scale * params.Wy), ACTIVATIONS[activation])


def mixture(scale: float = 1.0) -> Predictor:
    """Makes the mixture of a network and a copy that learned some words."""
    learner = Learner(network(leaky=0.5, scale=scale))
    for _ in learner.learn([np.random.default_rng(3).integers(0, V, 60).astype(np.int32)]):
        pass
    return learner.predictor


class AfterEndMark(EndOrNot):
    """Starts after a word that may end a sentence."""

    def start(self, n: int = 1) -> State:
        state = rows(self._predictor.read(self._predictor.start(), np.array([[0], [4]])), -1)
        return rows(self.begin(state, []), np.zeros(n, np.intp))


PREDICTORS: dict[str, Callable[[], Predictor]] = {
    "bigram": lambda: Bigram(table()),
    "elman": network,
    "leaky": lambda: network(leaky=0.5),
    "relu": lambda: network("relu"),
    "ensemble": lambda: network(leaky=0.5, widths=(4, 3, 1)),
    "far scores": lambda: network(scale=3000.0),
    "mixture": mixture,
    "end or not": lambda: EndOrNot(network(leaky=0.5)),
    "end or not, begun": lambda: AfterEndMark(network(leaky=0.5)),
    "mixture of far scores": lambda: mixture(scale=3000.0),
}
