"""Room for NumPy's BLAS, which ends the process by itself where it finds none: asked for before it is needed.

This matters only where the address space is limited (ulimit -v); elsewhere nothing is done.
"""

import mmap
import os
import resource
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Barrier

from .errors import ResourceError

LIBRARIES = 128 << 20  # bytes that NumPy and what is loaded beside it take
THREAD = 40 << 20  # and each thread in its BLAS: a stack and a buffer
M_ARENA_MAX = -8  # of mallopt(3)
SIDE = 512  # of matrices whose product takes as much of a buffer as there is, and long enough to begin another one


def for_libraries(load: Callable[[], object]) -> None:
    """Has what the program needs loaded, and room taken for products, before anything else takes it.

    Raises ResourceError if there is too little. What cannot be loaded later might end the process as well.
    """
    if _limited():
        _require(LIBRARIES + THREAD * (os.cpu_count() or 1))
        _share_arena()
        load()
        _multiply()


def for_threads(run: Callable[[Callable[[int], None], Iterable[int]], Iterable[None]], count: int) -> None:
    """Has room taken for products on so many threads at once. Raises ResourceError if there is too little."""
    if not _limited():
        return
    _require(count * THREAD)
    together = Barrier(count)

    def work(_: int) -> None:
        together.wait()
        _multiply()

    try:
        list(run(work, range(count)))
    except BaseException:
        together.abort()
        raise


def _limited() -> bool:
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _require(needed: int) -> None:
    try:
        mmap.mmap(-1, needed).close()
    except OSError:
        raise ResourceError(
            f"not enough memory: {needed / 1e6:,.0f} MB more are needed, and the limit of this process leaves less. "
            "Raise it (ulimit -v)"
        ) from None


def _share_arena() -> None:
    """Has all threads allocate from one arena: glibc would reserve 64 MiB for each of them."""
    from ctypes import CDLL

    with suppress(AttributeError):
        CDLL(None).mallopt(M_ARENA_MAX, 1)


def _multiply() -> None:
    import numpy as np  # here, because room is made for it first

    square = np.ones((SIDE, SIDE), np.float32)
    np.matmul(square, square)
