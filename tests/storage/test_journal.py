"""The log of a training: a JSON Lines file that grows."""

import os
from errno import EIO
from pathlib import Path

import pytest

from rnncli.errors import FileError
from rnncli.storage.durable import journal


def test_journal_appends_a_line_an_object_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("earlier\n")
    with journal(path) as append:
        append({"step": 1})
        assert path.read_text() == 'earlier\n{"step": 1}\n'


def test_journal_is_not_blamed_for_errors_of_other_files(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with pytest.raises(OSError, match="spool"), journal(path) as append:  # noqa: PT012
        append({"step": 1})
        raise OSError(EIO, "spool")
    assert path.read_text() == '{"step": 1}\n'


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_journal_that_cannot_be_written_is_named() -> None:
    with pytest.raises(FileError, match="/dev/full: cannot be written: No space"), journal("/dev/full") as append:
        append({"step": 1})
