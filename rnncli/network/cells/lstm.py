"""Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000).

    o, i, f = sigmoid(a_t)    g = tanh(a_t)    a_t = x_t Wx + h_{t-1} Ws + bs, for each gate its part
    c_t = f c_{t-1} + i g     h_t = o tanh(c_t)

The memory c is changed only by products and sums of its own units, so that what it holds, and its gradient, lasts as
long as the forget gate f is near one. h is what the output and the next step see.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike

from ..parameters import Axes, Floats, Weights
from ..scratch import Scratch
from .cell import Trace
from .gating import as_sigmoids, axes, drawn, halves

INITIAL_FORGET_BIAS = 1.0  # that a memory lasts from the first (Gers et al. 2000, Jozefowicz et al. 2015)
O, I, F, G = range(4)  # noqa: E741


@dataclass(frozen=True)
class LSTM:
    """The cell. The sigmoids are the first gates, those that change the memory the last: each group is one array."""

    tied: bool = False

    states: ClassVar[str] = "hc"
    gates: ClassVar[str] = "oifg"

    @property
    def axes(self) -> Axes:
        return axes(len(self.gates), self.tied)

    def initial(self, V: int, H: int, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
        own = drawn(len(self.gates), self.tied, V, H, rng, dtype)
        own["bs"][F] = INITIAL_FORGET_BIAS
        return own

    def factors(self, dtype: DTypeLike) -> Floats:
        return halves(4, 3, dtype)

    def room(self, scratch: Scratch, shape: tuple[int, int, int], dtype: DTypeLike) -> Trace:
        T, B, H = shape
        h, c = (scratch.array(name, (T + 1, B, H), dtype) for name in self.states)
        gates = scratch.array("gates", (T, B, 4, H), dtype)
        return Trace((h, c), gates, scratch.array("tanh c", (T, B, H), dtype))

    def forward(self, ready: Weights, trace: Trace) -> None:
        (h, c), gates, tanh_c = trace
        B, H = h[0].shape
        Ws, carried, new = ready["Ws"].reshape(H, -1), np.empty((B, 4 * H), h.dtype), np.empty_like(h[0])
        for t, here in enumerate(gates):
            np.matmul(h[t], Ws, out=carried)
            here += carried.reshape(here.shape)
            np.tanh(here, out=here)
            as_sigmoids(here[:, :G])
            np.multiply(here[:, F], c[t], out=c[t + 1])
            np.multiply(here[:, I], here[:, G], out=new)
            c[t + 1] += new
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(here[:, O], tanh_c[t], out=h[t + 1])

    def backward(self, params: Weights, trace: Trace, ds: Floats, da: Floats) -> None:
        """dh_t is ds_t + da_{t+1} Wsᵀ, dc_t = dh_t o (1 - tanh² c_t) + dc_{t+1} f_{t+1}, and da_t these two times what
        does not depend on them, which is computed for all steps at once.
        """
        (_, c), gates, tanh_c = trace
        B, H = ds[0].shape
        Ws_T = np.ascontiguousarray(params["Ws"].reshape(H, -1).T)
        o, i, f, g = (gates[:, :, n] for n in range(4))
        np.subtract(1, gates[:, :, :G], out=da[:, :, :G])  # the slope of a sigmoid s is s (1 - s)
        da[:, :, :G] *= gates[:, :, :G]
        da[:, :, O] *= tanh_c
        da[:, :, I] *= g
        da[:, :, F] *= c[:-1]
        np.multiply(g, g, out=da[:, :, G])
        np.subtract(1, da[:, :, G], out=da[:, :, G])
        da[:, :, G] *= i
        through = tanh_c * tanh_c  # to dh_t / dc_t
        np.subtract(1, through, out=through)
        through *= o
        dc, carried = np.zeros_like(ds[0]), np.empty_like(ds[0])
        for t in range(len(ds) - 1, -1, -1):
            if t + 1 < len(ds):
                np.matmul(da[t + 1].reshape(B, -1), Ws_T, out=carried)
                ds[t] += carried
                dc *= f[t + 1]
            through[t] *= ds[t]
            dc += through[t]
            da[t, :, O] *= ds[t]
            da[t, :, I:] *= dc[:, None]

    def recurrent(self, trace: Trace, da: Floats) -> Floats:  # noqa: ARG002
        return da

    def others(self, params: Weights, trace: Trace, ds: Floats) -> Weights:  # noqa: ARG002
        return {}
