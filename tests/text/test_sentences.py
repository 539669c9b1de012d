"""Ends of sentences and paragraphs put among written tokens."""

import time
import timeit
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.flags import NOTHING_LEARNED
from rnncli.text.sentences import MAX_SENTENCE_CHARACTERS, Arrangement, cut_again
from rnncli.text.tokens import TOKENIZERS
from rnncli.text.written import MAX_WORD_CHARACTERS, UNKNOWN_NUMBER, WrittenNumbers

WRAPPED = """Once there was an old woman who had a cat and a lamp. At night she
put the lamp in the window, and the cat sat near it. "You do no work,"
said the lamp to the cat one evening. "I give light to the whole room,
and you only close your eyes." The cat looked at the lamp.

That night a strong wind came down from the hill and opened the door.
The lamp went dark at once, and the old woman could not see her hand.
"""


def arranged(blocks: list[str], wrapped: bool = True) -> list[str]:
    numbers = WrittenNumbers(TOKENIZERS["words"])
    arrangement = Arrangement(numbers, wrapped, NOTHING_LEARNED, str.islower, lambda _: False)
    stretches = arrangement.stretches(numbers.blocks(blocks, TOKENIZERS["words"].cut))
    return [numbers.tokens[i] for stretch in stretches for i in stretch.ids.tolist()]


def sentences(text: str, wrapped: bool = True) -> list[str]:
    numbers = WrittenNumbers(TOKENIZERS["words"])
    arrangement = Arrangement(numbers, wrapped, NOTHING_LEARNED, str.islower, lambda _: False)
    stretches = arrangement.stretches(numbers.blocks([text], TOKENIZERS["words"].cut))
    return ["".join(tokens) for tokens in cut_again(stretches, numbers, list)]


def test_wrapped_prose_is_cut_into_sentences_and_paragraphs() -> None:
    assert sentences(WRAPPED) == [
        "Once there was an old woman who had a cat and a lamp.\n",
        "At night she put the lamp in the window, and the cat sat near it.\n",
        '"You do no work," said the lamp to the cat one evening.\n',
        '"I give light to the whole room, and you only close your eyes."\n',
        "The cat looked at the lamp.\n",
        "\n\n",
        "That night a strong wind came down from the hill and opened the door.\n",
        "The lamp went dark at once, and the old woman could not see her hand.\n",
    ]


def test_each_line_is_a_sentence_in_a_text_of_lines() -> None:
    assert sentences("No. Yes.\nwell\n\n\nso\n", wrapped=False) == ["No. Yes.\n", "well\n", "\n\n", "so\n"]


def test_end_of_a_line_is_no_blank_between_words_written_without() -> None:
    assert sentences("我喜\n欢你。他\n来了。") == ["我喜欢你。\n", "他来了。\n"]


@pytest.mark.parametrize("wrapped", [True, False])
@given(text=st.text('aB.? \n"-', max_size=200), cuts=st.lists(st.integers(1, 40), max_size=20))
def test_tokens_are_equal_however_blocks_are_cut_between_lines(wrapped: bool, text: str, cuts: list[int]) -> None:
    lines = text.splitlines(keepends=True)
    blocks: list[str] = []
    while lines and cuts:
        n = cuts.pop()
        blocks, lines = [*blocks, "".join(lines[:n])], lines[n:]
    assert arranged([*blocks, *lines], wrapped) == arranged([text], wrapped)


@pytest.mark.parametrize("part", ["x", "é", ".", "?", "…", "。", '."', "x.", "x-", "-\n", "x. ", "x y", "\n", "\n\n "])
def test_endless_text_keeps_every_character(part: str) -> None:
    text = part * 20_000
    tokens = "".join(arranged([text[start : start + 1000] for start in range(0, len(text), 1000)]))
    if "x" in text or part in ("é", "。", '."'):
        assert len("".join(tokens.split())) <= len("".join(text.split()))
    assert UNKNOWN_NUMBER == 1 < MAX_WORD_CHARACTERS


@pytest.mark.parametrize("block", ["\n" * 1000, "\n", "pre- " * 300, "pre-\n", "a\u00ad\n", "The cat sat.\n"])
def test_time_is_in_proportion_to_the_number_of_blocks(block: str) -> None:
    """Blank lines, and words that may go on, were all held until another word came."""
    short, long = (
        min(timeit.repeat(partial(arranged, [block] * n), timer=time.process_time, number=1, repeat=2))
        for n in (100, 400)
    )
    assert long < 8 * short + 0.3


def test_parts_of_a_word_are_joined_across_any_number_of_blocks() -> None:
    numbers = WrittenNumbers(TOKENIZERS["words"])
    arrangement = Arrangement(numbers, True, NOTHING_LEARNED, str.islower, lambda _: True)
    blocks = ["My mother-\n", "in-\n", "law saw it. Her ex-\n", "\n", "\n\n", "So-\n"]
    stretches = arrangement.stretches(numbers.blocks(blocks, TOKENIZERS["words"].cut))
    assert ["".join(tokens) for tokens in cut_again(stretches, numbers, list)] == [
        *["My mother-in-law saw it.\n", "Her ex-\n", "\n\n", "So-\n"]
    ]


@pytest.mark.parametrize(("part", "most"), [("我喜欢你", 2), ("the cat ", 1)])
def test_sentence_without_an_end_is_cut_at_a_bound(part: str, most: int) -> None:
    text = part * MAX_SENTENCE_CHARACTERS
    *found, last = sentences(text)
    assert {len(sentence) // (most * MAX_SENTENCE_CHARACTERS) for sentence in found} == {1}
    assert "".join([*found, last.removesuffix("\n")]).replace(" ", "") == text.replace(" ", "")


def test_flags_are_looked_up_by_arrays() -> None:
    numbers = WrittenNumbers(TOKENIZERS["words"])
    arrangement = Arrangement(numbers, True, NOTHING_LEARNED, str.islower, lambda _: False)
    ids = np.concatenate(list(numbers.blocks(["a b. C " + "x" * 300], TOKENIZERS["words"].cut)))
    assert [numbers.tokens[i] for i in ids.tolist()] == ["a", "b", ".", "C", ""]  # the last is too long for a word
    (*_, last) = arrangement.stretches([ids])
    assert [numbers.tokens[i] for i in last.ids.tolist()][-1] == "\n"
