"""Small steps on what was just written (dynamic evaluation)."""

import numpy as np
import pytest

from rnncli.network.parameters import Params, Rows, Weights, initial
from rnncli.network.recurrent import TANH, forward
from rnncli.network.softmax import probabilities
from rnncli.network.step import gradient
from rnncli.personal import adaptation
from rnncli.personal.adaptation import RATES, adapt

V, H, T = 7, 4, 6


def network() -> Weights:
    rng = np.random.default_rng(0)
    return Params(*(w + 0.3 * rng.standard_normal(w.shape) for w in initial(V, H, rng, np.float64, leaky=0.5)))


def words() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.integers(0, V, T), rng.integers(0, V, T), rng.standard_normal((1, H)) / 2


def read(params: Weights, x: np.ndarray, s0: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns states, candidates and distributions."""
    u = np.empty((len(x), 1, H))
    s = forward(params, x[:, None], s0, candidates=u)[:, 0]
    return s, u[:, 0], probabilities(params.Wy, params.by, s[1:])


def test_step_is_the_gradient_times_the_rate_of_each_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptation, "MIN_ERROR", 0.0)
    monkeypatch.setattr(adaptation, "MAX_GRADIENT_NORM", 1e9)
    params, (x, d, s0) = network(), words()
    moved = Params(*(w.copy() for w in params))
    rows = adapt(moved, x, d, *read(params, x, s0), TANH)
    gradients = gradient(params, x[:, None], d[:, None], s0).gradients
    for w, after, g, rate in zip(params, moved, gradients, RATES, strict=True):
        full = np.zeros_like(w)
        if isinstance(g, Rows):
            full[g.rows] = g.values
        else:
            full[:] = g
        np.testing.assert_allclose(w - after, rate * T * full, rtol=1e-9, atol=1e-15)
    assert rows.read.tolist() == sorted(set(x.tolist()))
    assert rows.predicted.tolist() == list(range(V))


def test_rows_that_are_not_reported_stay() -> None:
    params, (x, d, s0) = network(), words()
    params.by[:] = [9, 9, 0, 0, 0, 0, 0]
    d[:] = 2
    moved = Params(*(w.copy() for w in params))
    rows = adapt(moved, x, d, *read(params, x, s0), TANH)
    for name, moved_rows in (("Wx", rows.read), ("Wy", rows.predicted), ("by", rows.predicted)):
        w, after = getattr(params, name), getattr(moved, name)
        changed = np.flatnonzero((w != after).reshape(V, -1).any(1))
        assert set(changed.tolist()) <= set(moved_rows.tolist())
    assert len(rows.predicted) < V


def test_steps_make_the_learned_words_likelier() -> None:
    params, (x, d, s0) = network(), words()
    before = read(params, x, s0)[2][np.arange(T), d]
    for _ in range(20):
        adapt(params, x, d, *read(params, x, s0), TANH)
    assert np.log(read(params, x, s0)[2][np.arange(T), d]).sum() > np.log(before).sum() + 0.5


def test_large_errors_move_weights_by_a_bounded_step() -> None:
    params, (x, d, s0) = network(), words()
    params.Wy[:] *= 1e4
    before = Params(*(w.copy() for w in params))
    adapt(params, x, d, *read(params, x, s0), TANH)
    for w, after, rate in zip(before, params, RATES, strict=True):
        assert np.abs(w - after).max() <= rate * T * 1.01


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_gradient_that_is_not_finite_moves_nothing(value: float) -> None:
    params, (x, d, s0) = network(), words()
    before = Params(*(w.copy() for w in params))
    s, u, y = read(params, x, s0)
    y[2, 3] = value
    with np.errstate(invalid="ignore"):
        moved = adapt(params, x, d, s, u, y, TANH)
    assert (len(moved.read), len(moved.predicted)) == (0, 0)
    for w, after in zip(before, params, strict=True):
        np.testing.assert_array_equal(w, after)
