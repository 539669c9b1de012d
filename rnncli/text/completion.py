"""Half-typed words: where a text breaks off inside one, and the words that it may become."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import slips
from .alphabet import Alphabet, alphabet_of, has_prefix, plain, without_accents
from .rules import Rules
from .tokens import capitalized
from .vocabulary import UNK, Vocabulary
from .words import ELIDED, VOWELS
from .written import MAX_WORD_CHARACTERS

NO_PREFIX = ""  # of a text that ends after a word
MAX_PARTS = 16  # tokens at a text's end that a half-typed word may begin with


class Split(NamedTuple):
    """A text in two parts: a half-typed last word, and what is before it."""

    before: str
    prefix: str
    may_be_whole: bool  # whether the prefix may be a whole word: it is known, or it is new and no slip


class Candidates(NamedTuple):
    """Words of a list that a half-typed word may become."""

    indices: NDArray[np.intp]  # (n,) those that begin as typed come first
    odds: NDArray[np.float64]  # (n,) that it is typed so: 1 where the word begins as typed, less where it is a slip


class Completer:
    """Completes half-typed words from a vocabulary, and from the rare words outside it that the model file lists."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: str, rules: Rules) -> None:
        self._vocabulary, self._tokenizer, self._rules = vocabulary, tokenizer, rules
        self._rivals: dict[str, bool] = {}
        self._slip_shares: dict[int, float] = {}

    @cached_property
    def alphabet(self) -> Alphabet:
        """The words of the vocabulary, sorted."""
        return alphabet_of(self._vocabulary)

    @cached_property
    def rare_counts(self) -> NDArray[np.float64]:
        """How often each of the rare words occurs in the text, (n,)."""
        return np.array(self._vocabulary.rare_counts, np.float64)

    @cached_property
    def _rare_alphabet(self) -> Alphabet:
        return Alphabet(self._vocabulary.rare)

    def split(self, text: str, complete: bool | None) -> Split:
        """Splits a text before its last word, if that is half typed or may be. A text of characters has none.

        complete  True: the last word is half typed unless a blank follows; False: the last word is whole; None: it is
                  half typed if words begin so, of which it may be one itself, or would but for a slip
        A half-typed word is found by what is known: it begins where the longest beginning of a known word begins, or
        the longest string that is one slip from a beginning.
        """
        if complete is False or not text or text[-1].isspace() or self._tokenizer == "chars":
            return Split(text, NO_PREFIX, False)
        tail = text[-MAX_WORD_CHARACTERS:].rsplit(maxsplit=1)[-1]
        if complete is None and tail.isalpha() and tail.isascii() and self._is_word(tail):
            return Split(text[: len(text) - len(tail)], tail, True)
        at = last = len(text) - len(tail)
        places: list[int] = []
        tokens = self._rules.cut(tail)
        for left, token in zip(range(len(tokens), 0, -1), tokens, strict=True):
            at = text.find(token, at)
            if at < 0:  # a character was replaced: tokens have another form than the text
                break
            prefix = text[at:]
            if left <= MAX_PARTS and any(map(str.isalnum, prefix)):
                if self._begins_word(prefix):
                    return Split(text[:at], prefix, complete is None and self._is_word(prefix))
                places.append(at)
            last, at = at, at + len(token)
        for place in places:
            if self._is_slip(text[place:]):
                return Split(text[:place], text[place:], complete is None)
        if complete and at == len(text) and any(map(str.isalnum, text[last:])):
            return Split(text[:last], text[last:], False)
        return Split(text, NO_PREFIX, False)

    def _is_word(self, written: str) -> bool:
        return self._vocabulary.id(self._rules.spell(written)) != UNK

    def _begins_word(self, prefix: str) -> bool:
        return bool(len(self.alphabet.with_prefix(prefix)) or len(self._rare_alphabet.with_prefix(prefix)))

    def _is_slip(self, prefix: str) -> bool:
        return bool(self.elided(prefix) or len(self.candidates(prefix).odds) or len(self.rare_candidates(prefix).odds))

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
        prefix = telling(prefix, starts, capitals)
        return _fitting(self.alphabet.with_prefix(prefix), self._vocabulary.display_forms, prefix)

    def candidates(self, prefix: str, starts: bool = False, capitals: bool = False) -> Candidates:
        """Returns the ids of the words that begin with a prefix, as `words` does, and of those that would without a
        slip.
        """
        forms, exact = self._vocabulary.display_forms, self.words(prefix, starts, capitals)
        return _with_slips(self.alphabet, forms, telling(prefix, starts, capitals), exact)

    def rare_candidates(self, prefix: str) -> Candidates:
        """Returns the places, among the listed words outside the vocabulary, of those that begin with a prefix, and of
        those that would without a slip.
        """
        alphabet, words = self._rare_alphabet, self._vocabulary.rare
        return _with_slips(alphabet, words, prefix, _fitting(alphabet.with_prefix(prefix), words, prefix))

    def slip_share(self, i: int) -> float:
        """Returns the share of words that are typed like word i of the vocabulary by one slip, but are others of about
        its length, as often as these occur in the text.
        """
        if i not in self._slip_shares:
            forms, counts = self._vocabulary.display_forms, self._vocabulary.counts
            word = plain(forms[i])
            near, odds = slips.slipped(self.alphabet, word)
            like = [other != i and abs(len(plain(forms[other])) - len(word)) <= 1 for other in near.tolist()]
            often = [counts[other] for other in near[like].tolist()]
            self._slip_shares[i] = float(odds[like] @ often) / max(1, sum(counts))
        return self._slip_shares[i]

    def odds(self, word: str, prefix: str) -> float:
        """Returns the odds that a prefix is typed for a word, or for several: 1 if it begins so, 0 if no one slip does
        it.
        """
        if has_prefix(word, prefix):
            return 1.0
        if plain(word).startswith(plain(prefix)):
            return slips.WRONG_ACCENT if has_prefix(word, without_accents(prefix)) else 0.0
        return slips.odds(plain(prefix), plain(word))

    @cached_property
    def _elisions(self) -> dict[str, int]:
        """The ids of elisions, by their letters: of "l'" by l."""
        is_elision = re.compile(f"(?:{ELIDED})'").fullmatch
        return {word[:-1]: i for i, word in enumerate(self._vocabulary.words) if word[-1:] == "'" and is_elision(word)}

    def elided(self, prefix: str) -> list[tuple[int, str]]:
        """Returns the elisions that a half-typed word may begin with if an apostrophe was left out, by id, and what is
        typed after each: loise may become l'oiseau.
        """
        if not self._elisions or not slips.may_slip(prefix):
            return []
        parts = [(self._elisions.get(prefix[:n].lower()), prefix[n:]) for n in range(1, len(prefix))]
        return [
            (i, rest)
            for i, rest in parts
            if i is not None and plain(rest).startswith(tuple(VOWELS)) and len(self.alphabet.with_prefix(rest))
        ]

    def written(self, words: Sequence[str], prefix: str, capitals: bool = False) -> str:
        """Writes words as people do, the first one with the capitals that were typed of it."""
        first, *others = words
        if capitals and not first.startswith(prefix):
            rest = _rest(first, prefix)  # as typed: capitals may do without accents
            first = first.upper() if rest is None else prefix + rest.upper()
        elif prefix[:1].isupper():
            first = capitalized(first)
        return "".join(self._rules.pieces([first, *others], False))


def telling(prefix: str, starts: bool, capitals: bool) -> str:
    """Returns a prefix without capitals that tell nothing of the word."""
    return prefix.lower() if capitals else prefix[:1].lower() + prefix[1:] if starts else prefix


def _fitting(indices: NDArray[np.intp], forms: Sequence[str], prefix: str) -> NDArray[np.intp]:
    """Returns those of the words that begin with a prefix in any case and accents that begin as typed; or else all."""
    if prefix == prefix.lower() and prefix == without_accents(prefix):  # then they do
        return indices
    exact = [has_prefix(forms[i], prefix) for i in indices.tolist()]
    return indices[exact] if any(exact) else indices


def _with_slips(alphabet: Alphabet, forms: Sequence[str], prefix: str, exact: NDArray[np.intp]) -> Candidates:
    """Returns the words that begin with a prefix and those that would without a slip, with their capitals if it has."""
    indices, odds = slips.slipped(alphabet, plain(prefix))
    if prefix[:1].isupper():
        fits = [forms[i][:1].isupper() for i in indices.tolist()]
        if len(exact) or any(fits):
            indices, odds = indices[fits], odds[fits]
    if not prefix.isascii() and slips.may_slip(plain(prefix)):
        others = np.setdiff1d(alphabet.with_prefix(prefix), exact)
        bare = without_accents(prefix)
        accented = np.array([i for i in others.tolist() if has_prefix(forms[i], bare)], np.intp)
        indices, odds = np.append(indices, accented), np.append(odds, np.full(len(accented), slips.WRONG_ACCENT))
    return Candidates(np.append(exact, indices), np.append(np.ones(len(exact)), odds))


def _rest(word: str, prefix: str) -> str | None:
    """Returns what a word goes on with after a prefix, whose letters may be others: SS for ß, OE for œ; None if it does
    not begin so.
    """
    typed = plain(prefix)
    for n in range(len(word) + 1):
        if (begun := plain(word[:n])).startswith(typed):
            return begun[len(typed) :] + word[n:]
    return None
