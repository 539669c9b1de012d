"""The speller: a distribution over all strings."""

import unicodedata
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.unknown import speller
from rnncli.unknown.speller import CODE_POINTS, Speller

LONGEST = 8  # of the strings that are summed


def sums(spelled: Speller) -> list[float]:
    """Returns the probability of all strings of at most 0, 1, ..., LONGEST characters, by a speller of a and b; in each
    "語" stands for all other characters, as often as there are such.
    """
    total, each = 0.0, []
    for length in range(LONGEST + 1):
        words = list(map("".join, product("ab語", repeat=length)))
        as_many = np.array([(2.0 * CODE_POINTS) ** word.count("語") for word in words])
        total += float((np.exp(-spelled.nats(words)) * as_many).sum())
        each.append(total)
    return each


def test_probabilities_of_all_strings_tend_to_1_from_below() -> None:
    each = sums(Speller.of(["ab", "aab", "b", "abab"]))
    left = [1 - total for total in each]
    assert all(0 < b < a for a, b in pairwise(left))
    assert left[-1] < 0.05


def test_a_speller_without_the_end_of_words_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    spelled = Speller.of(["ab", "aab", "b", "abab"])
    whole = Speller._nats
    monkeypatch.setattr(
        Speller, "_nats", lambda self, words: whole(self, words) - whole(self, [[]]) * np.ones(len(words))
    )
    assert sums(spelled)[-1] > 1


def test_each_character_costs_what_the_counts_say() -> None:
    spelled = Speller.of(["cat", "car", "cart"])
    x = [0, *spelled.ids("cart"), 0]
    (states,) = spelled.counts.read(spelled.counts.start(), np.array(x[:-1])[:, None])
    steps = [spelled.counts.next((states[t + 1],))[0, i] for t, i in enumerate(x[1:])]
    assert spelled.nats(["cart"])[0] == pytest.approx(-np.log(steps).sum())


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8), st.lists(st.text(max_size=12), max_size=8))
def test_any_string_has_a_probability_and_many_cost_what_each_costs_alone(learned: list[str], words: list[str]) -> None:
    spelled = Speller.of(learned)
    nats = spelled.nats(words)
    assert np.isfinite(nats).all()
    assert (nats > 0).all()
    np.testing.assert_allclose(nats, [spelled.nats([word])[0] for word in words], rtol=1e-9)


def test_words_of_one_form_cost_the_same_however_they_are_composed() -> None:
    spelled = Speller.of(["café", "한국"])
    words = ["café", "한국", "국가"]
    decomposed = [unicodedata.normalize("NFD", word) for word in words]
    np.testing.assert_allclose(spelled.nats(words), spelled.nats(decomposed))


def test_a_new_word_of_the_kind_of_the_learned_ones_costs_less_than_any_other() -> None:
    spelled = Speller.of(["walking", "talking", "walked", "talked", "barking", "marking", "parked"])
    new, other = spelled.nats(["barked", "kedbar"])
    assert new < other / 2


def test_more_words_than_are_spelled_at_once_cost_what_each_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    spelled, words = Speller.of(["ab", "ba", "aab"]), ["a", "abba", "", "bb", "aaaaaaaa", "b"]
    at_once = spelled.nats(words)
    monkeypatch.setattr(speller, "SPELLED_AT_ONCE", 2)
    np.testing.assert_allclose(spelled.nats(words), at_once)
