"""Room in memory, asked for before it is needed.

For NumPy's BLAS, too, which ends the process by itself where it finds none: this matters only where the address space
is limited (ulimit -v), and elsewhere nothing is done about it.
"""

import mmap
import os
import re
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


def require(needed: int, what: str, advice: str) -> None:
    """Raises ResourceError, before any work, if what is asked for would take more bytes than are left."""
    left = free()
    if left is not None and needed > left:
        raise ResourceError(f"{what} takes {needed / 1e6:,.0f} MB, and {left / 1e6:,.0f} MB are free. {advice}")


def free() -> int | None:
    """Bytes that this process may still take: of the machine's, its container's and its own limit the least that is
    left; None where nothing tells."""
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
