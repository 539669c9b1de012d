"""Small steps on what was just written (dynamic evaluation)."""

from dataclasses import replace

import numpy as np
import pytest

from rnncli.network.cells import GRU, LSTM, Cell, Elman, Trace, initial
from rnncli.network.network import Network, forward
from rnncli.network.parameters import Rows, copied, is_tied
from rnncli.network.softmax import probabilities
from rnncli.network.step import gradient
from rnncli.personal import adaptation
from rnncli.personal.adaptation import RATES, adapt

V, H, T = 7, 4, 6


@pytest.fixture(params=[Elman(leaky=0.5), GRU(), LSTM(), LSTM(tied=True)], ids=["elman", "gru", "lstm", "tied"])
def network(request: pytest.FixtureRequest) -> Network:
    cell, rng = request.param, np.random.default_rng(0)
    drawn = initial(cell, V, H, rng, np.float64)
    return Network({name: w + 0.3 * rng.standard_normal(w.shape) for name, w in drawn.items()}, cell)


def words() -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.random.default_rng(1).integers(0, V, (2, T)))


def handed(cell: Cell) -> tuple[np.ndarray, ...]:
    """A state that is not zero."""
    rng = np.random.default_rng(2)
    return tuple(rng.standard_normal((1, H)) / 2 for _ in cell.states)


def read(network: Network, x: np.ndarray) -> tuple[Trace, np.ndarray]:
    """Returns trace and distributions."""
    trace = forward(network.cell, network.params, x[:, None], handed(network.cell))
    return trace, probabilities(network.params["Wy"], network.params["by"], trace.states[0][1:, 0])


def test_step_is_the_gradient_times_the_rate_of_each_parameter(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adaptation, "MIN_ERROR", 0.0)
    monkeypatch.setattr(adaptation, "MAX_GRADIENT_NORM", 1e9)
    x, d = words()
    moved = replace(network, params=copied(network.params))
    rows = adapt(moved, x, d, *read(network, x))
    cell, params = network.cell, network.params
    gradients = gradient(params, x[:, None], d[:, None], handed(cell), cell=cell).gradients
    for name, w in params.items():
        g, full = gradients[name], np.zeros_like(w)
        if isinstance(g, Rows):
            full[g.rows] = g.values
        else:
            full[:] = g
        np.testing.assert_allclose(w - moved.params[name], RATES[name] * T * full, rtol=1e-9, atol=1e-15)
    assert rows.read.tolist() == (list(range(H)) if is_tied(cell.axes) else sorted(set(x.tolist())))
    assert rows.predicted.tolist() == list(range(V))


def test_rows_that_are_not_reported_stay(network: Network) -> None:
    """Of gated cells the rows of Wy of the words that were read move, too."""
    x, d = words()
    x[x == V - 1] = 0
    network.params["by"][:] = [9, 9, 0, 0, 0, 0, 0]
    d[:] = 2
    before = copied(network.params)
    rows = adapt(network, x, d, *read(network, x))
    for name, moved_rows in (("Wx", rows.read), ("Wy", rows.predicted), ("by", rows.predicted)):
        if len(before[name]) == V:
            changed = np.flatnonzero((network.params[name] != before[name]).reshape(V, -1).any(1))
            assert set(changed.tolist()) <= set(moved_rows.tolist())
    assert len(rows.predicted) < V


def test_steps_make_the_learned_words_likelier(network: Network) -> None:
    x, d = words()
    before = read(network, x)[1][np.arange(T), d]
    for _ in range(20):
        adapt(network, x, d, *read(network, x))
    assert np.log(read(network, x)[1][np.arange(T), d]).sum() > np.log(before).sum() + 0.5


def test_large_errors_move_weights_by_a_bounded_step(network: Network) -> None:
    x, d = words()
    network.params["Wy"][:] *= 1e4
    before = copied(network.params)
    adapt(network, x, d, *read(network, x))
    for name, w in network.params.items():
        assert np.abs(w - before[name]).max() <= RATES[name] * T * 1.01


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_gradient_that_is_not_finite_moves_nothing(network: Network, value: float) -> None:
    x, d = words()
    before = copied(network.params)
    trace, y = read(network, x)
    y[2, 3] = value
    with np.errstate(invalid="ignore"):
        moved = adapt(network, x, d, trace, y)
    assert (len(moved.read), len(moved.predicted)) == (0, 0)
    np.testing.assert_equal(network.params, before)
