"""Compares an ensemble joined into one network with its networks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.network.network import Network
from rnncli.network.parameters import Weights, initial, joined, shapes, split, widened
from rnncli.network.recurrent import TANH, forward, parts

V = 9


def networks(*widths: int) -> list[Weights]:
    return [initial(V, H, np.random.default_rng(H), np.float64, leaky=0.5) for H in widths]


@pytest.mark.parametrize("widths", [(5,), (4, 4), (3, 5, 1)])
def test_scores_of_an_ensemble_are_the_mean_of_its_networks_scores(widths: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).integers(0, V, (7, 2))

    def scores(params: Weights) -> np.ndarray:
        s = forward(params, x, np.zeros((2, len(params.bs))))[1:]
        return s @ params.Wy.T + params.by

    each = networks(*widths)
    np.testing.assert_allclose(scores(joined(each)), np.mean([scores(params) for params in each], axis=0), rtol=1e-12)


def test_joined_network_shares_no_memory_with_its_networks() -> None:
    each = networks(3)
    one = joined(each)
    assert not any(np.shares_memory(a, b) for a, b in zip(one, each[0], strict=True))


@pytest.mark.parametrize("widths", [(5,), (4, 4), (3, 5, 1, 1)])
def test_parts_of_an_ensemble_are_found_and_read_apart(widths: tuple[int, ...]) -> None:
    params = joined(networks(*widths))
    assert [part.stop - part.start for part in parts(params.Ws)] == list(widths)
    x, s0 = np.random.default_rng(0).integers(0, V, (7, 2)), np.random.default_rng(1).random((2, sum(widths)))
    (states,) = Network(params, TANH).read((s0,), x)
    np.testing.assert_allclose(states, forward(params, x, s0), rtol=1e-12)


def test_one_weight_between_two_networks_makes_them_one_part() -> None:
    Ws = joined(networks(3, 2, 4)).Ws
    Ws[0, 4] = 1e-9
    assert parts(Ws) == [slice(0, 5), slice(5, 9)]


@pytest.mark.parametrize(("n", "H"), [(1, 5), (3, 4)])
def test_networks_that_an_ensemble_is_split_into_make_that_ensemble(n: int, H: int) -> None:
    params = joined(networks(*[H] * n))
    each = split(params, n)
    assert [w.shape for one in each for w in one] == list(shapes(V, H).values()) * n
    for one, other in zip(joined(each), params, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert not any(np.shares_memory(a, b) for one in each for a, b in zip(one, params, strict=True))


@given(counts=st.lists(st.integers(1, 50), max_size=4), unknown=st.integers(0, 20))
def test_new_words_share_what_the_unknown_word_had_and_known_words_keep_theirs(counts: list[int], unknown: int) -> None:
    """Of a text where new words occur so often, and others are unknown so often, plus one for what was never seen."""
    params, UNK = networks(5)[0], 1
    in_text = [7, unknown, *[3] * (V - 2), *counts]
    wide = widened(params, in_text, UNK)
    before, after = (Network(p, TANH) for p in (params, wide))
    x = np.array([[2], [UNK], [4]])
    y, grown = (net.next((net.read(net.start(), x)[0][-1],))[0] for net in (before, after))
    known = [i for i in range(V) if i != UNK]
    np.testing.assert_allclose(grown[known], y[known])
    shares = np.array([unknown + 1, *counts]) / (unknown + 1 + sum(counts))
    np.testing.assert_allclose(grown[[UNK, *range(V, V + len(counts))]], y[UNK] * shares)
    for new in range(V, V + len(counts)):  # and is read as it
        np.testing.assert_array_equal(
            after.read(after.start(), np.array([[new]]))[0], after.read(after.start(), x[1:2])[0]
        )
