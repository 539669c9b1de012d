"""Contexts to states, and states to the best next words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.network.parameters import Params, Weights, initial
from rnncli.prediction import context
from rnncli.prediction.best import distributions, likeliest
from rnncli.prediction.context import blank, read, read_all
from rnncli.text.vocabulary import EOS, UNK

V, H = 20, 6


def network() -> Weights:
    params = initial(V, H, np.random.default_rng(0), np.float64)
    return Params(*(5 * w for w in params))


def fixed(*y: float) -> Weights:
    """A network that gives these probabilities whatever it read."""
    params = Params(*(np.zeros_like(w) for w in initial(len(y), 2, np.random.default_rng(0), np.float64)))
    return params._replace(by=np.log(y))


def test_the_special_words_are_left_out_unless_asked_for_and_told_apart() -> None:
    params = fixed(0.4, 0.3, 0.1, 0.1, 0.06, 0.04)
    best = likeliest(params, blank(params), 3)
    assert best.ids[0].tolist() == [2, 3, 4]
    np.testing.assert_allclose(best.y[0], [0.1, 0.1, 0.06])
    np.testing.assert_allclose([best.eos[0], best.unk[0]], [0.4, 0.3])
    assert likeliest(params, blank(params), 3, eos=True).ids[0].tolist() == [EOS, 2, 3]
    assert likeliest(params, blank(params), 99).ids[0].tolist() == [2, 3, 4, 5]


def test_equal_words_come_by_id_even_where_the_list_ends() -> None:
    params = fixed(0.1, 0.1, *[0.2] * 4)
    assert likeliest(params, blank(params), 2).ids[0].tolist() == [2, 3]


@given(st.integers(1, 25), st.integers(1, 8), st.booleans())
def test_the_partial_selection_equals_a_whole_sort(k: int, n: int, eos: bool) -> None:
    params = network()
    s = np.random.default_rng(n).standard_normal((n, H))
    best = likeliest(params, s, k, eos)
    for row in range(n):
        y = distributions(params, s[row : row + 1])[0]
        order = [i for i in np.argsort(-y, kind="stable") if i != UNK and (eos or i != EOS)][:k]
        assert best.ids[row].tolist() == order
        np.testing.assert_allclose(best.y[row], y[order], rtol=1e-9)
        np.testing.assert_allclose([best.eos[row], best.unk[row]], y[[EOS, UNK]], rtol=1e-9)


def test_a_prompt_may_be_read_in_any_parts() -> None:
    params = initial(V, H, np.random.default_rng(0), np.float64)
    ids = np.random.default_rng(1).integers(0, V, 2500).tolist()
    whole = read(params, blank(params), ids)
    parts = read(params, read(params, blank(params), ids[:1234]), ids[1234:])
    np.testing.assert_allclose(whole, parts, rtol=1e-12)


@given(st.lists(st.lists(st.integers(0, V - 1), min_size=1, max_size=40), min_size=1, max_size=12))
def test_contexts_side_by_side_leave_the_states_they_leave_alone(contexts: list[list[int]]) -> None:
    params = network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "COLUMNS", 3)
        patch.setattr(context, "SHORT", 20)  # words; longer contexts are read alone
        states = read_all(params, contexts)
    for state, ids in zip(states, contexts, strict=True):
        np.testing.assert_allclose(state, read(params, blank(params), ids)[0], rtol=1e-10)
