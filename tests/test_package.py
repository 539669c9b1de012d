"""The package: what a program gets that imports it, and where it runs."""

import subprocess
import sys

import pytest

import rnncli

SENTENCE = "rnncli needs a POSIX system (Linux, macOS); on Windows use WSL."
HIDE = {
    "fcntl": "sys.modules['fcntl'] = None",
    "resource": "sys.modules['resource'] = None",
    "SIGHUP": "import signal; del signal.SIGHUP",
}
ORDER = """
import sys, threading
events = []
start = threading.Thread.start
def noted(thread):
    events.append("reading")
    start(thread)
threading.Thread.start = noted
class Finder:
    def find_spec(self, name, *_):
        if name == "numpy":
            events.append("numpy")
sys.meta_path.insert(0, Finder())
import rnncli
rnncli.load(sys.argv[1])
print(*events[:2])
"""


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in a process of its own."""
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)


def test_dir_lists_every_public_name() -> None:
    assert set(rnncli.__all__) <= set(dir(rnncli))
    assert {"__version__", "__doc__"} <= set(dir(rnncli))
    assert len(dir(rnncli)) == len(set(dir(rnncli)))


@pytest.mark.parametrize("name", rnncli.__all__)
def test_every_public_name_is_found(name: str) -> None:
    assert getattr(rnncli, name).__name__ == name


def test_load_reads_the_file_while_numpy_is_imported(model_file: object) -> None:
    done = python(ORDER, str(model_file))
    assert done.stdout == "reading numpy\n", done.stderr


@pytest.mark.parametrize("name", HIDE)
def test_command_without_posix_says_so_in_one_sentence(name: str) -> None:
    done = python(f"import sys; {HIDE[name]}; import rnncli; from rnncli.__main__ import run; run()", "predict", "the")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: {SENTENCE}\n"


@pytest.mark.parametrize("name", HIDE)
def test_library_without_posix_says_so_when_it_is_used(name: str) -> None:
    done = python(f"import sys; {HIDE[name]}; import rnncli; print(rnncli.__version__); rnncli.train")
    assert done.stdout == f"{rnncli.__version__}\n"
    assert done.stderr.splitlines()[-1] == f"ImportError: {SENTENCE}"
