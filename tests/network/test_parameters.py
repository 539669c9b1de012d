"""Checks the shapes and bounds of parameters, and sums by rows and blocks against plain forms."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnncli.network.cells import GRU, LSTM, Cell, Elman, initial
from rnncli.network.parameters import MAX_WEIGHT, blocks, finite, parameter_count, shapes, sum_rows


@pytest.mark.parametrize("cell", [Elman(), GRU(), LSTM(), LSTM(tied=True)], ids=["elman", "gru", "lstm", "tied"])
def test_shapes_and_count_are_those_of_initial_weights(cell: Cell) -> None:
    params = initial(cell, 7, 4, np.random.default_rng(0))
    assert [*shapes(cell.axes, 7, 4).items()] == [(name, w.shape) for name, w in params.items()]
    assert parameter_count(cell.axes, 7, 4) == sum(w.size for w in params.values())


@given(st.lists(st.integers(0, 8), min_size=1, max_size=60))
@example([3] * 40 + [1, 3, 5])
def test_sum_rows_equals_add_at(index: list[int]) -> None:
    values = np.random.default_rng(0).standard_normal((len(index), 3), np.float32)
    plain = np.zeros((9, 3), np.float32)
    np.add.at(plain, index, values)
    rows = sum_rows(np.array(index), values)
    assert rows.rows.tolist() == sorted(set(index))
    np.testing.assert_array_equal(rows.values, plain[rows.rows])


@given(st.integers(1, 5000), st.integers(1, 400))
def test_blocks_cover_a_range_once_and_none_is_too_long(n: int, size: int) -> None:
    covered = [i for block in blocks(n, size) for i in range(block.start, block.stop)]
    assert covered == list(range(n))
    assert max(block.stop - block.start for block in blocks(n, size)) <= size


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, MAX_WEIGHT, -MAX_WEIGHT])
def test_finite_is_false_for_one_number_at_or_beyond_the_bound(number: float) -> None:
    below = np.nextafter(np.float32(MAX_WEIGHT), np.float32(0))
    assert finite([np.zeros(0, np.float32), np.array([below, -below])])
    assert not finite([np.zeros(3, np.float32), np.array([0, number, 0], np.float32)])
