"""A model that learns from what somebody writes, on top of one that stays as it is."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from threading import Thread
from weakref import finalize

import numpy as np

from ..errors import CheckpointError, InUseError, RnncliError, TextError, UsageError
from ..evaluation.measures import Evaluation
from ..evaluation.scored import NO_WORDS, items_of
from ..evaluation.surprisal import compare
from ..model import LanguageModel, TextPredictor
from ..predictor import Ints
from ..storage.checksum import StrPath
from ..storage.durable import lock
from ..text.codec import Codec
from ..text.vocabulary import EOS, UNK
from ..text.written import characters_of
from ..unknown.urn import MARKED
from . import file
from .cache import CACHED_WORDS
from .learner import Learner, Mixture

LOCK_SECONDS = 10.0  # to wait for another process that learns
LOCK_POLL_SECONDS = 0.01


class Personal(TextPredictor):
    """A model and what was learned on top of it, which predict together. The model itself never changes.

    With a file, what is learned is there after each `learn`, whatever happens then. Several processes may use one file:
    they learn in turn, and `refresh` takes in what others have learned.
    """

    def __init__(self, base: LanguageModel, path: StrPath | None = None) -> None:
        """Raises FileError, and CheckpointError if the file is of another model or damaged."""
        self.base, self.path, self.unknown = base, path, base.unknown
        self._saving: Thread | None = None
        self._failure: BaseException | None = None  # of the thread that saves
        self._codec, self._codec_of = base.codec, list[str]()
        self._release: Callable[[], object] = lambda: None  # the lock, while something is learned and saved
        self._load()

    def _load(self) -> None:
        """Restores what the file holds, or begins with nothing learned."""
        stamp = _stamp(self.path)
        learned = file.load(self.path, self.base.params) if self.path is not None and stamp else None
        if learned and len(learned.words) > CACHED_WORDS:
            raise CheckpointError(f"{self.path}: holds {len(learned.words):,} words, more than {CACHED_WORDS:,}")
        calibration = self.base.fit.calibration
        self._learner, self._stamp = Learner(self.base.network, learned, self.base.ngrams, calibration), stamp
        self._last_saved = self._learner  # as it was before what is being saved

    @property
    def predictor(self) -> Mixture:
        return self._learner.predictor

    @property
    def codec(self) -> Codec:  # type: ignore[override]
        """Text to ids and back; the words that are new to the model have ids, too."""
        new = self._learner.new
        if self._codec_of != new.words:
            self._codec = replace(self.base.codec, vocabulary=new.beside(self.base.vocabulary))
            self._codec_of = new.words.copy()
        if len(new):
            self._codec.vocabulary.used_once = new.used_once(len(self.base.vocabulary))
        return self._codec

    def _unknown(self, ids: Ints, tokens: Sequence[str]) -> list[tuple[int, str, str]]:
        """Returns of each unknown word of a text its place, its form after case folding, and its display form."""
        codec = self.base.codec
        shown = [(n, codec.spell(tokens[n])) for n in np.flatnonzero(ids == UNK).tolist()]
        return [(n, codec.vocabulary.fold(word), word) for n, word in shown if word not in (MARKED, "")]

    @property
    def words(self) -> int:
        """The number of words learned from, in all."""
        return self._learner.words

    def refresh(self) -> None:
        """Takes in what another process has learned meanwhile. Raises FileError, CheckpointError."""
        if not (self._saving and self._saving.is_alive()) and self._stamp != _stamp(self.path):
            self._load()

    def learn(self, text: str, *, save: bool = True) -> None:
        """Learns from a text and saves what was learned; with `save` off it is for the caller to save it next.

        All of the text is learned or, where something goes wrong, nothing of it. Raises TextError if there are no words
        in the text, FileError, InUseError if another process holds the file.
        """

        def read(learner: Learner) -> None:
            stream = ((ids, self._unknown(ids, tokens)) for ids, tokens in self.base.codec.stream(text))
            for _ in learner.learn(learner.extended(*part) for part in stream):
                pass
            if learner.words == self.words:
                raise TextError("nothing to learn from: the text holds no words")

        self._change(read, save)

    def _change(self, change: Callable[[Learner], None], save: bool = True) -> None:
        """Changes a copy of the learner, which then takes its place; all of the change is made, or nothing of it."""
        self.close()
        self._release = self._lock()
        try:
            self.refresh()
            learner = self._learner.copy()
            change(learner)
        except BaseException:
            self._release()
            raise
        self._last_saved, self._learner = self._learner, learner
        if save:
            self.save()

    def forget(self, words: Iterable[str]) -> None:
        """Forgets what was learned of words, and saves that. Raises UsageError, before anything is forgotten, if one is
        not learned; FileError, InUseError.
        """
        self._change(lambda learner: self._forget(learner, list(words)))

    def _forget(self, learner: Learner, words: Sequence[str]) -> None:
        vocabulary = self.codec.vocabulary
        for word in words:
            i = vocabulary.id(word)
            if i < vocabulary.specials or not learner.has_learned(i):
                raise UsageError(f"--word: {word} was not learned. rnncli learned {self.path} lists what was")
        for i in sorted(set(map(vocabulary.id, words)), reverse=True):
            learner.forget(i)

    def save(self) -> None:
        """Saves what was learned, if there is a file, and lets other processes learn.

        Where it cannot be saved it is unlearned, so that a text that is given again is not learned twice. Raises
        FileError.
        """
        try:
            if self.path is not None:
                file.save(self.path, self.base.params, self._learner.learned)
                self._stamp = _stamp(self.path)
        except BaseException:
            self._learner = self._last_saved
            raise
        finally:
            self._release()

    def save_in_background(self, done: Callable[[RnncliError | None], None]) -> None:
        """Saves on a thread of its own, which then calls `done` with the error, if there was one.

        Whatever else goes wrong on the thread, `done` included, is raised by the next call of `learn` or `close`.
        """

        def work() -> None:
            failure = None
            try:
                try:
                    self.save()
                except RnncliError as error:
                    failure = error
                done(failure)
            except BaseException as error:
                self._failure = error

        self._saving = Thread(target=work)
        self._saving.start()

    def close(self) -> None:
        """Waits until what is being saved is saved. Raises what went wrong beside the save."""
        if self._saving:
            self._saving.join()
        failure, self._saving, self._failure = self._failure, None, None
        if failure:
            raise failure

    def score_while_learning(self, text: str | Iterable[str], *, sentences: str | None = None) -> Evaluation:
        """Measures how well a text is predicted by a copy that learns from it on the way (dynamic evaluation).

        sentences  how the text's sentences are found: lines, wrapped or auto; None: as the model was trained
        Raises TextError if the text is empty, UsageError.
        """
        evaluation = Evaluation()
        learner, specials = self._learner.copy(), self.codec.vocabulary.specials
        which = deque[float]()  # what each word that was read costs beside the unknown word

        def ids() -> Iterator[Ints]:
            yield np.array([EOS], np.int32)
            for item in items_of(self.base.codec, text, sentences, fresh=None):
                unknown = self._unknown(item.ids, item.tokens)
                nats = np.zeros(len(item.ids))
                nats[[place for place, *_ in unknown]] = self.unknown.nats([word for _, word, _ in unknown])
                which.extend(nats.tolist())
                evaluation.characters += sum(map(characters_of, item.tokens))
                yield learner.extended(item.ids, unknown)

        for y, d in learner.learn(ids()):
            evaluation.add(compare(y, d, specials, self.codec.typing_alphabet), specials)
            costs = np.array([which.popleft() for _ in d])
            evaluation.nats_which += float(costs[d == UNK].sum())
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


def _stamp(path: StrPath | None) -> tuple[int, int] | None:
    """Returns what tells a file from the one that replaces it; None if there is no file."""
    try:
        there = os.stat(path) if path is not None else None
    except FileNotFoundError:
        return None
    return (there.st_ino, there.st_mtime_ns) if there else None
