"""Where a text breaks off."""

import pytest

from rnncli.text.beginning import cut
from rnncli.text.tokens import TOKENIZERS

WORDS = ["the", "cat", "car", "can", "don't", "U.S.", "well-known", "café", ",", "'", "don"]


def at(text: str, complete: bool | None = None) -> tuple[str, str]:
    return cut(
        text,
        TOKENIZERS["words"].tokenize,
        WORDS.__contains__,
        lambda typed: any(word.startswith(typed) for word in WORDS),
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
def test_a_word_that_is_not_known_but_begins_one_is_half_typed(text: str, before: str, typed: str) -> None:
    assert at(text) == (before, typed)


@pytest.mark.parametrize(
    ("text", "before", "typed"),
    [("the cat", "the ", "cat"), ("the cat ", "the cat ", ""), ("zz", "", "zz"), ("cat,", "cat,", ""), ("", "", "")],
)
def test_asked_to_complete_it_takes_the_last_word_as_half_typed(text: str, before: str, typed: str) -> None:
    assert at(text, True) == (before, typed)


@pytest.mark.parametrize("text", ["the ca", "the cat", "ca ", ""])
def test_asked_for_the_next_word_it_takes_the_last_one_as_done(text: str) -> None:
    assert at(text, False) == (text, "")
