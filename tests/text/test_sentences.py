"""Where sentences end."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.sentences import PARAGRAPH, detect, reflow

LINES = """the cat sat on the mat
no it was n't black monday
but while the new york stock exchange did n't fall apart friday as the dow jones industrial average plunged
some circuit breakers installed after the october N crash failed their first test traders say
he said so
"""

WRAPPED = """Once there was an old woman who had a cat and a lamp. At night she
put the lamp in the window, and the cat sat near it. "You do no work,"
said the lamp to the cat one evening. "I give light to the whole room,
and you only close your eyes." The cat looked at the lamp.

That night a strong wind came down from the hill and opened the door.
The lamp went dark at once, and the old woman could not see her hand.
"""

PARAGRAPHS = """Once there was a king. He could not sleep. Every night he lay in bed and looked at the moon.
He called a wise old man. The wise old man gave him warm milk. It did not help.
"""


def flowed(text: str) -> list[str]:
    return "".join(reflow([text])).split("\n")[:-1]


def test_auto_tells_lines_from_wrapped_prose() -> None:
    assert detect(LINES) == "lines"
    assert detect(WRAPPED) == "wrapped"
    assert detect(PARAGRAPHS) == "wrapped"
    assert detect("") == detect("\n\n") == detect("one line") == "lines"
    assert detect("roses are red\nviolets are blue\nsugar is sweet\nand so are you\n" * 3) == "lines"


@pytest.mark.parametrize("seed", range(5))
def test_prose_wrapped_raggedly_is_still_wrapped(seed: int) -> None:
    """By hand, or changed since: lines end anywhere between seven and nine tenths of the widest."""
    rng = random.Random(seed)
    words = [("a" * rng.randint(1, 9)) + rng.choice(["", "", "", "", ","]) for _ in range(3000)]
    lines, line = [], ""
    for word in words:
        if len(line) + 1 + len(word) > rng.randint(68, 78):
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    assert detect("\n".join(lines)) == "wrapped"


@pytest.mark.parametrize("seed", range(5))
def test_sentences_of_any_length_a_line_are_lines(seed: int) -> None:
    rng = random.Random(seed)
    lines = [" ".join("a" * rng.randint(1, 9) for _ in range(rng.randint(2, 25))) for _ in range(300)]
    assert detect("\n".join(lines)) == "lines"


def test_sentences_within_wrapped_prose() -> None:
    assert flowed(WRAPPED) == [
        "Once there was an old woman who had a cat and a lamp.",
        "At night she put the lamp in the window, and the cat sat near it.",
        '"You do no work," said the lamp to the cat one evening.',
        '"I give light to the whole room, and you only close your eyes."',
        "The cat looked at the lamp.",
        "That night a strong wind came down from the hill and opened the door.",
        "The lamp went dark at once, and the old woman could not see her hand.",
    ]


def test_a_stop_that_ends_no_sentence() -> None:
    assert flowed("Mr. Hill met J. Smith at 3.30 p.m. sharp. He ran!") == [
        "Mr. Hill met J. Smith at 3.30 p.m. sharp.",
        "He ran!",
    ]
    assert flowed('"Is it so?" asked the owl. So did I. Then it rained.') == [
        '"Is it so?" asked the owl.',
        "So did I.",
        "Then it rained.",
    ]


def test_a_blank_line_ends_a_sentence_and_a_hyphen_at_a_line_end_goes_on() -> None:
    assert flowed("The End\n\nof a well-\nknown story") == ["The End", "of a well-known story"]


@given(st.text('aB.? \n"', max_size=300), st.lists(st.integers(1, 40), max_size=20))
def test_blocks_may_be_cut_anywhere(text: str, cuts: list[int]) -> None:
    blocks, rest = [], text
    for cut in cuts:
        blocks.append(rest[:cut])
        rest = rest[cut:]
    assert "".join(reflow([*blocks, rest])).split() == "".join(reflow([text])).split()


@given(st.text("aB. ", max_size=50))
def test_nothing_but_spacing_changes(text: str) -> None:
    assert "".join("".join(reflow([text])).split()) == "".join(text.split())


def test_a_paragraph_without_end_is_given_piece_by_piece() -> None:
    text = ["word " * 1000] * (PARAGRAPH // 1000)
    parts = list(reflow(text))
    assert len(parts) > 2
    assert "".join(parts).split() == ["word"] * 1000 * len(text)


def test_a_word_without_end_is_given_as_it_comes() -> None:
    assert list(reflow(["x" * PARAGRAPH * 2, "x" * PARAGRAPH * 2, "\n"])) == ["x" * PARAGRAPH * 2] * 2


@pytest.mark.parametrize("part", ["x", "é", ".", "?", "…", "。", '."', "x.", "x-", "-\n"])
def test_endless_text_takes_linear_time(part: str) -> None:
    assert detect(part * 300_000)
    assert "".join(reflow([part * 300_000]))
