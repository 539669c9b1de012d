"""Lists of words that a user gives: words that are never offered, and words that a model knows in any case."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TextError, UsageError
from .names import source_name
from .tokens import TOKENIZERS
from .vocabulary import UNK, Vocabulary, known_form
from .written import MAX_WORD_CHARACTERS


def read(path: str, encoding: str | None = None) -> tuple[str, ...]:
    """Reads a list of words from a file, one a line; blank lines, blanks around a word and repeated words do not count.

    Raises UsageError for standard input, FileError, TextError.
    """
    from .reader import read_text  # here, because predicting without a list does without

    if path == "-":
        raise UsageError("a list of words cannot come from standard input, which is for texts. Give a file")
    lines = [line.strip() for line in "".join(read_text(path, encoding)).split("\n")]
    if not any(lines):
        raise TextError(f"{source_name(path)}: holds no words. A list of words has one a line")
    for n, line in enumerate(lines, 1):
        if len(line) > MAX_WORD_CHARACTERS:
            raise TextError(
                f"{source_name(path)}: line {n} is longer than the {MAX_WORD_CHARACTERS} characters of a word. "
                "A list of words has one a line"
            )
    return tuple(dict.fromkeys(filter(None, lines)))


def single_tokens(words: Iterable[str], tokenize: Callable[[str], list[str]], option: str) -> list[str]:
    """Returns the token of each word of a list, without those that are invisible.

    Raises TextError, in which `option` names the list, if a tokenizer makes several tokens of one.
    """
    tokens = [(word, tokenize(word)) for word in words]
    if several := [pair for pair in tokens if len(pair[1]) > 1]:
        word, parts = several[0]
        others = f", and {len(several) - 1:,} more lines are several words" if len(several) > 1 else ""
        raise TextError(
            f"{option}: {word!r} is {len(parts)} words ({' '.join(parts)}) as this text is cut{others}. "
            "Give single words only, one a line"
        )
    return [token for _, parts in tokens for token in parts]


class Blocked(NamedTuple):
    """The words of a model that are never offered."""

    ids: NDArray[np.intp]  # (n,) of those in the vocabulary, rising; no special word
    rare: frozenset[str]  # of those outside it that the model file lists, as they are displayed


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
    cut = TOKENIZERS[tokenizer]
    rare = {vocabulary.fold(word): word for word in vocabulary.rare}
    ids, shown, unknown = set[int](), set[str](), list[str]()
    for word in words:
        token = cut.spell(word)
        i, form = vocabulary.id(token), known_form(token, vocabulary.case, rare.__contains__)
        if i != UNK:
            ids.add(i)
        elif form in rare:
            shown.add(rare[form])
        else:
            unknown.append(word)
    single_tokens(unknown, cut.tokenize, "block")
    return Blocked(np.array(sorted(i for i in ids if i >= vocabulary.specials), np.intp), frozenset(shown))
