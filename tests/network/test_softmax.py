"""Compares the fused softmax with the textbook one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.network import softmax
from rnncli.network.scratch import Scratch
from rnncli.network.softmax import MAX_STATE_ROWS, cross_entropy, exponentials, probabilities


def textbook(Wy, by, s, d):
    """Mean loss and its gradients with every matrix written out."""
    scores = s @ Wy.T + by
    y = np.exp(scores - scores.max(1, keepdims=True))
    y /= y.sum(1, keepdims=True)
    dscores = y.copy()
    dscores[np.arange(len(d)), d] -= 1
    dscores /= len(d)
    return -np.log(y[np.arange(len(d)), d]).mean(), dscores @ Wy, dscores.T @ s, dscores.sum(0)


@pytest.mark.parametrize("N", [1, 5, MAX_STATE_ROWS, 2 * MAX_STATE_ROWS + 3])
def test_cross_entropy_equals_the_textbook_for_any_number_of_blocks(N: int) -> None:
    rng = np.random.default_rng(N)
    Wy, by, s = rng.standard_normal((11, 4)), rng.standard_normal(11), rng.standard_normal((N, 4))
    d = rng.integers(0, 11, N)
    for mine, plain in zip(cross_entropy(Wy, by, s, d), textbook(Wy, by, s, d), strict=True):
        np.testing.assert_allclose(mine, plain, rtol=1e-10, atol=1e-12)


def test_cross_entropy_in_groups_that_fit_the_memory_equals_the_textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    Wy, by, s = rng.standard_normal((11, 4)), rng.standard_normal(11), rng.standard_normal((50, 4))
    d, scratch = rng.integers(0, 11, 50), Scratch()
    monkeypatch.setattr(softmax, "EXP_BLOCK_NUMBERS", 11 * 7)
    monkeypatch.setattr(softmax, "MAX_GRADIENT_WORDS", 3)
    for _ in range(2):  # the scratch memory is used again
        for mine, plain in zip(cross_entropy(Wy, by, s, d, scratch), textbook(Wy, by, s, d), strict=True):
            np.testing.assert_allclose(mine, plain, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("size", [1e4, -1e4, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_give_finite_losses_and_the_right_distribution(size: float, dtype: type) -> None:
    Wy = np.array([[size], [0], [-size], [1]], dtype)
    by, s = np.zeros(4, dtype), np.array([[1], [-1], [0.5]], dtype)
    out = cross_entropy(Wy, by, s, np.array([0, 2, 0]))
    assert np.isfinite(out.loss)
    assert all(np.isfinite(a).all() for a in out[1:])
    y = probabilities(Wy, by, s)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(y.sum(1), 1, rtol=1e-12)
    highest = [0, 2, 0] if size > 0 else [2, 0, 2]
    np.testing.assert_allclose(y[range(3), highest], 1, rtol=1e-12)


def test_extreme_and_ordinary_scores_in_one_block() -> None:
    Wy, by = np.array([[1.0, 0], [0, 1.0]]), np.zeros(2)
    s = np.array([[5000.0, 4999.0], [1.0, 2.0]])
    e, Z, top = exponentials(Wy, by, s)
    np.testing.assert_allclose(e / Z[:, None], [[0.7310585786, 0.2689414214], [0.2689414214, 0.7310585786]])
    assert top.tolist() == [5000, 0]


@given(st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=20))
def test_probabilities_sum_to_one(scores: list[float]) -> None:
    Wy = np.array(scores, np.float32)[:, None]
    y = probabilities(Wy, np.zeros(len(scores), np.float32), np.ones((1, 1), np.float32))
    assert y.sum() == pytest.approx(1, abs=1e-12)
    assert (y >= 0).all()
