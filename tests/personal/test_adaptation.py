"""Small steps on what was just written."""

import numpy as np
import pytest

from rnncli.network.parameters import Params, Rows, Weights, initial
from rnncli.network.recurrent import forward
from rnncli.network.softmax import probabilities
from rnncli.network.step import gradient
from rnncli.personal import adaptation
from rnncli.personal.adaptation import RATES, adapt

V, H, T = 7, 4, 6


def network() -> Weights:
    rng = np.random.default_rng(0)
    return Params(*(w + 0.3 * rng.standard_normal(w.shape) for w in initial(V, H, rng, np.float64, slow=0.5)))


def words() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.integers(0, V, T), rng.integers(0, V, T), rng.standard_normal((1, H)) / 2


def read(params: Weights, x: np.ndarray, s0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    s = forward(params, x[:, None], s0)[:, 0]
    return s, probabilities(params.Wy, params.by, s[1:])


def test_a_step_is_the_gradient_at_each_parameter_s_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptation, "LEAST", 0.0)
    monkeypatch.setattr(adaptation, "LARGEST", 1e9)
    params, (x, d, s0) = network(), words()
    moved = Params(*(w.copy() for w in params))
    touched = adapt(moved, x, d, *read(params, x, s0))
    gradients = gradient(params, x[:, None], d[:, None], s0).gradients
    for w, after, g, rate in zip(params, moved, gradients, RATES, strict=True):
        full = np.zeros_like(w)
        if isinstance(g, Rows):
            full[g.rows] = g.values
        else:
            full[:] = g
        np.testing.assert_allclose(w - after, rate * T * full, rtol=1e-9, atol=1e-15)
    assert touched.read.tolist() == sorted(set(x.tolist()))
    assert touched.foreseen.tolist() == list(range(V))


def test_what_it_does_not_say_it_touched_stays() -> None:
    params, (x, d, s0) = network(), words()
    params.by[:] = [9, 9, 0, 0, 0, 0, 0]
    d[:] = 2
    moved = Params(*(w.copy() for w in params))
    touched = adapt(moved, x, d, *read(params, x, s0))
    for name, rows in (("Wx", touched.read), ("Wy", touched.foreseen), ("by", touched.foreseen)):
        w, after = getattr(params, name), getattr(moved, name)
        changed = np.flatnonzero((w != after).reshape(V, -1).any(1))
        assert set(changed.tolist()) <= set(rows.tolist())
    assert len(touched.foreseen) < V


def test_steps_make_the_same_words_likelier() -> None:
    params, (x, d, s0) = network(), words()
    before = read(params, x, s0)[1][np.arange(T), d]
    for _ in range(20):
        adapt(params, x, d, *read(params, x, s0))
    assert np.log(read(params, x, s0)[1][np.arange(T), d]).sum() > np.log(before).sum() + 0.5


def test_an_error_however_large_moves_little() -> None:
    params, (x, d, s0) = network(), words()
    params.Wy[:] *= 1e4
    before = Params(*(w.copy() for w in params))
    adapt(params, x, d, *read(params, x, s0))
    for w, after, rate in zip(before, params, RATES, strict=True):
        assert np.abs(w - after).max() <= rate * T * 1.01
