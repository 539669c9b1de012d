"""The channel model of typing: what people type for a word, and the words of which that is a slip."""

import itertools
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.alphabet import Alphabet, plain
from rnncli.text.slips import (
    DOUBLED,
    EXTRA,
    KEYS,
    LEFT_OUT,
    MARK_LEFT_OUT,
    MIN_LETTERS,
    NEIGHBOR_KEY,
    SLIP,
    SWAPPED,
    neighbors,
    odds,
    slipped,
)

letters = st.text("abcsq'é-1", max_size=7)


@pytest.mark.parametrize("word", ["anna", "don't", "well", "be-be", "as", "été", "a1b", "q"])
def test_all_strings_that_may_be_typed_for_a_word_sum_to_at_most_one(word: str) -> None:
    """A keyboard types KEYS characters. The bound is near: two and a half times the odds would be above it."""
    characters = string.ascii_lowercase + string.digits + "'-.,;/[]=\\`<"
    assert len(characters) == KEYS
    total = sum(odds("".join(typed), plain(word)) for typed in itertools.product(characters, repeat=MIN_LETTERS))
    assert total <= 1 + MIN_LETTERS * SLIP
    if len(word) > MIN_LETTERS and word.isalpha():
        assert 1 + 2.5 * (total - 1) > 1 + MIN_LETTERS * (SLIP - MARK_LEFT_OUT + LEFT_OUT)


@given(st.lists(letters, max_size=30), letters)
def test_words_that_are_looked_up_are_those_of_the_plain_form(words: list[str], typed: str) -> None:
    alphabet, typed = Alphabet(["<eos>", "<unk>", *words], 2), plain(typed)
    each = {i: odds(typed, plain(word)) for i, word in enumerate(words, 2) if not plain(word).startswith(typed)}
    indices, found = slipped(alphabet, typed)
    assert indices.tolist() == [i for i, likely in each.items() if likely > 0]
    np.testing.assert_allclose(found, [each[i] for i in indices.tolist()])


@given(
    st.lists(st.text("ㅎㅏㄴㄱ한국어하늘", min_size=1, max_size=4), max_size=20), st.text("ㅎㅏㄴㄱ한구", max_size=4)
)
def test_hangul_that_is_looked_up_is_that_of_the_plain_form(words: list[str], typed: str) -> None:
    alphabet, typed = Alphabet(words), plain(typed)
    indices, _ = slipped(alphabet, typed)
    slips = [i for i, word in enumerate(words) if 0 < odds(typed, plain(word)) < 1]
    assert indices.tolist() == slips


@pytest.mark.parametrize(
    ("typed", "word", "expected"),
    [
        ("ver", "very", 1),
        ("vrey", "very", SWAPPED),
        ("hte", "the", SWAPPED),
        ("vry", "very", LEFT_OUT),
        ("vey", "very", LEFT_OUT + SWAPPED),  # e may follow: veyr
        ("dont", "don't", MARK_LEFT_OUT + SWAPPED),
        ("wellkn", "well-known", MARK_LEFT_OUT),
        ("dontt", "don't", 0),
        ("is'nt", "isn't", SWAPPED),
        ("wprd", "word", NEIGHBOR_KEY / 4),  # beside o: i, p, k and l
        ("wird", "word", NEIGHBOR_KEY / 4),
        ("wtrd", "word", 0),  # t is far from o
        ("worrd", "word", DOUBLED + 2 * EXTRA / KEYS),  # either r may be the one too many
        ("wordd", "word", DOUBLED + EXTRA / KEYS),
        ("wxord", "word", EXTRA / KEYS),
        ("wordx", "word", 0),  # or the word is another
        ("aple", "apple", 2 * LEFT_OUT),  # either p
        ("wr", "word", 0),  # too short to tell
        ("1989", "1998", 0),  # no number is a slip of another
        ("vreyy", "very", 0),  # two slips
        ("москва", "москва", 1),
        ("мсоква", "москва", SWAPPED),
        ("пнивет", "привет", NEIGHBOR_KEY / 6),
        ("пзивет", "привет", 0),
        ("καλημρεα", "καλημέρα", SWAPPED),
        ("שולם", "שלום", SWAPPED),
        ("مدرشة", "مدرسة", NEIGHBOR_KEY / 5),
        ("하국", "한국어", LEFT_OUT),  # ㅎㅏㄱㅜㄱ: without ㄴ
        ("한둑", "한국어", NEIGHBOR_KEY / 4),  # ㄷ is left of ㄱ
        ("ㅎㄴㅏ국", "한국어", SWAPPED),
        ("დიალ", "დილა", SWAPPED + EXTRA / KEYS),  # a script without a table of keys
        ("დლა", "დილა", LEFT_OUT),
        ("你好", "你们好", 0),  # an input method writes
    ],
)
def test_odds_of_a_string_are_the_sum_of_its_slips(typed: str, word: str, expected: float) -> None:
    assert odds(plain(typed), plain(word)) == pytest.approx(expected)


def test_missing_mark_is_likelier_than_any_slip() -> None:
    assert max(NEIGHBOR_KEY, 2 * LEFT_OUT + SWAPPED, DOUBLED + EXTRA) < MARK_LEFT_OUT


def test_each_letter_has_one_place_and_neighbors_on_both_sides() -> None:
    beside = neighbors()
    for letter, others in beside.items():
        assert plain(letter) == letter
        assert 1 <= len(others) <= 6
        assert len({*others, letter}) == len(others) + 1
        assert all(letter in beside[other] for other in others)
    assert {*beside["a"]} == {*"qwsz"}
    assert {*beside["g"]} == {*"tyfhvb"}
    assert {*beside["ф"]} == {*"цыя"}
