"""Finding the ends of sentences."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text import sentences as module
from rnncli.text.sentences import MAX_PARAGRAPH_CHARACTERS, detect, reflow

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


def reflowed(text: str) -> list[str]:
    return "".join(reflow([text])).split("\n")[:-1]


def test_detects_lines_and_wrapped_prose() -> None:
    assert detect(LINES) == "lines"
    assert detect(WRAPPED) == "wrapped"
    assert detect(PARAGRAPHS) == "wrapped"
    assert detect("") == detect("\n\n") == detect("one line") == "lines"
    assert detect("roses are red\nviolets are blue\nsugar is sweet\nand so are you\n" * 3) == "lines"


@pytest.mark.parametrize("seed", range(5))
def test_ragged_prose_is_detected_as_wrapped(seed: int) -> None:
    """Wrapped by hand, or edited since: lines end anywhere between seven and nine tenths of the widest."""
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
def test_sentences_of_any_length_one_a_line_are_detected_as_lines(seed: int) -> None:
    rng = random.Random(seed)
    lines = [" ".join("a" * rng.randint(1, 9) for _ in range(rng.randint(2, 25))) for _ in range(300)]
    assert detect("\n".join(lines)) == "lines"


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
    assert detect(text) in ("lines", "wrapped")
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
