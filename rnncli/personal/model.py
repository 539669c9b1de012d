"""A model that learns from what somebody writes, on top of one that stays as it is."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from weakref import finalize

import numpy as np

from ..errors import CheckpointError, TextError
from ..evaluation.measures import Evaluation, compare
from ..model import WORDLESS, LanguageModel
from ..network.parameters import Floats, Ints, Params, joined
from ..network.recurrent import ACTIVATIONS, forward, forward_parts
from ..network.softmax import probabilities
from ..prediction.context import blank
from ..storage.checksum import StrPath
from ..storage.durable import lock
from . import file
from .adaptation import STEP, adapt
from .cache import HELD, Cache, Kept, Shares
from .file import Learnt

TOGETHER = 20 * STEP  # words that the network which stays foresees at a time


class Personal:
    """A model and what was learnt on top of it: `model` predicts with both.

    A copy of its network learns, and reads side by side with the network itself: a state (n, 2H) is of both.
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
        base, (V, H) = self.base.params, self.base.params.Wx.shape
        self.words = learnt.learnt
        self._read, self._foreseen = np.zeros((2, V), bool)  # words whose rows have changed
        self._read[learnt.read], self._foreseen[learnt.foreseen] = True, True
        self._both = joined([base, learnt.params])._replace(Wy=base.Wy, by=base.by)
        Wx, Ws, bs, bk, _, _ = self._both
        self._own = Params(Wx[:, H:], Ws[H:, H:], bs[H:], bk[H:], learnt.params.Wy, learnt.params.by)
        self._cache = Cache(V, H, Kept(learnt.states, learnt.words, learnt.counts, learnt.believed))

    def _keep_others_out(self) -> None:
        """From learning; takes in what they have learnt before."""
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
        learnt = file.load(self.path, params)
        if len(learnt.words) > HELD:
            raise CheckpointError(f"{self.path}: holds {len(learnt.words):,} words, more than {HELD:,}")
        return learnt

    @property
    def model(self) -> LanguageModel:
        """What predicts as it stands; ask for it, and for sessions, anew after learning."""
        return replace(self.base, params=self._both, mix=self._mixed)

    def learn(self, text: str) -> None:
        """Takes in a text, and writes it down. Raises InUseError, FileError; TextError if there are no words in it."""
        self._keep_others_out()
        before = self.words
        for _ in self._met(self.base.stream(text)):
            pass
        if self.words == before:
            raise TextError("nothing to learn from: the text holds no words")
        if self.path:
            learnt = Learnt(
                self._own, np.flatnonzero(self._read), np.flatnonzero(self._foreseen), *self._cache.kept, self.words
            )
            file.save(self.path, self.base.params, learnt)
            self._stamp = _stamp(self.path)

    def score(self, text: str | Iterable[str]) -> Evaluation:
        """How well a text is foreseen that is learnt from as it is read; nothing is written."""
        evaluation = Evaluation()
        for y, d in self._met(self.base.stream(text)):
            evaluation.add(compare(y, d, self.base.completer.alphabet))
        if not evaluation.words:
            raise TextError(WORDLESS)
        return evaluation

    def _met(self, stream: Iterable[Ints]) -> Iterator[tuple[Shares, Ints]]:
        """The words of a stream, which begins with EOS, as they come, and the distributions (n, V) they came from; what
        came is learnt from before more is foreseen."""
        s, rest = blank(self._both), np.zeros(0, np.int32)
        for block in stream:
            rest = np.concatenate((rest, block))
            while len(rest) > TOGETHER:
                s = yield from self._read_on(rest[: TOGETHER + 1], s)
                rest = rest[TOGETHER:]
        if len(rest) > 1:
            yield from self._read_on(rest, s)

    def _read_on(self, ids: Ints, s0: Floats) -> Generator[tuple[Shares, Ints], None, Floats]:
        """The same for some ids, after state s0 (1, 2H); returns the state after them. The network that stays foresees
        all of them together, the one that learns STEP at a time."""
        base, H = self.base.params, len(self.base.params.bs)
        s, own = forward_parts(base, ids[:-1, None], s0[:, :H], self._activation)[:, 0], s0[:, H:]
        ys = probabilities(base.Wy, base.by, s[1:])
        for start in range(0, len(ys), STEP):
            x, d = ids[:-1][start : start + STEP], ids[1:][start : start + STEP]
            states = forward(self._own, x[:, None], own, self._activation)[:, 0]
            learning = probabilities(self._own.Wy, self._own.by, states[1:])
            mixed = []
            for i, state, *y in zip(d.tolist(), s[start + 1 :], ys[start:], learning, strict=False):
                parts = self._cache.parts(state, *y)
                mixed.append(self._cache.believed @ parts)
                self._cache.see(state, i, parts[:, i])
            touched = adapt(self._own, x, d, states, learning, self._activation)
            self._read[touched.read], self._foreseen[touched.foreseen] = True, True
            self.words += len(d)
            own = states[-1:]
            yield np.array(mixed), d
        return np.concatenate((s[-1:], own), axis=1)

    def _mixed(self, s: Floats) -> Shares:
        """The distributions (n, V) after states (n, 2H)."""
        H = len(self.base.params.bs)
        base, own = self.base.params, self._own
        ys = probabilities(base.Wy, base.by, s[:, :H]), probabilities(own.Wy, own.by, s[:, H:])
        rows = zip(s[:, :H], *ys, strict=True)
        return np.array([self._cache.believed @ self._cache.parts(*row) for row in rows])


def _stamp(path: StrPath | None) -> tuple[int, int] | None:
    """What tells whether a file is the one that it was; None if there is none."""
    if path is None or not os.path.exists(path):
        return None
    there = os.stat(path)
    return there.st_ino, there.st_mtime_ns
