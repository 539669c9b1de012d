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


def test_endings_are_the_likeliest_of_all_words_that_begin_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared with all strings of up to eight characters."""
    monkeypatch.setattr(speller, "LEAST_CHARACTER", 1e-9)
    spelled = Speller.of(["ab", "aab", "b", "abab", "ba", "abba"])
    words = [word for length in range(9) for word in map("".join, product("ab", repeat=length))]
    nats = dict(zip(words, spelled.nats(words), strict=True))
    for prefix in ("", "a", "ab", "bb"):
        expected = sorted((word for word in words if word.startswith(prefix)), key=nats.__getitem__)[:5]
        found = spelled.endings(prefix, 5, most=2000)
        assert [word for word, _ in found] == expected
        assert [cost for _, cost in found] == pytest.approx([nats[word] for word in expected])


def test_endings_of_a_short_search_are_some_of_the_likeliest_in_order() -> None:
    spelled = Speller.of(["walking", "talking", "walked", "talked", "barking"])
    found = spelled.endings("wa", 4, most=16)
    assert found[0][0] in ("walking", "walked")
    assert [cost for _, cost in found] == sorted(cost for _, cost in found)
    assert all(word.startswith("wa") for word, _ in found)


def test_a_prefix_with_a_character_that_no_word_has_has_no_endings() -> None:
    assert Speller.of(["ab"]).endings("é", 3) == []


def test_a_syllable_that_is_begun_is_the_beginning_of_others() -> None:
    spelled = Speller.of(["한국", "한글", "하늘", "바늘"])
    assert {word for word, _ in spelled.endings("한", 20, most=2000)} >= {"한국", "한글", "하늘"}
    assert "한글" in [word for word, _ in spelled.endings("한ㄱ", 5)]


def test_endings_are_composed() -> None:
    """The accent is a character of its own meanwhile."""
    assert Speller.of(["café", "cafés"]).endings("caf", 1)[0][0] in ("café", "cafés")


@pytest.mark.parametrize("least", [0.3, 0.9, 2.0])
def test_search_that_finds_no_way_on_ends_with_what_it_found(monkeypatch: pytest.MonkeyPatch, least: float) -> None:
    monkeypatch.setattr(speller, "LEAST_CHARACTER", least)
    found = Speller.of(["walking", "talking", "walked", "talked", "barking"]).endings("wal", 5)
    assert len(found) < 5
    assert all(word.startswith("wal") for word, _ in found)
