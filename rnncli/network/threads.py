"""Where work runs: here, or on threads with single-threaded BLAS. The results are the same."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

A = TypeVar("A")
R = TypeVar("R")


class Run(Protocol):
    """`map`, or one that works on threads: the results come in the order of the work."""

    def __call__(self, work: Callable[[A], R], items: Iterable[A], /) -> Iterable[R]: ...


def call(run: Run, jobs: Iterable[Callable[[], object]]) -> None:
    """Has jobs done, all of them when it returns."""
    for _ in run(lambda job: job(), jobs):
        pass


def usable_cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def threads(count: int) -> Iterator[Run]:
    """A `Run` on that many threads, each with single-threaded BLAS.

    Splitting the columns beats splitting each product, and the result is the same for any number of threads.
    """
    from threadpoolctl import threadpool_limits  # here, because finding the libraries takes time

    with threadpool_limits(1, "blas"):
        if count == 1:
            yield map
        else:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(count, initializer=partial(np.seterr, all="ignore")) as pool:
                yield pool.map
