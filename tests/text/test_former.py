"""The first rules, by which models of older versions read: what they made of a text, they still make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text import former as module
from rnncli.text.codec import FIRST_RULES, Codec
from rnncli.text.former import MAX_PARAGRAPH_CHARACTERS, reflow, word_pieces, words
from rnncli.text.tokens import END
from rnncli.text.vocabulary import SPECIALS, Vocabulary

TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("ab.,'\"-’“”() \n1!?$:_é\u0301")), max_size=60)


def join(tokens: list[str], capitals: bool = False) -> str:
    return "".join(word_pieces(tokens, capitals))


@given(text=TEXTS)
def test_words_invert_join(text: str) -> None:
    tokens = words(text)
    assert words(join(tokens)) == tokens


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "chars"])
def test_codec_of_the_first_rules_reads_and_writes_by_them(tokenizer: str) -> None:
    vocabulary = Vocabulary([*SPECIALS, "a", "b", "."], [*SPECIALS, "a", "b", "."], [1] * 5, "fold first", True)
    codec = Codec(vocabulary, tokenizer, "lines", FIRST_RULES)
    assert codec.tokens("a b\n\n\na\n") == (["a", *[" "] * (tokenizer == "chars"), "b", END, "a"])
    tokens = [token for _, block in codec.stream("a\n\n\nb") for token in block]
    assert tokens == [END, "a", END, "b", END]
    assert codec.join(["a", END, "b"]) == "a\nb"


WRAPPED = """Once there was an old woman who had a cat and a lamp. At night she
put the lamp in the window, and the cat sat near it. "You do no work,"
said the lamp to the cat one evening. "I give light to the whole room,
and you only close your eyes." The cat looked at the lamp.

That night a strong wind came down from the hill and opened the door.
The lamp went dark at once, and the old woman could not see her hand.
"""


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
    assert words(text) == tokens


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
    assert join(words(text)) == text


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
    assert join(tokens, capitals=True) == 'The cat said, "Come," and went.\n"No"\nEnd'
    assert join(tokens) == 'the cat said, "come," and went.\n"no"\nend'


def test_quote_left_open_in_one_sentence_does_not_flip_quotes_of_the_next() -> None:
    tokens = ['"', "come", ".", END, '"', "go", ".", '"', END, "he", "said", ",", '"', "so", '"']
    assert join(tokens) == '"come.\n"go."\nhe said, "so"'


def reflowed(text: str) -> list[str]:
    return "".join(reflow([text])).split("\n")[:-1]


def test_wrapped_prose_is_cut_into_sentences() -> None:
    assert reflowed(WRAPPED) == [
        "Once there was an old woman who had a cat and a lamp.",
        "At night she put the lamp in the window, and the cat sat near it.",
        '"You do no work," said the lamp to the cat one evening.',
        '"I give light to the whole room, and you only close your eyes."',
        "The cat looked at the lamp.",
        "That night a strong wind came down from the hill and opened the door.",
        "The lamp went dark at once, and the old woman could not see her hand.",
    ]


def test_abbreviations_and_quoted_questions_end_no_sentence() -> None:
    assert reflowed("Mr. Hill met J. Smith at 3.30 p.m. sharp. He ran!") == [
        "Mr. Hill met J. Smith at 3.30 p.m. sharp.",
        "He ran!",
    ]
    assert reflowed('"Is it so?" asked the owl. So did I. Then it rained.') == [
        '"Is it so?" asked the owl.',
        "So did I.",
        "Then it rained.",
    ]


def test_blank_line_ends_a_sentence_and_hyphen_at_a_line_end_joins() -> None:
    assert reflowed("The End\n\nof a well-\nknown story") == ["The End", "of a well-known story"]


@given(st.text('aB.? \n"', max_size=300), st.lists(st.integers(1, 40), max_size=20))
def test_words_are_equal_however_blocks_are_cut(text: str, cuts: list[int]) -> None:
    blocks, rest = [], text
    for cut in cuts:
        blocks.append(rest[:cut])
        rest = rest[cut:]
    assert "".join(reflow([*blocks, rest])).split() == "".join(reflow([text])).split()


@given(st.text("aB. ", max_size=50))
def test_reflow_changes_nothing_but_spacing(text: str) -> None:
    assert "".join("".join(reflow([text])).split()) == "".join(text.split())


def test_endless_paragraph_is_yielded_piece_by_piece() -> None:
    text = ["word " * 1000] * (MAX_PARAGRAPH_CHARACTERS // 1000)
    parts = list(reflow(text))
    assert len(parts) > 2
    assert "".join(parts).split() == ["word"] * 1000 * len(text)


def test_endless_word_is_yielded_as_it_comes() -> None:
    part = "x" * MAX_PARAGRAPH_CHARACTERS * 2
    assert list(reflow([part, part, "\n"])) == [part, part]


ENDLESS = ["x", "é", ".", "?", "…", "。", '."', "x.", "x-", "-\n", "x. ", "x y"]


@pytest.mark.parametrize("part", ENDLESS)
def test_endless_text_keeps_every_character(part: str) -> None:
    text = part * 100_000
    assert "".join("".join(reflow([text])).split()) == "".join(text.split())


@pytest.mark.parametrize("part", ENDLESS)
def test_endless_text_is_scanned_a_bounded_number_of_times(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Characters that are searched for ends of sentences grow in proportion to the text, in blocks of any size."""
    scan, scanned = module._sentences, 0

    def counted(paragraph: str) -> list[str]:
        nonlocal scanned
        scanned += len(paragraph)
        return scan(paragraph)

    monkeypatch.setattr(module, "_sentences", counted)
    monkeypatch.setattr(module, "MAX_PARAGRAPH_CHARACTERS", 1000)
    block = (part * 1000)[:500]
    for blocks in (20, 200):
        scanned = 0
        assert "".join(reflow([block] * blocks))
        assert scanned <= 4 * len(block) * blocks
