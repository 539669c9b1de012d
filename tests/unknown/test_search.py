"""The search for the likeliest words that begin with a prefix."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.unknown import search
from rnncli.unknown.search import Search
from rnncli.unknown.speller import Speller

WORDS = ["walking", "talking", "walked", "talked", "barking", "한국", "한글", "하늘", "café"]


def test_endings_are_the_likeliest_of_all_words_that_begin_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared with all strings of up to eight characters."""
    monkeypatch.setattr(search, "LEAST_CHARACTER", 1e-9)
    spelled = Speller.of(["ab", "aab", "b", "abab", "ba", "abba"])
    words = [word for length in range(9) for word in map("".join, product("ab", repeat=length))]
    nats = dict(zip(words, spelled.nats(words), strict=True))
    for prefix in ("", "a", "ab", "bb"):
        expected = sorted((word for word in words if word.startswith(prefix)), key=nats.__getitem__)[:5]
        found = Search(spelled).endings(prefix, 5, most=2000)
        assert [word for word, _ in found] == expected
        assert [cost for _, cost in found] == pytest.approx([nats[word] for word in expected])


def test_endings_of_a_short_search_are_some_of_the_likeliest_in_order() -> None:
    spelled = Speller.of(["walking", "talking", "walked", "talked", "barking"])
    found = Search(spelled).endings("wa", 4, most=16)
    assert found[0][0] in ("walking", "walked")
    assert [cost for _, cost in found] == sorted(cost for _, cost in found)
    assert all(word.startswith("wa") for word, _ in found)


def test_a_prefix_with_a_character_that_no_word_has_has_no_endings() -> None:
    assert Search(Speller.of(["ab"])).endings("é", 3) == []


def test_a_syllable_that_is_begun_is_the_beginning_of_others() -> None:
    spelled = Speller.of(["한국", "한글", "하늘", "바늘"])
    assert {word for word, _ in Search(spelled).endings("한", 20, most=2000)} >= {"한국", "한글", "하늘"}
    assert "한글" in [word for word, _ in Search(spelled).endings("한ㄱ", 5)]


def test_endings_are_composed() -> None:
    """The accent is a character of its own meanwhile."""
    assert Search(Speller.of(["café", "cafés"])).endings("caf", 1)[0][0] in ("café", "cafés")


@pytest.mark.parametrize("least", [0.3, 0.9, 2.0])
def test_search_that_finds_no_way_on_ends_with_what_it_found(monkeypatch: pytest.MonkeyPatch, least: float) -> None:
    monkeypatch.setattr(search, "LEAST_CHARACTER", least)
    found = Search(Speller.of(["walking", "talking", "walked", "talked", "barking"])).endings("wal", 5)
    assert len(found) < 5
    assert all(word.startswith("wal") for word, _ in found)


def test_words_below_the_least_probability_are_left_out() -> None:
    spelled = Speller.of(WORDS)
    every = Search(spelled).endings("wa", 20, most=2000)
    least = 2.718281828459045 ** -every[3][1] * 0.999
    assert Search(spelled).endings("wa", 20, least, most=2000) == every[:4]
    assert Search(spelled).endings("wa", 20, 1.0) == []


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.integers(1, 12))
def test_what_earlier_searches_looked_up_changes_nothing(words: list[str], kept: int) -> None:
    spelled = Speller.of(WORDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "MAX_KEPT", kept)
        used = Search(spelled)
        for word in words:
            for n in range(len(word) + 1):
                found, fresh = used.endings(word[:n], 5), Search(spelled).endings(word[:n], 5)
                assert [ending for ending, _ in found] == [ending for ending, _ in fresh]
                assert [nats for _, nats in found] == pytest.approx([nats for _, nats in fresh])


def test_words_of_a_search_that_is_cut_short_come_in_order() -> None:
    long = map("".join, product("ab", "de", "fgh", "aei", "xyz"))
    spelled = Speller.of([*long, *map("".join, product("abcde", "fgha"))])
    found = Search(spelled).endings("", 200, most=40)
    assert len(found) > 20
    assert [nats for _, nats in found] == sorted(nats for _, nats in found)


def test_prefixes_that_are_only_asked_for_their_share_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_KEPT", 50)
    used = Search(Speller.of(WORDS))
    for n in range(300):
        assert used.share(f"wa{n}") > 0
    assert len(used._begun) + len(used._places) < 60
