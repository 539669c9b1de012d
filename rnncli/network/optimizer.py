"""From gradients to steps: clipping, Adam, plain gradient descent. Optimizers know nothing of the model."""

from collections.abc import Callable, Mapping
from functools import partial
from math import sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .parameters import Floats, Gradients, Ints, Rows, Weights, blocks, values
from .threads import Run, run_all

ROW_RATE_FACTOR = 8.0  # of the rate of rows: a row takes fewer steps than a matrix, without momentum
STEP_BLOCK_NUMBERS = 1 << 18  # that a step updates at a time: they fit the caches and are worth a thread

Memory = Mapping[str, dict[str, NDArray[Any]]]  # by name, an array a parameter, some of them empty


class Optimizer(Protocol):
    """Moves weights against their gradients."""

    steps: int  # so far
    memory: Memory  # arrays that are kept from step to step

    def step(self, params: Weights, gradients: Gradients, rate: float, run: Run = map) -> None:
        """Moves the weights in place; threads, if `run` has some, change nothing in the result."""


def norm(gradients: Gradients) -> float:
    """Returns the norm of the gradient, all parameters taken as one vector."""
    return sqrt(
        sum(float(np.vdot(g, g)) for g in map(values, gradients.values()))
    )  # (g * g).sum() takes 4 times as long


def clip(gradients: Gradients, largest: float) -> float:
    """Scales gradients in place to a norm of at most `largest` (Pascanu et al. 2013); returns the norm before."""
    length = norm(gradients)
    if length > largest:
        for g in map(values, gradients.values()):
            g *= largest / length
    return length


class Adam:
    """Adam (Kingma & Ba 2015), and a row-wise form of it where a gradient touches only some rows.

    A dense step:  m = β1 m + g    v = β2 v + g²    w -= rate m̂ / (√v̂ + ε),  m̂ = m (1-β1)/(1-β1ᵗ), v̂ likewise: the
    paper's, with its factors 1-β1 and 1-β2 taken out of the sums. Row-wise each row has an Adam of its own, without
    momentum (β1 = 0) and with t the steps that touched it, at ROW_RATE_FACTOR times the rate. With the t of all steps,
    as in a dense step with zeros, the first steps of a rare word would be √(1/(1-β2)) times those of a frequent word.
    """

    def __init__(self, params: Weights, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.steps = 0
        self.m = {
            name: np.zeros(0, w.dtype) for name, w in params.items()
        }  # made when a dense gradient first asks for one
        self.v = {name: np.zeros_like(w) for name, w in params.items()}
        self.touched = {name: np.zeros(len(w), np.int64) for name, w in params.items()}  # steps of each row
        self.memory: Memory = {"m": self.m, "v": self.v, "touched": self.touched}

    def step(self, params: Weights, gradients: Gradients, rate: float, run: Run = map) -> None:
        self.steps += 1
        jobs: list[Callable[[], None]] = []
        for name, w in params.items():
            g, v, touched = gradients[name], self.v[name], self.touched[name]
            size = max(1, STEP_BLOCK_NUMBERS * len(w) // w.size)  # rows in a block: whole rows are slices, never copies
            if isinstance(g, Rows):
                for part in blocks(len(g.rows), size):
                    jobs.append(partial(self._step_rows, w, g.rows[part], g.values[part], v, touched, rate))
            else:
                if not len(self.m[name]):
                    self.m[name] = np.zeros_like(w)
                for part in blocks(len(w), size):
                    jobs.append(partial(self._step_dense, w[part], g[part], self.m[name][part], v[part], rate))
        run_all(run, jobs)

    def _step_dense(self, w: Floats, g: Floats, m: Floats, v: Floats, rate: float) -> None:
        unbias = sqrt((1 - self.beta2**self.steps) / (1 - self.beta2))
        m *= self.beta1
        m += g
        v *= self.beta2
        step = g * g
        v += step
        np.sqrt(v, out=step)
        step += unbias * self.epsilon
        np.divide(m, step, out=step)
        step *= rate * unbias * (1 - self.beta1) / (1 - self.beta1**self.steps)
        w -= step

    def _step_rows(self, w: Floats, rows: Ints, g: Floats, v: Floats, touched: Ints, rate: float) -> None:
        touched[rows] += 1
        unbias = np.sqrt((1 - self.beta2 ** touched[rows]) / (1 - self.beta2)).astype(w.dtype)
        unbias = unbias.reshape(-1, *[1] * (w.ndim - 1))
        vr = v[rows]
        vr *= self.beta2
        step = g * g
        vr += step
        v[rows] = vr
        np.sqrt(vr, out=step)
        step += unbias * self.epsilon
        np.divide(g, step, out=step)
        step *= ROW_RATE_FACTOR * rate * unbias
        w[rows] -= step


class GradientDescent:
    """Plain gradient descent: w -= rate g."""

    def __init__(self, params: Weights) -> None:  # noqa: ARG002
        self.steps = 0
        self.memory: Memory = {}

    def step(self, params: Weights, gradients: Gradients, rate: float, run: Run = map) -> None:  # noqa: ARG002
        self.steps += 1
        for name, w in params.items():
            g = gradients[name]
            if isinstance(g, Rows):
                w[g.rows] -= rate * g.values
            else:
                w -= rate * g


OPTIMIZERS: dict[str, Callable[[Weights], Optimizer]] = {"adam": Adam, "sgd": GradientDescent}
