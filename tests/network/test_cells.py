"""The laws that every cell keeps, its formulas written plainly, and twins that break a law and are caught."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
from derivatives import Array, require_central_differences, require_gradients
from numpy.typing import NDArray

from rnncli.errors import DivergenceError
from rnncli.network import cells
from rnncli.network.cells import GRU, LSTM, Cell, Elman, Trace, initial, ready
from rnncli.network.cells.gating import as_sigmoids
from rnncli.network.inputs import NO_DROPOUT, Dropout, Inputs
from rnncli.network.network import Network, forward
from rnncli.network.parameters import Floats, Gradients, Weights, copied, is_tied, values
from rnncli.network.sampled import Sample
from rnncli.network.softmax import cross_entropy
from rnncli.network.step import backward, gradient
from rnncli.predictor import rows
from rnncli.run.recipe import fitted
from rnncli.settings import CELL

V, H, T, B = 7, 4, 5, 3
GATED_NAMES = ["gru", "lstm", "tied gru", "tied lstm"]
RELU, GATED = Elman("relu"), [GRU(), LSTM(), GRU(tied=True), LSTM(tied=True)]
every_cell = pytest.mark.parametrize("cell", [Elman("tanh", 0.5), RELU, *GATED], ids=["elman", "relu", *GATED_NAMES])
gated_cells = pytest.mark.parametrize("cell", GATED, ids=GATED_NAMES)
Words = NDArray[np.int64]


def network(cell: Cell, seed: int = 0) -> Weights:
    """A small network in float64 with nothing at zero."""
    rng = np.random.default_rng(seed)
    return {name: w + 0.3 * rng.standard_normal(w.shape) for name, w in initial(cell, V, H, rng, np.float64).items()}


class Given(NamedTuple):
    """What a chunk is computed from."""

    x: Words
    d: Words
    state: tuple[Array, ...]


def chunk(cell: Cell, seed: int = 1) -> Given:
    """Words with repeats, next words, and a state handed in that is not zero."""
    rng = np.random.default_rng(seed)
    x, d = rng.integers(0, V, (2, T, B))
    x[0, 0] = x[1, 0] = x[1, 1] = 3
    return Given(x, d, tuple(rng.standard_normal((B, H)) / 2 for _ in cell.states))


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


# The formulas, one step of them, for the words x (B,): what the states and the gates are after it.

Step = tuple[tuple[Array, ...], tuple[Array, ...]]


def elman_step(params: Weights, x: Words, s: Array, phi: Callable[[Array], Array] = np.tanh) -> Step:
    k = sigmoid(params["bk"])
    u = phi(np.eye(V)[x] @ params["Wx"] + s @ params["Ws"] + params["bs"])
    return ((1 - k) * u + k * s,), (u,)


def relu_step(params: Weights, x: Words, s: Array) -> Step:
    return elman_step(params, x, s, lambda a: np.maximum(a, 0))


def entered(params: Weights, x: Words) -> Array:
    """One-hot rows, or the words' rows of Wy where Wx has a row for each unit of these."""
    return np.eye(V)[x] if len(params["Wx"]) == V else params["Wy"][x]


def gru_step(params: Weights, x: Words, h: Array) -> Step:
    e = entered(params, x)
    (Wz, Wr, Wn), (Uz, Ur, Un) = (np.moveaxis(params[name], 1, 0) for name in ("Wx", "Ws"))
    bz, br, bn = params["bs"]
    z = sigmoid(e @ Wz + h @ Uz + bz)
    r = sigmoid(e @ Wr + h @ Ur + br)
    n = np.tanh(e @ Wn + bn + r * (h @ Un))
    return ((1 - z) * n + z * h,), (z, r, n)


def lstm_step(params: Weights, x: Words, h: Array, c: Array) -> Step:
    e = entered(params, x)
    (Wo, Wi, Wf, Wg), (Uo, Ui, Uf, Ug) = (np.moveaxis(params[name], 1, 0) for name in ("Wx", "Ws"))
    bo, bi, bf, bg = params["bs"]
    o = sigmoid(e @ Wo + h @ Uo + bo)
    i = sigmoid(e @ Wi + h @ Ui + bi)
    f = sigmoid(e @ Wf + h @ Uf + bf)
    g = np.tanh(e @ Wg + h @ Ug + bg)
    c = f * c + i * g
    return (o * np.tanh(c), c), (o, i, f, g)


@pytest.mark.parametrize(
    ("cell", "step"),
    [(Elman("tanh", 0.5), elman_step), (RELU, relu_step), *zip(GATED, [gru_step, lstm_step] * 2, strict=True)],
    ids=["elman", "relu", *GATED_NAMES],
)
def test_forward_is_the_formula(cell: Cell, step: Callable[..., Step]) -> None:
    params, (x, _, state) = network(cell), chunk(cell)
    before, trace = copied(params), forward(cell, params, x, state)
    for t in range(T):
        states, gates = step(params, x[t], *(s[t] for s in trace.states))
        np.testing.assert_allclose([s[t + 1] for s in trace.states], states, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(np.moveaxis(trace.gates[t], 1, 0), gates, rtol=1e-12, atol=1e-12)
    np.testing.assert_equal(tuple(s[0] for s in trace.states), state)
    np.testing.assert_equal(params, before)


@every_cell
def test_letters_are_as_many_as_the_arrays_that_they_name(cell: Cell) -> None:
    params, (x, _, state) = network(cell), chunk(cell)
    trace = forward(cell, params, x, state)
    assert [s.shape for s in trace.states] == [(T + 1, B, H)] * len(cell.states)
    assert trace.gates.shape == (T, B, len(cell.gates), H)
    assert trace.rest.shape[:2] == (T, B)
    assert [s.shape for s in trace.last] == [(B, H)] * len(cell.states)
    assert len(Network(params, cell).start()) == len(cell.states)
    assert [*cell.axes] == [*initial(cell, V, H, np.random.default_rng(0))]
    assert {"Wx", "Ws", "bs", *cell.others(params, trace, trace.states[0][1:]), "Wy", "by"} == {*cell.axes}


@gated_cells
def test_ready_weights_are_halved_for_each_sigmoid(cell: Cell) -> None:
    params = network(cell)
    before, prepared = copied(params), ready(cell, params)
    sigmoids = sum(letter not in "ng" for letter in cell.gates)
    for name in ("Wx", "Ws", "bs") if is_tied(cell.axes) else ("Ws", "bs"):
        gates, whole = (w.reshape(-1, len(cell.gates), H) for w in (prepared[name], params[name]))
        np.testing.assert_array_equal(gates[:, :sigmoids], whole[:, :sigmoids] / 2)
        np.testing.assert_array_equal(gates[:, sigmoids:], whole[:, sigmoids:])
    np.testing.assert_equal(params, before)


def test_sigmoids_are_made_of_tanh() -> None:
    a = np.concatenate((np.linspace(-40, 40, 801), [-1e30, 1e30]))
    made = np.tanh(a / 2)
    as_sigmoids(made)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(made, sigmoid(a), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shards", [1, 2])
@every_cell
def test_gradients_equal_central_differences(cell: Cell, shards: int) -> None:
    params, given = network(cell), chunk(cell)
    require_gradients(params, lambda: gradient(params, *given, cell=cell, shards=shards))


DROPOUTS = [
    Dropout(state=0.5),
    Dropout(units=0.3),
    Dropout(words=0.3),
    Dropout(recurrent=0.4),
    Dropout(0.5, 0.3, 0.3, 0.4),
]


@pytest.mark.parametrize("dropout", DROPOUTS)
@every_cell
def test_gradients_equal_central_differences_with_dropout_masks_held_fixed(cell: Cell, dropout: Dropout) -> None:
    params, given = network(cell), chunk(cell)
    require_gradients(
        params,
        lambda: gradient(params, *given, cell=cell, dropout=dropout, rngs=np.random.default_rng(5).spawn(2), shards=2),
    )


@pytest.mark.parametrize("dropout", [NO_DROPOUT, DROPOUTS[-1]], ids=["plain", "dropout"])
@every_cell
def test_gradients_of_a_fixed_sample_equal_central_differences(cell: Cell, dropout: Dropout) -> None:
    """Words 4 and 6 are not in the sample; 5 was drawn, and stands for some."""
    params, (x, d, state) = network(cell), chunk(cell)
    sample = Sample(np.array([0, 1, 2, 3, 5]), np.array([0, 0, 0, 0, 0.7]))
    own = x % 3 if is_tied(cell.axes) else x
    require_gradients(
        params,
        lambda: gradient(
            params,
            own,
            d % 4,
            state,
            cell=cell,
            sample=sample,
            dropout=dropout,
            rngs=np.random.default_rng(5).spawn(2),
            shards=2,
        ),
    )


@every_cell
def test_one_word_and_one_column_are_a_chunk(cell: Cell) -> None:
    params, (x, d, state) = network(cell), chunk(cell)
    require_gradients(
        params, lambda: gradient(params, x[:1, :1], d[:1, :1], rows(state, slice(1)), cell=cell, shards=2)
    )


@every_cell
def test_gradient_stops_at_the_state_that_is_handed_in(cell: Cell) -> None:
    """Of the second half of a chunk, with the state after the first half held fixed."""
    params, (x, d, state) = network(cell), chunk(cell)
    carried = tuple(s.copy() for s in forward(cell, params, x[:2], state).last)
    require_gradients(params, lambda: gradient(params, x[2:], d[2:], carried, cell=cell))


@every_cell
def test_gradient_of_the_last_words_goes_back_through_all_states_of_a_chunk(cell: Cell) -> None:
    """The loss of the last two words, by weights that also made the states before."""
    params, (x, d, state) = network(cell), chunk(cell)

    def last() -> tuple[Trace, Gradients, Floats, float]:
        trace = forward(cell, params, x, state)
        out = cross_entropy(params["Wy"], params["by"], trace.states[0][-2:].reshape(-1, H), d[-2:].ravel())
        return trace, {"Wy": out.dWy, "by": out.dby}, out.ds, out.loss

    trace, of_output, of_states, _ = last()
    ds = np.zeros((T, B, H))
    ds[-2:] = of_states.reshape(2, B, H)
    own, read = backward(params, cell, Inputs(cell, params, x), trace, ds)
    if read:
        of_output["Wy"][read.rows] += read.values
    require_central_differences(params, lambda: last()[-1], own | of_output)


@every_cell
def test_one_long_chunk_equals_two_with_the_state_carried(cell: Cell) -> None:
    params, (x, _, state) = network(cell), chunk(cell)
    whole, first = forward(cell, params, x, state), forward(cell, params, x[:2], state)
    second = forward(cell, params, x[2:], first.last)
    for s, begun, ended in zip(whole.states, first.states, second.states, strict=True):
        np.testing.assert_allclose(np.concatenate((begun, ended[1:])), s, rtol=1e-12)


@every_cell
def test_batch_equals_its_columns_one_by_one(cell: Cell) -> None:
    params, (x, d, state) = network(cell), chunk(cell)
    together = gradient(params, x, d, state, cell=cell)
    alone = [gradient(params, x[:, [b]], d[:, [b]], rows(state, [b]), cell=cell) for b in range(B)]
    assert together.loss == pytest.approx(np.mean([one.loss for one in alone]), rel=1e-12)
    for n, s in enumerate(together.state):
        np.testing.assert_allclose(s, np.concatenate([one.state[n] for one in alone]), rtol=1e-12)
    for name in ("Ws", "bs", "Wy", "by"):
        mean = np.mean([one.gradients[name] for one in alone], axis=0)
        np.testing.assert_allclose(together.gradients[name], mean, rtol=1e-10, atol=1e-14)


@every_cell
def test_state_that_is_handed_in_is_not_changed(cell: Cell) -> None:
    params, given = network(cell), chunk(cell)
    kept, weights = tuple(s.copy() for s in given.state), copied(params)
    after = gradient(params, *given, cell=cell, dropout=DROPOUTS[-1], rngs=np.random.default_rng(5).spawn(1))
    np.testing.assert_equal(given.state, kept)
    np.testing.assert_equal(params, weights)
    assert not any(np.shares_memory(s, handed) for s, handed in zip(after.state, given.state, strict=True))


def large(cell: Cell, size: float) -> Weights:
    """A network in float32 whose weights are as large as that."""
    rng = np.random.default_rng(3)
    return {name: (size * rng.choice([-1, 1], w.shape)).astype(np.float32) for name, w in network(cell).items()}


@pytest.mark.parametrize("size", [1e-38, 1e-3, 30.0, 1e3, 1e8])
@pytest.mark.parametrize("cell", [Elman("tanh", 0.5), *GATED], ids=["elman", *GATED_NAMES])
def test_states_and_gradients_of_a_bounded_cell_are_finite_whatever_its_weights(cell: Cell, size: float) -> None:
    params, net = large(cell, size), Network(large(cell, size), cell)
    x = np.random.default_rng(4).integers(0, V, (200, 2))
    states = net.read(net.start(2), x)
    assert all(np.isfinite(s).all() for s in states)
    assert np.abs(states[0]).max() <= 1
    np.testing.assert_allclose(net.next(rows(states, -1)).sum(1), 1, rtol=1e-9)
    step = gradient(params, x, x, net.start(2), cell=cell)
    assert np.isfinite(step.loss)
    assert all(np.isfinite(values(g)).all() for g in step.gradients.values())


@pytest.mark.parametrize("size", [1e3, 9e29])
@every_cell
def test_states_of_extreme_weights_are_finite_or_raise_divergence_error(cell: Cell, size: float) -> None:
    net = Network(large(cell, size), cell)
    states = net.read(net.start(2), np.random.default_rng(4).integers(0, V, (200, 2)))
    for state in (rows(states, t) for t in (0, 1, 2, 200)):
        try:
            y = net.next(state)
        except DivergenceError:
            assert cell == RELU or size == 9e29
        else:
            np.testing.assert_allclose(y.sum(1), 1, rtol=1e-9)


@gated_cells
def test_gated_cell_begins_with_rotations_and_a_state_that_lasts(cell: Cell) -> None:
    params = initial(cell, V, 16, np.random.default_rng(0), np.float64)
    for gate, letter in enumerate(cell.gates):
        Ws = params["Ws"][:, gate]
        np.testing.assert_allclose(Ws @ Ws.T, np.eye(16), atol=1e-12)
        assert (params["bs"][gate] == (1 if letter in "zf" else 0)).all()


@every_cell
def test_first_predictions_are_nearly_the_frequencies_of_the_words(cell: Cell) -> None:
    counts = [0, 3, 50, 2, 9, 1, 30]
    params = initial(cell, V, H, np.random.default_rng(0), np.float64, counts)
    e = np.exp(params["by"])
    np.testing.assert_allclose(e / e.sum(), (np.array(counts) + 1) / (sum(counts) + V), rtol=1e-12)
    net = Network(params, cell)
    np.testing.assert_allclose(net.next(net.start())[0], e / e.sum(), rtol=0.3)


def test_settings_name_the_cell() -> None:
    assert cells.of(fitted({"activation": "relu", "leaky": 0.2})) == Elman("relu", 0.2)
    assert cells.of(fitted({"cell": "lstm", "embedding": "tied"})) == LSTM(tied=True)
    assert cells.of(fitted({"cell": "gru", "embedding": "own"})) == GRU()
    assert all(cells.named(name, "own") for name in CELL["choices"] if name != "elman")


@dataclass(frozen=True)
class LeaningLSTM(LSTM):
    """Takes the input gate for one percent more important than it is."""

    def backward(self, params: Weights, trace: Trace, ds: Floats, da: Floats) -> None:
        super().backward(params, trace, ds, da)
        da[..., 1, :] *= 1.01


@dataclass(frozen=True)
class ForgetfulLSTM(LSTM):
    """Never learns what to forget."""

    def backward(self, params: Weights, trace: Trace, ds: Floats, da: Floats) -> None:
        super().backward(params, trace._replace(states=(trace.states[0], trace.states[1] * 0)), ds, da)


@dataclass(frozen=True)
class OpenGRU(GRU):
    """Forgets that a gate stands between the state and the candidate."""

    def recurrent(self, trace: Trace, da: Floats) -> Floats:  # noqa: ARG002
        return da


@dataclass(frozen=True)
class RigidElman(Elman):
    """Never learns how much a unit keeps."""

    def others(self, params: Weights, trace: Trace, ds: Floats) -> Weights:  # noqa: ARG002
        return {"bk": np.zeros_like(params["bk"])}


@pytest.mark.parametrize(
    "twin", [LeaningLSTM(), ForgetfulLSTM(), OpenGRU(), RigidElman(leaky=0.5)], ids=lambda twin: type(twin).__name__
)
def test_central_differences_catch_a_cell_whose_way_back_is_slightly_wrong(twin: Cell) -> None:
    params, given = network(twin), chunk(twin)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        require_gradients(params, lambda: gradient(params, *given, cell=twin))
