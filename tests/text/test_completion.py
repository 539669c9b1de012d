"""Half-typed words: where a text breaks off inside one."""

import pytest

from rnncli.text.completion import split_prefix
from rnncli.text.tokens import TOKENIZERS

WORDS = ["the", "cat", "car", "can", "don't", "U.S.", "well-known", "café", ",", "'", "don"]


def split(text: str, complete: bool | None = None) -> tuple[str, str]:
    return split_prefix(
        text,
        TOKENIZERS["words"].tokenize,
        WORDS.__contains__,
        lambda prefix: any(word.startswith(prefix) for word in WORDS),
        complete,
    )


@pytest.mark.parametrize(
    ("text", "before", "typed"),
    [
        ("the ca", "the ", "ca"),
        ("the cat", "the cat", ""),
        ("the cat ", "the cat ", ""),
        ("ca ", "ca ", ""),
        ("", "", ""),
        ("  ", "  ", ""),
        ("ca", "", "ca"),
        ("the zz", "the zz", ""),
        ("cat,", "cat,", ""),
        ("cat,ca", "cat,", "ca"),
        ("I don'", "I ", "don'"),
        ("I don", "I don", ""),
        ("the U.S", "the ", "U.S"),
        ("a well-kn", "a ", "well-kn"),
        ("a well-", "a ", "well-"),
        ("line\nca", "line\n", "ca"),
    ],
)
def test_unknown_word_that_begins_a_known_one_is_half_typed(text: str, before: str, typed: str) -> None:
    assert split(text) == (before, typed)


@pytest.mark.parametrize(
    ("text", "before", "typed"),
    [("the cat", "the ", "cat"), ("the cat ", "the cat ", ""), ("zz", "", "zz"), ("cat,", "cat,", ""), ("", "", "")],
)
def test_complete_true_takes_the_last_word_as_half_typed(text: str, before: str, typed: str) -> None:
    assert split(text, True) == (before, typed)


@pytest.mark.parametrize("text", ["the ca", "the cat", "ca ", ""])
def test_complete_false_takes_the_last_word_as_whole(text: str) -> None:
    assert split(text, False) == (text, "")
