"""What share of a text a vocabulary knows, and warnings where measures of the text hide that little of it is known."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from .characters import is_unspaced
from .tokens import BREAK, END

# Shares of words held out: fables 1.9 %, Penn Treebank 4.8 %, a licence of 10 KB 16 %, of 5 KB 28 %; 200 KB of Finnish
# 44 %. A word that is unknown can be spelled, and completed, but hardly predicted.
MAX_UNKNOWN_SHARE = 0.2  # of words
MIN_LETTERS_COVERED = 0.8  # share of letters in known words; punctuation, always known, counts in words but not here
COUNTED_CHARACTERS = 1 << 18  # of a text that is scored: it is tokenized for this once more
MAX_UNCUT_SHARE = 0.2  # of letters, in words that are too long to be words

# Letters in longer words: none in fables, Penn Treebank, a man page and a licence, 0.08 % in Perl's messages. Where no
# blanks divide words, a "word" of the tokenizer is a clause, and nearly all letters stand in longer ones.
MAX_WORD_LETTERS = 20
MAX_WORD_LETTERS_WITHOUT_BLANKS = 8


@dataclass
class Coverage:
    """Words and letters of a text, and how many of them a vocabulary knows. Punctuation counts as words."""

    words: int = 0
    unknown: int = 0
    letters: int = 0  # of words, digits included
    unknown_letters: int = 0  # of unknown words
    uncut_letters: int = 0  # of words that are too long to be words

    @classmethod
    def of(cls, tokens: Iterable[tuple[str, bool, int]]) -> Self:
        """Adds up tokens, without ends of sentences: each with whether it is known and how often it occurs."""
        total = cls()
        for token, is_known, count in tokens:
            total.add(token, is_known, count)
        return total

    def add(self, token: str, is_known: bool, count: int = 1) -> None:
        """Adds a token that occurs `count` times."""
        letters = count * sum(map(str.isalnum, token))
        self.words += count
        self.letters += letters
        if not is_known:
            self.unknown += count
            self.unknown_letters += letters
        if is_uncut(token):
            self.uncut_letters += letters

    @property
    def letters_covered(self) -> float:
        """Share of the letters that stand in known words; 1 where there are no letters."""
        return 1 - self.unknown_letters / max(1, self.letters)

    @property
    def uncut_share(self) -> float:
        """Share of the letters that stand in words too long to be words."""
        return self.uncut_letters / max(1, self.letters)

    def counting(
        self, texts: Iterable[str], tokenize: Callable[[str], list[str]], is_known: Callable[[str], bool]
    ) -> Iterator[str]:
        """Yields blocks of text as they are, and adds the words of the first ones."""
        characters = 0
        for text in texts:
            if characters < COUNTED_CHARACTERS:
                characters += len(text)
                for token, count in Counter(tokenize(text)).items():
                    if token not in (END, BREAK):
                        self.add(token, is_known(token), count)
            yield text

    def warnings(self, of: str) -> list[str]:
        """Returns why measures of the text say little about how well it is predicted, if so."""
        return warnings(self.unknown / max(1, self.words), self.letters_covered, self.uncut_share, of=of)


def is_uncut(token: str) -> bool:
    """Tells whether a token is too long to be a word: of more than one word, which the tokenizer did not cut."""
    if len(token) > MAX_WORD_LETTERS:
        return True
    if len(token) <= MAX_WORD_LETTERS_WITHOUT_BLANKS or token.isascii():
        return False
    return sum(map(is_unspaced, token)) > MAX_WORD_LETTERS_WITHOUT_BLANKS


def warnings(unknown: float, letters_covered: float = 1.0, uncut: float = 0.0, *, of: str) -> list[str]:
    """Returns a sentence for each reason why measures of a text say little about how well it is predicted.

    unknown          share of the words of the measured text that the vocabulary lacks
    letters_covered  share of the letters of the text in known words
    uncut            share of the letters of the text in words too long to be words
    of               what the measured words are, as in "of the words to validate on"
    """
    found = []
    if unknown > MAX_UNKNOWN_SHARE:
        found.append(
            f"{unknown:.0%} {of} are unknown: they can be completed and are priced by their spelling, but are never "
            "among the next words. Train on more text like it, or with a larger --vocabulary-size or a smaller "
            "--min-count"
        )
    elif letters_covered < MIN_LETTERS_COVERED:
        found.append(
            f"only {letters_covered:.0%} of the letters of the text stand in words that the model knows; most of what "
            "it knows is punctuation. Train on more text, or with a larger --vocabulary-size or a smaller --min-count, "
            "or with --tokenizer chars"
        )
    if uncut > MAX_UNCUT_SHARE:
        found.append(
            f"{uncut:.0%} of the letters stand in words of more than {MAX_WORD_LETTERS_WITHOUT_BLANKS} to "
            f"{MAX_WORD_LETTERS} letters, which are hardly words: the tokenizer does not cut a script without blanks. "
            "Train with --tokenizer chars, or put blanks between the words"
        )
    return found
