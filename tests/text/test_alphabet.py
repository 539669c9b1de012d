"""Words that begin alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.alphabet import Alphabet, fits, plain


@given(st.lists(st.text("abAäé日\u0301", min_size=1, max_size=5), max_size=30), st.text("abAäé日", max_size=3))
def test_a_beginning_s_place_holds_the_words_that_have_it_and_no_others(words: list[str], letters: str) -> None:
    words = ["<eos>", *words]
    alphabet = Alphabet(words, 1)
    having = {i for i in range(1, len(words)) if plain(words[i]).startswith(plain(letters))}
    first, last = alphabet.beginning(plain(letters))
    assert set(alphabet.order[first:last].tolist()) == having
    assert alphabet.having(letters).tolist() == sorted(having)
    for i in range(1, len(words)):
        span = alphabet.spans(i)
        assert list(zip(span.first, span.last, strict=True)) == [
            alphabet.beginning(plain(words[i])[:count]) for count in range(len(plain(words[i])))
        ]


@pytest.mark.parametrize(
    ("word", "typed", "fit"),
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
        ("", "", True),
    ],
)
def test_capitals_and_accents_count_where_they_were_typed(word: str, typed: str, fit: bool) -> None:
    assert fits(word, typed) is fit
