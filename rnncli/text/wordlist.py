"""Lists of words that a user gives: words that are never offered, and words that a model knows in any case."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TextError, UsageError
from .tokens import TOKENIZERS
from .vocabulary import UNK, Vocabulary, known_form
from .written import MAX_WORD_CHARACTERS

MAX_SHOWN_TOKENS = 4  # of a line that is several


def read(path: str, encoding: str | None = None) -> tuple[str, ...]:
    """Reads a list of words from a file, one a line; blank lines, blanks around a word and repeated words do not count.

    Raises UsageError for standard input, FileError, TextError.
    """
    from .reader import read_text  # here, because predicting without a list does without

    if path == "-":
        raise UsageError("a list of words cannot come from standard input, which is for texts. Give a file")
    lines = [line.strip() for line in "".join(read_text(path, encoding)).split("\n")]
    if not any(lines):
        raise TextError(f"{path}: holds no words. A list of words has one a line")
    for n, line in enumerate(lines, 1):
        if len(line) > MAX_WORD_CHARACTERS:
            raise TextError(
                f"{path}: line {n} is longer than the {MAX_WORD_CHARACTERS} characters of a word. "
                "A list of words has one a line"
            )
    return tuple(dict.fromkeys(filter(None, lines)))


def single_tokens(words: Iterable[str], tokenizer: str, option: str) -> list[str]:
    """Returns the token of each word of a list, without those that are invisible.

    Raises TextError, in which `option` names the list, for what the tokenizer cuts into several tokens.
    """
    cut = [(word, TOKENIZERS[tokenizer].tokenize(word)) for word in words]
    if several := [pair for pair in cut if len(pair[1]) > 1]:
        word, tokens = several[0]
        which = f", the first of {len(several):,} such lines," if len(several) > 1 else ""
        shown = ", ".join(tokens[:MAX_SHOWN_TOKENS]) + ", …" * (len(tokens) > MAX_SHOWN_TOKENS)
        raise TextError(
            f"{option}: {word!r}{which} is {len(tokens)} words ({shown}) by the tokenizer {tokenizer!r}. "
            "Give single words, one a line"
        )
    return [token for _, tokens in cut for token in tokens]


def update(digest: Any, words: Sequence[str]) -> None:
    """Updates the digest of a text, an object of hashlib, with a list of words; one without words changes nothing."""
    if words:
        digest.update(("\0" + "\n".join(words)).encode())  # no text holds a NUL


class Blocked(NamedTuple):
    """The words of a model that are never offered."""

    ids: NDArray[np.intp]  # (n,) of those in the vocabulary, rising; no special word
    others: frozenset[str]  # of all others, after case folding


Words = Sequence[str] | Blocked  # to block; what was found of them is not searched again
NOTHING_BLOCKED = Blocked(np.zeros(0, np.intp), frozenset())


def find_blocked(words: Sequence[str], vocabulary: Vocabulary, tokenizer: str) -> Blocked:
    """Finds the words of a list, after case folding, in a vocabulary and among the rare words outside it.

    Raises UsageError if they are no list of texts, TextError for a text that is several words.
    """
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise UsageError("block: is not a list of texts")
    if not words:
        return NOTHING_BLOCKED
    rare = set(map(vocabulary.fold, vocabulary.rare))
    ids, listed, unknown = set[int](), set[str](), list[str]()
    for word in words:
        token = TOKENIZERS[tokenizer].spell(word)
        i, form = vocabulary.id(token), known_form(token, vocabulary.case, rare.__contains__)
        if i != UNK:
            ids.add(i)
        elif form in rare:
            listed.add(form)
        else:
            unknown.append(word)
    listed.update(map(vocabulary.fold, single_tokens(unknown, tokenizer, "block")))
    return Blocked(np.array(sorted(i for i in ids if i >= vocabulary.specials), np.intp), frozenset(listed))
