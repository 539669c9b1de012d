"""s_t = Φ(x_t Wx + s_{t-1} Ws + bs): forward, and backward through time (Elman 1990; Werbos 1990)."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .parameters import Floats, Ints, Rows, Weights, blocks, sum_rows
from .threads import Run, call

UNITS = 256  # of Ws whose gradients are summed at a time


class Activation(NamedTuple):
    """Φ in place, and Φ' told from the state s = Φ(a) that it led to."""

    phi: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


ACTIVATIONS = {
    "tanh": Activation(lambda a: np.tanh(a, out=a), lambda s: 1 - s * s),
    "relu": Activation(lambda a: np.maximum(a, 0, out=a), lambda s: (s > 0).astype(s.dtype)),
}
TANH = ACTIVATIONS["tanh"]


def forward(
    params: Weights,
    x: Ints,
    s0: Floats,
    activation: Activation = TANH,
    mask: Floats | None = None,
    out: Floats | None = None,
) -> Floats:
    """The states that reading x leaves.

    x     (T, B)     ids read
    s0    (B, H)     state handed in
    mask  (T, B, H)  dropout on the words' rows, if any
    Returns s (T+1, B, H), in out if it is given; s[0] is s0.
    """
    (T, B), H = x.shape, params.Ws.shape[0]
    s = np.empty((T + 1, B, H), params.Ws.dtype) if out is None else out
    s[0] = s0
    s[1:] = params.Wx[x]
    if mask is not None:
        s[1:] *= mask
    s[1:] += params.bs
    carried = np.empty_like(s0)
    for before, here in pairwise(s):
        np.matmul(before, params.Ws, out=carried)
        here += carried
        activation.phi(here)
    return s


def errors(Ws: Floats, s: Floats, ds: Floats, activation: Activation = TANH) -> Floats:
    """Backpropagation through time: what the loss asks of each pre-activation a_t = x_t Wx + s_{t-1} Ws + bs.

    s   (T+1, B, H)  states, from forward
    ds  (T, B, H)    what each output asks of its own state; used up
    Returns da (T, B, H) = (ds_t + da_{t+1} Wsᵀ) Φ'(a_t): every later output has spoken through the states between.
    """
    Ws_T, slope, carried = np.ascontiguousarray(Ws.T), activation.slope(s[1:]), np.empty_like(ds[0])
    ds[-1] *= slope[-1]
    for t in range(len(ds) - 2, -1, -1):
        np.matmul(ds[t + 1], Ws_T, out=carried)
        carried += ds[t]
        np.multiply(carried, slope[t], out=ds[t])
    return ds


def backward(
    params: Weights,
    x: Ints,
    s: Floats,
    ds: Floats,
    activation: Activation = TANH,
    mask: Floats | None = None,
    cut: Sequence[slice] = (slice(None),),
    run: Run = map,
) -> tuple[Rows, Floats, Floats]:
    """The gradients of Wx, Ws and bs: sums over all steps of what `errors` gives, each with what it met.

    x     (T, B)       ids read
    s     (T+1, B, H)  states, from forward
    ds    (T, B, H)    what each output asks of its state; used up
    mask  (T, B, H)    the one that forward had
    cut                the columns that go back through time together
    Returns dWx (its touched rows), dWs (H, H), dbs (H,).
    """
    H = s.shape[2]
    for _ in run(lambda columns: errors(params.Ws, s[:, columns], ds[:, columns], activation), cut):
        pass
    before, da = s[:-1].reshape(-1, H), ds.reshape(-1, H)
    dWs, dWx = np.empty_like(params.Ws), []

    def sum_states(units: slice) -> None:
        np.matmul(before[:, units].T, da, out=dWs[units])

    def sum_words() -> None:
        dWx.append(sum_rows(x.ravel(), da if mask is None else da * mask.reshape(-1, H)))

    call(run, [sum_words, *(partial(sum_states, units) for units in blocks(H, UNITS))])
    return dWx[0], dWs, da.sum(0)
