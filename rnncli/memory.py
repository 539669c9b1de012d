"""Asks for memory before it is needed, so that too little ends a command with a sentence.

NumPy's BLAS ends the process by itself where it finds none: that matters only where the address space of the process is
limited (ulimit -v), and without such a limit nothing is reserved.
"""

import mmap
import os
import re
import resource
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Barrier

from .errors import ResourceError

LIBRARY_BYTES = 128 << 20  # NumPy and what is loaded with it
BLAS_THREAD_BYTES = 40 << 20  # a stack and a buffer
MAX_BLAS_THREADS = 64  # that the OpenBLAS in NumPy's wheels is built for
M_ARENA_MAX = -8  # of mallopt(3)
WARM_UP_WIDTH = 512  # of matrices whose product fills a buffer, and takes long enough to overlap with the next product


def reserve_for_imports(load: Callable[[], object]) -> None:
    """Loads the libraries and the buffers of the BLAS before anything else takes the memory, if it is limited.

    Raises ResourceError if there is too little. A library that finds no memory later could end the process.
    """
    if _is_limited():
        _reserve(LIBRARY_BYTES + BLAS_THREAD_BYTES * min(_cores(), MAX_BLAS_THREADS))
        _share_arena()
        load()
        _multiply()


def reserve_for_threads(run: Callable[[Callable[[int], None], Iterable[int]], Iterable[None]], count: int) -> None:
    """Takes the memory for products on `count` threads at once, if it is limited. Raises ResourceError."""
    if not _is_limited():
        return
    _reserve(count * BLAS_THREAD_BYTES)
    all_started = Barrier(count)

    def work(_: int) -> None:
        all_started.wait()
        _multiply()

    try:
        list(run(work, range(count)))
    except BaseException:
        all_started.abort()
        raise


def require(needed: int, what: str, advice: str) -> None:
    """Raises ResourceError if more bytes are needed than are available; `what` and `advice` go into the message."""
    left = available()
    if left is not None and needed > left:
        raise ResourceError(f"{what} takes {needed / 1e6:,.0f} MB, and {left / 1e6:,.0f} MB are free. {advice}")


def available() -> int | None:
    """Returns the bytes that this process may still take: the least that is left of the machine's memory, of its
    container's and of the process's own limit; None where the system reports none of them.
    """
    page = os.sysconf("SC_PAGE_SIZE")
    left = [int(kilobytes) * 1024 for kilobytes in re.findall(r"MemAvailable:\s+(\d+)", _content("/proc/meminfo"))]
    limit, taken = (_content(f"/sys/fs/cgroup/memory.{name}").strip() for name in ("max", "current"))
    if limit.isdigit() and taken.isdigit():
        left.append(int(limit) - int(taken))
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        left.append(most - int(_content("/proc/self/statm").partition(" ")[0] or 0) * page)
    return max(0, min(left)) if left else None


def _content(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _is_limited() -> bool:
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _cores() -> int:
    """Returns the number of processors that this process may use, for each of which the BLAS starts a thread."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _reserve(needed: int) -> None:
    """Raises ResourceError if so many bytes cannot be mapped; gives them back at once."""
    try:
        mmap.mmap(-1, needed).close()
    except OSError:
        raise ResourceError(
            f"not enough memory: {needed / 1e6:,.0f} MB more are needed, and the limit of this process leaves less. "
            "Raise it (ulimit -v)"
        ) from None


def _share_arena() -> None:
    """Lets all threads allocate from one arena: glibc would reserve 64 MiB for each thread."""
    from ctypes import CDLL

    with suppress(AttributeError):
        CDLL(None).mallopt(M_ARENA_MAX, 1)


def _multiply() -> None:
    import numpy as np  # here, because memory is reserved before NumPy is loaded

    square = np.ones((WARM_UP_WIDTH, WARM_UP_WIDTH), np.float32)
    np.matmul(square, square)
