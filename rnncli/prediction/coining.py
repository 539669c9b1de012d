"""Words outside the vocabulary in a text that is written: those that it has, rare ones of the corpus, new ones."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Sequence
from unicodedata import category

from ..text.codec import Codec
from ..text.vocabulary import UNK
from ..text.wordlist import Blocked
from ..unknown.speller import Choose
from ..unknown.words import UnknownWords

MAX_TRIES = 100  # to find a word outside the vocabulary that is not ruled out


class Coiner:
    """Chooses which word each word outside the vocabulary is, by P(which), and keeps in mind those that a text has."""

    def __init__(self, unknown: UnknownWords, codec: Codec, block: Blocked, met: Sequence[str]) -> None:
        """met: the words outside the vocabulary that the text has already, as they stand there."""
        self._unknown, self._codec, self._block = unknown, codec, block
        self._urn = unknown.urn(met)

    def coin(self, choose: Choose, fits: Callable[[str], bool]) -> str | None:
        """Returns a word as it is written; None if none was found that is not blocked and fits.

        choose  chooses one of several things by their weights (m,): a rare word, or the next character of a new one
        fits    tells of a word, after case folding, whether it may stand here
        """
        for _ in range(MAX_TRIES):
            word = self._urn.draw(choose)
            if self._is_one_outside(word) and self.fold(word) not in self._block.others and fits(self.fold(word)):
                self._urn.put([word])
                return word
        return None

    def fold(self, word: str) -> str:
        """Returns the form by which words are told apart."""
        return self._unknown.fold(word)

    def share(self, word: str) -> float:
        """Returns P(which) of a word."""
        return float(self._urn.shares([word])[0])

    def _is_one_outside(self, word: str) -> bool:
        """Tells whether a text has it as one word that the vocabulary has not, and not as one that has a mark at it."""
        if self._unknown.is_rare(self.fold(word)):
            return self._codec.vocabulary.id(word) == UNK
        has_mark = any(category(end)[0] in "PS" for end in (word[:1], word[-1:]) if end)
        return self._codec.is_one_new_word(word) and not has_mark
