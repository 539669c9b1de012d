"""u_t = Φ(x_t Wx + s_{t-1} Ws + bs), s_t = (1-k) u_t + k s_{t-1}: forward, and backward through time.

u is the candidate that a state takes up, k the keep rate: 1 minus the leak rate of a leaky integrator (Jaeger 2001).
With k = 0 this is the network of Elman (1990), trained as Werbos (1990) has it. A unit whose k is near one changes
slowly and remembers long (Mikolov et al. 2015 put such units beside the others; here every unit learns its own k).
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .parameters import Floats, Ints, Rows, Weights, blocks, sum_rows
from .threads import Run, run_all

GRADIENT_UNITS = 256  # rows of dWs that are summed at a time
MIN_KEEP_RATE = 1e-9  # of a network that counts as leaky


class Activation(NamedTuple):
    """Φ, applied in place, and its slope Φ'(a) computed from u = Φ(a)."""

    phi: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


ACTIVATIONS = {
    "tanh": Activation(lambda a: np.tanh(a, out=a), lambda u: 1 - u * u),
    "relu": Activation(lambda a: np.maximum(a, 0, out=a), lambda u: (u > 0).astype(u.dtype)),
}
TANH = ACTIVATIONS["tanh"]


def forward(
    params: Weights,
    x: Ints,
    s0: Floats,
    activation: Activation = TANH,
    mask: Floats | None = None,
    out: Floats | None = None,
    candidates: Floats | None = None,
) -> Floats:
    """Reads words from a state.

    x           (T, B)     ids read
    s0          (B, H)     state handed in
    mask        (T, B, H)  dropout on the words' rows, if any
    candidates  (T, B, H)  gets u, if given
    Returns the states s (T+1, B, H), in out if it is given; s[0] is s0.
    """
    (T, B), H = x.shape, params.Ws.shape[0]
    s = np.empty((T + 1, B, H), params.Ws.dtype) if out is None else out
    s[0] = s0
    s[1:] = params.Wx[x]
    if mask is not None:
        s[1:] *= mask
    s[1:] += params.bs
    k, carried = keep_rate(params), np.empty_like(s0)
    for t, (before, here) in enumerate(pairwise(s)):
        np.matmul(before, params.Ws, out=carried)
        here += carried
        activation.phi(here)
        if candidates is not None:
            candidates[t] = here
        if k is not None:  # u + k (s_{t-1} - u)
            np.subtract(before, here, out=carried)
            carried *= k
            here += carried
    return s


def parts(Ws: Floats) -> list[slice]:
    """Returns the parts of the state that do not reach each other: the blocks of a block-diagonal Ws, in order; one
    without units for a state without units."""
    if not Ws.size:
        return [slice(0)]
    meets = (Ws != 0) | (Ws.T != 0)
    np.fill_diagonal(meets, True)
    H = len(Ws)
    reach = np.maximum.accumulate(H - meets[:, ::-1].argmax(1))
    ends = np.flatnonzero(reach == np.arange(1, H + 1)) + 1
    return [slice(start, end) for start, end in pairwise([0, *ends.tolist()])]


def keep_rate(params: Weights) -> Floats | None:
    """Returns the share k (H,) of its last state that each unit keeps; None where no unit keeps any."""
    k = _sigmoid(params.bk)
    return k if k.max(initial=0) > MIN_KEEP_RATE else None


def _sigmoid(a: Floats) -> Floats:
    with np.errstate(over="ignore"):  # e^-a may be infinite: the sigmoid is zero
        sigmoid: Floats = 1 / (1 + np.exp(-a))
    return sigmoid


def preactivation_gradients(
    params: Weights, u: Floats, ds: Floats, activation: Activation = TANH, out: Floats | None = None
) -> Floats:
    """Backpropagates through time to the pre-activations a_t = x_t Wx + s_{t-1} Ws + bs.

    u   (T, B, H)  candidates, from forward
    ds  (T, B, H)  gradients of the states by their own outputs; changed in place to those by all later outputs, too
    Returns da (T, B, H), in out if it is given: ds_t becomes ds_t + k ds_{t+1} + da_{t+1} Wsᵀ, the way of every later
    output through the states between, and da_t is ds_t (1-k) Φ'(a_t).
    """
    k, Ws_T, carried = keep_rate(params), np.ascontiguousarray(params.Ws.T), np.empty_like(ds[0])
    slope = activation.slope(u)
    if k is not None:
        slope *= _sigmoid(-params.bk)  # 1 - k, exact where k rounds to 1
    da = np.empty_like(ds) if out is None else out
    np.multiply(ds[-1], slope[-1], out=da[-1])
    for t in range(len(ds) - 2, -1, -1):
        np.matmul(da[t + 1], Ws_T, out=carried)
        ds[t] += carried
        if k is not None:
            np.multiply(k, ds[t + 1], out=carried)
            ds[t] += carried
        np.multiply(ds[t], slope[t], out=da[t])
    return da


def backward(
    params: Weights,
    x: Ints,
    s: Floats,
    u: Floats,
    ds: Floats,
    activation: Activation = TANH,
    mask: Floats | None = None,
    cut: Sequence[slice] = (slice(None),),
    run: Run = map,
) -> tuple[Rows, Floats, Floats, Floats]:
    """Backpropagates through time to Wx, Ws, bs and bk, each gradient summed over all steps.

    x     (T, B)       ids read
    s     (T+1, B, H)  states, from forward
    u     (T, B, H)    candidates, from forward; s[1:] where no unit is leaky
    ds    (T, B, H)    gradients of the states by their own outputs; overwritten
    mask  (T, B, H)    the mask that forward had
    cut                slices of the columns, the shards, that run may work on side by side
    Returns dWx (its touched rows), dWs (H, H), dbs (H,), dbk (H,).
    """
    H, k, da = s.shape[2], keep_rate(params), np.empty_like(ds)
    through = [partial(preactivation_gradients, params, u[:, c], ds[:, c], activation, da[:, c]) for c in cut]
    run_all(run, through)
    before, da = s[:-1].reshape(x.size, H), da.reshape(x.size, H)
    dWs, dbk, dWx = np.empty_like(params.Ws), np.zeros_like(params.bk), []

    def sum_states(units: slice) -> None:
        np.matmul(before[:, units].T, da, out=dWs[units])

    def sum_words() -> None:
        dWx.append(sum_rows(x.ravel(), da if mask is None else da * mask.reshape(x.size, H)))
        if k is not None:
            np.einsum("tbh,tbh->h", ds, s[:-1] - u, out=dbk)
            dbk[:] *= k * _sigmoid(-params.bk)

    run_all(run, [sum_words, *(partial(sum_states, units) for units in blocks(H, GRADIENT_UNITS))])
    return dWx[0], dWs, da.sum(0), dbk
