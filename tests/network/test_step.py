"""Checks one step's gradient: threads never change its bytes, shards only its rounding, and dropout hides its share."""

import numpy as np
import pytest

from rnncli.network.parameters import Rows, initial, values
from rnncli.network.step import Chunk, Dropout, _mask, gradient
from rnncli.network.threads import threads

V, H, T = 40, 16, 9


def batch(B: int = 8) -> tuple:
    rng = np.random.default_rng(0)
    params = initial(V, H, rng, leaky=0.5)
    return params, rng.integers(0, V, (T, B)), rng.integers(0, V, (T, B)), rng.random((B, H), np.float32)


def arrays(chunk: Chunk) -> list[np.ndarray]:
    """Returns all numbers of a chunk: gradients and their rows, state and loss."""
    gradients = [a for g in chunk.gradients for a in (g if isinstance(g, Rows) else (g,))]
    return [*gradients, chunk.state, np.array(chunk.loss)]


@pytest.mark.parametrize("dropout", [Dropout(), Dropout(0.4, 0.2, 0.1, 0.3)])
def test_any_number_of_threads_gives_the_same_bytes(dropout: Dropout) -> None:
    results = set()
    for count in (1, 2, 4):
        rngs = np.random.default_rng(7).spawn(4)
        with threads(count) as run:
            chunk = gradient(*batch(), dropout=dropout, rngs=rngs, shards=4, run=run)
        results.add(b"".join(a.tobytes() for a in arrays(chunk)))
    assert len(results) == 1


@pytest.mark.parametrize("B", [1, 3, 8])
@pytest.mark.parametrize("shards", [2, 3, 8])
def test_any_number_of_shards_gives_the_same_numbers_up_to_rounding(B: int, shards: int) -> None:
    """Products of other widths may add up in another order."""
    whole, cut = gradient(*batch(B), shards=1), gradient(*batch(B), shards=shards)
    for a, b in zip(arrays(whole), arrays(cut), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6 * np.abs(a).max())


def test_dropout_mask_hides_its_share_and_has_mean_1() -> None:
    mask = _mask(np.random.default_rng(0), 0.3, (100_000,), np.zeros(1, np.float32))
    assert np.mean(mask == 0) == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(mask[mask != 0], 1 / 0.7, rtol=1e-6)
    assert mask.mean() == pytest.approx(1, abs=0.01)
    assert mask.dtype == np.float32


ALL = 1 - 1e-7  # a share that no mask of these sizes leaves anything of


@pytest.mark.parametrize(
    ("dropout", "without_gradient"),
    [
        (Dropout(state=ALL), "Wx Ws bs bk Wy"),  # all that the output sees only through the state
        (Dropout(units=ALL), "Wx"),
        (Dropout(words=ALL), "Wx"),
        (Dropout(recurrent=ALL), "Ws"),
    ],
)
def test_dropout_of_nearly_all_leaves_no_gradient_to_what_it_hides(dropout: Dropout, without_gradient: str) -> None:
    gradients = gradient(*batch(), dropout=dropout, rngs=np.random.default_rng(7).spawn(3), shards=3).gradients
    assert [name for name, g in gradients._asdict().items() if not values(g).any()] == without_gradient.split()


@pytest.mark.parametrize(("dropout", "whole_words"), [(Dropout(words=0.5), True), (Dropout(units=0.5), False)])
def test_dropout_of_words_hides_whole_words_and_that_of_units_parts_of_them(
    dropout: Dropout, whole_words: bool
) -> None:
    params, _, d, s0 = batch(4)
    x = np.random.default_rng(2).permutation(V)[: T * 4].reshape(T, 4)  # no word twice
    dWx = gradient(params, x, d, s0, dropout=dropout, rngs=np.random.default_rng(7).spawn(2), shards=2).gradients.Wx
    assert isinstance(dWx, Rows)
    hidden = dWx.values == 0
    assert (hidden.any(1) == hidden.all(1)).all() == whole_words
    assert 0.25 < hidden.mean() < 0.75
