"""The unknown words of a training run: what those of the validation text cost, and what is fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..evaluation.measures import Evaluation
from ..text.corpus import Corpus
from ..text.vocabulary import UNK, Vocabulary
from ..unknown import share, words
from ..unknown.fit import Fit
from ..unknown.words import UnknownWords

Doubles = NDArray[np.float64]


@dataclass
class RunUnknown:
    """The unknown words of a run's validation text."""

    fit: Fit
    _nats: Doubles  # (n+1,) what the first 0, 1, ..., n of them cost

    @classmethod
    def of(cls, corpus: Corpus) -> RunUnknown:
        """Fits the weights by which unknown words are told apart, and prices those of the validation text."""
        weights = words.fitted(corpus.vocabulary, corpus.unknown)
        each = UnknownWords(corpus.vocabulary, weights).urn().nats(corpus.unknown)
        return cls(Fit(weights=weights), np.concatenate(([0.0], np.cumsum(each))))

    def price(self, evaluation: Evaluation) -> None:
        """Adds what the unknown words cost to an evaluation of the validation text, or of its beginning."""
        evaluation.nats_which = float(self._nats[evaluation.unknown_words])

    def calibrate(self, shares: Doubles, corpus: Corpus) -> None:
        """Calibrates the share of the unknown word: the shares (n,) are those before the first n words.

        A text that marks its unknown words teaches their share itself. Where a text is validated on itself, as many
        words are unknown as a text of that length introduces: as many as occur once in it (Good 1953).
        """
        if corpus.report.marked:
            return
        came = (corpus.valid.read(1, len(shares) + 1) == UNK).astype(np.float64)
        if corpus.report.validated_on == "training text":
            came = np.full(len(shares), once(corpus.vocabulary) / corpus.report.words)
        self.fit = self.fit._replace(calibration=share.fitted(shares, came))


def once(vocabulary: Vocabulary) -> int:
    """Returns how many words occur once in the text of a vocabulary."""
    return vocabulary.counts[vocabulary.specials :].count(1) + vocabulary.rare_counts.count(1)
