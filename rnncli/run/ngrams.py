"""The n-grams of a training run: counted before it, weighted beside its network when it has ended."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .. import memory
from ..counts.counting import count
from ..counts.disk import DEFAULT_MEMORY, disk_bytes, memory_bytes
from ..counts.merging import MERGING_BYTES, merged, of_words
from ..counts.mixture import NgramModel, class_count, context_classes, fitted
from ..counts.ngrams import Ngrams
from ..evaluation.surprisal import states_before
from ..predictor import rows
from ..settings import Settings
from ..storage.checksum import StrPath
from ..storage.durable import require_space, scratch
from ..text.corpus import Corpus
from ..text.spool import Spool
from ..text.vocabulary import UNK
from .base import Base

MAX_NGRAMS = 3_000_000  # kept: some 20 MB of the model file. Penn Treebank has 2.3 million
DISK_ADVICE = "Give a smaller --ngrams, or an output (-o) on another disk"
USUAL_WEIGHT = 0.6  # of a network, before one is fitted

Doubles = NDArray[np.float64]


@dataclass
class RunNgrams:
    """N-grams of a corpus, and the weights of the best network beside them."""

    ngrams: Ngrams
    network_weights: Doubles
    is_fitted: bool = False  # on a text that taught nothing, by the training of a model that the run goes on from

    @classmethod
    def of(cls, corpus: Corpus, settings: Settings, folder: StrPath, base: Base | None = None) -> Self:
        """Counts the n-grams of a corpus, on the disk of `folder` meanwhile, and adds those of a model that the run
        goes on from; they predict alone where no network is asked for. Raises ResourceError, FileError.

        What the model has counted of the corpus is not counted twice: of a model of this text alone all is counted
        anew, of one of several texts, this one among them, its n-grams stand. Its weights stay where the new text is
        too short to validate on another part of it.
        """
        digest, V, N, order = corpus.report.digest, len(corpus.vocabulary), len(corpus.train), settings.ngrams
        earlier = base.model.ngrams if base else None
        weights = np.full(class_count(order), USUAL_WEIGHT if settings.hidden else 0.0)
        weights = earlier.network_weights if earlier else weights
        is_fitted = earlier is not None and corpus.report.validated_on == "training text"
        is_alone = base is None or base.texts == [digest]
        if base and earlier and not is_alone and base.has_counted(digest):
            return cls(of_words(earlier.ngrams, V), weights, is_fitted)
        advice = "Train without: --ngrams 0" if settings.hidden else "Try a smaller --ngrams"
        memory.require(min(DEFAULT_MEMORY, memory_bytes(N, order)), "counting n-grams", advice)
        require_space(folder, disk_bytes(N, V, order), f"counting n-grams of up to {order} words", DISK_ADVICE)
        ngrams = count(corpus.train, V, order, partial(scratch, folder), most=MAX_NGRAMS)
        if earlier and not is_alone:
            needed, advice = (
                MERGING_BYTES * (len(earlier.ngrams) + len(ngrams)),
                "Train on the text alone: without --from",
            )
            memory.require(needed, "adding n-grams to those of the model", advice)
            ngrams = merged(earlier.ngrams, ngrams, MAX_NGRAMS)
        return cls(ngrams, weights, is_fitted)

    @property
    def model(self) -> NgramModel:
        """The n-grams with the weights as they are."""
        return NgramModel(self.ngrams, self.network_weights)

    def fit(self, beginning: Doubles, valid: Spool) -> Doubles:
        """Fits the weights to the first n words of a validation text; returns the share (n,) that network and n-grams
        then give the unknown word before each.

        beginning  (2, n)  what each of these words costs the network, and its share of the unknown word before each
        """
        by_network, unknown_by_network = beginning
        counts, parts = self.model.counts, list[tuple[Doubles, Doubles, NDArray[np.int64]]]()
        for states, d in states_before(counts, [valid.read(0, len(by_network) + 1)]):
            after = rows(states, (slice(None), 0))
            of_unknown = counts.surprisal(after, np.full(len(d), UNK))
            parts.append((counts.surprisal(after, d), of_unknown, context_classes(counts, after)))
        by_counts, unknown, of = map(np.concatenate, zip(*parts, strict=True))
        if self.network_weights.any() and not self.is_fitted:
            both = np.exp(-by_network), np.exp(-by_counts)
            self.network_weights = fitted(*both, of, class_count(self.ngrams.order))
        share = self.network_weights[of]
        mixed: Doubles = share * unknown_by_network + (1 - share) * np.exp(-unknown)
        return mixed
