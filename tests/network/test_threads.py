"""Checks where work runs: the threads of the process and of the BLAS, the order of results, the names of libraries."""

import os
import subprocess
import sys
from collections.abc import Iterator
from threading import Barrier

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from rnncli.network.threads import numerics, pool, threads, under_one_blas_thread, usable_cores


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_blas_has_one_thread_while_items_are_made_and_the_callers_number_while_they_are_used() -> None:
    before, inside = blas_threads(), []

    def items() -> Iterator[int]:
        for i in range(3):
            inside.append(blas_threads())
            yield i

    for _ in under_one_blas_thread(items()):
        assert blas_threads() == before
    assert inside == [{1}] * 3
    assert blas_threads() == before


def test_pool_returns_results_in_the_order_of_the_work() -> None:
    for count in (1, 3):
        with pool(count) as run:
            assert list(run(lambda i: i * i, range(20))) == [i * i for i in range(20)]


@pytest.mark.parametrize("count", [1, 3])
def test_threads_limit_blas_to_one_thread_and_restore_the_callers_limit(count: int) -> None:
    with threadpool_limits(2, "blas"):
        before = blas_threads()
        with threads(count) as run:
            assert blas_threads() == {1}
            assert list(run(lambda _: blas_threads(), range(3))) == [{1}] * 3
        assert blas_threads() == before


def test_threads_run_side_by_side() -> None:
    """Each job waits for the others: on fewer threads the barrier would break."""
    barrier = Barrier(3)
    with threads(3) as run:
        assert sorted(run(lambda _: barrier.wait(timeout=30), range(3))) == [0, 1, 2]


def test_usable_cores_are_those_of_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from rnncli.network.threads import usable_cores; print(usable_cores())"],
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
        capture_output=True,
        check=True,
    )
    assert int(done.stdout) == 1
    assert usable_cores() == len(os.sched_getaffinity(0))


def test_numerics_names_numpy_and_the_version_of_every_blas() -> None:
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    named = numerics()
    assert named.startswith(f"NumPy {np.__version__} with ")
    assert libraries
    for library in libraries:
        assert f"{library['internal_api']} {library['version']}" in named
