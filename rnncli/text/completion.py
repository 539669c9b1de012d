"""Half-typed words: where a text breaks off inside one, and the words that it may become."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .alphabet import Alphabet, alphabet_of, has_prefix, plain
from .rules import Rules
from .tokens import capitalized
from .vocabulary import UNK, Vocabulary
from .written import MAX_WORD_CHARACTERS

NO_PREFIX = ""  # of a text that ends after a word
UNSEEN_COUNT = 0.5  # occurrences that a word never seen counts as (add-half smoothing: Krichevsky & Trofimov 1981)
MAX_PARTS = 16  # tokens at a text's end that a half-typed word may begin with


class Split(NamedTuple):
    """A text in two parts: a half-typed last word, and what is before it."""

    before: str
    prefix: str
    is_word: bool  # whether the prefix is a word itself, which may be whole


class Completer:
    """Completes half-typed words from a vocabulary, and from the rare words outside it that the model file lists."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: str, rules: Rules) -> None:
        self._vocabulary, self._tokenizer, self._rules = vocabulary, tokenizer, rules
        self._rivals: dict[str, bool] = {}

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

    def split(self, text: str, complete: bool | None) -> Split:
        """Splits a text before its last word, if that is half typed or may be. A text of characters has none.

        complete  True: the last word is half typed unless a blank follows; False: the last word is whole; None: it is
                  half typed if words begin so, of which it may be one itself
        A half-typed word is found by what is known: it begins where the longest beginning of a known word begins.
        """
        if complete is False or not text or text[-1].isspace() or self._tokenizer == "chars":
            return Split(text, NO_PREFIX, False)
        tail = text[-MAX_WORD_CHARACTERS:].rsplit(maxsplit=1)[-1]
        if complete is None and tail.isalpha() and tail.isascii() and self._is_word(tail):
            return Split(text[: len(text) - len(tail)], tail, True)
        at = last = len(text) - len(tail)
        tokens = self._rules.cut(tail)
        for left, token in zip(range(len(tokens), 0, -1), tokens, strict=True):
            at = text.find(token, at)
            if at < 0:  # a character was replaced: tokens have another form than the text
                break
            prefix = text[at:]
            if left <= MAX_PARTS and any(map(str.isalnum, prefix)) and self._begins_word(prefix):
                return Split(text[:at], prefix, complete is None and self._is_word(prefix))
            last, at = at, at + len(token)
        if complete and at == len(text) and any(map(str.isalnum, text[last:])):
            return Split(text[:last], text[last:], False)
        return Split(text, NO_PREFIX, False)

    def _is_word(self, written: str) -> bool:
        return self._vocabulary.id(self._rules.spell(written)) != UNK

    def _begins_word(self, prefix: str) -> bool:
        return bool(len(self.alphabet.with_prefix(prefix)) or len(self._rare_alphabet.with_prefix(prefix)))

    def has_rivals(self, word: str) -> bool:
        """Tells whether longer words that begin as a word does occur more often than the word: then it may be one of
        them, half typed.
        """
        if word not in self._rivals:
            own = self._vocabulary.id(self._rules.spell(word))
            folded = self._vocabulary.words[own]  # of STRASSE it is straße
            pairs = zip(self._vocabulary.words, self._vocabulary.counts, strict=True)
            longer = sum(count for other, count in pairs if other.startswith(folded) and other != folded)
            self._rivals[word] = longer > self._vocabulary.counts[own]
        return self._rivals[word]

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
            first = prefix + _rest(first, prefix).upper()  # as typed: capitals may do without accents
        elif prefix[:1].isupper():
            first = capitalized(first)
        return "".join(self._rules.pieces([first, *others], False))


def _rest(word: str, prefix: str) -> str:
    """Returns what a word goes on with after a prefix, whose letters may be others: SS for ß, OE for œ."""
    typed = plain(prefix)
    for n in range(len(word)):
        if (begun := plain(word[:n])).startswith(typed):
            return begun[len(typed) :] + word[n:]
    return ""
