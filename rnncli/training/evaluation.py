"""How well a model foresees a text: surprisals, perplexity, accuracy. Always by the exact softmax."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import exp, inf, log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Ints, Weights, blocks
from ..network.recurrent import TANH, Activation, forward
from ..network.softmax import ROWS, exponentials, score
from ..network.threads import Run
from ..text.vocabulary import EOS, SPECIALS, UNK

CHUNK = 4 * ROWS  # words that are read before their surprisals are told
PLACES = (1, 3, 5)


class Surprisals(NamedTuple):
    """What each word of a stretch of text came as."""

    ids: Ints  # (n,)
    nats: NDArray[np.float64]  # (n,)  -log of the word's probability
    rank: Ints  # (n,)  its place among the words that predict offers, from 1; 0 for EOS and UNK


def surprisals(
    params: Weights, stream: Iterable[Ints], activation: Activation = TANH, run: Run = map
) -> Iterator[Surprisals]:
    """Reads a stream of ids as one text, the state carried from its first word to its last.

    The first id, EOS, is read but not itself foreseen. Blocks of the stream may have any length.
    """
    s = np.zeros((1, params.Ws.shape[0]), params.Ws.dtype)
    rest: Ints = np.zeros(0, np.int32)
    for block in stream:
        rest = np.concatenate((rest, block))
        while len(rest) > CHUNK:
            states = forward(params, rest[:CHUNK, None], s, activation)
            s = states[-1]
            yield _compare(params, states[1:, 0], rest[1 : CHUNK + 1], run)
            rest = rest[CHUNK:]
    if len(rest) > 1:
        yield _compare(params, forward(params, rest[:-1, None], s, activation)[1:, 0], rest[1:], run)


def _compare(params: Weights, s: Floats, d: Ints, run: Run) -> Surprisals:
    """How the words d (n,) stand in the distributions that states s (n, H) give."""

    def part(rows: slice) -> tuple[Any, Any]:
        e, Z, top = exponentials(params.Wy, params.by, s[rows])
        nats = np.log(Z) + top - score(params.Wy, params.by, s[rows], d[rows])
        its = e[np.arange(len(e)), d[rows]]
        rank = 1 + np.count_nonzero(e[:, len(SPECIALS) :] > its[:, None], axis=1)
        return nats, np.where(d[rows] < len(SPECIALS), 0, rank)

    nats, rank = map(np.concatenate, zip(*run(part, blocks(len(d), ROWS)), strict=True))
    return Surprisals(d, np.maximum(nats.astype(np.float64), 0.0), rank)


@dataclass
class Evaluation:
    """Sums over a text, and the measures that follow from them."""

    words: int = 0  # sentence ends not counted
    sentences: int = 0  # sentence ends; these are foreseen too, so perplexity counts them
    unknown_words: int = 0
    nats: float = 0.0
    nats_unknown: float = 0.0  # of these, what unknown words cost
    hits: dict[int, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 0))

    def add(self, part: Surprisals) -> None:
        unknown = part.ids == UNK
        ends = int(np.count_nonzero(part.ids == EOS))
        self.sentences += ends
        self.words += len(part.ids) - ends
        self.unknown_words += int(np.count_nonzero(unknown))
        self.nats += float(part.nats.sum())
        self.nats_unknown += float(part.nats[unknown].sum())
        for place in PLACES:
            self.hits[place] += int(np.count_nonzero((part.rank > 0) & (part.rank <= place)))

    @property
    def perplexity(self) -> float:
        """e to the mean surprisal of words, known or not, and sentence ends."""
        return _exp_mean(self.nats, self.words + self.sentences)

    @property
    def perplexity_known(self) -> float:
        """The same without unknown words."""
        return _exp_mean(self.nats - self.nats_unknown, self.words + self.sentences - self.unknown_words)

    @property
    def bits_per_word(self) -> float:
        """log2 of the perplexity."""
        return self.nats / max(1, self.words + self.sentences) / log(2)

    def accuracy_at(self, place: int) -> float:
        """Share of the words, unknown ones as misses, that are among the first `place` that predict offers."""
        return self.hits[place] / max(1, self.words)

    def as_json(self) -> dict[str, float]:
        """The summary under the names that `score --json` has."""
        return {
            "perplexity": self.perplexity,
            "perplexity_known": self.perplexity_known,
            "unknown_words": self.unknown_words,
            "words": self.words,
            "sentences": self.sentences,
            "bits_per_word": self.bits_per_word,
            **{f"accuracy_at_{place}": self.accuracy_at(place) for place in PLACES},
        }


def _exp_mean(nats: float, n: int) -> float:
    try:
        return exp(nats / max(1, n))
    except OverflowError:
        return inf


def evaluate(params: Weights, stream: Iterable[Ints], activation: Activation = TANH, run: Run = map) -> Evaluation:
    """Perplexity and accuracy on a stream of ids that begins with EOS."""
    evaluation = Evaluation()
    for part in surprisals(params, stream, activation, run):
        evaluation.add(part)
    return evaluation
