"""Words that begin alike."""

from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.alphabet import Alphabet
from rnncli.text.vocabulary import SPECIALS, Vocabulary


@given(st.lists(st.text("abäé日", min_size=1, max_size=5), unique=True, max_size=30), st.text("abäé日", max_size=3))
def test_a_beginning_s_place_holds_the_words_that_have_it_and_no_others(words: list[str], letters: str) -> None:
    names = [*SPECIALS, *words]
    alphabet = Alphabet(Vocabulary(names, names, [1] * len(names), "fold", False))
    first, last = alphabet.beginning(letters)
    assert {names[i] for i in alphabet.order[first:last]} == {word for word in words if word.startswith(letters)}
    for i in range(len(SPECIALS), len(names)):
        span = alphabet.spans(i)
        assert list(zip(span.first, span.last, strict=True)) == [
            alphabet.beginning(names[i][:count]) for count in range(len(names[i]))
        ]
