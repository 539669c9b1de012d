"""Compares BPTT with the definition of a derivative, and with the network unfolded in time by hand."""

import numpy as np
import pytest
from derivatives import Array, central_differences, dense
from numpy.typing import NDArray

from rnncli.network.cells import Elman, Trace, initial
from rnncli.network.cells.elman import ACTIVATIONS, keep_rate
from rnncli.network.inputs import Dropout, Inputs
from rnncli.network.network import forward
from rnncli.network.parameters import Gradients, Weights, values
from rnncli.network.softmax import cross_entropy, probabilities
from rnncli.network.step import backward, gradient

V, H, T, B = 7, 4, 5, 3
NAMES, PLAIN = [*Elman.axes], Elman()


def network(seed: int = 0, leaky: float = 0.0) -> Weights:
    """A small network in float64 with nothing at zero, but for the leaks if none is asked for."""
    rng = np.random.default_rng(seed)
    params = initial(Elman(leaky=leaky), V, H, rng, np.float64)
    return {name: w + 0.3 * rng.standard_normal(w.shape) for name, w in params.items()}


def chunk(seed: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Words with repeats, next words, and a state handed in that is not zero."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, V, (T, B))
    x[0, 0] = x[1, 0] = x[1, 1] = 3
    return x, rng.integers(0, V, (T, B)), rng.standard_normal((B, H)) / 2


def read(params: Weights, x: NDArray[np.int64], s0: Array) -> Array:
    """The states (T+1, B, H) of reading words from a state."""
    return forward(PLAIN, params, x, (s0,)).states[0]


def through_time(params: Weights, trace: Trace, ds: Array) -> Array:
    """The gradients (T, B, H) of the pre-activations."""
    da = np.empty_like(trace.gates)
    PLAIN.backward(params, trace, ds, da)
    return da[:, :, 0]


def by_loop(params: Weights, x: NDArray[np.int64], trace: Trace, ds: Array) -> Gradients:
    """The gradients of the cell's parameters, by the loop, for one column of words."""
    gradients, _ = backward(params, PLAIN, Inputs(PLAIN, params, x[:, None]), trace, ds)
    return gradients


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("leaky", [0.0, 0.75])
def test_gradient_equals_central_difference(name: str, activation: str, shards: int, leaky: float) -> None:
    params, (x, d, s0) = network(leaky=leaky), chunk()

    def loss() -> float:
        return gradient(params, x, d, (s0,), cell=Elman(activation), shards=shards).loss

    analytic = gradient(params, x, d, (s0,), cell=Elman(activation), shards=shards).gradients
    w = params[name]
    np.testing.assert_allclose(dense(analytic[name], w), central_differences(loss, w), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "dropout",
    [Dropout(state=0.5), Dropout(units=0.3), Dropout(words=0.3), Dropout(recurrent=0.4), Dropout(0.5, 0.3, 0.3, 0.4)],
)
def test_gradient_equals_central_difference_with_dropout_masks_held_fixed(name: str, dropout: Dropout) -> None:
    params, (x, d, s0) = network(leaky=0.5), chunk()

    def result() -> tuple[float, Gradients]:
        rngs = np.random.default_rng(5).spawn(2)
        out = gradient(params, x, d, (s0,), cell=PLAIN, dropout=dropout, rngs=rngs, shards=2)
        return out.loss, out.gradients

    w = params[name]
    np.testing.assert_allclose(
        dense(result()[1][name], w),
        central_differences(lambda: result()[0], w),
        rtol=1e-6,
        atol=1e-9,
    )


def test_gradient_of_the_initial_state_equals_central_difference() -> None:
    params, (x, d, s0) = network(), chunk()
    trace = forward(PLAIN, params, x, (s0,))
    out = cross_entropy(params["Wy"], params["by"], trace.states[0][1:].reshape(-1, H), d.ravel())
    da = through_time(params, trace, out.ds.reshape(T, B, H))
    slopes = central_differences(lambda: gradient(params, x, d, (s0,), cell=PLAIN).loss, s0)
    np.testing.assert_allclose(da[0] @ params["Ws"].T, slopes, rtol=1e-6, atol=1e-9)


# The network unfolded in time, one column, the loss of step n alone: E_n = -log y_n[d_n].
#
#   dE_n/dWy is one step of the chain rule: only s_n stands between Wy and y_n.
#   dE_n/dWs and dE_n/dWx go through s_n, s_{n-1}, ... s_1, and each of these contributes.


def unfolded(params: Weights, x: NDArray[np.int64], d: int, s0: Array) -> dict[str, list[Array]]:
    """dE_n/dWy, and dE_n/dWs and dE_n/dWx as the list of their contributions by states n, n-1, ..., 1."""
    n = len(x)
    s = [s0]
    for word in x:
        s.append(np.tanh(params["Wx"][word] + s[-1] @ params["Ws"] + params["bs"]))
    scores = params["Wy"] @ s[n] + params["by"]
    y = np.exp(scores) / np.exp(scores).sum()
    miss = y - np.eye(V)[d]
    contributions: dict[str, list[Array]] = {"Wy": [np.outer(miss, s[n])], "Ws": [], "Wx": []}
    ds = miss @ params["Wy"]  # dE_n/ds_n
    through = np.eye(H)  # ds_n/ds_k, from k = n backwards
    for k in range(n, 0, -1):
        slope = np.diag(1 - s[k] ** 2)
        da = slope @ through @ ds  # what reaches the pre-activation of state k
        contributions["Ws"].append(np.outer(s[k - 1], da))
        contributions["Wx"].append(np.outer(np.eye(V)[x[k - 1]], da))
        through = params["Ws"] @ slope @ through
    return contributions


def last_loss(params: Weights, x: NDArray[np.int64], d: int, s0: Array) -> tuple[Trace, Array]:
    """Returns the trace of one column, by the loop, and the states' gradients by the loss of the last step alone."""
    trace = forward(PLAIN, params, x[:, None], (s0[None],))
    ds = np.zeros((len(x), 1, H))
    ds[-1] = cross_entropy(params["Wy"], params["by"], trace.last[0], np.array([d])).ds
    return trace, ds


def words(n: int, seed: int) -> tuple[NDArray[np.int64], int, Array]:
    """n words to read, the one to predict, and a state handed in that is not zero."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, V, n), 2, rng.standard_normal(H) / 2


@pytest.mark.parametrize("n", [3, 1, 2, 6, 12])
def test_loop_equals_the_unfolded_network_contribution_by_contribution(n: int) -> None:
    params, (x, d, s0) = network(), words(n, seed=n)
    by_hand = unfolded(params, x, d, s0)
    trace, ds = last_loss(params, x, d, s0)
    s, da = trace.states[0][:, 0], through_time(params, trace, ds)[:, 0]
    for i, k in enumerate(range(n, 0, -1)):  # state 3, state 2, state 1
        np.testing.assert_allclose(np.outer(s[k - 1], da[k - 1]), by_hand["Ws"][i], rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(np.outer(np.eye(V)[x[k - 1]], da[k - 1]), by_hand["Wx"][i], rtol=1e-10, atol=1e-14)
    dWy = cross_entropy(params["Wy"], params["by"], s[n:], np.array([d])).dWy
    np.testing.assert_allclose(dense(dWy, params["Wy"]), by_hand["Wy"][0], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("n", [3, 1, 2, 6, 12])
def test_gradient_is_the_sum_of_the_contributions_of_every_earlier_state(n: int) -> None:
    params, (x, d, s0) = network(), words(n, seed=n)
    by_hand = unfolded(params, x, d, s0)
    gradients = by_loop(params, x, *last_loss(params, x, d, s0))
    np.testing.assert_allclose(gradients["Ws"], sum(by_hand["Ws"]), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(dense(gradients["Wx"], params["Wx"]), sum(by_hand["Wx"]), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_truncation_after_n_steps_is_the_sum_of_the_last_n_contributions(n: int) -> None:
    """A chunk of n steps with the state carried in: the gradient stops at its first step."""
    params, (x, d, s0) = network(), words(9, seed=n)
    by_hand = unfolded(params, x, d, s0)
    carried = read(params, x[: 9 - n, None], s0[None])[-1, 0]
    last = x[9 - n :]
    gradients = by_loop(params, last, *last_loss(params, last, d, carried))
    np.testing.assert_allclose(gradients["Ws"], sum(by_hand["Ws"][:n]), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(dense(gradients["Wx"], params["Wx"]), sum(by_hand["Wx"][:n]), rtol=1e-10, atol=1e-14)


def test_one_long_chunk_equals_two_with_the_state_carried() -> None:
    params, (x, _, s0) = network(), chunk()
    whole = read(params, x, s0)
    first = read(params, x[:2], s0)
    second = read(params, x[2:], first[-1])
    np.testing.assert_allclose(np.concatenate((first, second[1:])), whole, rtol=1e-13)


def test_forward_is_the_formula() -> None:
    params, (x, _, s0) = network(), chunk()
    s = read(params, x, s0)
    by_hand = s0
    for t in range(T):
        one_hot = np.eye(V)[x[t]]
        by_hand = np.tanh(one_hot @ params["Wx"] + by_hand @ params["Ws"] + params["bs"])
        np.testing.assert_allclose(s[t + 1], by_hand, rtol=1e-13)


def test_leaky_unit_mixes_candidate_and_last_state_by_its_keep_rate() -> None:
    params, (x, _, s0) = network(leaky=0.75), chunk()
    k = 1 / (1 + np.exp(-params["bk"]))
    trace = forward(PLAIN, params, x, (s0,))
    s, candidates = trace.states[0], trace.gates[:, :, 0]
    for t in range(T):
        u = np.tanh(params["Wx"][x[t]] + s[t] @ params["Ws"] + params["bs"])
        np.testing.assert_allclose(candidates[t], u, rtol=1e-12)
        np.testing.assert_allclose(s[t + 1], (1 - k) * u + k * s[t], rtol=1e-12)


def test_leaky_units_start_with_memories_spaced_evenly_and_the_others_with_none() -> None:
    k = 1 / (1 + np.exp(-initial(Elman(leaky=0.5), V, 8, np.random.default_rng(0), np.float64)["bk"]))
    np.testing.assert_allclose(k[4:], 1e-4, rtol=1e-3)
    np.testing.assert_allclose(k[3], 0.95, rtol=1e-3)
    memory = 1 / (1 - k[:4])
    np.testing.assert_allclose(memory[1:] / memory[:-1], memory[1] / memory[0], rtol=1e-2)
    assert keep_rate(initial(Elman(), V, 8, np.random.default_rng(0))) is None


def test_extreme_bk_gives_keep_rates_of_0_and_1_and_finite_gradients() -> None:
    params, (x, d, s0) = {name: w.astype(np.float32) for name, w in network().items()}, chunk()
    params = params | {"bk": np.array([-1e30, -100, 100, 1e30], np.float32)}
    k = keep_rate(params)
    assert k is not None
    np.testing.assert_allclose(k, [0, 0, 1, 1], atol=1e-30)
    gradients = gradient(params, x, d, (s0.astype(np.float32),), cell=PLAIN).gradients
    assert all(np.isfinite(values(g)).all() for g in gradients.values())


BK = [-30.0, 0.0, 3.0, 8.0, 12.0, 16.0, 17.0, 20.0, 40.0]  # k from 1e-13 to what rounds to 1, in float64, too, at 40


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bk", BK)
def test_gradient_equals_central_difference_for_any_keep_rate(name: str, bk: float) -> None:
    params, (x, d, s0) = network(), chunk()
    params = params | {"bk": np.array([bk, -1.0, bk, 1.0])}
    analytic = gradient(params, x, d, (s0,), cell=PLAIN).gradients
    w = params[name]
    slopes = central_differences(lambda: gradient(params, x, d, (s0,), cell=PLAIN).loss, w, h=1e-4)
    np.testing.assert_allclose(dense(analytic[name], w), slopes, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("bk", [8.0, 12.0, 16.0, 17.0, 20.0])
def test_tiny_gradient_of_bk_equals_central_difference(bk: float) -> None:
    """The gradient falls as k (1 - k), to 2e-9 at 20: compared with its own size."""
    params, (x, d, s0) = network(), chunk()
    params["bk"][:] = bk
    slopes = central_differences(lambda: gradient(params, x, d, (s0,), cell=PLAIN).loss, params["bk"], h=1e-2)
    analytic = gradient(params, x, d, (s0,), cell=PLAIN).gradients["bk"]
    np.testing.assert_allclose(analytic, slopes, rtol=1e-3, atol=1e-3 * max(abs(slopes)))


@pytest.mark.parametrize("bk", BK)
def test_float32_gradient_keeps_its_digits_for_any_keep_rate(bk: float) -> None:
    """The candidates are kept, not divided back out of the states, which would lose a digit for each that 1 - k has."""
    params, (x, d, s0) = network(), chunk()
    params = params | {"bk": np.full(H, bk)}
    exact = gradient(params, x, d, (s0,), cell=PLAIN).gradients
    single = {name: w.astype(np.float32) for name, w in params.items()}
    rounded = gradient(single, x, d, (s0.astype(np.float32),), cell=PLAIN).gradients
    for name in NAMES:
        of_float64, of_float32 = (dense(g[name], params[name]) for g in (exact, rounded))
        assert np.isfinite(of_float32).all()
        np.testing.assert_allclose(of_float32, of_float64, rtol=1e-3, atol=1e-4 * np.abs(of_float64).max())


def test_zero_weights_give_loss_log_v() -> None:
    params = {name: np.zeros_like(w) for name, w in network().items()}
    x, d, _ = chunk()
    assert gradient(params, x, d, (np.zeros((B, H)),), cell=PLAIN).loss == pytest.approx(np.log(V), abs=1e-12)


def test_loss_is_the_mean_surprisal_by_the_probabilities() -> None:
    params, (x, d, s0) = network(), chunk()
    y = probabilities(params["Wy"], params["by"], read(params, x, s0)[1:].reshape(-1, H))
    loss = -np.log(y[np.arange(T * B), d.ravel()]).mean()
    assert gradient(params, x, d, (s0,), cell=PLAIN).loss == pytest.approx(loss, rel=1e-12)


def test_slopes_of_relu_and_tanh_are_their_formulas() -> None:
    relu = ACTIVATIONS["relu"]
    s = relu.phi(np.array([-2.0, 0.0, 3.0]))
    assert s.tolist() == [0, 0, 3]
    assert relu.slope(s).tolist() == [0, 0, 1]
    assert ACTIVATIONS["tanh"].slope(np.array([0.0, 0.5])).tolist() == [1, 0.75]
