"""Compares an ensemble joined into one network with its networks."""

import numpy as np
import pytest

from rnncli.network.network import Network
from rnncli.network.parameters import Weights, initial, joined
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
