"""Asking for memory before it is needed."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from rnncli import memory
from rnncli.errors import ResourceError

LIMITED = """
import os, resource
resource.setrlimit(resource.RLIMIT_AS, ({} << 20, -1))
from rnncli import memory
from rnncli.errors import ResourceError
{}
try:
    memory.reserve_for_imports(lambda: print("loaded"))
    from rnncli.network.threads import threads
    with threads({}) as run:
        print(list(run(abs, [-1, -2])))
except ResourceError as error:
    print(error)
"""
ONE_CORE = "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
MANY_CORES = "os.cpu_count = lambda: 512; os.sched_getaffinity = lambda _: set(range(512))"


@pytest.mark.parametrize(
    ("megabytes", "first", "threads", "said"),
    [
        (4096, "", 2, ["loaded", "[1, 2]"]),
        (4096, MANY_CORES, 2, ["loaded", "[1, 2]"]),  # the BLAS starts no more than 64 threads
        (100, "", 2, ["MB more are needed", "ulimit -v"]),
        (1024, ONE_CORE, 100, ["loaded", "MB more are needed"]),
    ],
)
def test_limited_memory_is_reserved_or_refused(megabytes: int, first: str, threads: int, said: list[str]) -> None:
    program = LIMITED.format(megabytes, first, threads)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert all(words in done.stdout for words in said), done.stdout


def test_nothing_is_reserved_without_a_limit() -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    memory.reserve_for_imports(fail)
    memory.reserve_for_threads(fail, 2)  # type: ignore[arg-type]


MEMINFO = "MemTotal: 9000 kB\nMemAvailable:    7000 kB\n"
CASES: dict[str, tuple[dict[str, str], int, int | None]] = {
    "machine": ({"/proc/meminfo": MEMINFO}, -1, 7_168_000),
    "container": (
        {
            "/proc/meminfo": MEMINFO,
            "/sys/fs/cgroup/memory.max": "5000000\n",
            "/sys/fs/cgroup/memory.current": "1000000\n",
        },
        -1,
        4_000_000,
    ),
    "container without a limit": (
        {"/proc/meminfo": MEMINFO, "/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "1\n"},
        -1,
        7_168_000,
    ),
    "process": ({"/proc/meminfo": MEMINFO, "/proc/self/statm": "100 7 7\n"}, 3_000_000, 3_000_000 - 100 * 4096),
    "process over its limit": ({"/proc/self/statm": "100 7 7\n"}, 1000, 0),
    "nothing known": ({}, -1, None),
}


@pytest.mark.parametrize("case", CASES)
def test_available_is_the_least_that_machine_container_and_process_leave(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, limit, expected = CASES[case]
    monkeypatch.setattr(memory, "_content", lambda path: files.get(path, ""))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr(os, "sysconf", lambda _: 4096)
    assert memory.available() == expected
    if expected is not None:
        memory.require(expected, "that", "Take less")
        with pytest.raises(ResourceError, match=r"^that takes .* MB are free\. Take less$"):
            memory.require(expected + 1, "that", "Take less")


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the system has no /proc")
def test_available_is_at_most_what_the_machine_has() -> None:
    left = memory.available()
    assert left is not None
    assert 0 < left <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
