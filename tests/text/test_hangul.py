"""Hangul as it is typed, key by key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.alphabet import plain
from rnncli.text.hangul import readings

syllables = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=4)


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("typed", "words", "others"),
    [
        ("한", ["한국", "하늘", "핞"], ["하다", "흔"]),
        ("한ㄱ", ["한글"], ["한", "하늘"]),
        ("안", ["안", "앉다", "않", "아니"], ["압"]),
        ("앉", ["앉다", "안전"], ["안", "않"]),
        ("호", ["화가", "회", "호수"], ["하"]),
        ("ㅎ", ["하", "학교"], ["가"]),
        ("ㅋㅋ", ["ㅋㅋㅋ"], ["크크"]),
        ("caf", ["café"], ["cap"]),
        ("가 나", ["가 난"], ["가나"]),
    ],
)
def test_what_is_typed_begins_words(typed: str, words: list[str], others: list[str]) -> None:
    def begins(word: str) -> bool:
        return decomposed(word).startswith(tuple(readings(typed)))

    assert list(map(begins, words)) == [True] * len(words)
    assert not any(map(begins, others))


@given(syllables, st.data())
def test_a_word_has_one_reading_of_each_beginning_of_its_keys(word: str, data: st.DataObject) -> None:
    """Whether the keys are shown one by one, or as the syllables that they make so far."""
    keys = plain(word)
    n = data.draw(st.integers(1, len(keys)))
    whole = data.draw(st.integers(0, len(word) - 1))
    for typed in (word[: whole + 1], word[:whole] + keys[len(plain(word[:whole])) : n]):
        if typed[whole:]:
            assert sum(decomposed(word).startswith(reading) for reading in readings(typed)) == 1


@given(syllables)
def test_readings_are_typed_so(typed: str) -> None:
    assert all(plain(reading).startswith(plain(typed)) for reading in readings(typed))
    assert len(set(readings(typed))) == len(readings(typed))
