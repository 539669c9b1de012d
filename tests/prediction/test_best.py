"""Contexts to states, and states to the best next words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictors import Bigram, Unigram, V, network, table

from rnncli.prediction import context
from rnncli.prediction.best import highest, likeliest, phrases
from rnncli.prediction.context import read, read_all
from rnncli.predictor import Predictor, rows
from rnncli.text.vocabulary import EOS, UNK

SPECIAL = np.array([EOS, UNK])  # hidden; with EOS asked for, all but the first

predictors = pytest.mark.parametrize("predictor", [Bigram(table()), network(leaky=0.5)], ids=["bigram", "network"])


def test_special_words_are_hidden_unless_asked_for_and_reported_apart() -> None:
    unigram = Unigram(0.4, 0.3, 0.1, 0.1, 0.06, 0.04)
    best = likeliest(unigram, unigram.start(), 3, 2, SPECIAL)
    assert best.ids[0].tolist() == [2, 3, 4]
    np.testing.assert_allclose(best.y[0], [0.1, 0.1, 0.06])
    np.testing.assert_allclose([best.eos[0], best.unk[0]], [0.4, 0.3])
    assert likeliest(unigram, unigram.start(), 3, 2, SPECIAL[1:]).ids[0].tolist() == [EOS, 2, 3]
    assert likeliest(unigram, unigram.start(), 99, 2, SPECIAL).ids[0].tolist() == [2, 3, 4, 5]


def test_equal_words_are_ordered_by_id_even_where_the_list_ends() -> None:
    unigram = Unigram(0.1, 0.1, *[0.2] * 4)
    assert likeliest(unigram, unigram.start(), 2, 2, SPECIAL).ids[0].tolist() == [2, 3]


@predictors
@given(k=st.integers(1, 25), n=st.integers(1, 8), eos=st.booleans())
def test_partial_selection_equals_a_whole_sort(predictor: Predictor, k: int, n: int, eos: bool) -> None:
    x = np.random.default_rng(n).integers(0, V, (3, n))
    state = rows(predictor.read(predictor.start(n), x), -1)
    best = likeliest(predictor, state, k, 2, SPECIAL[eos:])
    for row, y in enumerate(predictor.next(state)):
        order = [i for i in np.argsort(-y, kind="stable") if i != UNK and (eos or i != EOS)][:k]
        assert best.ids[row].tolist() == order
        np.testing.assert_allclose(best.y[row], y[order], rtol=1e-9)
        np.testing.assert_allclose([best.eos[row], best.unk[row]], y[[EOS, UNK]], rtol=1e-9)


@given(st.integers(1, 60), st.integers(1, 4), st.integers(0, 4), st.data())
def test_highest_equals_a_whole_sort_whatever_the_ties(V: int, n: int, seed: int, data: st.DataObject) -> None:
    e = np.random.default_rng(seed).integers(0, 5, (n, V)).astype(np.float32)
    k = data.draw(st.integers(1, V))
    np.testing.assert_array_equal(highest(e, k), np.argsort(-e, axis=1, kind="stable")[:, :k])


@predictors
def test_prompt_read_in_parts_leaves_the_same_state(predictor: Predictor) -> None:
    ids = np.random.default_rng(1).integers(0, V, 2500).tolist()
    whole = read(predictor, predictor.start(), ids)
    parts = read(predictor, read(predictor, predictor.start(), ids[:1234]), ids[1234:])
    np.testing.assert_allclose(whole[0], parts[0], rtol=1e-12)


@predictors
@given(contexts=st.lists(st.lists(st.integers(0, V - 1), min_size=1, max_size=40), min_size=1, max_size=12))
def test_contexts_side_by_side_leave_the_states_of_one_by_one(predictor: Predictor, contexts: list[list[int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "CONTEXTS_SIDE_BY_SIDE", 3)
        patch.setattr(context, "LONG_CONTEXT_WORDS", 20)
        states = read_all(predictor, contexts)
    for state, ids in zip(states[0], contexts, strict=True):
        np.testing.assert_allclose(state, read(predictor, predictor.start(), ids)[0][0], rtol=1e-10)


@predictors
@given(texts=st.lists(st.lists(st.integers(0, V - 1), min_size=1, max_size=5), min_size=1, max_size=6))
def test_probability_of_a_phrase_is_the_product_along_it(predictor: Predictor, texts: list[list[int]]) -> None:
    factors = [1 / (n + 1) for n in range(len(texts))]
    joint = phrases(predictor, predictor.start(), texts, factors)
    for y, ids, factor in zip(joint, texts, factors, strict=True):
        state = predictor.start()
        for i in ids:
            factor *= predictor.next(state)[0, i]
            state = read(predictor, state, [i])
        assert y == pytest.approx(factor, rel=1e-9)
