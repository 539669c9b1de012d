"""How well a model foresees a text: surprisals, perplexity, accuracy. Always by the exact softmax."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import exp, inf, log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Ints, Weights, blocks
from ..network.recurrent import TANH, Activation, forward_parts
from ..network.softmax import ROWS, Mix, exponentials, rows_at_a_time, score
from ..network.threads import Run
from ..text.alphabet import Alphabet
from ..text.vocabulary import EOS, SPECIALS, UNK

CHUNK = 4 * ROWS  # words that are read before their surprisals are told
PLACES = (1, 3, 5)
COUNTED = 64  # words for which likelier ones are counted through the alphabet at a time
SUGGESTIONS = 3  # words that a keyboard shows
BINS = 10  # of confidence


class Surprisals(NamedTuple):
    """What each word of a stretch of text came as."""

    ids: Ints  # (n,)
    nats: NDArray[np.float64]  # (n,)  -log of the word's probability
    rank: Ints  # (n,)  its place among the words that predict offers, from 1; 0 for EOS and UNK
    confidence: Floats  # (n,)  probability of the likeliest of all words
    likeliest: NDArray[np.bool_]  # (n,)  whether it is that word
    letters: Ints | None = None  # (n,)  that it has; 0 of EOS and UNK; None where nobody asks
    typed: Ints | None = None  # (n,)  of these, how many are typed before it is suggested


def surprisals(
    params: Weights,
    stream: Iterable[Ints],
    activation: Activation = TANH,
    run: Run = map,
    alphabet: Alphabet | None = None,
    mix: Mix | None = None,
) -> Iterator[Surprisals]:
    """Reads a stream of ids as one text, the state carried from its first word to its last.

    The first id, EOS, is read but not itself foreseen. Blocks of the stream may have any length. With an alphabet, it
    is told how many letters of each word have to be typed; with a mix, that foresees instead of the softmax.
    """
    s = np.zeros((1, params.Ws.shape[0]), params.Ws.dtype)
    rest: Ints = np.zeros(0, np.int32)
    for block in stream:
        rest = np.concatenate((rest, block))
        while len(rest) > CHUNK:
            states = forward_parts(params, rest[:CHUNK, None], s, activation, run)
            s = states[-1]
            yield _compare(params, states[1:, 0], rest[1 : CHUNK + 1], run, alphabet, mix)
            rest = rest[CHUNK:]
    if len(rest) > 1:
        states = forward_parts(params, rest[:-1, None], s, activation, run)
        yield _compare(params, states[1:, 0], rest[1:], run, alphabet, mix)


def _compare(params: Weights, s: Floats, d: Ints, run: Run, alphabet: Alphabet | None, mix: Mix | None) -> Surprisals:
    """How the words d (n,) stand in the distributions that states s (n, H) give."""

    def part(rows: slice) -> tuple[Any, ...]:
        if mix:
            return _told(mix(s[rows]), d[rows], alphabet)
        e, Z, top = exponentials(params.Wy, params.by, s[rows])
        nats = np.log(Z) + top - score(params.Wy, params.by, s[rows], d[rows])
        return (np.maximum(nats.astype(np.float64), 0.0), *_places(e, Z, d[rows], alphabet))

    return Surprisals(
        d, *map(np.concatenate, zip(*run(part, blocks(len(d), rows_at_a_time(len(params.Wy)))), strict=True))
    )


def compare(y: NDArray[np.float64], d: Ints, alphabet: Alphabet | None = None) -> Surprisals:
    """How the words d (n,) stand in distributions y (n, V)."""
    return Surprisals(d, *_told(y, d, alphabet))


def _told(y: NDArray[np.float64], d: Ints, alphabet: Alphabet | None) -> tuple[Any, ...]:
    return (-np.log(y[np.arange(len(d)), d]), *_places(y, np.ones(len(d)), d, alphabet))


def _places(e: Floats, Z: Floats, d: Ints, alphabet: Alphabet | None) -> tuple[Any, ...]:
    """Rank, confidence and so on of the words d (n,) where all have the weights e (n, V) of sum Z (n,)."""
    its, best = e[np.arange(len(e)), d], e.max(1)
    likelier = e > its[:, None]
    rank = np.where(d < len(SPECIALS), 0, 1 + np.count_nonzero(likelier[:, len(SPECIALS) :], axis=1))
    told = rank, best / Z, best == its
    return told if alphabet is None else (*told, *_letters(likelier, d, alphabet))


def _letters(likelier: NDArray[np.bool_], d: Ints, alphabet: Alphabet) -> tuple[Ints, Ints]:
    """How many letters the words d (n,) have, and how many are typed until the word is suggested: until fewer than
    SUGGESTIONS of the words that begin with them are likelier (n, V) than it.
    """
    letters, typed = np.zeros((2, len(d)), np.int32)
    for rows in blocks(len(d), COUNTED):
        before = np.zeros((rows.stop - rows.start, len(alphabet) + 1), np.int32)
        np.cumsum(likelier[rows][:, alphabet.order], axis=1, out=before[:, 1:])
        for n, counts in enumerate(before, rows.start):
            if d[n] >= len(SPECIALS):
                span = alphabet.spans(int(d[n]))
                fits = counts[span.last] - counts[span.first] < SUGGESTIONS
                letters[n] = len(fits)
                typed[n] = fits.argmax() if fits.any() else len(fits)
    return letters, typed


@dataclass
class Evaluation:
    """Sums over a text, and the measures that follow from them."""

    words: int = 0  # sentence ends not counted
    sentences: int = 0  # sentence ends; these are foreseen too, so perplexity counts them
    unknown_words: int = 0
    nats: float = 0.0
    nats_unknown: float = 0.0  # of these, what unknown words cost
    hits: dict[int, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 0))
    reciprocal_ranks: float = 0.0
    bins: NDArray[np.float64] = field(default_factory=lambda: np.zeros((BINS, 3)))  # words, confidence, hits
    letters: int = 0  # of known words, where they were counted
    typed: int = 0
    untyped: int = 0  # letters of words that are suggested before any of theirs is typed

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
        self.reciprocal_ranks += float(np.sum(1 / part.rank[part.rank > 0]))
        into = np.minimum((part.confidence * BINS).astype(int), BINS - 1)
        for column, value in enumerate((None, part.confidence, part.likeliest)):
            self.bins[:, column] += np.bincount(into, value, BINS)
        if part.letters is not None and part.typed is not None:
            self.letters += int(part.letters.sum())
            self.typed += int(part.typed.sum())
            self.untyped += int(part.letters[part.typed == 0].sum())

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

    @property
    def mean_reciprocal_rank(self) -> float:
        """Mean of 1 / rank over the words, with 0 for unknown ones."""
        return self.reciprocal_ranks / max(1, self.words)

    @property
    def keystroke_savings(self) -> float:
        """Share of the keys that a writer saves (Trnka & McCoy 2008: (keys without - keys with) / keys without).

        Without suggestions a word takes its letters and a space. With them its letters are typed until it is among the
        SUGGESTIONS likeliest words that begin with these, and one key takes it with the space. An unknown word saves
        nothing; its letters are taken to be as many as known words have in the mean.
        """
        return (self.letters - self.typed) / self._keys

    @property
    def keystroke_savings_next(self) -> float:
        """The same for a writer who is only offered next words, before any letter is typed, and no ends of words."""
        return self.untyped / self._keys

    @property
    def _keys(self) -> float:
        """Keys that the text takes without suggestions."""
        known = self.words - self.unknown_words
        return max(1.0, (self.letters + known) * (self.words / max(1, known)))

    @property
    def calibration_error(self) -> float:
        """Expected calibration error of the likeliest word (Naeini et al. 2015; BINS bins of equal width).

        How far the share of hits is from the mean confidence, bin by bin, weighted by the words in them.
        """
        words, confidence, hits = self.bins.T
        return float(np.abs(confidence - hits).sum() / max(1.0, words.sum()))

    def reliability(self) -> list[dict[str, float]]:
        """For each bin of confidence with words in it: its end, the words, their mean confidence, the share of hits."""
        return [
            {"up_to": (i + 1) / BINS, "words": int(n), "confidence": confidence / n, "accuracy": hits / n}
            for i, (n, confidence, hits) in enumerate(self.bins.tolist())
            if n
        ]

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
            "mean_reciprocal_rank": self.mean_reciprocal_rank,
            **(
                {
                    "keystroke_savings": self.keystroke_savings,
                    "keystroke_savings_next": self.keystroke_savings_next,
                }
                if self.letters
                else {}
            ),
            "calibration_error": self.calibration_error,
        }


def _exp_mean(nats: float, n: int) -> float:
    try:
        return exp(nats / max(1, n))
    except OverflowError:
        return inf


def evaluate(
    params: Weights,
    stream: Iterable[Ints],
    activation: Activation = TANH,
    run: Run = map,
    alphabet: Alphabet | None = None,
    mix: Mix | None = None,
) -> Evaluation:
    """How well a stream of ids that begins with EOS is foreseen; keystroke savings where there is an alphabet."""
    evaluation = Evaluation()
    for part in surprisals(params, stream, activation, run, alphabet, mix):
        evaluation.add(part)
    return evaluation
