"""Checks the network as a predictor: forms that work faster predict the same, and numbers beyond the floats raise."""

import numpy as np
import pytest

from rnncli.errors import DivergenceError
from rnncli.network.cells import GRU, LSTM, Cell, Elman, initial
from rnncli.network.network import Network
from rnncli.network.parameters import joined
from rnncli.network.threads import threads
from rnncli.predictor import rows

V, WIDTHS = 9, (3, 4, 5)


@pytest.fixture(params=[Elman(leaky=0.5), GRU(), LSTM(), LSTM(tied=True)], ids=["elman", "gru", "lstm", "tied"])
def ensemble(request: pytest.FixtureRequest) -> Network:
    cell = request.param
    return Network(joined(cell.axes, [initial(cell, V, H, np.random.default_rng(H)) for H in WIDTHS]), cell)


def test_network_on_threads_reads_the_same_states(ensemble: Network) -> None:
    x, widths = np.random.default_rng(0).integers(0, V, (20, 3)), []

    def noted(work, items):
        states = list(run(work, items))
        widths.append(tuple(part[0].shape[2] for part in states))
        return states

    alone = ensemble.read(ensemble.start(3), x)
    with threads(2) as run:
        side_by_side = ensemble.using(noted).read(ensemble.start(3), x)
    for s, same in zip(side_by_side, alone, strict=True):
        np.testing.assert_array_equal(s, same)
    assert widths == [WIDTHS]


@pytest.mark.parametrize("n", [1, 20])
def test_network_for_few_states_predicts_the_same(ensemble: Network, n: int) -> None:
    rng = np.random.default_rng(0)
    state = tuple(rng.standard_normal((n, ensemble.width)).astype(np.float32) for _ in ensemble.cell.states)
    few = ensemble.for_few_states()
    np.testing.assert_allclose(few.next(state), ensemble.next(state), rtol=1e-5)
    assert few.params["Wy"].flags.f_contiguous
    assert ensemble.params["Wy"].flags.c_contiguous


@pytest.mark.parametrize(
    ("cell", "bias"),
    [(Elman("relu"), np.inf), (Elman("relu"), np.nan), (Elman(), np.nan), (GRU(), np.nan), (LSTM(), np.nan)],
)
def test_state_beyond_the_floats_raises_divergence_error(cell: Cell, bias: float) -> None:
    params = initial(cell, V, 4, np.random.default_rng(0))
    params["bs"][:] = bias
    diverged = Network(params, cell)
    state = rows(diverged.read(diverged.start(2), np.zeros((7, 2), np.int64)), -1)
    for use in (
        lambda: diverged.next(state),
        lambda: diverged.weights(state),
        lambda: diverged.surprisal(state, np.zeros(2, np.int64)),
        lambda: diverged.among(state, np.arange(3)),
    ):
        with pytest.raises(DivergenceError, match="not a number"):
            use()
