"""y_t = softmax(s_t Wy + by), with the cross-entropy fused into it: exact, in blocks that fit the caches."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .parameters import Floats, Ints, Rows, sum_rows

ROWS = 300  # of states at a time: a block of ROWS x V scores is all that is ever held


class Output(NamedTuple):
    """A loss summed over its words, and the gradients that belong to that sum."""

    loss: float  # nats
    ds: Floats  # (N, H)
    dWy: Floats | Rows  # (V, H)
    dby: Floats  # (V,)


# The seam: an output layer for training is a function of Wy (V, H), by (V,), states (N, H) and next words (N,).
OutputLayer = Callable[[Floats, Floats, Floats, Ints], Output]


def blocks(n: int, size: int = ROWS) -> list[slice]:
    """Slices of about equal length, none longer than size, that cover range(n)."""
    count = -(-n // size)
    return [slice(n * i // count, n * (i + 1) // count) for i in range(count)]


def exponentials(Wy: Floats, by: Floats, s: Floats, out: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """e^(score - top) of every word, unnormalised.

    s (n, H); out (n, V), if there is one to use.
    Returns e (n, V), Z (n,) = Σ e over the words, and top (n,), zero wherever plain exponentials do. Scores as far
    out as the floats go give finite probabilities; only rows that need their maximum taken off pay for it.
    """
    ones = np.ones(len(Wy), Wy.dtype)
    with np.errstate(all="ignore"):
        e = np.matmul(s, Wy.T, out=out)
        e += by
        np.exp(e, out=e)
        Z = e @ ones
        top = np.zeros_like(Z)
        far = np.flatnonzero(~((Z > 1e-20) & (Z < 1e30)))
        if len(far):
            scores = s[far] @ Wy.T + by
            top[far] = scores.max(1)
            e[far] = np.exp(scores - top[far, None])
            Z[far] = e[far] @ ones
    return e, Z, top


def probabilities(Wy: Floats, by: Floats, s: Floats) -> NDArray[np.float64]:
    """y = softmax(s Wy + by) for states s (n, H): (n, V), in float64, each row summing to 1."""
    e, _, _ = exponentials(Wy, by, s)
    y = e.astype(np.float64)
    y /= y.sum(1, keepdims=True)
    return y


def score(Wy: Floats, by: Floats, s: Floats, d: Ints) -> Floats:
    """s_t Wy[d_t] + by[d_t] for states s (n, H) and words d (n,): the scores (n,) of one word each."""
    scores: Floats = np.einsum("nh,nh->n", s, Wy[d]) + by[d]
    return scores


def exact(Wy: Floats, by: Floats, s: Floats, d: Ints) -> Output:
    """The full softmax and its cross-entropy.

    s (N, H) states; d (N,) the words that did come next.

    With e the exponentials and Z their row sums, the gradient of the scores is e/Z - onehot(d). It is never formed:
    1/Z is carried by the small matrices and the one-hot part is scattered afterwards, so the large block is passed
    over by the products and the exponential alone.
    """
    N, V = len(s), len(Wy)
    ds, dWy, dby = np.empty_like(s), np.zeros_like(Wy), np.zeros_like(by)
    room = np.empty((min(N, ROWS), V), Wy.dtype)
    loss = 0.0
    for rows in blocks(N):
        sb, db = s[rows], d[rows]
        e, Z, top = exponentials(Wy, by, sb, room[: len(sb)])
        loss += float(np.sum(np.log(Z) + top - score(Wy, by, sb, db), dtype=np.float64))
        ds[rows] = (e @ Wy) / Z[:, None] - Wy[db]
        dWy += e.T @ (sb / Z[:, None])
        dby += (1 / Z) @ e
    np.subtract.at(dby, d, 1)
    words, states = sum_rows(d, s)
    dWy[words] -= states
    return Output(loss, ds, dWy, dby)


OUTPUT_LAYERS: dict[str, OutputLayer] = {"exact": exact}
