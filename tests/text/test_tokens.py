"""Text to tokens and back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.tokens import END, TOKENISERS

words = TOKENISERS["words"]

TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("ab.,'\"-’“”() \n1!?$:_é\u0301")), max_size=60)


@pytest.mark.parametrize("name", TOKENISERS)
@given(text=TEXTS)
def test_tokenising_a_joined_text_gives_its_tokens(name: str, text: str) -> None:
    tokeniser = TOKENISERS[name]
    tokens = tokeniser.tokenise(text)
    assert tokeniser.tokenise(tokeniser.join(tokens)) == tokens


@given(text=TEXTS)
def test_chars_join_to_the_very_text(text: str) -> None:
    chars = TOKENISERS["chars"]
    assert chars.join(chars.tokenise(text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("name", TOKENISERS)
@given(text=TEXTS)
def test_no_token_is_empty_and_ends_are_alone(name: str, text: str) -> None:
    for token in TOKENISERS[name].tokenise(text):
        assert token
        assert token == END or END not in token


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The cat sat.", ["The", "cat", "sat", "."]),
        ("I can't, don’t, o'clock", ["I", "can't", ",", "don’t", ",", "o'clock"]),
        ("a well-known mother-in-law", ["a", "well-known", "mother-in-law"]),
        ("3.14 of 1,000 at 10:30", ["3.14", "of", "1,000", "at", "10:30"]),
        ("in 1990, the U.S. won", ["in", "1990", ",", "the", "U.S.", "won"]),
        ('"Come," said he', ['"', "Come", ",", '"', "said", "he"]),
        ("Ünïcode naïve Ελλάδα дом", ["Ünïcode", "naïve", "Ελλάδα", "дом"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),  # vowel signs are no letters to Python's \w
        ("cafe\u0301", ["caf\u00e9"]),  # the same word however it was typed
        ("soft\u00adly", ["softly"]),
        ("wait... what", ["wait", "...", "what"]),
        ("he said--so", ["he", "said", "--", "so"]),
        ("snake_case", ["snake", "_", "case"]),
        ("dogs' bowls", ["dogs", "'", "bowls"]),
        ("one\ntwo", ["one", END, "two"]),
        ("a <unk> b", ["a", "<", "unk", ">", "b"]),  # no special word can be typed in prose
    ],
)
def test_words(text: str, tokens: list[str]) -> None:
    assert words.tokenise(text) == tokens


def test_whitespace_takes_text_as_it_is_cut() -> None:
    whitespace = TOKENISERS["whitespace"]
    assert whitespace.tokenise(" mr. <unk> 's  N \n the\n") == ["mr.", "<unk>", "'s", "N", END, "the", END]


@pytest.mark.parametrize(
    "text",
    [
        'The old man said, "Come in, and sit down." Then he went away.',
        "It was cold (very cold), but who cared? Nobody!",
        "She paid $5, or 10% of it: too much; he laughed...",
        "“Come,” said he. ‘No’ was the answer.",
    ],
)
def test_join_puts_spaces_where_a_writer_would(text: str) -> None:
    assert words.join(words.tokenise(text)) == text


def test_join_gives_capitals_to_starts_when_asked() -> None:
    tokens = [
        "the",
        "cat",
        "said",
        ",",
        '"',
        "come",
        ",",
        '"',
        "and",
        "went",
        ".",
        END,
        '"',
        "no",
        '"',
        END,
        "end",
    ]
    assert words.join(tokens, capitals=True) == 'The cat said, "Come," and went.\n"No"\nEnd'
    assert words.join(tokens) == 'the cat said, "come," and went.\n"no"\nend'


def test_a_quote_left_open_does_not_turn_the_next_ones_round() -> None:
    tokens = ['"', "come", ".", END, '"', "go", ".", '"', END, "he", "said", ",", '"', "so", '"']
    assert words.join(tokens) == '"come.\n"go."\nhe said, "so"'


def test_hostile_text_takes_linear_time() -> None:
    for hostile in (
        "'" * 200_000,
        "-" * 200_000,
        "a'" * 100_000,
        "a-" * 100_000,
        "1," * 100_000,
        "a." * 100_000,
    ):
        assert words.tokenise(hostile)
