"""Compares each optimizer with its formula, written plainly."""

import numpy as np
import pytest

from rnncli.network.cells import GRU, LSTM, Cell, Elman, initial
from rnncli.network.optimizer import ROW_RATE_FACTOR, STEP_BLOCK_NUMBERS, Adam, GradientDescent, clip, norm
from rnncli.network.parameters import Gradients, Rows, Weights, copied

NAMES = "Wx Ws bs bk Wy by".split()


def plain_adam(w, gradients, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Kingma & Ba, algorithm 1."""
    w, m, v = w.copy(), np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w -= rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return w


def random_gradients(params: Weights, steps: int) -> list[Weights]:
    rng = np.random.default_rng(3)
    return [{name: rng.standard_normal(w.shape) for name, w in params.items()} for _ in range(steps)]


def test_dense_adam_equals_the_paper_over_several_blocks() -> None:
    params = initial(Elman(), STEP_BLOCK_NUMBERS // 8, 20, np.random.default_rng(0), np.float64)
    start = copied(params)
    gradients = random_gradients(params, 4)
    adam = Adam(params)
    for g in gradients:
        adam.step(params, g, 0.01)
    for name, w in params.items():
        np.testing.assert_allclose(w, plain_adam(start[name], [g[name] for g in gradients], 0.01), rtol=1e-9)


def test_row_wise_adam_is_adam_without_momentum_on_each_rows_gradients() -> None:
    rng = np.random.default_rng(1)
    w = rng.standard_normal((6, 3))
    touched = [[0, 2], [2], [5], [0, 1, 5], [2, 5]]
    gradients = [Rows(np.array(i), rng.standard_normal((len(i), 3))) for i in touched]
    expected = [
        plain_adam(w[i], [g.values[g.rows == i][0] for g in gradients if i in g.rows], 0.1 * ROW_RATE_FACTOR, beta1=0)
        for i in range(len(w))
    ]
    others = {name: np.zeros(1) for name in NAMES[1:]}
    params = {"Wx": w} | others
    adam = Adam(params)
    for g in gradients:
        adam.step(params, {"Wx": g} | others, 0.1)
    np.testing.assert_allclose(w, expected, rtol=1e-12)


@pytest.mark.parametrize("make", [Adam, GradientDescent])
@pytest.mark.parametrize("cell", [Elman(), GRU(), LSTM(), LSTM(tied=True)], ids=["elman", "gru", "lstm", "tied"])
def test_every_matrix_moves_at_every_step(make, cell: Cell) -> None:
    """A step written on a copy of a view would freeze a matrix, and the loss would still fall."""
    params = initial(cell, 50, 8, np.random.default_rng(0))
    optimizer = make(params)
    rng = np.random.default_rng(1)
    for _ in range(3):
        before = copied(params)
        gradients: Gradients = {name: rng.standard_normal(w.shape, np.float32) for name, w in params.items()}
        gradients["Wy"] = Rows(np.arange(50), gradients["Wy"])
        optimizer.step(params, gradients, 0.01)
        for name, w in params.items():
            assert (before[name] != w).all()


def test_gradient_descent_is_its_formula() -> None:
    params = {name: np.ones((2, 2)) for name in NAMES}
    g = {name: np.full((2, 2), 3.0) for name in NAMES} | {"Wx": Rows(np.array([1]), np.array([[2.0, 4.0]]))}
    GradientDescent(params).step(params, g, 0.1)
    np.testing.assert_allclose(params["Wx"], [[1, 1], [0.8, 0.6]])
    np.testing.assert_allclose(params["Ws"], 0.7)


def test_clipping_keeps_direction_and_sets_the_norm() -> None:
    gradients: Gradients = {name: np.zeros(1) for name in NAMES}
    gradients |= {"Wx": Rows(np.array([4]), np.array([[3.0]])), "bs": np.array([4.0])}
    assert norm(gradients) == 5
    assert clip(gradients, 10) == 5
    assert norm(gradients) == 5
    assert clip(gradients, 1) == 5
    np.testing.assert_allclose([gradients["Wx"].values[0, 0], gradients["bs"][0]], [0.6, 0.8])
