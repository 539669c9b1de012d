"""y_t = softmax(s_t Wyᵀ + by), with the cross-entropy fused into it: exact, in blocks that fit the caches.

Training on a large vocabulary may pass the rows of Wy and by of a sample of words (see `sampled`); evaluation and
prediction always take the whole vocabulary.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .parameters import Floats, Ints, blocks
from .scratch import Scratch
from .threads import Run, run_all

MAX_STATE_ROWS = 600  # whose scores are computed at a time: long products, and equal work for the threads
MAX_GRADIENT_WORDS = 1250  # words whose gradients are computed at a time
EXP_BLOCK_NUMBERS = 1 << 25  # of the block of exponentials: 128 MiB of float32
MAX_SINGLE_STATES = 16  # that are multiplied one by one; for more, BLAS rearranges all of Wy first
MIN_EXP_SUM, MAX_EXP_SUM = 1e-20, 1e30  # of a row's plain exponentials; beyond, the row's maximum is subtracted first


def rows_at_a_time(V: int) -> int:
    """Returns how many states' scores of V words are computed at a time, so that any vocabulary fits the memory."""
    return max(1, min(MAX_STATE_ROWS, EXP_BLOCK_NUMBERS // V))


class Output(NamedTuple):
    """A mean loss and its gradients."""

    loss: float  # nats a word
    ds: Floats  # (N, H)
    dWy: Floats  # (V, H)
    dby: Floats  # (V,)


def exponentials(Wy: Floats, by: Floats, s: Floats, out: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Returns e^(score - top) of every word, not normalized.

    s (n, H); out (n, V), if there is one to use.
    Returns e (n, V), Z (n,) = Σ e over the words, and top (n,), zero where plain exponentials suffice. Scores as far
    out as floats go give finite probabilities; only rows that need their maximum subtracted pay for it.
    """
    ones = np.ones(len(Wy), Wy.dtype)
    with np.errstate(all="ignore"):
        if len(s) > MAX_SINGLE_STATES:
            e = np.matmul(s, Wy.T, out=out)
        else:
            e = np.empty((len(s), len(Wy)), np.result_type(s, Wy)) if out is None else out
            for row, state in zip(e, s, strict=True):
                np.matmul(Wy, state, out=row)
        e += by
        np.exp(e, out=e)
        Z = e @ ones  # e.sum(1) takes twice the time
        top = np.zeros_like(Z)
        far = np.flatnonzero(~((Z > MIN_EXP_SUM) & (Z < MAX_EXP_SUM)))  # nan, too
        if len(far):
            scores = s[far] @ Wy.T + by
            top[far] = scores.max(1)
            e[far] = np.exp(scores - top[far, None])
            Z[far] = e[far] @ ones
    return e, Z, top


def probabilities(Wy: Floats, by: Floats, s: Floats) -> NDArray[np.float64]:
    """Returns y = softmax(s Wyᵀ + by) for states s (n, H): (n, V), in float64, each row summing to 1."""
    e, _, _ = exponentials(Wy, by, s)
    y = e.astype(np.float64)
    y /= y.sum(1, keepdims=True)
    return y


def score(Wy: Floats, by: Floats, s: Floats, d: Ints) -> Floats:
    """Returns s_t · Wy[d_t] + by[d_t] for states s (n, H) and words d (n,): the scores (n,) of one word each."""
    scores: Floats = np.einsum("nh,nh->n", s, Wy[d]) + by[d]  # (s * Wy[d]).sum(1) takes 1.7 times as long
    return scores


def cross_entropy(Wy: Floats, by: Floats, s: Floats, d: Ints, scratch: Scratch | None = None, run: Run = map) -> Output:
    """Computes the softmax over the words that Wy and by hold, its mean cross-entropy and the gradients of that mean.

    s (N, H) states; d (N,) the rows of Wy of the words that did come next; scratch: memory to work in, and of the
    gradients.

    With e the exponentials and Z their row sums, the gradient of the scores is (e - Z onehot(d)) / ZN. The division is
    left to the small matrices, so only the products and the exponential pass over the large block. Work is cut by
    states for ds and by words for dWy and dby: each sum is made in one place and one order.
    """
    N, V = len(s), len(Wy)
    scratch = scratch or Scratch()
    ds, dWy, y = (scratch.array(name, w.shape, w.dtype) for name, w in (("ds", s), ("dWy", Wy), ("y", s)))  # y: s/ZN
    dby, share = np.empty_like(by), np.empty(N, s.dtype)  # 1/ZN
    loss = 0.0
    for group in blocks(N, max(1, EXP_BLOCK_NUMBERS // V)):
        e = scratch.array("e", (group.stop - group.start, V), s.dtype)

        def states(rows: slice, e: Floats = e, first: int = group.start) -> float:
            here = slice(first + rows.start, first + rows.stop)
            sb, db = s[here], d[here]
            eb, Z, top = exponentials(Wy, by, sb, e[rows])
            eb[np.arange(len(db)), db] -= Z
            share[here] = 1 / (Z * N)
            np.matmul(eb, Wy, out=ds[here])
            ds[here] *= share[here, None]
            np.multiply(sb, share[here, None], out=y[here])
            return float(np.sum(np.log(Z) + top - score(Wy, by, sb, db), dtype=np.float64))

        def words(part: slice, e: Floats = e, group: slice = group) -> None:
            if group.start == 0:
                np.matmul(e[:, part].T, y[group], out=dWy[part])
                dby[part] = share[group] @ e[:, part]
            else:
                dWy[part] += e[:, part].T @ y[group]
                dby[part] += share[group] @ e[:, part]

        loss += sum(run(states, blocks(len(e), MAX_STATE_ROWS)))
        run_all(run, [partial(words, part) for part in blocks(V, min(MAX_GRADIENT_WORDS, -(-V // 2)))])
    return Output(loss / N, ds, dWy, dby)
