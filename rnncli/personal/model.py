"""A model that learns from what somebody writes, on top of one that stays as it is."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

import os
import time
from collections.abc import Callable, Iterable
from threading import Thread
from weakref import finalize

from ..errors import CheckpointError, InUseError, TextError
from ..evaluation.measures import Evaluation
from ..evaluation.surprisal import compare
from ..model import NO_WORDS, LanguageModel, TextPredictor
from ..storage.checksum import StrPath
from ..storage.durable import lock
from . import file
from .cache import CACHED_WORDS
from .learner import Learner, Mixture

LOCK_SECONDS = 10.0  # to wait for another process that learns
LOCK_POLL_SECONDS = 0.01


class Personal(TextPredictor):
    """A model and what was learnt on top of it, which predict together. The model itself never changes.

    With a file, what is learnt is there after each `learn`, whatever happens then. Several processes may use one file:
    they learn in turn, and `refresh` takes in what others have learnt.
    """

    def __init__(self, base: LanguageModel, path: StrPath | None = None) -> None:
        """Raises FileError, and CheckpointError if the file is of another model or damaged."""
        self.base, self.path, self.codec = base, path, base.codec
        self._saving: Thread | None = None
        self._failure: BaseException | None = None  # of saving in the background
        self._load()

    def _load(self) -> None:
        """Restores what the file holds, or begins with nothing learnt."""
        stamp = _stamp(self.path)
        learnt = file.load(self.path, self.base.params) if self.path is not None and stamp else None
        if learnt and len(learnt.words) > CACHED_WORDS:
            raise CheckpointError(f"{self.path}: holds {len(learnt.words):,} words, more than {CACHED_WORDS:,}")
        self._learner, self._stamp = Learner(self.base.network, learnt), stamp

    @property
    def predictor(self) -> Mixture:
        return self._learner.predictor

    @property
    def words(self) -> int:
        """The number of words learnt from, in all."""
        return self._learner.words

    def refresh(self) -> None:
        """Takes in what another process has learnt meanwhile. Raises FileError, CheckpointError."""
        if self._saving is None and self._stamp != _stamp(self.path):
            self._load()

    def learn(self, text: str, *, background: bool = False) -> None:
        """Learns from a text and saves what was learnt.

        background  returns before it is saved; the next `learn` and `close` wait for the save, and raise its error
        Raises TextError if there are no words in the text, FileError, InUseError if another process holds the file.
        """
        self.close()
        release = self._lock()
        try:
            self.refresh()
            before = self.words
            for _ in self._learner.learn(self.codec.ids(text)):
                pass
            if self.words == before:
                raise TextError("nothing to learn from: the text holds no words")
        except TextError:
            release()
            raise
        except BaseException:
            self._load()  # half of a text is not learnt
            release()
            raise
        if background and self.path is not None:
            self._saving = Thread(target=self._save_in_background, args=(release,))
            self._saving.start()
        else:
            self._save(release)

    def close(self) -> None:
        """Waits until what was learnt is saved. Raises FileError if it could not be."""
        if self._saving:
            self._saving.join()
        failure, self._saving, self._failure = self._failure, None, None
        if failure:
            raise failure

    def score_while_learning(self, text: str | Iterable[str]) -> Evaluation:
        """Measures how well a text is predicted by a copy that learns from it on the way (dynamic evaluation).

        Raises TextError if the text is empty.
        """
        evaluation = Evaluation()
        for y, d in self._learner.copy().learn(self.codec.ids(text)):
            evaluation.add(compare(y, d, self.codec.typing_alphabet))
        if not evaluation.words:
            raise TextError(NO_WORDS)
        return evaluation

    def _lock(self) -> Callable[[], object]:
        """Takes the lock for learning, in turn with other processes; returns what releases it."""
        if self.path is None:
            return lambda: None
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                return finalize(self, lock(self.path))
            except InUseError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(LOCK_POLL_SECONDS)

    def _save(self, release: Callable[[], object]) -> None:
        """Saves what was learnt, if there is a file, and releases the lock."""
        try:
            if self.path is not None:
                file.save(self.path, self.base.params, self._learner.learnt)
                self._stamp = _stamp(self.path)
        finally:
            release()

    def _save_in_background(self, release: Callable[[], object]) -> None:
        try:
            self._save(release)
        except BaseException as error:
            self._failure = error


def _stamp(path: StrPath | None) -> tuple[int, int] | None:
    """Returns what tells a file from the one that replaces it; None if there is no file."""
    try:
        there = os.stat(path) if path is not None else None
    except FileNotFoundError:
        return None
    return (there.st_ino, there.st_mtime_ns) if there else None
