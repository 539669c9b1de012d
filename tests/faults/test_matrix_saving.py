"""The matrix, C: saving."""

import os
import resource
import shutil
import signal
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import rnncli as package
from rnncli.storage.checksum import resume_path
from rnncli.storage.resumption import load

pytestmark = pytest.mark.faults
SMALL = ["c.txt", "--hidden", "4", "--batch", "2", "--bptt", "5"]
SHORT = [*SMALL, "-q", "--epochs", "1", "--force"]
LONG = [*SMALL, "-q", "--epochs", "100000", "--save-steps", "5"]
WIDE = ["c.txt", "-q", "--hidden", "128", "--epochs", "1", "--force"]  # a model of 80 KB
ROOT = os.geteuid() == 0
Size = Callable[[int, int], int]
in_one_way = pytest.mark.parametrize("rnncli", ["plain"], indirect=True)
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


def strace(*options: str) -> dict[str, Any]:
    """Returns options that run a command under strace; Python saves no compiled modules, whose calls would count."""
    return {"through": ["strace", "-f", "-o", "trace", *options], "env": {"PYTHONDONTWRITEBYTECODE": "1"}}


def left() -> set[str]:
    """Returns the files in the folder, without the corpus and what strace wrote."""
    return set(os.listdir()) - {"c.txt", "trace"}


@needs_strace
@pytest.mark.rows("C7", "C10", "C19", "C24")
@pytest.mark.parametrize(
    ("fault", "code", "said", "kept"),
    [
        ("fsync:error=EIO:when=1", 5, "new.npz.resume: not saved: Input/output error", True),
        ("fsync:error=EIO:when=3", 5, "new.npz: not saved: Input/output error", True),
        ("rename:error=EACCES:when=2", 5, "new.npz: not saved: Permission denied", True),
        ("rename:error=EINTR:when=2", 5, "new.npz: not saved: Interrupted", True),
        ("fsync:error=EIO:when=4", 5, "new.npz: not saved: Input/output error", False),
        ("fsync:error=EINVAL:when=2", 0, "", False),
        ("flock:error=ENOLCK", 0, "", False),
        ("flock:error=ENOSYS", 0, "", False),
    ],
)
def test_failed_save_is_reported_and_keeps_the_old_file(
    rnncli: Any, folder: Path, fault: str, code: int, said: str, kept: bool
) -> None:
    """Saves the training state first and then the model; each is two flushes, of the file and of its folder."""
    Path("new.npz").write_bytes(b"old")
    done = rnncli("train", *SHORT, "-o", "new.npz", code=code, said=said, seconds=30, **strace("-e", f"inject={fault}"))
    assert bool(done.out) == (code == 0)
    assert (Path("new.npz").read_bytes() == b"old") == kept
    if not kept:
        package.load("new.npz")
    if fault.endswith(("EIO:when=1", "EIO:when=3")):
        assert Path("trace").read_text().count("fsync(") == int(fault[-1])
    assert left() == ({"new.npz"} if code == 0 or "when=1" in fault else {"new.npz", resume_path("new.npz")})


@needs_strace
@in_one_way
@pytest.mark.rows("C22")
def test_temporary_file_is_in_the_folder_of_its_target(rnncli: Any, folder: Path) -> None:
    rnncli("train", *SHORT, "-o", "new.npz", seconds=30, **strace("-e", "trace=rename"))
    renamed = [line.split('"')[1::2] for line in Path("trace").read_text().splitlines() if "rename(" in line]
    assert renamed
    assert {os.path.dirname(name) for names in renamed for name in names} == {str(folder)}


FULL = """
mkdir disk && mount -t tmpfs -o size=$0 none disk || exit 99
printf old > disk/new.npz
"$@"
code=$?
cat disk/new.npz > content; ls -A disk > left
exit $code
"""


@pytest.mark.rows("C5")
@pytest.mark.parametrize(
    ("size", "copies", "code", "said"),
    [
        ("48k", 1, 5, "new.npz.resume: not saved: No space left"),
        ("48k", 200, 6, "its disk is full (No space left on device)"),  # the ids of the corpus do not fit
        ("600k", 200, 6, "counting n-grams of up to 5 words takes up to"),
    ],
)
def test_full_disk_keeps_the_old_file(rnncli: Any, folder: Path, size: str, copies: int, code: int, said: str) -> None:
    if not ROOT or not shutil.which("unshare"):
        pytest.skip("mounting takes root and unshare")
    Path("c.txt").write_text(Path("c.txt").read_text() * copies)
    through = ["unshare", "-m", "sh", "-c", FULL, size]
    done = rnncli("train", *WIDE, "-o", "disk/new.npz", code={code, 99}, said=said, through=through)
    if done.code == 99:
        pytest.skip("mounting is not allowed")
    assert Path("content").read_bytes() == b"old"
    assert Path("left").read_text() == "new.npz\n"


@pytest.mark.rows("C6")
def test_file_size_limit_keeps_the_old_file(rnncli: Any, folder: Path) -> None:
    Path("new.npz").write_bytes(b"old")
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))}
    rnncli("train", *WIDE, "-o", "new.npz", code=5, said="new.npz.resume: not saved: File too large", **limit)
    assert Path("new.npz").read_bytes() == b"old"
    assert left() == {"new.npz"}


@pytest.mark.rows("C23")
@pytest.mark.parametrize("limit", [5, 6, 7, 8])
def test_open_files_limit_keeps_the_old_file(rnncli: Any, folder: Path, limit: int) -> None:
    Path("new.npz").write_bytes(b"old")
    first = f"import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))"
    done = rnncli("train", *SHORT, "-o", "new.npz", code={5} if limit < 6 else {0, 5}, first=first)
    assert (done.err == "") == (done.code == 0 or rnncli.variant == "closed")
    assert (Path("new.npz").read_bytes() == b"old") == (done.code == 5)
    assert left() == {"new.npz"}


ODDITIES = {
    "C8: a disk that takes seven bytes at a time": """
import io, os
class Short(io.FileIO):
    def write(self, data):
        return super().write(bytes(data)[:7])
os.fdopen = lambda descriptor, mode: io.BufferedRandom(Short(descriptor, mode))
""",
    "C28: a clock that jumps": """
import random, time
time.time = lambda: random.uniform(0, 4e9)
""",
}


@in_one_way
@pytest.mark.rows("C8", "C28")
@pytest.mark.parametrize("first", ODDITIES.values(), ids=ODDITIES.keys())
def test_short_writes_and_jumping_clock_change_no_byte(rnncli: Any, folder: Path, first: str) -> None:
    rnncli("train", *SHORT, "--save-steps", "10", "-o", "new.npz", first=first)
    rnncli("train", *SHORT, "-o", "usual.npz")
    assert Path("new.npz").read_bytes() == Path("usual.npz").read_bytes()


@pytest.mark.rows("C9")
@pytest.mark.parametrize("place", ["closed", "no"])
def test_unwritable_folder_is_refused_before_any_work(rnncli: Any, folder: Path, place: str) -> None:
    os.mkdir("closed", 0o555)
    through = ["setpriv", "--bounding-set=-dac_override"] if ROOT else []
    if through and not shutil.which("setpriv"):
        pytest.skip("root may write anywhere, and there is no setpriv to make it otherwise")
    done = rnncli(
        "train", *SMALL, "-o", f"{place}/new.npz", code=5, said=f"{place}/new.npz: cannot be written", through=through
    )
    assert "vocabulary" not in done.err
    assert os.listdir("closed") == []


@pytest.mark.rows("C9")
def test_folder_removed_during_training_ends_it_with_an_error(rnncli: Any, folder: Path) -> None:
    os.mkdir("deep")
    process = rnncli.training(*LONG, output="deep/new.npz")
    while os.path.exists("deep"):
        shutil.rmtree("deep", ignore_errors=True)
    rnncli.end(process, 5, said=["cannot be written", "No such file"])


@in_one_way
@pytest.mark.rows("C11")
def test_other_model_other_file_and_training_state_are_not_replaced_without_force(rnncli: Any, folder: Path) -> None:
    rnncli("train", *SHORT, "-o", "new.npz")
    Path("other.txt").write_text("another text\n" * 50)
    Path("notes").write_text("no model")
    old = Path("new.npz").read_bytes()
    rnncli("train", "other.txt", "-o", "new.npz", code=2, said=["another corpus", "--force"])
    rnncli("train", "c.txt", "-o", "notes", code=2, said=["not a model", "--force"])
    assert (Path("new.npz").read_bytes(), Path("notes").read_text()) == (old, "no model")
    Path(resume_path("new.npz")).write_bytes(b"")
    rnncli("train", "c.txt", "-o", "new.npz", code=2, said=["was interrupted", "--resume", "--force"])
    assert Path("new.npz").read_bytes() == old


def device(path: str) -> None:
    if not ROOT:
        pytest.skip("making a device takes root")
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("making a device is not allowed")


@pytest.mark.rows("C12")
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, device])
def test_folder_pipe_and_device_are_not_replaced(rnncli: Any, folder: Path, make: Callable[[str], None]) -> None:
    make("new.npz")
    before = os.stat("new.npz")
    for force in ([], ["--force"]):
        rnncli("train", *SMALL, *force, "-o", "new.npz", code=5, said="new.npz: cannot be written: is a folder, a pipe")
    assert os.stat("new.npz").st_mode == before.st_mode
    assert os.stat("new.npz").st_ino == before.st_ino
    assert left() == {"new.npz"}


@in_one_way
@pytest.mark.rows("C13")
def test_link_stays_a_link_and_its_target_is_replaced(rnncli: Any, folder: Path) -> None:
    os.mkdir("deep")
    Path("deep/real").write_bytes(b"old")
    os.symlink("deep/real", "new.npz")
    rnncli("train", *SHORT, "-o", "new.npz")
    package.load("deep/real")
    assert os.path.islink("new.npz")
    assert os.listdir("deep") == ["real"]
    assert left() == {"new.npz", "deep"}


@in_one_way
@pytest.mark.rows("C14")
@pytest.mark.parametrize(
    ("umask", "before", "after"), [(0o022, None, 0o644), (0o077, None, 0o600), (0o077, 0o640, 0o640)]
)
def test_file_keeps_its_mode_or_gets_the_umask_mode(
    rnncli: Any, folder: Path, umask: int, before: int | None, after: int
) -> None:
    if before:
        Path("new.npz").touch(before)
        os.chmod("new.npz", before)
    rnncli("train", *SHORT, "-o", "new.npz", umask=umask)
    assert stat.S_IMODE(os.stat("new.npz").st_mode) == after


@pytest.mark.rows("C15", "C16")
@pytest.mark.parametrize("name", ["model", "m" * 250, "é" * 127])
def test_model_gets_any_name_that_was_given(rnncli: Any, folder: Path, name: str) -> None:
    process = rnncli.training(*LONG, output=name)
    process.terminate()
    rnncli.end(process, -signal.SIGTERM)
    assert left() == {name, resume_path(name)}
    rnncli("train", *SHORT, "-o", name)
    assert left() == {name}


@pytest.mark.rows("C17", "C18", "C20")
def test_model_is_locked_by_one_training_and_stale_temporaries_are_removed(rnncli: Any, folder: Path) -> None:
    process = rnncli.training(*LONG)
    half_written = Path(".new.npz.99999.tmp")
    half_written.touch()
    rnncli("train", *SHORT, "-o", "new.npz", code=8, said=f"new.npz: in use by another process ({process.pid})")
    assert half_written.exists()
    assert process.poll() is None
    process.kill()
    rnncli.end(process, -signal.SIGKILL)
    rnncli("train", *SHORT, "-o", "new.npz")
    assert left() == {"new.npz"}


@pytest.mark.rows("C21")
def test_planted_links_are_not_followed(rnncli: Any, folder: Path) -> None:
    victim = Path("victim")
    victim.write_bytes(b"untouched")
    os.symlink("victim", ".new.npz.lock")
    rnncli("train", *SHORT, "-o", "new.npz", code=5, said="new.npz: cannot be written")
    os.unlink(".new.npz.lock")
    process = rnncli.training(*LONG)
    for name in ("new.npz", "new.npz.resume"):
        os.symlink("victim", f".{name}.{process.pid}.tmp")  # where temporary files once were
    process.terminate()
    rnncli.end(process, -signal.SIGTERM)
    assert victim.read_bytes() == b"untouched"
    assert not os.path.islink("new.npz")
    assert not os.path.islink("new.npz.resume")
    rnncli("train", *SHORT, "-o", "new.npz")
    assert left() == {"new.npz", "victim"}


SCARCE = """
import resource
from rnncli.storage import archive
write = archive.write
def scarce(file, arrays):
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + (4 << 20), before[1]))
    write(file, arrays)
    {more}
    resource.setrlimit(resource.RLIMIT_AS, before)
archive.write = scarce
"""


@in_one_way
@pytest.mark.rows("C25")
@pytest.mark.parametrize(("more", "code"), [("", 0), ("bytearray(64 << 20)", 6)])
def test_save_takes_little_memory_and_too_little_keeps_the_old_file(
    rnncli: Any, folder: Path, more: str, code: int
) -> None:
    Path("new.npz").write_bytes(b"old")
    Path("v.txt").write_text("the cat sat\n")
    wide = [*SHORT, "--valid", "v.txt", "--hidden", "1200", "--batch", "10", "--bptt", "60"]  # of which Ws takes 6 MB
    first = SCARCE.format(more=more)
    rnncli(
        "train", *wide, "-o", "new.npz", code=code, said="not enough memory" if code else (), first=first, seconds=60
    )
    assert (Path("new.npz").read_bytes() == b"old") == bool(code)
    assert left() == {"new.npz", "v.txt"}


@in_one_way
@pytest.mark.rows("C26", "C27")
@pytest.mark.parametrize("meddle", [os.unlink, lambda name: Path(name).write_bytes(b"another's")])
def test_files_removed_or_overwritten_by_others_are_restored_by_the_next_save(
    rnncli: Any, folder: Path, meddle: Callable[[str], object]
) -> None:
    process = rnncli.training(*LONG)
    for name in ("new.npz", resume_path("new.npz")):
        with suppress(FileNotFoundError):
            meddle(name)
    process.terminate()
    rnncli.end(process, -signal.SIGTERM)
    package.load("new.npz")
    load(resume_path("new.npz"))


@pytest.mark.rows("C29")
def test_disk_that_fills_before_an_interrupt_keeps_the_old_files(rnncli: Any, folder: Path) -> None:
    process = rnncli.training(*LONG)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1000, 1000))
    process.send_signal(signal.SIGINT)
    rnncli.end(process, 5, said="not saved: File too large")
    load(resume_path("new.npz"))
    assert left() <= {"new.npz", resume_path("new.npz")}


SIGNALLED = """
import os, signal
fsync, calls = os.fsync, 0
def signalled(descriptor):
    global calls
    calls += 1
    for _ in range({places}.count(calls)):
        os.kill(os.getpid(), signal.SIGINT)
    fsync(descriptor)
os.fsync = signalled
"""


@pytest.mark.rows("C29", "D2", "D3")
@pytest.mark.parametrize("places", [(1,), (2,), (1, 1), (1, 2), (1, 3), (2, 4)])
def test_signal_within_a_save_waits_for_it_and_a_second_leaves_the_old_or_new_file(
    rnncli: Any, folder: Path, places: tuple[int, ...]
) -> None:
    """A save flushes twice: the file before it is renamed, the folder afterwards."""
    Path("new.npz").write_bytes(b"old")
    first = SIGNALLED.format(places=places)
    rnncli("train", *LONG, "--force", "-o", "new.npz", code=-signal.SIGINT, first=first)
    if len(places) == 1:
        assert left() == {"new.npz", resume_path("new.npz")}
    if os.path.exists(resume_path("new.npz")):
        load(resume_path("new.npz"))
    if Path("new.npz").read_bytes() != b"old":
        package.load("new.npz")
    rnncli("train", *SHORT, "-o", "new.npz")
    assert left() == {"new.npz"}


@pytest.mark.rows("C30", "G9")
def test_long_runs_and_many_saves_leak_no_memory_and_no_files(folder: Path, size: Size) -> None:
    """Many saves first, then many steps."""

    def taken() -> tuple[int, float]:
        return len(os.listdir("/proc/self/fd")), int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

    for steps, save_steps, most in ((size(200, 1_000), 1, 5), (size(2_000, 100_000), 10**6, 1)):
        seen = []
        training = package.Training("c.txt", "new.npz", hidden=4, batch=2, bptt=5, epochs=10**5, save_steps=save_steps)
        for progress in training:
            if progress.step in (steps // 2, steps):
                seen.append(taken())
            if progress.step == steps:
                break
        training.close()
        (files, before), (files_later, after) = seen
        print(f"\n{steps:,} steps, saved every {save_steps:,}: {files} files open, {after - before:+.1f} MB")
        assert files_later == files
        assert after - before < most
        assert left() - {"new.npz", resume_path("new.npz")} == set()
        os.unlink("new.npz")
        with suppress(FileNotFoundError):
            os.unlink(resume_path("new.npz"))
