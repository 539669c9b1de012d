"""Compares an ensemble joined into one network with its networks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.network.cells import GRU, LSTM, Cell, Elman, initial
from rnncli.network.network import Network, forward, parts
from rnncli.network.parameters import Weights, joined, scaled, shapes, split, widened
from rnncli.predictor import rows

V = 9
CELLS = [Elman(leaky=0.5), GRU(), LSTM(), LSTM(tied=True)]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=["elman", "gru", "lstm", "tied"])


def networks(cell: Cell, *widths: int) -> list[Weights]:
    return [initial(cell, V, H, np.random.default_rng(H), np.float64) for H in widths]


@every_cell
@pytest.mark.parametrize("widths", [(5,), (4, 4), (3, 5, 1)])
def test_scores_of_an_ensemble_are_the_mean_of_its_networks_scores(cell: Cell, widths: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).integers(0, V, (7, 2))

    def scores(params: Weights) -> np.ndarray:
        s = forward(cell, params, x, Network(params, cell).start(2)).states[0][1:]
        return s @ params["Wy"].T + params["by"]

    each = networks(cell, *widths)
    mean = np.mean([scores(params) for params in each], axis=0)
    np.testing.assert_allclose(scores(joined(cell.axes, each)), mean, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("factor", [0.25, 3.0, -1.0])
@every_cell
def test_scores_of_a_scaled_network_are_a_multiple_and_its_states_the_same(cell: Cell, factor: float) -> None:
    (params,), x = networks(cell, 5), np.random.default_rng(0).integers(0, V, (7, 2))
    made = scaled(cell.axes, params, factor)
    old, new = (Network(p, cell).read(Network(p, cell).start(2), x) for p in (params, made))
    for s, same in zip(new, old, strict=True):
        np.testing.assert_allclose(s, same, rtol=1e-12)
    np.testing.assert_allclose(new[0] @ made["Wy"].T, factor * old[0] @ params["Wy"].T, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(made["by"], factor * params["by"], rtol=1e-12)


@every_cell
def test_joined_network_shares_no_memory_with_its_networks(cell: Cell) -> None:
    each = networks(cell, 3)
    one = joined(cell.axes, each)
    assert not any(np.shares_memory(w, each[0][name]) for name, w in one.items())


@every_cell
@pytest.mark.parametrize("widths", [(5,), (4, 4), (3, 5, 1, 1)])
def test_parts_of_an_ensemble_are_found_and_read_apart(cell: Cell, widths: tuple[int, ...]) -> None:
    params = joined(cell.axes, networks(cell, *widths))
    assert [part.stop - part.start for part in parts(params["Ws"])] == list(widths)
    x, rng = np.random.default_rng(0).integers(0, V, (7, 2)), np.random.default_rng(1)
    handed = tuple(rng.random((2, sum(widths))) for _ in cell.states)
    apart = Network(params, cell).read(handed, x)
    for s, whole in zip(apart, forward(cell, params, x, handed).states, strict=True):
        np.testing.assert_allclose(s, whole, rtol=1e-12)


@pytest.mark.parametrize("at", [(0, 4), (4, 0)])
@every_cell
def test_one_weight_between_two_networks_makes_them_one_part(cell: Cell, at: tuple[int, int]) -> None:
    Ws = joined(cell.axes, networks(cell, 3, 2, 4))["Ws"]
    Ws.reshape(9, -1, 9)[at[0], -1, at[1]] = 1e-9
    assert parts(Ws) == [slice(0, 5), slice(5, 9)]


@every_cell
@pytest.mark.parametrize(("n", "H"), [(1, 5), (3, 4)])
def test_networks_that_an_ensemble_is_split_into_make_that_ensemble(cell: Cell, n: int, H: int) -> None:
    params = joined(cell.axes, networks(cell, *[H] * n))
    each = split(cell.axes, params, n)
    assert [{name: w.shape for name, w in one.items()} for one in each] == [shapes(cell.axes, V, H)] * n
    again = joined(cell.axes, each)
    assert [*again] == [*params]
    for name, w in params.items():
        np.testing.assert_allclose(again[name], w, rtol=1e-12)
    assert not any(np.shares_memory(w, params[name]) for one in each for name, w in one.items())


@every_cell
@given(counts=st.lists(st.integers(1, 50), max_size=4), unknown=st.integers(0, 20))
def test_new_words_share_what_the_unknown_word_had_and_known_words_keep_theirs(
    cell: Cell, counts: list[int], unknown: int
) -> None:
    """Of a text where new words occur so often, and others are unknown so often, plus one for what was never seen."""
    params, UNK = networks(cell, 5)[0], 1
    in_text = [7, unknown, *[3] * (V - 2), *counts]
    wide = widened(cell.axes, params, in_text, UNK)
    before, after = (Network(p, cell) for p in (params, wide))
    x = np.array([[2], [UNK], [4]])
    y, grown = (net.next(rows(net.read(net.start(), x), -1))[0] for net in (before, after))
    known = [i for i in range(V) if i != UNK]
    np.testing.assert_allclose(grown[known], y[known])
    shares = np.array([unknown + 1, *counts]) / (unknown + 1 + sum(counts))
    np.testing.assert_allclose(grown[[UNK, *range(V, V + len(counts))]], y[UNK] * shares)
    for new in range(V, V + len(counts)):  # and is read as it
        for s, as_unknown in zip(
            after.read(after.start(), np.array([[new]])), after.read(after.start(), x[1:2]), strict=True
        ):
            np.testing.assert_array_equal(s, as_unknown)
