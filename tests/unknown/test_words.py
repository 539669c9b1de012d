"""Which word an unknown word is: the urn, the rare words, the speller."""

from itertools import product
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.vocabulary import SPECIALS, Vocabulary
from rnncli.unknown import words as module
from rnncli.unknown.speller import CODE_POINTS
from rnncli.unknown.urn import DISCOUNT, MARKED
from rnncli.unknown.words import UnknownWords, Weights, fitted

KNOWN, RARE = ["a", "ab", "bb"], {"ba": 3, "aab": 1}
strings = [word for n in range(9) for word in map("".join, product("ab語", repeat=n)) if word not in KNOWN]


def vocabulary(known: list[str] = KNOWN, rare: dict[str, int] = RARE) -> Vocabulary:
    words = [*SPECIALS, *known]
    return Vocabulary(words, words, [5] * len(words), "fold", False, [*rare], [*rare.values()])


def test_shares_of_all_words_outside_the_vocabulary_tend_to_1_from_below() -> None:
    unknown = UnknownWords(vocabulary())
    assert 0.95 < total(unknown) < 1
    assert total(unknown) + unknown.shares(KNOWN).sum() > 1  # so known words must have no part in it


def total(unknown: UnknownWords) -> float:
    """Returns the sum over all short words outside the vocabulary: "語" is any character but a and b."""
    as_many = np.array([(2.0 * CODE_POINTS) ** word.count("語") for word in strings])
    return float((unknown.shares(strings) * as_many).sum())


def test_rare_words_share_their_weight_by_their_counts() -> None:
    unknown = UnknownWords(vocabulary(), Weights(rare=0.4))
    assert unknown.shares(["ba", "BA", "aab"]) == pytest.approx([0.4 * 3 / 4, 0.4 * 3 / 4, 0.4 / 4])


def test_a_spelled_word_costs_its_share_of_what_the_speller_leaves_to_words_that_are_not_listed() -> None:
    unknown = UnknownWords(vocabulary(), Weights(rare=0.4))
    listed = np.exp(-unknown.speller.nats([*KNOWN, *RARE])).sum()
    spelled = exp(-unknown.speller.nats(["abb"])[0])
    assert unknown.shares(["abb"])[0] == pytest.approx(0.6 * spelled / (1 - listed))


def test_without_rare_words_the_speller_has_it_all() -> None:
    assert 0.95 < total(UnknownWords(vocabulary(rare={}))) < 1


def test_urn_makes_the_second_use_cheap_by_the_formula_of_pitman_and_yor() -> None:
    """After zug, zug, dax: N = 3, T = 2; P(zug) = (2 - d + (θ + 2 d) P_new) / (3 + θ)."""
    unknown = UnknownWords(vocabulary(), Weights(0.25, strength=2.0))
    new = unknown.shares(["zug"])[0]
    *_, last = unknown.urn().nats(["zug", "ZUG", "dax", "zug"])
    assert exp(-last) == pytest.approx((2 - DISCOUNT + (2 + 2 * DISCOUNT) * new) / 5)


@given(st.lists(st.sampled_from(["zug", "dax", "wug", "ba"]), max_size=8))
def test_urn_and_new_words_sum_to_1(met: list[str]) -> None:
    """The sum over the words in the urn of what they are drawn by, and what is left for P_new."""
    unknown = UnknownWords(vocabulary(), Weights(0.25, strength=2.0))
    urn = unknown.urn()
    urn.nats(met)
    assert sum(map(urn.share, set(met))) + urn.new == pytest.approx(1)
    in_turn = unknown.urn(met).nats(["zug"])
    assert np.exp(-in_turn) == pytest.approx(urn.shares(["zug"]))


def test_marked_unknown_words_cost_nothing_and_stay_out_of_the_urn() -> None:
    unknown = UnknownWords(vocabulary())
    urn = unknown.urn()
    marked, first = urn.nats([MARKED, "zug"])
    assert marked == 0
    assert first == pytest.approx(UnknownWords(vocabulary()).urn().nats(["zug"])[0])


def test_a_word_too_long_for_floats_costs_a_finite_number() -> None:
    (nats,) = UnknownWords(vocabulary()).urn().nats(["语" * 255])
    assert 1000 < nats < 1e5


def test_fitted_weights_are_the_share_of_rare_words_and_the_best_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 of 10 different words are rare; with a prior of 5 words at a quarter (8 + 1.25) / 15."""
    monkeypatch.setattr(module, "PRIOR_WORDS", 5)
    rare = {f"r{letter}": 1 for letter in "abcdefgh"}
    text = [*rare, "zug", "dax", *["zug"] * 10]
    weights = fitted(vocabulary(rare=rare), text)
    assert weights.rare == pytest.approx(9.25 / 15)
    costs = {}
    for strength in module.STRENGTHS:
        unknown = UnknownWords(vocabulary(rare=rare), Weights(weights.rare, strength))
        costs[strength] = unknown.urn().nats(text).sum()
    assert weights.strength == min(costs, key=costs.__getitem__)


def test_a_text_without_unknown_words_leaves_the_usual_weights() -> None:
    assert fitted(vocabulary(), []) == Weights()
    assert fitted(vocabulary(), [MARKED] * 50) == Weights()
    assert log(Weights().strength) > 0


@given(st.sampled_from(["", "a", "ab", "b", "ba", "aab", "B"]))
def test_what_begins_with_a_prefix_is_the_prefix_itself_and_what_goes_on(prefix: str) -> None:
    """P_new of the words that are not listed and begin so: 語 stands for all characters but a and b."""
    unknown, others = UnknownWords(vocabulary()), [*KNOWN, *RARE]
    begun = [word for word in strings if word.startswith(prefix.lower()) and word not in others]
    as_many = np.array([(2.0 * CODE_POINTS) ** word.count("語") for word in begun])
    short = float((unknown.shares(begun) * as_many).sum())
    assert short < unknown.begun_share(prefix)
    assert unknown.begun_share(prefix) == pytest.approx(short, rel=0.1)


def test_what_begins_so_with_listed_words_in_it_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = UnknownWords(vocabulary())
    right = unknown.begun_share("a")
    monkeypatch.setattr(module, "readings", lambda prefix: [])
    assert unknown.begun_share("a") > 1.2 * right


def test_the_urn_of_a_text_has_its_words_as_they_were_written_last() -> None:
    unknown = UnknownWords(vocabulary(), Weights(0.25, strength=2.0))
    urn = unknown.met(["Zug", "dax", "ZUG", MARKED])
    assert list(urn.begun("z")) == [("zug", "ZUG")]
    assert urn.shares(["zug", "ba"]) == pytest.approx(
        [(2 - DISCOUNT) / 5, 0] + (2 + 2 * DISCOUNT) / 5 * unknown.shares(["zug", "ba"])
    )
    assert unknown.met(["Zug", "dax", "ZUG", MARKED]) is urn
    assert unknown.met(["Zug"]) is not urn


def test_a_rare_word_in_capitals_is_that_word_whatever_capitals_it_has() -> None:
    unknown = UnknownWords(vocabulary(rare={"Maße": 3, "ba": 1}), Weights(rare=0.4))
    assert unknown.shares(["MASSE", "Maße"]) == pytest.approx([0.3, 0.3])
    assert unknown.met(["MASSE"]).share(unknown.fold("Maße")) > 0
