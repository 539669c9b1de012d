"""y_t = softmax(s_t Wy + by), with the cross-entropy fused into it: exact, in blocks that fit the caches.

Training on a large vocabulary may use a part of it at a time, chosen by a `Sampler`; what is computed over that part is
the same. Evaluation and prediction always take the whole.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .parameters import Floats, Ints, blocks
from .threads import Run, call

ROWS = 600  # states whose scores are computed at a time, at most: long products, and few words between threads
WORDS = 1250  # words whose gradients are, at most
LARGEST = 1 << 25  # numbers in the block of exponentials that is held
FEW = 16  # states that are multiplied one by one: of more, a product rearranges all of Wy first
SAMPLE = 1000  # words that are drawn
POWER = 0.5  # of a word's count, in proportion to which it is drawn

Mix = Callable[[Floats], NDArray[np.float64]]
"""The distributions (n, V) after states (n, H), where these are not the network's softmax."""


def rows_at_a_time(V: int) -> int:
    """States whose scores of V words are worth holding together, so that any vocabulary fits the memory."""
    return max(1, min(ROWS, LARGEST // V))


class Room:
    """Memory that is used again from step to step: asking the system for it anew costs as much as a pass over it."""

    def __init__(self) -> None:
        self._numbers: Floats = np.empty(0, np.float32)

    def matrix(self, rows: int, columns: int, dtype: DTypeLike) -> Floats:
        """A matrix with anything in it, good until the next is asked for."""
        if self._numbers.size < rows * columns or self._numbers.dtype != dtype:
            self._numbers = np.empty(rows * columns, dtype)
        return self._numbers[: rows * columns].reshape(rows, columns)


class Output(NamedTuple):
    """A mean loss, and the gradients that belong to that mean."""

    loss: float  # nats a word
    ds: Floats  # (N, H)
    dWy: Floats  # (V, H)
    dby: Floats  # (V,)


class Sample(NamedTuple):
    """Some words of the vocabulary that stand for all of it."""

    words: Ints  # (n,)  rising
    raised: Floats  # (n,)  added to their scores: the log of how many words each stands for


def exponentials(Wy: Floats, by: Floats, s: Floats, out: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """e^(score - top) of every word, unnormalised.

    s (n, H); out (n, V), if there is one to use.
    Returns e (n, V), Z (n,) = Σ e over the words, and top (n,), zero wherever plain exponentials do. Scores as far
    out as the floats go give finite probabilities; only rows that need their maximum taken off pay for it.
    """
    ones = np.ones(len(Wy), Wy.dtype)
    with np.errstate(all="ignore"):
        if len(s) > FEW:
            e = np.matmul(s, Wy.T, out=out)
        else:
            e = np.empty((len(s), len(Wy)), np.result_type(s, Wy)) if out is None else out
            for row, state in zip(e, s, strict=True):
                np.matmul(Wy, state, out=row)
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


def cross_entropy(Wy: Floats, by: Floats, s: Floats, d: Ints, room: Room | None = None, run: Run = map) -> Output:
    """The softmax over the words that Wy and by hold, and its mean cross-entropy.

    s (N, H) states; d (N,) the rows of Wy of the words that did come next; room: memory to work in.

    With e the exponentials and Z their row sums, the gradient of the scores is (e - Z onehot(d)) / ZN. The division is
    left to the small matrices, so the large block is passed over by the products and the exponential alone. Work is
    cut by states for what each state asks, and by words for what each word asks: each sum has one place where it is
    made, and one order.
    """
    N, V = len(s), len(Wy)
    ds, dWy, dby = np.empty_like(s), np.empty_like(Wy), np.empty_like(by)
    share, y = np.empty(N, s.dtype), np.empty_like(s)  # 1/ZN, and s/ZN
    room = room or Room()
    loss = 0.0
    for group in blocks(N, max(1, LARGEST // V)):
        e = room.matrix(group.stop - group.start, V, s.dtype)

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

        loss += sum(run(states, blocks(len(e), ROWS)))
        call(run, [partial(words, part) for part in blocks(V, min(WORDS, -(-V // 2)))])
    return Output(loss / N, ds, dWy, dby)


class Sampler:
    """Draws words for a softmax that is exact where most of the mass is and estimated elsewhere.

    A word is drawn with a probability in proportion to its count to the power of POWER, or surely where that is one or
    more, and stands for one over that probability of words (Bengio & Senécal 2003 have the importance weights; Madow
    1949 the systematic draw, in which likely words and unlikely ones all have their share each time). The words of the
    text itself are always in, each for itself alone.

    Unbiased, over draws: the estimate of Z, and of every sum over the vocabulary. Not unbiased: log Z and 1/Z, hence
    the loss and its gradient, by an amount that falls with the variance of Z; when all words are drawn they are exact.
    """

    def __init__(self, counts: Sequence[int], size: int = SAMPLE) -> None:
        """counts (V,) of the words; size: how many are drawn each time, about, the text's own not counted."""
        weight = (np.array(counts) + 1.0) ** POWER
        falling = np.sort(weight)[::-1]
        size = min(size, len(weight))
        factors = (size - np.arange(size)) / np.cumsum(falling[::-1])[::-1][:size]  # if so many were sure
        sure = int(np.argmax(factors * falling[:size] < 1)) if (factors * falling[:size] < 1).any() else size - 1
        share = np.minimum(1, factors[sure] * weight)
        self._sure, self._rest = np.flatnonzero(share >= 1), np.flatnonzero(share < 1)
        self._places = np.cumsum(share[self._rest])
        self._raised = -np.log(share)

    def draw(self, d: Ints, rng: np.random.Generator) -> Sample | None:
        """Words for a chunk whose next words are d, of any shape; None when all words are sure to be among them."""
        if not len(self._rest):
            return None
        drawn = self._rest[np.searchsorted(self._places, np.arange(rng.random(), self._places[-1]), side="right")]
        own = np.unique(d)
        words = np.unique(np.concatenate((self._sure, drawn, own)))
        raised = self._raised[words]
        raised[np.searchsorted(words, own)] = 0
        return Sample(words, raised)
