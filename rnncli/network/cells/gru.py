"""The gated recurrent unit (Cho et al. 2014), its reset gate after the product, as in most libraries.

    z, r = sigmoid(x_t Wx + h_{t-1} Ws + bs), for each gate its part
    n = tanh(x_t Wx + bs + r (h_{t-1} Ws)), of the candidate's parts
    h_t = (1 - z) n + z h_{t-1}

z says which share of its last state a unit keeps, as the keep rate of a leaky unit does, but anew at each word; r says
which share of the last state the candidate sees.
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

INITIAL_UPDATE_BIAS = 1.0  # that a state lasts from the first
Z, R, N = range(3)


@dataclass(frozen=True)
class GRU:
    """The cell."""

    tied: bool = False

    states: ClassVar[str] = "h"
    gates: ClassVar[str] = "zrn"

    @property
    def axes(self) -> Axes:
        return axes(len(self.gates), self.tied)

    def initial(self, V: int, H: int, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
        own = drawn(len(self.gates), self.tied, V, H, rng, dtype)
        own["bs"][Z] = INITIAL_UPDATE_BIAS
        return own

    def factors(self, dtype: DTypeLike) -> Floats:
        return halves(3, 2, dtype)

    def room(self, scratch: Scratch, shape: tuple[int, int, int], dtype: DTypeLike) -> Trace:
        T, B, H = shape
        h, gates = scratch.array("h", (T + 1, B, H), dtype), scratch.array("gates", (T, B, 3, H), dtype)
        return Trace((h,), gates, scratch.array("seen", (T, B, H), dtype))

    def forward(self, ready: Weights, trace: Trace) -> None:
        (h,), gates, seen = trace  # h_{t-1} Ws of the candidate
        B, H = h[0].shape
        Ws, carried = ready["Ws"].reshape(H, -1), np.empty((B, 3, H), h.dtype)
        new = np.empty_like(h[0])
        for t, here in enumerate(gates):
            np.matmul(h[t], Ws, out=carried.reshape(B, 3 * H))
            here[:, :N] += carried[:, :N]
            np.tanh(here[:, :N], out=here[:, :N])
            as_sigmoids(here[:, :N])
            seen[t] = carried[:, N]
            np.multiply(here[:, R], seen[t], out=new)
            here[:, N] += new
            np.tanh(here[:, N], out=here[:, N])
            np.subtract(h[t], here[:, N], out=new)  # n + z (h_{t-1} - n)
            new *= here[:, Z]
            np.add(here[:, N], new, out=h[t + 1])

    def backward(self, params: Weights, trace: Trace, ds: Floats, da: Floats) -> None:
        """dh_t is ds_t + z_{t+1} dh_{t+1} + da'_{t+1} Wsᵀ, with da' as `recurrent` has it, and da_t is dh_t times what
        does not depend on it, which is computed for all steps at once; that of r then times that of n.
        """
        (h,), gates, seen = trace
        B, H = ds[0].shape
        Ws_T = np.ascontiguousarray(params["Ws"].reshape(H, -1).T)
        z, r, n = (gates[:, :, i] for i in range(3))
        np.subtract(1, gates[:, :, :N], out=da[:, :, :N])  # the slope of a sigmoid s is s (1 - s)
        np.multiply(n, n, out=da[:, :, N])
        np.subtract(1, da[:, :, N], out=da[:, :, N])
        da[:, :, N] *= da[:, :, Z]
        da[:, :, :N] *= gates[:, :, :N]
        da[:, :, Z] *= h[:-1] - n
        da[:, :, R] *= seen
        back, carried = np.empty((B, 3, H), ds.dtype), np.empty_like(ds[0])
        for t in range(len(ds) - 1, -1, -1):
            if t + 1 < len(ds):
                back[:] = da[t + 1]
                back[:, N] *= r[t + 1]
                np.matmul(back.reshape(B, -1), Ws_T, out=carried)
                ds[t] += carried
                np.multiply(z[t + 1], ds[t + 1], out=carried)
                ds[t] += carried
            da[t, :, Z] *= ds[t]
            da[t, :, N] *= ds[t]
            da[t, :, R] *= da[t, :, N]

    def recurrent(self, trace: Trace, da: Floats) -> Floats:
        back = da.copy()
        back[:, :, N] *= trace.gates[:, :, R]
        return back

    def others(self, params: Weights, trace: Trace, ds: Floats) -> Weights:  # noqa: ARG002
        return {}
