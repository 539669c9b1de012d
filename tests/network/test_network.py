"""Checks the network as a predictor: forms that work faster predict the same, and numbers beyond the floats raise."""

import numpy as np
import pytest

from rnncli.errors import DivergenceError
from rnncli.network.network import Network
from rnncli.network.parameters import initial, joined
from rnncli.network.recurrent import ACTIVATIONS, TANH
from rnncli.network.threads import threads

V, WIDTHS = 9, (3, 4, 5)


@pytest.fixture
def ensemble() -> Network:
    return Network(joined([initial(V, H, np.random.default_rng(H), leaky=0.5) for H in WIDTHS]), TANH)


def test_network_on_threads_reads_the_same_states(ensemble: Network) -> None:
    x, widths = np.random.default_rng(0).integers(0, V, (20, 3)), []

    def noted(work, items):
        states = list(run(work, items))
        widths.append(tuple(part.shape[2] for part in states))
        return states

    (alone,) = ensemble.read(ensemble.start(3), x)
    with threads(2) as run:
        (side_by_side,) = ensemble.using(noted).read(ensemble.start(3), x)
    np.testing.assert_array_equal(side_by_side, alone)
    assert widths == [WIDTHS]


@pytest.mark.parametrize("n", [1, 20])
def test_network_for_few_states_predicts_the_same(ensemble: Network, n: int) -> None:
    state = (np.random.default_rng(0).standard_normal((n, ensemble.width)).astype(np.float32),)
    few = ensemble.for_few_states()
    np.testing.assert_allclose(few.next(state), ensemble.next(state), rtol=1e-5)
    assert few.params.Wy.flags.f_contiguous
    assert ensemble.params.Wy.flags.c_contiguous


@pytest.mark.parametrize(("activation", "bias"), [("relu", np.inf), ("relu", np.nan), ("tanh", np.nan)])
def test_state_beyond_the_floats_raises_divergence_error(ensemble: Network, activation: str, bias: float) -> None:
    ensemble.params.bs[:] = bias
    diverged = Network(ensemble.params, ACTIVATIONS[activation])
    (s,) = diverged.read(diverged.start(2), np.zeros((7, 2), np.int64))
    state = (s[-1],)
    for use in (
        lambda: diverged.next(state),
        lambda: diverged.weights(state),
        lambda: diverged.surprisal(state, np.zeros(2, np.int64)),
        lambda: diverged.among(state, np.arange(3)),
    ):
        with pytest.raises(DivergenceError, match="not a number"):
            use()
