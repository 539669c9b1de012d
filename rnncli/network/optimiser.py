"""From gradients to steps: clipping, Adam, plain gradient descent. They know nothing of the model."""

from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Protocol

import numpy as np

from .parameters import Floats, Gradients, Ints, Rows, Weights, blocks, scale, values
from .threads import Run

BLOCK = 1 << 15  # numbers that a step works on at a time, so that they stay in the cache
PARTS = 8  # of a matrix, that threads share


class Optimiser(Protocol):
    """Something that moves weights against their gradients."""

    def step(self, params: Weights, gradients: Gradients, rate: float, run: Run = map) -> None:
        """Moves the weights in place; `run` may work on threads, which changes nothing in the result."""


def norm(gradients: Gradients) -> float:
    """The length of the gradient, all parameters taken as one vector."""
    return sqrt(sum(float(np.vdot(g, g)) for g in map(values, gradients)))


def clip(gradients: Gradients, largest: float) -> float:
    """Scales gradients in place to a norm of at most `largest` (Pascanu et al. 2013); returns the norm they had."""
    length = norm(gradients)
    if length > largest:
        scale(gradients, largest / length)
    return length


class Adam:
    """Adam (Kingma & Ba 2015), and a row-wise form of it where a gradient touches only some rows.

    A dense step:  m += (1-β1)(g - m)   v += (1-β2)(g² - v)   w -= rate m̂ / (√v̂ + ε),  m̂ and v̂ freed of their
    start at zero. Row-wise there is no momentum (β1 = 0), so that a row without gradient stands still and only its v
    decays, β2 a step: that is made up for when the row is next touched. Nothing is left out: the result is that of
    the dense step with β1 = 0.
    """

    def __init__(self, params: Weights, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.steps = 0
        self.m = [np.zeros(0, w.dtype) for w in params]  # made when a dense gradient first asks for one
        self.v = [np.zeros_like(w) for w in params]
        self.touched = [np.zeros(len(w), np.int64) for w in params]  # the step that last touched each row

    def step(self, params: Weights, gradients: Gradients, rate: float, run: Run = map) -> None:
        self.steps += 1
        jobs: list[Callable[[], None]] = []
        for i, (w, g) in enumerate(zip(params, gradients, strict=True)):
            v, touched = self.v[i], self.touched[i]
            if isinstance(g, Rows):
                for part in _parts(len(g.rows)):
                    jobs.append(partial(self._step_rows, w, g.rows[part], g.values[part], v, touched, rate))
            else:
                if not len(self.m[i]):
                    self.m[i] = np.zeros_like(w)
                for part in _parts(len(w)):
                    jobs.append(partial(self._step_dense, w[part], g[part], self.m[i][part], v[part], rate))
        for _ in run(_call, jobs):
            pass

    def _step_dense(self, w: Floats, g: Floats, m: Floats, v: Floats, rate: float) -> None:
        unbias1, unbias2 = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        for block in blocks(len(w), max(1, BLOCK * len(w) // w.size)):  # of whole rows: slices, never copies
            wb, gb, mb, vb = w[block], g[block], m[block], v[block]
            mb += (1 - self.beta1) * (gb - mb)
            vb += (1 - self.beta2) * (gb * gb - vb)
            wb -= (rate / unbias1) * mb / (np.sqrt(vb / unbias2) + self.epsilon)

    def _step_rows(self, w: Floats, rows: Ints, g: Floats, v: Floats, touched: Ints, rate: float) -> None:
        unbias2 = 1 - self.beta2**self.steps
        idle = self.steps - touched[rows]  # steps since, this one with them
        touched[rows] = self.steps
        decay = (self.beta2**idle).astype(w.dtype).reshape(-1, *[1] * (w.ndim - 1))
        vr = v[rows] * decay + (1 - self.beta2) * g**2
        v[rows] = vr
        w[rows] -= rate * g / (np.sqrt(vr / unbias2) + self.epsilon)


class GradientDescent:
    """w -= rate g."""

    def step(self, params: Weights, gradients: Gradients, rate: float, run: Run = map) -> None:  # noqa: ARG002
        for w, g in zip(params, gradients, strict=True):
            if isinstance(g, Rows):
                w[g.rows] -= rate * g.values
            else:
                w -= rate * g


def _parts(n: int) -> list[slice]:
    """The parts that a matrix of n rows is worked on in, at most PARTS."""
    return blocks(n, -(-n // PARTS))


def _call(job: Callable[[], None]) -> None:
    job()


OPTIMISERS: dict[str, Callable[[Weights], Optimiser]] = {"adam": Adam, "sgd": lambda _: GradientDescent()}
