"""Half-typed words: where a text breaks off inside one, and the words that it may become."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .alphabet import Alphabet, alphabet_of, has_prefix, plain
from .tokens import TOKENIZERS
from .vocabulary import UNK, Vocabulary

NO_PREFIX = ""  # of a text that ends after a word
UNSEEN_COUNT = 0.5  # occurrences that a word never seen counts as (add-half smoothing: Krichevsky & Trofimov 1981)


def split_prefix(
    text: str,
    tokenize: Callable[[str], list[str]],
    is_word: Callable[[str], bool],
    is_prefix: Callable[[str], bool],
    complete: bool | None = None,
) -> tuple[str, str]:
    """Splits a text into the part before a half-typed last word and that word's prefix.

    is_word    whether the model knows a word
    is_prefix  whether some word begins with a prefix
    complete   True: the last word is half typed unless a blank follows; False: the last word is whole; None: it is half
               typed if the model does not know it but knows words that begin so
    """
    if complete is False or not text or text[-1].isspace():
        return text, NO_PREFIX
    tail = text.rsplit(maxsplit=1)[-1]
    at = len(text) - len(tail)
    for token in tokenize(tail):
        at = text.find(token, at)
        if at < 0:  # a character was replaced: tokens have another form than the text
            break
        prefix = text[at:]
        if any(c.isalnum() for c in prefix) and is_prefix(prefix):
            return (text, NO_PREFIX) if complete is None and is_word(prefix) else (text[:at], prefix)
        last, at = at, at + len(token)
    if complete and at == len(text) and any(c.isalnum() for c in text[last:]):
        return text[:last], text[last:]
    return text, NO_PREFIX


class Completer:
    """Completes half-typed words from a vocabulary, and from the rare words outside it that the model file lists."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: str) -> None:
        self._vocabulary, self._tokenizer = vocabulary, tokenizer

    @cached_property
    def alphabet(self) -> Alphabet:
        """The words of the vocabulary, sorted."""
        return alphabet_of(self._vocabulary)

    @cached_property
    def _rare_alphabet(self) -> Alphabet:
        return Alphabet(self._vocabulary.rare)

    @cached_property
    def _rare_counts(self) -> dict[str, int]:
        """The count of each rare word, after case folding."""
        fold = self._vocabulary.fold
        return {fold(word): n for word, n in zip(self._vocabulary.rare, self._vocabulary.rare_counts, strict=True)}

    @cached_property
    def _unknown_total(self) -> float:
        """Occurrences of words outside the vocabulary, those of words never seen included."""
        return max(self._vocabulary.counts[UNK], sum(self._vocabulary.rare_counts)) + UNSEEN_COUNT

    def unknown_share(self, token: str) -> float:
        """Returns the share that a word outside the vocabulary has of the probability of all unknown words."""
        return self._rare_counts.get(self._vocabulary.fold(token), UNSEEN_COUNT) / self._unknown_total

    def split(self, text: str, complete: bool | None) -> tuple[str, str]:
        """Splits a text before its half-typed word (`split_prefix`). A text of characters has none."""
        if self._tokenizer == "chars":
            return text, NO_PREFIX
        return split_prefix(
            text,
            TOKENIZERS[self._tokenizer].tokenize,
            lambda word: self._vocabulary.id(word) != UNK,
            lambda prefix: bool(len(self.alphabet.with_prefix(prefix)) or len(self._rare_alphabet.with_prefix(prefix))),
            complete,
        )

    def words(self, prefix: str, starts: bool = False, capitals: bool = False) -> NDArray[np.intp]:
        """Returns the ids of the words that begin with a prefix: as typed or, if none does, in any case and accents.

        starts    whether the word starts a sentence, where a capital says nothing
        capitals  whether all is written in capitals, where a capital says nothing either
        """
        ids = self.alphabet.with_prefix(prefix)
        prefix = prefix.lower() if capitals else prefix[:1].lower() + prefix[1:] if starts else prefix
        if prefix == plain(prefix):
            return ids
        exact = [has_prefix(self._vocabulary.display_forms[i], prefix) for i in ids.tolist()]
        return ids[exact] if any(exact) else ids

    def rare_words(self, prefix: str) -> list[tuple[str, float]]:
        """Returns the listed words outside the vocabulary that begin with a prefix, and the share that each has of the
        probability of all unknown words.
        """
        places = self._rare_alphabet.with_prefix(prefix).tolist()
        words, counts = self._vocabulary.rare, self._vocabulary.rare_counts
        exact = [i for i in places if has_prefix(words[i], prefix)] or places
        return [(words[i], counts[i] / self._unknown_total) for i in exact]

    def written(self, words: Sequence[str], prefix: str, capitals: bool = False) -> str:
        """Writes words as people do, the first one with the capitals that were typed of it."""
        first, *others = words
        if capitals and not first.startswith(prefix):
            first = prefix + first[len(prefix) :].upper()  # as typed: capitals may do without accents
        elif prefix[:1].isupper():
            first = first[0].upper() + first[1:]
        return TOKENIZERS[self._tokenizer].join([first, *others])
