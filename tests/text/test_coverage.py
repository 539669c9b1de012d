"""Which share of a text is known, and when too small a share is warned of."""

import re

import pytest

from rnncli.text.coverage import Coverage, is_uncut, warnings
from rnncli.text.tokens import TOKENIZERS


def coverage_of(text: str, known: set[str], tokenizer: str = "words") -> Coverage:
    tokens = TOKENIZERS[tokenizer].tokenize(text)
    return Coverage.of((token, token in known, 1) for token in tokens)


def test_worked_example_of_words_and_letters() -> None:
    coverage = coverage_of("the cat, unperturbed, sat", {"the", "cat", "sat", ","})
    assert (coverage.words, coverage.unknown) == (6, 1)
    assert (coverage.letters, coverage.unknown_letters) == (3 + 3 + 11 + 3, 11)
    assert coverage.letters_covered == pytest.approx(9 / 20)
    assert coverage.uncut_share == 0


def test_a_token_counts_as_often_as_it_occurs() -> None:
    total = Coverage.of([("cat", True, 3), ("dogs", False, 2)])
    assert (total.words, total.unknown, total.letters, total.unknown_letters) == (5, 2, 17, 8)


def test_chinese_learned_as_clauses_covers_words_but_few_letters() -> None:
    """Half of the tokens are punctuation, and known; the clauses, which hold all letters, are not."""
    clauses = "从前有一只乌龟住在河边 ， 它每天都在河里慢慢地游泳 。 " * 3
    coverage = Coverage()
    list(coverage.counting([clauses], str.split, {"，", "。"}.__contains__))
    assert coverage.unknown / coverage.words == 0.5
    assert coverage.letters_covered == 0
    assert coverage.uncut_share == 1


def test_no_letters_are_all_covered() -> None:
    assert Coverage().letters_covered == 1
    assert Coverage().uncut_share == 0


@pytest.mark.parametrize(
    ("token", "uncut"),
    [
        ("cat", False),
        ("internationalisation", False),
        ("Donaudampfschifffahrt", True),
        ("naïvetés", False),
        ("достопримечательность"[:20], False),
        ("x" * 300, True),
        ("河边", False),
        ("从前有一只乌龟住在河边", True),
        ("สวัสดี", False),
        ("กาลครั้งหนึ่งนานมาแล้ว", True),
    ],
)
def test_a_token_longer_than_words_of_its_script_is_uncut(token: str, uncut: bool) -> None:
    assert is_uncut(token) is uncut


def test_ordinary_text_is_not_warned_of() -> None:
    assert warnings(0.1, 0.8, 0.2, of="of the words") == []
    assert warnings(0.0, of="of the words") == []


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ((0.21,), "21% of the words are unknown"),
        ((0.34,), "34% of the words are unknown.*never among the next words.*--vocabulary-size.*--min-count"),
        ((0.0, 0.12), "only 12% of the letters.*--tokenizer chars"),
        ((0.0, 1.0, 0.9), "90% of the letters.*script without blanks.*--tokenizer chars"),
    ],
)
def test_each_warning_says_what_and_what_to_do(shares: tuple[float, ...], says: str) -> None:
    (warning,) = warnings(*shares, of="of the words")
    assert re.search(says, warning)


def test_several_reasons_give_several_warnings() -> None:
    assert len(warnings(0.5, 0.1, 0.9, of="of the words")) == 2  # unknown words and letters of them say the same
