"""Text to tokens and back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.tokens import END, TOKENIZERS

words = TOKENIZERS["words"]

TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("ab.,'\"-’“”() \n1!?$:_é\u0301")), max_size=60)


@pytest.mark.parametrize("name", TOKENIZERS)
@given(text=TEXTS)
def test_tokenize_inverts_join(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    tokens = tokenizer.tokenize(text)
    assert tokenizer.tokenize(tokenizer.join(tokens)) == tokens


@given(text=TEXTS)
def test_chars_join_to_the_text_in_nfc(text: str) -> None:
    chars = TOKENIZERS["chars"]
    assert chars.join(chars.tokenize(text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("name", TOKENIZERS)
@given(text=TEXTS)
def test_no_token_is_empty_and_newlines_are_tokens_of_their_own(name: str, text: str) -> None:
    for token in TOKENIZERS[name].tokenize(text):
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
def test_words_are_cut_as_expected(text: str, tokens: list[str]) -> None:
    assert words.tokenize(text) == tokens


def test_whitespace_cuts_at_blanks_only() -> None:
    whitespace = TOKENIZERS["whitespace"]
    assert whitespace.tokenize(" mr. <unk> 's  N \n the\n") == ["mr.", "<unk>", "'s", "N", END, "the", END]


@pytest.mark.parametrize(
    "text",
    [
        'The old man said, "Come in, and sit down." Then he went away.',
        "It was cold (very cold), but who cared? Nobody!",
        "She paid $5, or 10% of it: too much; he laughed...",
        "“Come,” said he. ‘No’ was the answer.",
    ],
)
def test_join_puts_spaces_as_writers_do(text: str) -> None:
    assert words.join(words.tokenize(text)) == text


def test_join_capitalizes_sentence_and_speech_starts() -> None:
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


def test_quote_left_open_in_one_sentence_does_not_flip_quotes_of_the_next() -> None:
    tokens = ['"', "come", ".", END, '"', "go", ".", '"', END, "he", "said", ",", '"', "so", '"']
    assert words.join(tokens) == '"come.\n"go."\nhe said, "so"'


@pytest.mark.parametrize("part", ["'", "-", "a'", "a-", "1,", "a."])
def test_endless_text_keeps_every_character(part: str) -> None:
    assert "".join(words.tokenize(part * 100_000)) == part * 100_000
