"""A model that learns from what somebody writes, on top of one that stays as it is."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from weakref import finalize

import numpy as np

from .errors import CheckpointError, TextError
from .model import WORDLESS, LanguageModel
from .network.parameters import Ints, Params
from .network.recurrent import ACTIVATIONS, forward
from .network.softmax import probabilities
from .prediction.cache import HELD, Cache, Kept
from .prediction.context import blank
from .storage import personal
from .storage.durable import lock
from .storage.personal import Learnt
from .storage.sealed import StrPath
from .training.adaptation import STEP, adapt
from .training.evaluation import Evaluation, Surprisals, compare


class Personal:
    """A model and what was learnt on top of it: `model` predicts with both.

    With a file, what is learnt is there after each `learn`, whatever happens then. Many may read it; who has learnt has
    it for itself until `close`. The model itself never changes.
    """

    def __init__(self, base: LanguageModel, path: StrPath | None = None) -> None:
        """Raises FileError, and CheckpointError if the file is of another model or damaged."""
        self.base, self.path = base, path
        self._activation = ACTIVATIONS[base.settings.activation]
        self._release: finalize[[], Personal] | None = None
        self._take()

    def _take(self) -> None:
        """Takes in what there is."""
        self._stamp = _stamp(self.path)
        learnt = self._learnt()
        self._params, self._read, self._foreseen = learnt.params, learnt.read, learnt.foreseen
        self.words = learnt.learnt
        V, H = self.base.params.Wx.shape
        self._cache = Cache(V, H, Kept(learnt.states, learnt.words, learnt.counts, learnt.believed))

    def _own(self) -> None:
        """Keeps others from learning; takes in what they have learnt before."""
        if self.path is not None and self._release is None:
            self._release = finalize(self, lock(self.path))
            if self._stamp != _stamp(self.path):
                self._take()

    def close(self) -> None:
        """Lets others learn."""
        if self._release:
            self._release()
        self._release = None

    def _learnt(self) -> Learnt:
        """What the file holds, or nothing."""
        params, nothing = self.base.params, np.zeros(0, np.int64)
        if self.path is None or not os.path.exists(self.path):
            copied = Params(*(w.copy() for w in params))
            return Learnt(copied, nothing, nothing, *Cache(*params.Wx.shape).kept, 0)
        learnt = personal.load(self.path, params)
        if len(learnt.words) > HELD:
            raise CheckpointError(f"{self.path}: holds {len(learnt.words):,} words, more than {HELD:,}")
        return learnt

    @property
    def model(self) -> LanguageModel:
        """What predicts as it stands; ask for it, and for sessions, anew after learning."""
        return replace(self.base, params=self._params, mix=self._cache.mixed)

    def learn(self, text: str) -> None:
        """Takes in a text, and writes it down. Raises InUseError, FileError; TextError if there are no words in it."""
        self._own()
        before = self.words
        for _ in self._met(self.base.stream(text)):
            pass
        if self.words == before:
            raise TextError("nothing to learn from: the text holds no words")
        if self.path:
            learnt = Learnt(self._params, self._read, self._foreseen, *self._cache.kept, self.words)
            personal.save(self.path, self.base.params, learnt)
            self._stamp = _stamp(self.path)

    def score(self, text: str | Iterable[str]) -> Evaluation:
        """How well a text is foreseen that is learnt from as it is read; nothing is written."""
        evaluation = Evaluation()
        for part in self._met(self.base.stream(text)):
            evaluation.add(part)
        if not evaluation.words:
            raise TextError(WORDLESS)
        return evaluation

    def _met(self, stream: Iterable[Ints]) -> Iterator[Surprisals]:
        """What each word of a stream, which begins with EOS, came as; STEP words at a time are then learnt from."""
        s, rest = blank(self._params), np.zeros(0, np.int32)
        for block in stream:
            rest = np.concatenate((rest, block))
            while len(rest) > STEP:
                part, s = self._step(rest[: STEP + 1], s)
                rest = rest[STEP:]
                yield part
        if len(rest) > 1:
            yield self._step(rest, s)[0]

    def _step(self, ids: Ints, s0: np.ndarray) -> tuple[Surprisals, np.ndarray]:
        x, d = ids[:-1], ids[1:]
        s = forward(self._params, x[:, None], s0, self._activation)[:, 0]
        y = probabilities(self._params.Wy, self._params.by, s[1:])
        mixed = np.array(
            [
                self._cache.see(state, i, self._cache.parts(state, row))
                for state, i, row in zip(s[1:], d.tolist(), y, strict=True)
            ]
        )
        touched = adapt(self._params, x, d, s, y, self._activation)
        self._read = np.union1d(self._read, touched.read)
        self._foreseen = np.union1d(self._foreseen, touched.foreseen)
        self.words += len(d)
        return compare(mixed, d, self.base.alphabet), s[-1:]


def _stamp(path: StrPath | None) -> tuple[int, int] | None:
    """What tells whether a file is the one that it was; None if there is none."""
    if path is None or not os.path.exists(path):
        return None
    there = os.stat(path)
    return there.st_ino, there.st_mtime_ns
