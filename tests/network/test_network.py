"""Checks the network as a predictor: where it reads, how Wy is laid out, and what a state beyond the floats raises."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from rnncli.errors import DivergenceError
from rnncli.network.network import Network
from rnncli.network.parameters import initial, joined
from rnncli.network.recurrent import ACTIVATIONS, TANH
from rnncli.predictor import State

V = 9


def network() -> Network:
    rng = np.random.default_rng(0)
    return Network(joined([initial(V, H, rng, leaky=0.5) for H in (3, 5)]), TANH)


def read(network: Network) -> State:
    return network.read(network.start(2), np.random.default_rng(1).integers(0, V, (7, 2)))


def test_using_reads_each_part_of_an_ensemble_by_the_given_run() -> None:
    widths = []

    def run(work: Callable, items: Iterable) -> list:
        done = [work(item) for item in items]
        widths.append([states.shape[2] for states in done])
        return done

    (plain,), (states,) = read(network()), read(network().using(run))
    assert widths == [[3, 5]]
    np.testing.assert_array_equal(states, plain)


def test_layout_for_few_states_changes_no_weight_and_no_prediction() -> None:
    plain = network()
    few = plain.for_few_states()
    assert few.params.Wy.flags.f_contiguous
    assert plain.params.Wy.flags.c_contiguous
    np.testing.assert_array_equal(few.params.Wy, plain.params.Wy)
    state = plain.start(2)
    np.testing.assert_allclose(few.next(state), plain.next(state), rtol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_state_beyond_the_floats_raises_divergence_error(activation: str) -> None:
    spoilt = network().params
    spoilt.bs[:] = np.inf if activation == "relu" else np.nan
    diverged = Network(spoilt, ACTIVATIONS[activation])
    state = tuple(part[-1] for part in read(diverged))
    for use in (
        lambda: diverged.next(state),
        lambda: diverged.weights(state),
        lambda: diverged.surprisal(state, np.zeros(2, np.int64)),
        lambda: diverged.among(state, np.arange(3)),
    ):
        with pytest.raises(DivergenceError, match="not a number"):
            use()
