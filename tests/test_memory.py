"""Room for the BLAS."""

import subprocess
import sys

import pytest

from rnncli import memory

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, ({} << 20, -1))
from rnncli import memory
from rnncli.errors import ResourceError
try:
    memory.for_libraries(lambda: print("loaded"))
    from rnncli.network.threads import threads
    with threads({}) as run:
        print(list(run(abs, [-1, -2])))
except ResourceError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("megabytes", "threads", "said"),
    [
        (4096, 2, ["loaded", "[1, 2]"]),
        (100, 2, ["MB more are needed", "ulimit -v"]),
        (1024, 100, ["loaded", "MB more are needed"]),
    ],
)
def test_where_there_is_a_limit_room_is_asked_for_first(megabytes: int, threads: int, said: list[str]) -> None:
    program = LIMITED.format(megabytes, threads)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert all(words in done.stdout for words in said)


def test_without_a_limit_nothing_is_done() -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    memory.for_libraries(fail)
    memory.for_threads(fail, 2)  # type: ignore[arg-type]


def test_what_is_free_is_something() -> None:
    left = memory.free()
    assert left is None or 0 < left < 1e14


def test_a_limit_of_the_process_counts() -> None:
    code = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, -1))
from rnncli.memory import free
print(free())
"""
    left = int(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout)
    assert left < 3 << 30
