"""Words by prefix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.alphabet import Alphabet, has_prefix, plain


@given(st.lists(st.text("abAäé日\u0301", min_size=1, max_size=5), max_size=30), st.text("abAäé日", max_size=3))
def test_prefix_range_holds_exactly_the_words_with_the_prefix(words: list[str], prefix: str) -> None:
    words = ["<eos>", *words]
    alphabet = Alphabet(words, 1)
    expected = {i for i in range(1, len(words)) if plain(words[i]).startswith(plain(prefix))}
    first, last = alphabet.prefix_range(plain(prefix))
    assert set(alphabet.order[first:last].tolist()) == expected
    assert alphabet.with_prefix(prefix).tolist() == sorted(expected)
    for i in range(1, len(words)):
        span = alphabet.spans(i)
        assert list(zip(span.first, span.last, strict=True)) == [
            alphabet.prefix_range(plain(words[i])[:count]) for count in range(len(plain(words[i])))
        ]


@pytest.mark.parametrize(
    ("word", "prefix", "expected"),
    [
        ("café", "cafe", True),
        ("cafe", "café", False),
        ("London", "lo", True),
        ("London", "Lo", True),
        ("long", "Lo", False),
        ("Élan", "el", True),
        ("Élan", "El", True),
        ("élan", "El", False),
        ("Élan", "É", True),
        ("élan", "é", True),
        ("elan", "é", False),
        ("don’t", "don'", True),
        ("cat", "cats", False),
        ("café", "cafe\u0301", True),
        ("cafe", "cafe\u0301", False),
        ("đường", "d", True),
        ("dom", "đ", False),
        ("łódź", "lod", True),
        ("ışık", "isi", True),
        ("한국어", "한구", True),
        ("한국어", "핟", False),
        ("날씨가", "날ㅆ", True),
        ("하늘", "ㅎ", True),
        ("하늘", "ㅎㅏ", True),
        ("나라", "날ㅆ", False),
        ("하늘", "ㄴ", False),
        ("צה״ל", 'צה"', True),
        ('צה"ל', "צה״", True),
        ("ג׳ירפה", "ג'", True),
        ("ג'ירפה", "ג׳", True),
        ("œuvre", "oeu", True),
        ("ﬁne", "fi", True),
        ("straße", "stras", True),
        ("οδός", "οδοσ", True),
        ("co-op", "co‐", True),
        ("", "", True),
    ],
)
def test_capitals_and_accents_count_where_the_prefix_has_some(word: str, prefix: str, expected: bool) -> None:
    assert has_prefix(word, prefix) is expected
