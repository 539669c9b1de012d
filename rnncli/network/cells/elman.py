"""The simple recurrent network: u_t = Φ(x_t Wx + s_{t-1} Ws + bs), s_t = (1-k) u_t + k s_{t-1}.

u is the candidate that a state takes up, k = 1 / (1 + e^-bk) the keep rate: 1 minus the leak rate of a leaky integrator
(Jaeger 2001). With k = 0 this is the network of Elman (1990), trained as Werbos (1990) has it. A unit whose k is near
one changes slowly and remembers long (Mikolov et al. 2015 put such units beside the others; here every unit learns its
own k).
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..parameters import Axes, Floats, Weights, rotation, small
from ..scratch import Scratch
from .cell import Trace

MAX_INITIAL_KEEP_RATE = 0.95  # of leaky units
MIN_INITIAL_KEEP_RATE = 1e-4  # of units that may learn to keep
NO_KEEP = -30.0  # bk of a unit without memory: sigmoid(-30) ≈ 1e-13, and its gradient vanishes too
MIN_KEEP_RATE = 1e-9  # of a network that counts as leaky


class Activation(NamedTuple):
    """Φ, applied in place, and its slope Φ'(a) computed from u = Φ(a)."""

    phi: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


ACTIVATIONS = {
    "tanh": Activation(lambda a: np.tanh(a, out=a), lambda u: 1 - u * u),
    "relu": Activation(lambda a: np.maximum(a, 0, out=a), lambda u: (u > 0).astype(u.dtype)),
}


@dataclass(frozen=True)
class Elman:
    """The cell.

    activation  Φ
    leaky       share of the units that are leaky at first: their keep rates k rise from 0 to MAX_INITIAL_KEEP_RATE so
                that the memories 1/(1-k) are spaced evenly on a logarithmic scale

    Ws is a rotation at first: what the state carries neither fades nor explodes before anything is learned.
    """

    activation: str = "tanh"
    leaky: float = 0.0

    axes: ClassVar[Axes] = {"Wx": "VH", "Ws": "HH", "bs": "H", "bk": "H", "Wy": "VH", "by": "V"}
    states: ClassVar[str] = "s"
    gates: ClassVar[str] = "u"

    def initial(self, V: int, H: int, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
        Ws, leaky = rotation(rng, H), round(self.leaky * H)
        k = np.zeros(H)
        k[:leaky] = 1 - np.geomspace(1, 1 - MAX_INITIAL_KEEP_RATE, leaky)
        bk = np.log((k + MIN_INITIAL_KEEP_RATE) / (1 - k)) if self.leaky else np.full(H, NO_KEEP)
        Wx = small(rng, (V, H), dtype)
        return {"Wx": Wx, "Ws": np.ascontiguousarray(Ws, dtype), "bs": np.zeros(H, dtype), "bk": bk.astype(dtype)}

    def factors(self, dtype: DTypeLike) -> None:  # noqa: ARG002
        return None

    def room(self, scratch: Scratch, shape: tuple[int, int, int], dtype: DTypeLike) -> Trace:
        T, B, H = shape
        s, u = scratch.array("s", (T + 1, B, H), dtype), scratch.array("u", (T, B, 1, H), dtype)
        return Trace((s,), u, s[1:, :, :0])

    def forward(self, ready: Weights, trace: Trace) -> None:
        Ws, k, phi = ready["Ws"], keep_rate(ready), ACTIVATIONS[self.activation].phi
        (s,), u = trace.states, trace.gates[:, :, 0]
        carried = np.empty_like(s[0])
        for t, here in enumerate(u):
            np.matmul(s[t], Ws, out=carried)
            here += carried
            phi(here)
            if k is None:
                s[t + 1] = here
            else:  # u + k (s_{t-1} - u)
                np.subtract(s[t], here, out=carried)
                carried *= k
                np.add(here, carried, out=s[t + 1])

    def backward(self, params: Weights, trace: Trace, ds: Floats, da: Floats) -> None:
        """ds_t becomes ds_t + k ds_{t+1} + da_{t+1} Wsᵀ, the way of every later output through the states between, and
        da_t is ds_t (1-k) Φ'(a_t).
        """
        k, Ws_T, carried = keep_rate(params), np.ascontiguousarray(params["Ws"].T), np.empty_like(ds[0])
        slope, da = ACTIVATIONS[self.activation].slope(trace.gates[:, :, 0]), da[:, :, 0]
        if k is not None:
            slope *= sigmoid(-params["bk"])  # 1 - k, exact where k rounds to 1
        np.multiply(ds[-1], slope[-1], out=da[-1])
        for t in range(len(ds) - 2, -1, -1):
            np.matmul(da[t + 1], Ws_T, out=carried)
            ds[t] += carried
            if k is not None:
                np.multiply(k, ds[t + 1], out=carried)
                ds[t] += carried
            np.multiply(ds[t], slope[t], out=da[t])

    def recurrent(self, trace: Trace, da: Floats) -> Floats:  # noqa: ARG002
        return da

    def others(self, params: Weights, trace: Trace, ds: Floats) -> Weights:
        k, (s,), dbk = keep_rate(params), trace.states, np.zeros_like(params["bk"])
        if k is not None:
            np.einsum("tbh,tbh->h", ds, s[:-1] - trace.gates[:, :, 0], out=dbk)
            dbk *= k * sigmoid(-params["bk"])
        return {"bk": dbk}


def keep_rate(params: Weights) -> Floats | None:
    """Returns the share k (H,) of its last state that each unit keeps; None where no unit keeps any."""
    k = sigmoid(params["bk"])
    return k if k.max(initial=0) > MIN_KEEP_RATE else None


def sigmoid(a: Floats) -> Floats:
    """Returns 1 / (1 + e^-a)."""
    with np.errstate(over="ignore"):  # e^-a may be infinite: the sigmoid is zero
        s: Floats = 1 / (1 + np.exp(-a))
    return s
