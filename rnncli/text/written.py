"""Numbers for written tokens, so that what is known of each is computed once and looked up by arrays of numbers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .spool import Ids
from .tokens import BREAK, END, Tokenizer

END_NUMBER, UNKNOWN_NUMBER, BREAK_NUMBER = range(3)  # as the ids of special words; no written token is UNKNOWN_NUMBER
MAX_WORD_CHARACTERS = 255  # nobody types a longer word: it is unknown


class WrittenNumbers(dict[str, int]):
    """Numbers distinct written tokens in order of appearance; of one too long for a word only the beginning is held.

    `written[n]` is what has the number n, and `tokens[n]` the token that is written: "" for one too long for a word.
    Several threads may use it at once.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__({END: END_NUMBER, BREAK: BREAK_NUMBER})
        self._spell, self._one_at_a_time = tokenizer.spell, Lock()
        self.written: list[str] = [END, "", BREAK]
        self.tokens: list[str] = [END, "", BREAK]

    def __missing__(self, written: str) -> int:
        token = self._spell(written)
        if len(token) > MAX_WORD_CHARACTERS:
            blank = written[:1] if written[:1].isspace() else ""
            written, token = blank + token[:MAX_WORD_CHARACTERS] + "…", ""  # still too long, however it is cut again
        with self._one_at_a_time:
            n = self.get(written, len(self.written))
            if n == len(self.written):
                self.written.append(written)
                self.tokens.append(token)
                self[written] = n  # last: whoever finds the number finds what has it
        return n

    def blocks(self, texts: Iterable[str], cut: Callable[[str], Sequence[str]]) -> Iterator[Ids]:
        """Yields the numbers (n,) of texts, block by block; each text ends between words."""
        blank = ""  # at the end of the last text: it stands before the next token
        for text in texts:
            whole = blank + text
            blank = whole[-1:] if whole[-1:].isspace() and not whole.endswith(END) else ""
            tokens = cut(whole.removesuffix(blank) if blank else whole)
            yield np.fromiter(map(self.__getitem__, tokens), np.int32, len(tokens))


class Column:
    """A number for each written token, computed when it is first asked for; several threads may ask at once."""

    def __init__(self, numbers: WrittenNumbers, value: Callable[[str, str], Any], dtype: DTypeLike) -> None:
        """`value` is a function of what is written and of the token."""
        self._numbers, self._value, self._one_at_a_time = numbers, value, Lock()
        self._values = np.zeros(0, dtype)

    def __getitem__(self, ids: Ids) -> NDArray[Any]:
        """Returns the values (n,) of the tokens of numbers (n,)."""
        if len(self._values) < len(self._numbers.tokens):
            with self._one_at_a_time:
                self._values = np.append(self._values, self._new())
        values: NDArray[Any] = self._values[ids]
        return values

    def _new(self) -> NDArray[Any]:
        """Computes the values that are missing."""
        known, numbers = len(self._values), self._numbers
        new = map(self._value, numbers.written[known:], numbers.tokens[known:])
        return np.array(list(new), self._values.dtype)


def characters_of(written: str) -> int:
    """Returns the characters of a written token; a blank line is one more than the end of the sentence before it."""
    return 1 if written == BREAK else len(written)
