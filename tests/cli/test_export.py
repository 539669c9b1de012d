"""rnncli export."""

import gzip
import os
from pathlib import Path
from typing import Any

import pytest


def test_arpa_has_the_ngrams_of_the_model(call: Any, corpus_file: Path) -> None:
    call("train", str(corpus_file), "-o", "new.npz", "--hidden", "4", "--epochs", "1", "--ngrams", "3", "-q")
    assert call("export", "--arpa", "new.arpa", "-m", "new.npz").out == ""
    text = Path("new.arpa").read_text()
    assert text.startswith("\\data\\\nngram 1=")
    assert "\n\\3-grams:\n" in text
    assert "\t<s> the cat" in text.lower()
    assert text.endswith("\\end\\\n")
    call("export", "--arpa", "new.arpa.gz", "-m", "new.npz")
    assert gzip.decompress(Path("new.arpa.gz").read_bytes()).decode() == text
    call("export", "--arpa", "capitals.ARPA.GZ", "-m", "new.npz")
    assert Path("capitals.ARPA.GZ").read_bytes() == Path("new.arpa.gz").read_bytes()


@pytest.mark.parametrize("name", ["notes.txt", "notes.gz"])
def test_file_that_is_there_is_replaced_only_by_force(call: Any, corpus_file: Path, name: str) -> None:
    call("train", str(corpus_file), "-o", "new.npz", "--hidden", "4", "--epochs", "1", "-q")
    for notes in (b"my notes", b"\\data\\\nngram 1=1\n"):
        Path(name).write_bytes(notes)
        done = call("export", "--arpa", name, "-m", "new.npz")
        assert (done.code, Path(name).read_bytes()) == (2, notes)
        assert f"{name}: exists. Give another name, or --force to replace it" in done.err
        assert call("export", "--arpa", name, "-m", "new.npz", "--force").code == 0
        assert Path(name).read_bytes() != notes


def test_pipe_is_refused_at_once(call: Any, corpus_file: Path) -> None:
    call("train", str(corpus_file), "-o", "new.npz", "--hidden", "4", "--epochs", "1", "-q")
    os.mkfifo("pipe")
    for force in ([], ["--force"]):
        done = call("export", "--arpa", "pipe", "-m", "new.npz", *force)
        assert (done.code, "pipe: cannot be written" in done.err) == (5, True)


def test_model_without_ngrams_and_folders_that_are_not_there_are_refused(call: Any, corpus_file: Path) -> None:
    call("train", str(corpus_file), "-o", "none.npz", "--hidden", "4", "--epochs", "1", "--ngrams", "0", "-q")
    done = call("export", "--arpa", "a.arpa", "-m", "none.npz")
    assert (done.code, Path("a.arpa").exists()) == (2, False)
    assert "the model has no n-grams" in done.err
    call("train", str(corpus_file), "-o", "new.npz", "--hidden", "4", "--epochs", "1", "-q")
    assert call("export", "--arpa", "nowhere/a.arpa", "-m", "new.npz").code == 5


def test_standard_output_is_refused(call: Any, corpus_file: Path) -> None:
    call("train", str(corpus_file), "-o", "new.npz", "--hidden", "4", "--epochs", "1", "-q")
    done = call("export", "--arpa", "-", "-m", "new.npz")
    assert (done.code, done.out, Path("-").exists()) == (2, "", False)
    assert "only a whole file" in done.err
