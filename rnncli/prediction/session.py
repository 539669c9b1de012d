"""A text that grows and is changed, as in an editor: what was read once is neither tokenized nor read again."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import Floats, Ints, Predictor, State
from ..text.codec import Codec
from ..text.tokens import END
from ..text.vocabulary import EOS
from .context import READ_WORDS, read

KEPT_STATES = 1000  # after the last words
SETTLED = 2000  # characters behind a cut, at least: what follows them does not change the tokens before the cut
STRETCH = 8000  # characters after a cut from which on another cut is worth its work
TRIED_CUTS = 8  # blanks that are tried as the place of a cut


class Repeated(Predictor):
    """Predicts as a predictor does; what comes after the last state is kept, for it is asked for at each key of a word.

    A state is known again by being the same object.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self._last: tuple[State, NDArray[np.float64]] | None = None

    @property
    def vocabulary_size(self) -> int:
        return self.predictor.vocabulary_size

    def start(self, n: int = 1) -> State:
        return self.predictor.start(n)

    def read(self, state: State, x: Ints) -> State:
        return self.predictor.read(state, x)

    def next(self, state: State) -> NDArray[np.float64]:
        if self._last is None or self._last[0] is not state:
            self._last = state, self.predictor.next(state)
        return self._last[1].copy()

    def weights(self, state: State) -> tuple[Floats, NDArray[np.float64]]:
        has_own = type(self.predictor).weights is not Predictor.weights
        return self.predictor.weights(state) if has_own else super().weights(state)

    def surprisal(self, state: State, d: Ints) -> NDArray[np.float64]:
        return self.predictor.surprisal(state, d)


class Cut(NamedTuple):
    """A place where a text can be tokenized in two parts with the same result."""

    at: int  # characters before
    tokens: list[str]  # of the part before
    ids: list[int]


class Session:
    """Remembers a text's tokens up to a few cuts, and the states after its last words.

    current  tells what predicts now, and with which codec: after learning that is another predictor, whose states are
             another's, and another codec, which knows more words
    """

    def __init__(self, current: Callable[[], tuple[Predictor, Codec]]) -> None:
        self._current = current
        predictor, self._codec = current()
        self._predictor = Repeated(predictor)
        self._text, self._cuts = "", [Cut(0, [], [EOS])]
        self._encoded: tuple[list[str], list[int]] | None = None  # the text, at each key of a word the same one
        self._ids: list[int] = []
        self._states: list[State] = []  # (1, ...) each, after the last of the ids

    @property
    def predictor(self) -> Predictor:
        """What predicts now, with the same results, sooner where the same is asked for again."""
        self._keep_up()
        return self._predictor

    def encode(self, text: str) -> tuple[list[str], list[int]]:
        """Does what `Codec.encode` does, for a text that begins as the last one did."""
        self._keep_up()
        if self._encoded is None or text != self._text:
            self._encoded = None  # until it is there: tokenizing may fail for want of memory
            self._encoded = self._encode(text)
        tokens, ids = self._encoded
        return tokens.copy(), ids.copy()

    def _encode(self, text: str) -> tuple[list[str], list[int]]:
        settled = _common_prefix(text, self._text) - SETTLED
        while self._cuts[-1].at > max(0, settled):
            self._cuts.pop()
        cut = self._cuts[-1]
        while len(text) - cut.at > STRETCH + SETTLED and (longer := self._next_cut(cut, text)):
            cut = longer
            self._cuts.append(cut)
        self._text = text
        tokens = self._codec.tokens(text[cut.at :])
        return cut.tokens + tokens, cut.ids + self._codec.vocabulary.ids(tokens)

    def _keep_up(self) -> None:
        """Forgets what another predictor, or another codec, made."""
        predictor, codec = self._current()
        if codec is not self._codec:
            self._codec, self._text, self._cuts, self._encoded = codec, "", [Cut(0, [], [EOS])], None
        if predictor is not self._predictor.predictor:
            self._predictor, self._ids, self._states = Repeated(predictor), [], []

    def _next_cut(self, cut: Cut, text: str) -> Cut | None:
        """Looks for a blank some STRETCH characters on at which the text can be cut; None if none was found.

        Whether it can is seen by trying, on the text around the blank. Between the parts there may be an end of a
        sentence that belongs to neither.
        """
        at = cut.at + STRETCH
        stretch = text[cut.at : at + SETTLED]
        whole = self._codec.tokens(stretch)
        for _ in range(TRIED_CUTS):
            at = max(text.rfind(" ", cut.at, at), text.rfind(END, cut.at, at))
            if at <= cut.at:
                return None
            before = self._codec.tokens(text[cut.at : at + 1])
            after = self._codec.tokens(text[at + 1 : cut.at + len(stretch)])
            for between in ([], [END]):
                if before and after and before + between + after == whole:
                    tokens = before + between
                    return Cut(at + 1, cut.tokens + tokens, cut.ids + self._codec.vocabulary.ids(tokens))
        return None

    def read(self, ids: Sequence[int]) -> State:
        """Returns the state (1, ...) after ids, read from where they differ from those read before."""
        self._keep_up()
        same = _common_prefix(ids, self._ids)
        held = same - (len(self._ids) - len(self._states))
        if held < 1:
            same, held = 0, 0
        kept, rest = self._states[:held], ids[same:]
        state = kept[-1] if kept else self._predictor.start()
        if len(rest) > READ_WORDS:
            state = read(self._predictor, state, rest[:-READ_WORDS])
            kept, rest = [], rest[-READ_WORDS:]
        if rest:
            states = self._predictor.read(state, np.array(rest, np.int32)[:, None])
            kept += [tuple(part[t].copy() for part in states) for t in range(1, len(rest) + 1)]
        self._ids, self._states = list(ids), kept[-KEPT_STATES:]  # both at the end: reading may fail for want of memory
        return kept[-1]


def _common_prefix(a: Sequence[object], b: Sequence[object]) -> int:
    """Returns how many items at the beginning of two sequences are equal; by halving, since slices compare fast."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if a[low:middle] == b[low:middle] else (low, middle)
    return low
