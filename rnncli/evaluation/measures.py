"""Measures of how well a predictor predicts a text: perplexity, accuracy, keystrokes saved, calibration."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..network.threads import Run
from ..predictor import Ints, Predictor
from ..text.alphabet import Alphabet
from ..text.vocabulary import EOS, PAR, UNK
from .surprisal import EVALUATED_WORDS, Surprisals, surprisals

PLACES = (1, 3, 5)  # k of the accuracies at k
CONFIDENCE_BINS = 10
# Words whose surprisals are kept, to fit the weights of a mixture to. Fitted to the first 2,400, 7,200, 14,400, 19,200
# words of Penn Treebank's validation text, the next 10,000 have a perplexity of 119.88, 119.66, 119.54, 119.52.
BEGINNING_WORDS = 6 * EVALUATED_WORDS


@dataclass
class Evaluation:
    """Sums over a text, and the measures that follow from them."""

    words: int = 0  # sentence ends not counted
    sentences: int = 0  # sentence ends; predicted too, so perplexity counts them
    paragraphs: int = 0  # ends of paragraphs; predicted too, where the text has blank lines
    unknown_words: int = 0
    nats: float = 0.0
    nats_unknown: float = 0.0  # the part of nats that unknown words cost
    nats_which: float = 0.0  # beside nats: what it costs to tell which words the unknown ones are
    nats_apart: dict[str, float] = field(default_factory=dict)  # by each part of a mixture alone
    beginning: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 0)))  # of each of the first words nats,
    # and the probability of the unknown word
    hits: dict[int, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 0))
    reciprocal_ranks: float = 0.0
    bins: NDArray[np.float64] = field(default_factory=lambda: np.zeros((CONFIDENCE_BINS, 3)))  # words, confidence, hits
    letters: int = 0  # of known words, where they were counted
    without_letters: int = 0  # known words of which they were not
    typed: int = 0
    untyped: int = 0  # letters of words that are suggested before any letter is typed
    characters: int = 0  # of the text, blanks and line ends included, where they were counted

    def add(self, part: Surprisals, specials: int) -> None:
        """Adds the words of a stretch of text; `specials` is how many words are never offered."""
        unknown = part.ids == UNK
        ends = int(np.count_nonzero(part.ids == EOS))
        breaks = int(np.count_nonzero(part.ids == PAR)) if specials > PAR else 0
        self.sentences += ends
        self.paragraphs += breaks
        self.words += len(part.ids) - ends - breaks
        self.unknown_words += int(np.count_nonzero(unknown))
        self.nats += float(part.nats.sum())
        self.nats_unknown += float(part.nats[unknown].sum())
        if self.beginning.shape[1] < BEGINNING_WORDS:
            both = np.stack((part.nats, part.unknown))
            self.beginning = np.concatenate((self.beginning, both), axis=1)[:, :BEGINNING_WORDS]
        for name, nats in part.apart.items():
            self.nats_apart[name] = self.nats_apart.get(name, 0.0) + float(nats.sum())
        for place in PLACES:
            self.hits[place] += int(np.count_nonzero((part.rank > 0) & (part.rank <= place)))
        self.reciprocal_ranks += float(np.sum(1 / part.rank[part.rank > 0]))
        into = np.minimum((part.confidence * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
        for column, value in enumerate((None, part.confidence, part.is_likeliest)):
            self.bins[:, column] += np.bincount(into, value, CONFIDENCE_BINS)
        if part.letters is not None and part.typed is not None:
            self.letters += int(np.maximum(part.letters, 0).sum())
            self.without_letters += int(np.count_nonzero(part.letters < 0))
            self.typed += int(part.typed.sum())
            self.untyped += int(part.letters[part.typed == 0].sum())

    @property
    def perplexity(self) -> float:
        """e to the mean surprisal, in nats, of words and of the ends of sentences and paragraphs; an unknown word costs
        what its spelling costs, too."""
        return _exp_mean(self.nats + self.nats_which, self.predicted)

    @property
    def perplexity_closed(self) -> float:
        """The perplexity where all unknown words are one word, as it is often reported: lower, the fewer are known."""
        return _exp_mean(self.nats, self.predicted)

    @property
    def perplexity_known(self) -> float:
        """The perplexity of known words and of the ends of sentences and paragraphs alone."""
        return _exp_mean(self.nats - self.nats_unknown, self.predicted - self.unknown_words)

    @property
    def perplexities_apart(self) -> dict[str, float]:
        """The perplexity of each part of a mixture by itself, as `perplexity_network` and `perplexity_ngrams`."""
        return {
            f"perplexity_{name}": _exp_mean(nats + self.nats_which, self.predicted)
            for name, nats in self.nats_apart.items()
        }

    @property
    def bits_per_word(self) -> float:
        """log2 of the perplexity."""
        return (self.nats + self.nats_which) / max(1, self.predicted) / log(2)

    @property
    def predicted(self) -> int:
        """Words and ends that were predicted."""
        return self.words + self.sentences + self.paragraphs

    @property
    def bits_per_character(self) -> float:
        """Surprisal of the whole text in bits, divided by its characters, which have to be counted."""
        return (self.nats + self.nats_which) / max(1, self.characters) / log(2)

    @property
    def unknown_share(self) -> float:
        """Share of the words that are unknown."""
        return self.unknown_words / max(1, self.words)

    def accuracy_at(self, place: int) -> float:
        """Share of the words, unknown words as misses, that are among the first `place` words that predict offers.

        Raises UsageError for a place that is not counted.
        """
        if place not in self.hits:
            raise UsageError(f"accuracy at {place!r} is not counted; at {', '.join(map(str, PLACES))} it is")
        return self.hits[place] / max(1, self.words)

    @property
    def mean_reciprocal_rank(self) -> float:
        """Mean of 1 / rank over the words, with 0 for unknown ones."""
        return self.reciprocal_ranks / max(1, self.words)

    @property
    def keystroke_savings(self) -> float:
        """Share of the keys that a writer saves (Trnka & McCoy 2008: (keys without - keys with) / keys without).

        Without suggestions a word takes its letters and a space. With suggestions its letters are typed until the word
        is among the SUGGESTIONS likeliest that begin with the typed letters, and one key takes the word with the space.
        An unknown word saves nothing; it counts as many letters as known words have in the mean.
        """
        return (self.letters - self.typed) / self._keys

    @property
    def keystroke_savings_next(self) -> float:
        """Keystroke savings of a writer to whom words are offered only before their first letter is typed."""
        return self.untyped / self._keys

    @property
    def _keys(self) -> float:
        """Keys that the text takes without suggestions."""
        known = self.words - self.unknown_words - self.without_letters
        return max(1.0, (self.letters + known) * (self.words / max(1, known)))

    @property
    def calibration_error(self) -> float:
        """Expected calibration error of the likeliest word (Naeini et al. 2015; CONFIDENCE_BINS bins of equal width).

        The distance between the share of hits and the mean confidence, in the mean over the words of all bins.
        """
        words, confidence, hits = self.bins.T
        return float(np.abs(confidence - hits).sum() / max(1.0, words.sum()))

    def reliability(self) -> list[dict[str, float]]:
        """Lists the bins of confidence that hold words: upper end, words, mean confidence, share of hits."""
        return [
            {"up_to": (i + 1) / CONFIDENCE_BINS, "words": int(n), "confidence": confidence / n, "accuracy": hits / n}
            for i, (n, confidence, hits) in enumerate(self.bins.tolist())
            if n
        ]

    def as_json(self) -> dict[str, float]:
        """Returns the measures under the names that `score --json` has."""
        return {
            "perplexity": self.perplexity,
            "perplexity_closed": self.perplexity_closed,
            "perplexity_known": self.perplexity_known,
            **self.perplexities_apart,
            "unknown_words": self.unknown_words,
            "words": self.words,
            "sentences": self.sentences,
            "paragraphs": self.paragraphs,
            "bits_per_word": self.bits_per_word,
            **({"bits_per_character": self.bits_per_character} if self.characters else {}),
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
    predictor: Predictor,
    stream: Iterable[Ints],
    specials: int,
    run: Run = map,
    alphabet: Alphabet | None = None,
) -> Evaluation:
    """Evaluates a predictor on a stream of ids that begins with EOS; keystroke savings where there is an alphabet.

    specials  how many words of the vocabulary are never offered; more than PAR: its ends of paragraphs are words
    """
    evaluation = Evaluation()
    for part in surprisals(predictor, stream, specials, run, alphabet):
        evaluation.add(part, specials)
    return evaluation
