"""Checks one step's gradient: threads never change its bytes, shards only its rounding, and dropout hides its share."""

import numpy as np
import pytest

from rnncli.network.cells import GRU, LSTM, Cell, Elman, initial, ready
from rnncli.network.inputs import Dropout, Inputs, mask
from rnncli.network.parameters import Rows, values
from rnncli.network.sampled import Sampler
from rnncli.network.scratch import Scratch
from rnncli.network.step import Chunk, gradient
from rnncli.network.threads import threads

V, H, T = 40, 16, 9
LEAKY = Elman(leaky=0.5)
every_cell = pytest.mark.parametrize(
    "cell", [LEAKY, GRU(), LSTM(), LSTM(tied=True)], ids=["elman", "gru", "lstm", "tied"]
)


def batch(B: int = 8, cell: Cell = LEAKY) -> tuple:
    rng = np.random.default_rng(0)
    params, (x, d) = initial(cell, V, H, rng), rng.integers(0, V, (2, T, B))
    return params, x, d, tuple(rng.random((B, H), np.float32) for _ in cell.states)


def arrays(chunk: Chunk) -> list[np.ndarray]:
    """Returns all numbers of a chunk: gradients and their rows, state and loss."""
    gradients = [a for g in chunk.gradients.values() for a in (g if isinstance(g, Rows) else (g,))]
    return [*gradients, *chunk.state, np.array(chunk.loss)]


@every_cell
@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("dropout", [Dropout(), Dropout(0.4, 0.2, 0.1, 0.3)])
def test_any_number_of_threads_gives_the_same_bytes(cell: Cell, dropout: Dropout, sampled: bool) -> None:
    params, x, d, state = batch(cell=cell)
    x, d = x % 12, d % 12
    sample = Sampler([1] * V, 10).draw(np.stack((x, d)), np.random.default_rng(0)) if sampled else None
    results = set()
    for count in (1, 2, 4):
        rngs = np.random.default_rng(7).spawn(4)
        with threads(count) as run:
            chunk = gradient(
                params, x, d, state, cell=cell, sample=sample, dropout=dropout, rngs=rngs, shards=4, run=run
            )
        results.add(b"".join(a.tobytes() for a in arrays(chunk)))
    assert len(results) == 1


@every_cell
@pytest.mark.parametrize("B", [1, 3, 8])
@pytest.mark.parametrize("shards", [2, 3, 8])
def test_any_number_of_shards_gives_the_same_numbers_up_to_rounding(cell: Cell, B: int, shards: int) -> None:
    """Products of other widths may add up in another order."""
    whole, cut = (gradient(*batch(B, cell), cell=cell, shards=n) for n in (1, shards))
    for a, b in zip(arrays(whole), arrays(cut), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6 * np.abs(a).max())


def test_dropout_mask_hides_its_share_and_has_mean_1() -> None:
    drawn = mask(np.random.default_rng(0), 0.3, (100_000,), np.zeros(1, np.float32))
    assert np.mean(drawn == 0) == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(drawn[drawn != 0], 1 / 0.7, rtol=1e-6)
    assert drawn.mean() == pytest.approx(1, abs=0.01)
    assert drawn.dtype == np.float32


ALL = 1 - 1e-7  # a share that no mask of these sizes leaves anything of


@every_cell
@pytest.mark.parametrize(
    ("dropout", "without_gradient"),
    [
        (Dropout(state=ALL), "Wx Ws bs bk Wy"),  # all that the output sees only through the state
        (Dropout(units=ALL), "Wx"),
        (Dropout(words=ALL), "Wx"),
        (Dropout(recurrent=ALL), "Ws"),
    ],
)
def test_dropout_of_nearly_all_leaves_no_gradient_to_what_it_hides(
    cell: Cell, dropout: Dropout, without_gradient: str
) -> None:
    rngs = np.random.default_rng(7).spawn(3)
    gradients = gradient(*batch(cell=cell), cell=cell, dropout=dropout, rngs=rngs, shards=3).gradients
    expected = [name for name in without_gradient.split() if name in cell.axes]
    assert [name for name in cell.axes if not values(gradients[name]).any()] == expected


@every_cell
def test_gradients_are_those_of_the_parameters_by_name_and_shape(cell: Cell) -> None:
    params, *rest = batch(cell=cell)
    gradients = gradient(params, *rest, cell=cell).gradients
    assert sorted(gradients) == sorted(params)
    for name, w in params.items():
        assert values(gradients[name]).shape[1:] == w.shape[1:]
        assert values(gradients[name]).dtype == w.dtype


@pytest.mark.parametrize(("dropout", "whole_words"), [(Dropout(words=0.5), True), (Dropout(units=0.5), False)])
def test_dropout_of_words_hides_whole_words_and_that_of_units_parts_of_them(
    dropout: Dropout, whole_words: bool
) -> None:
    params, _, d, state = batch(4)
    x = np.random.default_rng(2).permutation(V)[: T * 4].reshape(T, 4)  # no word twice
    rngs = np.random.default_rng(7).spawn(2)
    dWx = gradient(params, x, d, state, cell=LEAKY, dropout=dropout, rngs=rngs, shards=2).gradients["Wx"]
    assert isinstance(dWx, Rows)
    hidden = dWx.values == 0
    assert (hidden.any(1) == hidden.all(1)).all() == whole_words
    assert 0.25 < hidden.mean() < 0.75


@pytest.mark.parametrize("cell", [GRU(tied=True), LSTM(tied=True)], ids=["gru", "lstm"])
@pytest.mark.parametrize(("dropout", "whole_words"), [(Dropout(words=0.5), True), (Dropout(units=0.5), False)])
def test_dropout_of_words_that_enter_by_rows_of_wy_hides_the_same_wherever_a_word_stands(
    cell: Cell, dropout: Dropout, whole_words: bool
) -> None:
    params, x, *_ = batch(4, cell)
    read = Inputs(cell, params, x, dropout, np.random.default_rng(7))
    gates = cell.room(Scratch(), (T, 4, H), np.float32).gates
    read.fill(gates, read.entering(ready(cell, params)))
    for word in np.unique(x):
        there = gates[x == word]
        np.testing.assert_array_equal(there, np.broadcast_to(there[0], there.shape))
    rows = read.gradients(np.random.default_rng(8).random(gates.shape, np.float32)).dWy
    assert rows
    assert rows.rows.tolist() == sorted(set(x.ravel().tolist()))
    hidden = rows.values == 0
    assert (hidden.any(1) == hidden.all(1)).all() == whole_words
    assert 0.25 < hidden.mean() < 0.75
