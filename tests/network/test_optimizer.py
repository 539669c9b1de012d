"""Compares each optimizer with its formula, written plainly."""

import numpy as np
import pytest

from rnncli.network.optimizer import ROW_RATE_FACTOR, STEP_BLOCK_NUMBERS, Adam, GradientDescent, clip, norm
from rnncli.network.parameters import Gradients, Params, Rows, Weights, initial


def plain_adam(w, gradients, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Kingma & Ba, algorithm 1."""
    w, m, v = w.copy(), np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w -= rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return w


def random_gradients(params: Weights, steps: int) -> list[Params]:
    rng = np.random.default_rng(3)
    return [Params(*(rng.standard_normal(w.shape) for w in params)) for _ in range(steps)]


def test_dense_adam_equals_the_paper_over_several_blocks() -> None:
    params = initial(STEP_BLOCK_NUMBERS // 8, 20, np.random.default_rng(0), np.float64)
    start = Params(*(w.copy() for w in params))
    gradients = random_gradients(params, 4)
    adam = Adam(params)
    for g in gradients:
        adam.step(params, g, 0.01)
    for i, w in enumerate(params):
        np.testing.assert_allclose(w, plain_adam(start[i], [g[i] for g in gradients], 0.01), rtol=1e-9)


def test_row_wise_adam_is_adam_without_momentum_on_each_rows_gradients() -> None:
    rng = np.random.default_rng(1)
    w = rng.standard_normal((6, 3))
    touched = [[0, 2], [2], [5], [0, 1, 5], [2, 5]]
    gradients = [Rows(np.array(i), rng.standard_normal((len(i), 3))) for i in touched]
    expected = [
        plain_adam(w[i], [g.values[g.rows == i][0] for g in gradients if i in g.rows], 0.1 * ROW_RATE_FACTOR, beta1=0)
        for i in range(len(w))
    ]
    params = Params(w, *(np.zeros(1) for _ in range(5)))
    adam = Adam(params)
    for g in gradients:
        adam.step(params, Params(g, *(np.zeros(1) for _ in range(5))), 0.1)
    np.testing.assert_allclose(w, expected, rtol=1e-12)


@pytest.mark.parametrize("make", [Adam, GradientDescent])
def test_every_matrix_moves_at_every_step(make) -> None:
    """A step written on a copy of a view would freeze a matrix, and the loss would still fall."""
    params = initial(50, 8, np.random.default_rng(0))
    optimizer = make(params)
    rng = np.random.default_rng(1)
    for _ in range(3):
        before = [w.copy() for w in params]
        gradients: Gradients = Params(
            Rows(np.arange(50), rng.standard_normal((50, 8), np.float32)),
            *(rng.standard_normal(w.shape, np.float32) for w in params[1:]),
        )
        optimizer.step(params, gradients, 0.01)
        for old, new in zip(before, params, strict=True):
            assert (old != new).all()


def test_gradient_descent_is_its_formula() -> None:
    params = Params(*(np.ones((2, 2)) for _ in range(6)))
    g = Rows(np.array([1]), np.array([[2.0, 4.0]]))
    GradientDescent(params).step(params, Params(g, *(np.full((2, 2), 3.0) for _ in range(5))), 0.1)
    np.testing.assert_allclose(params.Wx, [[1, 1], [0.8, 0.6]])
    np.testing.assert_allclose(params.Ws, 0.7)


def test_clipping_keeps_direction_and_sets_the_norm() -> None:
    gradients = Params(Rows(np.array([4]), np.array([[3.0]])), *(np.array([x]) for x in (0.0, 4.0, 0.0, 0.0, 0.0)))
    assert norm(gradients) == 5
    assert clip(gradients, 10) == 5
    assert norm(gradients) == 5
    assert clip(gradients, 1) == 5
    np.testing.assert_allclose([gradients.Wx.values[0, 0], gradients.bs[0]], [0.6, 0.8])
