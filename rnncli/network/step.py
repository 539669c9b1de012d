"""One step's gradient from many columns, on threads.

The columns are cut into a fixed number of shards for what runs through time, and states and words into fixed blocks for
the softmax; threads are only where these run. Every sum is made in one place and one order, so the result is the same
for any number of threads.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from .cells import Cell, Trace, ready
from .inputs import NO_DROPOUT, Dropout, Inputs, Jobs, mask
from .parameters import Floats, Gradients, Ints, Rows, Weights, blocks, values
from .sampled import Sample
from .scratch import Scratch
from .softmax import cross_entropy
from .threads import Run, run_all

GRADIENT_UNITS = 256  # rows of dWs that are summed at a time


class Chunk(NamedTuple):
    """Loss and gradients of one chunk, and the state after it."""

    loss: float  # mean nats a word
    gradients: Gradients  # of that mean
    state: tuple[Floats, ...]  # (B, H) each, after the last word


@np.errstate(all="ignore")  # overflow shows in the loss, or in the norm of the gradients
def gradient(
    params: Weights,
    x: Ints,
    d: Ints,
    state: tuple[Floats, ...],
    *,
    cell: Cell,
    sample: Sample | None = None,
    dropout: Dropout = NO_DROPOUT,
    rngs: Sequence[np.random.Generator] = (),
    shards: int = 1,
    scratch: Scratch | None = None,
    run: Run = map,
) -> Chunk:
    """Computes loss and gradients of one chunk, forward and backward.

    x, d     (T, B)  words read, and the words that did come next
    state    (B, H)  each, handed in
    sample   the words that stand for the vocabulary in the softmax, d among them, and x where words enter by rows of
             Wy; None for the whole vocabulary
    rngs     one generator a shard, for dropout; the first draws what all share, too
    scratch  memory to work in: what is returned is valid until the next call with it
    """
    (T, B), H = x.shape, params["Wy"].shape[1]
    cut = blocks(B, -(-B // min(shards, B)))
    Wy, by = params["Wy"], params["by"]
    if sample is not None:
        Wy, by = Wy[sample.words], by[sample.words] + sample.raised.astype(by.dtype)
        d = np.searchsorted(sample.words, d)

    mask_Ws = mask(rngs[0], dropout.recurrent, params["Ws"].shape, Wy) if dropout.recurrent else None
    if mask_Ws is not None:
        params = params | {"Ws": params["Ws"] * mask_Ws}
    scratch = scratch or Scratch()
    prepared, trace = ready(cell, params), cell.room(scratch, (T, B, H), Wy.dtype)
    read = Inputs(cell, params, x, dropout, rngs[0] if rngs else None)
    entering, s = read.entering(prepared, run), trace.states[0]
    seen = s[1:] if not dropout.state else scratch.array("seen by the output", (T, B, H), Wy.dtype)
    mask_seen = scratch.array("mask of it", (T, B, H), Wy.dtype) if dropout.state else None

    def forward(shard: int) -> None:
        columns = cut[shard]
        here = trace.of_columns(columns)
        for s, handed in zip(here.states, state, strict=True):
            s[0] = handed[columns]
        read.fill(here.gates, entering, columns)
        if mask_seen is not None:
            mask_seen[:, columns] = mask(rngs[shard], dropout.state, mask_seen[:, columns].shape, Wy)
        cell.forward(prepared, here)
        if mask_seen is not None:
            np.multiply(here.states[0][1:], mask_seen[:, columns], out=seen[:, columns])

    run_all(run, [partial(forward, shard) for shard in range(len(cut))])
    out = cross_entropy(Wy, by, seen.reshape(-1, H), d.ravel(), scratch, run)
    ds = out.ds.reshape(T, B, H)
    gradients, rows_read = backward(params, cell, read, trace, ds, mask_seen, cut, scratch, run)
    if mask_Ws is not None:
        gradients["Ws"] = values(gradients["Ws"]) * mask_Ws
    if rows_read:
        rows = rows_read.rows if sample is None else np.searchsorted(sample.words, rows_read.rows)
        out.dWy[rows] += rows_read.values
    gradients["Wy"] = out.dWy if sample is None else Rows(sample.words, out.dWy)
    gradients["by"] = out.dby if sample is None else Rows(sample.words, out.dby)
    return Chunk(out.loss, gradients, tuple(s.copy() for s in trace.last))


def backward(
    params: Weights,
    cell: Cell,
    read: Inputs,
    trace: Trace,
    ds: Floats,
    mask_seen: Floats | None = None,
    cut: Sequence[slice] = (slice(None),),
    scratch: Scratch | None = None,
    run: Run = map,
) -> tuple[Gradients, Rows | None]:
    """Backpropagates through time to the cell's parameters, each gradient summed over all steps.

    read       the words read
    trace      of reading them
    ds         (T, B, H)  gradients of the output's states, as their own outputs see them; overwritten
    mask_seen  (T, B, H)  that these see them through, if any
    cut        slices of the columns, the shards, that `run` may work on side by side
    Returns the gradients, and those of the rows of Wy that words entered by, if they did.
    """
    da, s, others = (scratch or Scratch()).array("da", trace.gates.shape, ds.dtype), trace.states[0], Gradients()

    def through_time(columns: slice) -> None:
        if mask_seen is not None:
            ds[:, columns] *= mask_seen[:, columns]
        cell.backward(params, trace.of_columns(columns), ds[:, columns], da[:, columns])

    run_all(run, [partial(through_time, columns) for columns in cut])
    (T, B, H), carried = ds.shape, cell.recurrent(trace, da)
    before, after = s[:-1].reshape(T * B, H), carried.reshape(T * B, -1)
    dWs = np.empty((H, after.shape[1]), ds.dtype)

    def sum_states(units: slice) -> None:
        np.matmul(before[:, units].T, after, out=dWs[units])

    def sum_others() -> None:
        others.update(cell.others(params, trace, ds))

    sums: Jobs = [sum_others, *(partial(sum_states, units) for units in blocks(H, GRADIENT_UNITS))]
    dWx, dbs, rows_read = read.gradients(da, sums, run)
    return {
        "Wx": dWx,
        "Ws": dWs.reshape(params["Ws"].shape),
        "bs": dbs.reshape(params["bs"].shape),
        **others,
    }, rows_read
