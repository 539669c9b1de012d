"""What a half-typed word may become."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .alphabet import Alphabet, alphabet_of, has_prefix, plain
from .beginning import WHOLE, cut
from .tokens import TOKENIZERS
from .vocabulary import UNK, Vocabulary


class Completer:
    """The words of a vocabulary, and the rare ones beside it, by what they begin with."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: str) -> None:
        self._vocabulary, self._tokenizer = vocabulary, tokenizer

    @cached_property
    def alphabet(self) -> Alphabet:
        """Of the words of the vocabulary."""
        return alphabet_of(self._vocabulary)

    @cached_property
    def _rare_alphabet(self) -> Alphabet:
        return Alphabet(self._vocabulary.rare)

    def cut(self, text: str, complete: bool | None) -> tuple[str, str]:
        """A text up to the word that is half typed, and what is there of that; `complete` as `beginning.cut` has it."""
        if self._tokenizer == "chars":
            return text, WHOLE
        return cut(
            text,
            TOKENIZERS[self._tokenizer].tokenize,
            lambda typed: self._vocabulary.id(typed) != UNK,
            lambda typed: bool(len(self.fitting(typed)) or self.rare(typed)),
            complete,
        )

    def fitting(self, typed: str, starts: bool = False) -> NDArray[np.intp]:
        """The words that begin with what was typed: as it was typed or, if none does, in any case and with any accents.
        The capital of a sentence that starts says nothing.
        """
        having = self.alphabet.with_prefix(typed)
        typed = typed[:1].lower() + typed[1:] if starts else typed
        if typed == plain(typed):
            return having
        exact = [has_prefix(self._vocabulary.display_forms[i], typed) for i in having.tolist()]
        return having[exact] if any(exact) else having

    def rare(self, typed: str) -> list[tuple[str, float]]:
        """Of the words outside the vocabulary those that begin with it, with their shares by count."""
        having = self._rare_alphabet.with_prefix(typed).tolist()
        words, counts = self._vocabulary.rare, self._vocabulary.rare_counts
        exact = [i for i in having if has_prefix(words[i], typed)] or having
        total = sum(counts[i] for i in exact)
        return [(words[i], counts[i] / total) for i in exact]

    def written(self, ids: Sequence[int], typed: str) -> str:
        """Words as a writer puts them, with the capital that was typed of the first."""
        first, *others = (self._vocabulary.display_forms[i] for i in ids)
        if typed[:1].isupper():
            first = first[0].upper() + first[1:]
        return TOKENIZERS[self._tokenizer].join([first, *others])
