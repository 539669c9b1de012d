"""The n-grams of a training run: counted before it, weighted beside its network when it has ended."""

from dataclasses import dataclass, field
from functools import partial
from math import exp
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .. import memory
from ..counts.counting import count
from ..counts.disk import DEFAULT_MEMORY, disk_bytes, memory_bytes
from ..counts.mixture import NgramModel, class_count, context_classes, fitted
from ..counts.ngrams import Ngrams
from ..evaluation.measures import Evaluation
from ..evaluation.surprisal import EVALUATED_WORDS, states_before, surprisals
from ..network.network import Network
from ..network.threads import Run
from ..predictor import rows
from ..settings import Settings
from ..storage.checksum import StrPath
from ..storage.durable import require_space, scratch
from ..text.corpus import Corpus
from ..text.spool import Spool

MAX_NGRAMS = 3_000_000  # kept: some 20 MB of the model file. Penn Treebank has 2.3 million
DISK_ADVICE = "Give a smaller --ngrams, or an output (-o) on another disk"
USUAL_WEIGHT = 0.6  # of a network, before one is fitted
FITTED_WORDS = 30_000  # of the validation text, that weights are fitted to

Doubles = NDArray[np.float64]


@dataclass
class RunNgrams:
    """N-grams of a corpus, and the weights of the best network beside them.

    apart  the perplexity of the network and that of the n-grams, each by itself, where both predict together
    """

    ngrams: Ngrams
    network_weights: Doubles
    apart: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, corpus: Corpus, settings: Settings, folder: StrPath) -> Self:
        """Counts the n-grams of a corpus, on the disk of `folder` meanwhile; they predict alone where no network is
        asked for. Raises ResourceError, FileError.
        """
        V, N, order = len(corpus.vocabulary), len(corpus.train), settings.ngrams
        advice = "Train without: --ngrams 0" if settings.hidden else "Try a shorter text"
        memory.require(min(DEFAULT_MEMORY, memory_bytes(N, order)), "counting n-grams", advice)
        require_space(folder, disk_bytes(N, V, order), f"counting n-grams of up to {order} words", DISK_ADVICE)
        ngrams = count(corpus.train, V, order, partial(scratch, folder), most=MAX_NGRAMS)
        return cls(ngrams, np.full(class_count(order), USUAL_WEIGHT if settings.hidden else 0.0))

    @property
    def model(self) -> NgramModel:
        """The n-grams with the weights as they are."""
        return NgramModel(self.ngrams, self.network_weights)

    def fit(self, network: Network, alone: Evaluation, valid: Spool, specials: int, run: Run) -> None:
        """Fits the weights to the beginning of a validation text; measures the perplexity of the n-grams on all of it.

        alone     the network's evaluation on all of it
        specials  as in `evaluation.measures.evaluate`
        """
        beginning = valid.read(0, FITTED_WORDS + 1)
        by_network = np.concatenate([part.nats for part in surprisals(network, [beginning], specials, run)])
        counts, by_counts, of = self.model.counts, list[Doubles](), list[NDArray[np.int64]]()
        for states, d in states_before(counts, valid.blocks(0, len(valid))):
            after = rows(states, (slice(None), 0))
            by_counts.append(counts.surprisal(after, d))
            if len(of) * EVALUATED_WORDS < len(by_network):
                of.append(context_classes(counts, after))
        nats, n = np.concatenate(by_counts), len(by_network)
        classes = np.concatenate(of)[:n]
        self.network_weights = fitted(np.exp(-by_network), np.exp(-nats[:n]), classes, class_count(self.ngrams.order))
        self.apart = {"perplexity_network": alone.perplexity, "perplexity_ngrams": exp(nats.mean())}
