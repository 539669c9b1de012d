"""Atomic replacement of files, and locks."""

import errno
import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rnncli.errors import FileError, InUseError, ResourceError
from rnncli.storage.checksum import resume_path
from rnncli.storage.durable import lock, remove, replace, require_space, scratch, writing_scratch

HOLD = """
import sys, time
from rnncli.storage.durable import lock
lock(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.npz"


def test_file_is_locked_by_one_process_at_a_time_and_the_error_names_the_holder(path: Path) -> None:
    release = lock(path)
    with pytest.raises(InUseError, match=f"model.npz: in use by another process .{os.getpid()}"):
        lock(path)
    lock(path.with_name("other.npz"))()
    release()
    assert os.listdir(path.parent) == []
    lock(path)()


def test_killed_process_holds_no_lock_and_its_temporary_files_are_removed(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(InUseError, match=str(process.pid)):
            lock(path)
        process.kill()
    (path.parent / f".model.npz.{process.pid}.tmp").write_bytes(b"half")
    (path.parent / ".model.npz.resume.0123456789abcdef.tmp").write_bytes(b"half")
    (path.parent / ".other.npz.1.tmp").write_bytes(b"another's")
    os.mkfifo(path.parent / ".model.npz.fifo.tmp")
    release = lock(path)
    assert sorted(os.listdir(path.parent)) == [".model.npz.lock", ".other.npz.1.tmp"]
    release()


def test_temporary_file_of_a_killed_process_does_not_block_a_save(path: Path) -> None:
    """In a container every process has one number: its file was in the way for ever ("File exists")."""
    (path.parent / f".model.npz.{os.getpid()}.tmp").write_bytes(b"half")
    replace(path, lambda file: file.write(b"new") and None)
    assert path.read_bytes() == b"new"


def test_lock_leaves_the_temporary_file_of_a_live_writer(path: Path) -> None:
    def write(file: Any) -> None:
        file.write(b"new")
        lock(path)()

    replace(path, write)
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["model.npz"]


def test_temporary_file_removed_before_it_was_locked_is_made_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, calls = fcntl.flock, list[int]()

    def late(descriptor: int, how: int) -> None:
        flock(descriptor, how)
        if not calls:
            (temporary,) = path.parent.glob("*.tmp")
            temporary.unlink()
        calls.append(how)

    monkeypatch.setattr(fcntl, "flock", late)
    replace(path, lambda file: file.write(b"new") and None)
    assert len(calls) == 2
    assert path.read_bytes() == b"new"


def test_two_saves_of_one_file_at_once_both_succeed(path: Path) -> None:
    replace(path, lambda _: replace(path, lambda file: file.write(b"inner") and None))
    assert path.read_bytes() == b""
    assert os.listdir(path.parent) == ["model.npz"]


def test_link_and_its_target_have_one_lock(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    release = lock(path)
    with pytest.raises(InUseError):
        lock(link)
    release()


def test_file_system_without_locks_saves_and_removes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lack(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", lack)
    temporary = path.parent / ".model.npz.1.tmp"  # perhaps of a live process
    temporary.touch()
    lock(path)()
    replace(path, lambda file: file.write(b"new") and None)
    assert sorted(os.listdir(path.parent)) == [temporary.name, path.name]


def test_lock_file_removed_by_its_holder_is_made_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening the lock file and locking it, the one who had it ends."""
    flock, calls = fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        flock(descriptor, how)
        if not calls:
            os.unlink(path.parent / ".model.npz.lock")
        calls.append(how)

    monkeypatch.setattr(fcntl, "flock", late)
    release = lock(path)
    assert len(calls) == 2
    with pytest.raises(InUseError):
        lock(path)
    release()


@pytest.mark.parametrize(("content", "holder"), [(b"", "unknown"), (b" \xff\n", "\ufffd"), (b"9" * 30, "9" * 20)])
def test_lock_error_shows_what_the_holder_wrote(path: Path, content: bytes, holder: str) -> None:
    release = lock(path)
    (path.parent / ".model.npz.lock").write_bytes(content)
    with pytest.raises(InUseError, match=rf"^{path}: in use by another process \({holder}\)$"):
        lock(path)
    release()


def test_lock_file_has_the_umask_mode_is_truncated_and_no_link_is_followed(path: Path) -> None:
    name = path.parent / ".model.npz.lock"
    old = os.umask(0)
    try:
        release = lock(path)
    finally:
        os.umask(old)
    assert name.stat().st_mode & 0o777 == 0o666
    release()
    name.write_text("123456789012\n")
    release = lock(path)
    assert name.read_text() == f"{os.getpid()}\n"
    release()
    name.symlink_to(path.parent / "elsewhere")
    with pytest.raises(FileError, match="cannot be written: Too many levels of symbolic links"):
        lock(path)
    assert not (path.parent / "elsewhere").exists()


def test_file_that_cannot_be_removed_is_left_by_lock_and_reported_by_remove(path: Path) -> None:
    left = path.parent / ".model.npz.1.tmp"
    left.mkdir()
    lock(path)()
    assert left.exists()
    with pytest.raises(FileError, match=f"^{left}: cannot be removed: Is a directory"):
        remove(left)


def test_lock_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written: No such file"):
        lock(tmp_path / "no" / "model.npz")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_folders_and_pipes_are_not_replaced(path: Path, make: Any) -> None:
    make(path)
    for work in (lock, lambda path: replace(path, lambda file: None)):
        with pytest.raises(FileError, match=f"^{path}: cannot be written: is a folder, a pipe or a device"):
            work(path)
    assert not path.is_file()
    assert len(os.listdir(path.parent)) == 1


def test_file_names_of_255_bytes_are_saved_locked_and_resumed(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 127)
    release = lock(path)
    replace(path, lambda file: file.write(b"new") and None)
    assert path.read_bytes() == b"new"
    release()
    replace(resume_path(path), lambda file: None)
    remove(resume_path(path))
    remove(path)
    remove(path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_folder_flush_may_be_unsupported_but_not_fail(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fails: bool
) -> None:
    fsync = os.fsync

    def faulty(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(number, "fault")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", faulty)
    if fails:
        with pytest.raises(FileError, match="not saved: fault"):
            replace(path, lambda file: file.write(b"new") and None)
    else:
        replace(path, lambda file: file.write(b"new") and None)
    assert path.read_bytes() == b"new"


def test_failed_write_leaves_the_old_file_and_no_temporary(path: Path) -> None:
    path.write_text("old")

    def fail(file: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match="model.npz: not saved: No space left"):
        replace(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["model.npz"]


def test_temporary_file_is_in_the_folder_of_the_target(tmp_path: Path) -> None:
    path, seen = tmp_path / "deep" / "model.npz", []
    path.parent.mkdir()
    (tmp_path / "link").symlink_to(path)
    replace(tmp_path / "link", lambda file: seen.extend(os.listdir(path.parent)))
    (name,) = seen
    assert re.fullmatch(r"\.model\.npz\.[0-9a-f]{16}\.tmp", name)


def test_planted_link_is_not_followed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = path.with_name("victim")
    victim.write_text("precious")
    monkeypatch.setattr(os, "urandom", bytes)  # else nobody can know the name
    (path.parent / f".model.npz.{'00' * 8}.tmp").symlink_to(victim)
    with pytest.raises(FileError, match="cannot be written"):
        replace(path, lambda file: file.write(b"new") and None)
    assert victim.read_text() == "precious"


def test_link_stays_a_link_and_its_target_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    target, link = tmp_path / "deep" / "real", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    replace(link, lambda file: file.write(b"new"))
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("umask", [0, 0o027])
def test_new_file_has_the_umask_mode(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        replace(path, lambda file: None)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_saving_into_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="model.npz: cannot be written: No such file"):
        replace(tmp_path / "no" / "model.npz", lambda file: None)
    with pytest.raises(FileError, match="no: cannot be written to: No such file"):
        scratch(tmp_path / "no")


@pytest.mark.parametrize(("blocks", "refused"), [(1000, True), (0, False)])
def test_disk_with_too_little_space_is_refused_with_the_bytes_and_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: int, refused: bool
) -> None:
    """A file system of 0 blocks does not say what it has."""
    disk = SimpleNamespace(f_bavail=250, f_frsize=4096, f_blocks=blocks)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    require_space(tmp_path, 250 * 4096, "that", "Take less")
    if not refused:
        require_space(tmp_path, 1 << 60, "that", "Take less")
        return
    with pytest.raises(ResourceError) as error:
        require_space(tmp_path, 2_500_000, "that", "Take less")
    assert str(error.value) == f"{tmp_path}: that takes up to 2.5 MB of its disk, and 1.0 MB are free. Take less"


def test_space_of_a_folder_that_is_gone_cannot_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no: cannot be written to: No such file"):
        require_space(tmp_path / "no", 1, "that", "Take less")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_scratch_file_on_a_full_disk_is_said_with_the_folder(tmp_path: Path, number: int) -> None:
    said = rf"{tmp_path}: its disk is full \({os.strerror(number)}\)\. Make room"
    with pytest.raises(ResourceError, match=said), writing_scratch(tmp_path):
        raise OSError(number, os.strerror(number))
    with pytest.raises(OSError, match="Input/output"), writing_scratch(tmp_path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
