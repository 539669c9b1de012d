"""Runs work here, or on threads with single-threaded BLAS; the results are equal bit for bit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from ..memory import reserve_for_threads

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

A = TypeVar("A")
R = TypeVar("R")


class Run(Protocol):
    """Applies a function to items, as `map` does, perhaps on threads; yields the results in the order of the items."""

    def __call__(self, work: Callable[[A], R], items: Iterable[A], /) -> Iterable[R]: ...


def run_all(run: Run, jobs: Iterable[Callable[[], object]]) -> None:
    """Runs all jobs and waits."""
    for _ in run(lambda job: job(), jobs):
        pass


def usable_cores() -> int:
    """Returns how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _libraries() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController  # here, because finding the libraries takes time

    return ThreadpoolController()


def numerics() -> str:
    """Names what decides the last bits of a result: NumPy and its BLAS."""
    blas = [f"{lib['internal_api']} {lib['version']} ({lib.get('architecture')})" for lib in _libraries().info()]
    return f"NumPy {np.__version__} with {', '.join(blas)}"


@contextmanager
def threads(count: int) -> Iterator[Run]:
    """Yields a `Run` on `count` threads; BLAS has one thread in the whole process meanwhile.

    Splitting the columns of a batch is faster than splitting each product.
    """
    with one_blas_thread(), pool(count) as run:
        yield run


def one_blas_thread() -> AbstractContextManager[object]:
    """Limits BLAS to one thread; restores the caller's limit afterwards."""
    limit: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limit


@contextmanager
def pool(count: int) -> Iterator[Run]:
    """Yields a `Run` on `count` threads, for work under `one_blas_thread`."""
    if count == 1:
        yield map
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(count, initializer=partial(np.seterr, all="ignore")) as executor:
            with one_blas_thread():
                reserve_for_threads(executor.map, count)
            yield executor.map


def under_one_blas_thread(items: Iterator[A]) -> Iterator[A]:
    """Yields from an iterator that works with single-threaded BLAS; between items BLAS has the caller's limit."""
    while True:
        with one_blas_thread():
            try:
                item = next(items)
            except StopIteration:
                return
        yield item
