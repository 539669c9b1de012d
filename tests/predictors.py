"""A predictor made by hand, whose answers are known, and networks of every kind."""

import tempfile
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rnncli.counts.counting import count
from rnncli.counts.mixture import NgramModel, class_count
from rnncli.counts.predictor import Counts
from rnncli.network.cells import GRU, LSTM, Cell, Elman, initial
from rnncli.network.network import Network
from rnncli.network.parameters import joined
from rnncli.personal.learner import Learner
from rnncli.prediction.ended import EndOrNot
from rnncli.prediction.session import Repeated
from rnncli.predictor import Floats, Ints, Predictor, State, rows
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import UNK
from rnncli.unknown.share import Calibrated, Calibration

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
    activation: str = "tanh", leaky: float = 0.0, scale: float = 1.0, widths: tuple[int, ...] = (H,), words: int = V
) -> Network:
    """Makes a network, or an ensemble of several, with random weights; `scale` multiplies its scores."""
    cell = Elman(activation, leaky)
    each = [initial(cell, words, width, np.random.default_rng(n), np.float64) for n, width in enumerate(widths)]
    params = joined(cell.axes, each)
    return Network(params | {"Wy": 20 * scale * params["Wy"]}, cell)


def gated(cell: Cell, widths: tuple[int, ...] = (H,), scale: float = 1.0) -> Network:
    """Makes a network of a gated cell, or an ensemble of several, with random weights that open and close gates."""
    rng, each = np.random.default_rng(7), []
    for width in widths:
        drawn = initial(cell, V, width, rng, np.float64)
        each.append({name: w + 0.5 * rng.standard_normal(w.shape) for name, w in drawn.items()})
    params = joined(cell.axes, each)
    return Network(params | {"Wy": scale * params["Wy"]}, cell)


def ngrams() -> NgramModel:
    """Makes counts with random weights of a network beside them."""
    return NgramModel(counts().ngrams, np.random.default_rng(2).random(class_count(4)))


def ngrams_alone() -> NgramModel:
    """Makes counts beside which a network has no weight."""
    return NgramModel(counts().ngrams, np.zeros(class_count(4)))


def mixture(
    scale: float = 1.0, beside: NgramModel | None = None, width: int = H, fixed: Network | None = None
) -> Predictor:
    """Makes the mixture of a network and a copy that learned some words."""
    learner = Learner(fixed or network(leaky=0.5, scale=scale, widths=(width,)), ngrams=beside)
    for _ in learner.learn([np.random.default_rng(3).integers(0, V, 60).astype(np.int32)]):
        pass
    return learner.predictor


def counts(most: int = 1 << 30) -> Counts:
    """Makes the predictor by counts of some sentences of random words, of which at most `most` n-grams are kept."""
    rng, spool = np.random.default_rng(5), Spool(tempfile.TemporaryFile())
    for _ in range(60):
        spool.append(np.append(0, rng.integers(1, V, rng.integers(6)) % rng.integers(1, V)).astype(np.int32))
    spool.append(np.zeros(1, np.int32))
    return Counts(count(spool, V, 4, tempfile.TemporaryFile, most=most))


def with_new_words() -> Predictor:
    """Makes a mixture over V words of which the last three are new to its networks of V - 3 words."""
    learner = Learner(network(words=V - 3), calibration=Calibration(0.7, 0.6))
    ids = np.random.default_rng(3).integers(0, V - 3, 60).astype(np.int32)
    ids[[5, 20, 40]] = UNK
    unknown = [(5, "dax", "dax"), (20, "wug", "Wug"), (40, "zug", "zug")]
    for _ in learner.learn([learner.extended(ids, unknown)]):
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
    "no units": lambda: network(widths=(0,)),
    "no units, leaky": lambda: network(leaky=0.5, widths=(0,)),
    "ensemble": lambda: network(leaky=0.5, widths=(4, 3, 1)),
    "far scores": lambda: network(scale=3000.0),
    "mixture": mixture,
    "counts": counts,
    "network and counts": lambda: ngrams().beside(network(leaky=0.5)),
    "mixture with counts": lambda: mixture(beside=ngrams()),
    "mixture of no units, with counts alone": lambda: mixture(beside=ngrams_alone(), width=0),
    "mixture of no units": lambda: mixture(width=0),
    "counts, some left out": lambda: counts(most=40),
    "end or not": lambda: EndOrNot(network(leaky=0.5)),
    "end or not, begun": lambda: AfterEndMark(network(leaky=0.5)),
    "repeated": lambda: Repeated(network(leaky=0.5)),
    "repeated mixture": lambda: Repeated(mixture()),
    "calibrated": lambda: Calibrated(network(leaky=0.5), Calibration(0.7, 0.6)),
    "calibrated counts": lambda: Calibrated(counts(), Calibration(0.7, 0.6)),
    "mixture with new words": lambda: with_new_words(),
    "mixture of far scores": lambda: mixture(scale=3000.0),
    "gru": lambda: gated(GRU()),
    "gru, tied": lambda: gated(GRU(tied=True)),
    "lstm": lambda: gated(LSTM()),
    "gru, ensemble": lambda: gated(GRU(), (4, 3, 1)),
    "lstm, ensemble": lambda: gated(LSTM(tied=True), (4, 3, 1)),
    "lstm, far scores": lambda: gated(LSTM(), scale=3000.0),
    "gru and counts": lambda: ngrams().beside(gated(GRU())),
    "lstm and counts": lambda: ngrams().beside(gated(LSTM())),
    "mixture of gru": lambda: mixture(fixed=gated(GRU())),
    "mixture of lstm": lambda: mixture(fixed=gated(LSTM(tied=True))),
    "mixture of lstm, ensemble, with counts": lambda: mixture(beside=ngrams(), fixed=gated(LSTM(), (3, 2))),
    "end or not, lstm": lambda: EndOrNot(gated(LSTM())),
    "repeated lstm": lambda: Repeated(gated(LSTM())),
    "repeated mixture of lstm": lambda: Repeated(mixture(fixed=gated(LSTM()))),
    "calibrated lstm": lambda: Calibrated(gated(LSTM()), Calibration(0.7, 0.6)),
}
