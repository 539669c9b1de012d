"""What `rnncli completion` prints, run by the shells and the editor that it is for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rnncli.cli.completion import EDITORS, TARGETS

HISTORY = ["git status", "git commit -a", "git commit -m", "cd src", "make test"] * 60
HISTORY_FILES = {
    "bash": (".bash_history", "#1700000000\n{}\n"),
    "zsh": (".zsh_history", ": 1700000000:0;{}\n"),
    "fish": (".local/share/fish/fish_history", "- cmd: {}\n  when: 1700000000\n"),
}
SETUP = {
    "bash": 'eval "$(rnncli completion bash)"',
    "zsh": 'eval "$(rnncli completion zsh)"',
    "fish": "rnncli completion fish | source",
}
BASH_TAB = """
COMP_WORDS=(rnncli {words}); COMP_CWORD={count}
_rnncli_completion rnncli; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
COMPLETE_AND_COMMIT = ["-c", 'call feedkeys("A\\<C-x>\\<C-u>\\<Esc>", "tx")', "-c", "RnncliCommit"]
KEEP_MESSAGES = ["-c", "redir! > messages.txt", "-c", "silent messages", "-c", "redir END"]


@pytest.fixture
def home(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a model in it, and `rnncli` on the path."""
    tools = here / "bin"
    tools.mkdir()
    (tools / "rnncli").write_text(f'#!/bin/sh\nexec {sys.executable} -m rnncli "$@"\n')
    (tools / "rnncli").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("HISTFILE", raising=False)
    return here


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program that may be missing; then the test is skipped."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)


def in_shell(shell: str, script: str) -> str:
    """Runs a script in a bare shell that has evaluated what rnncli prints for it; returns its output."""
    bare = {"bash": ["--norc"], "zsh": ["-f"], "fish": []}[shell]
    done = run(shell, *bare, "-c", f"{SETUP[shell]}\n{script}")
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        (["pre"], {"predict"}),
        (["predict", "--am"], {"--among"}),
        (["info", "-m", "mo"], {"model.npz", "models/"}),
        (["train", "c.txt", "--tokenizer", "w"], {"words", "whitespace"}),
        (["completion", "''"], {"bash", "zsh", "fish", "vim"}),
    ],
)
def test_bash_completes_commands_options_and_model_files(home: Path, words: list[str], completions: set[str]) -> None:
    (home / "models").mkdir()
    script = BASH_TAB.format(words=" ".join(words), count=len(words))
    assert set(in_shell("bash", script).split()) == completions


def test_zsh_without_compinit_registers_the_completion(home: Path) -> None:
    assert in_shell("zsh", "print $_comps[rnncli]") == "_rnncli_completion\n"
    assert in_shell("zsh", "compinit -D; print $_comps[rnncli]") == "_rnncli_completion\n"


def test_fish_completes_commands_with_whole_summaries(home: Path) -> None:
    assert in_shell("fish", "complete -C 'rnncli pre'") == (
        "predict\tList the likeliest next words with their probabilities.\n"
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_lists_next_words_learned_from_its_history(home: Path, shell: str) -> None:
    name, form = HISTORY_FILES[shell]
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    (home / name).write_text("".join(form.format(command) for command in HISTORY))
    words = in_shell(shell, "rnncli-learn-history --epochs 5 > /dev/null; rnncli-next git").split()
    assert len(words) == 5
    assert {"status", "commit"} & set(words)
    assert (home / ".rnncli-history.npz").stat().st_mode & 0o777 == 0o600


def vim(*arguments: str) -> str:
    """Edits t.txt in Vim with the plugin; returns Vim's messages."""
    if "+job" not in run("vim", "--version").stdout:
        pytest.skip("this vim has no jobs")
    Path("rnncli.vim").write_bytes((EDITORS / "rnncli.vim").read_bytes())
    before = [item for item in arguments if item.startswith("let ")]
    settings = [word for item in before for word in ("--cmd", item)]
    after = [item for item in arguments if item not in before]
    done = run(
        "vim", "-N", "-u", "NONE", "-i", "NONE", "-n", "-es", "t.txt", *settings, "-S", "rnncli.vim", *after,
        *KEEP_MESSAGES, "-c", "wq",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return Path("messages.txt").read_text()


def test_vim_completes_a_word_and_learns_from_a_line(home: Path) -> None:
    Path("t.txt").write_text("I see the c\n")
    assert "rnncli" not in vim(*COMPLETE_AND_COMMIT)
    assert Path("t.txt").read_text() == "I see the cat\n"
    assert (home / ".rnncli.npz").exists()


@pytest.mark.parametrize(("typed", "meant"), [("catt", "cat"), ("Lnodon", "London"), ("slwp", "slept")])
def test_vim_puts_a_word_in_the_place_of_its_slip(home: Path, typed: str, meant: str) -> None:
    Path("t.txt").write_text(f"I see the {typed}\n")
    assert "rnncli" not in vim("let g:rnncli_learn = ''", *COMPLETE_AND_COMMIT[:2])
    assert Path("t.txt").read_text() == f"I see the {meant}\n"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("let $RNNCLI_MODEL = ''", "rnncli: no model: there is no model.npz here"),
        ("let g:rnncli_model = 't.txt'", "rnncli: t.txt: not an rnncli model"),
        ("let $PATH = '/nowhere'", "rnncli: the command rnncli is not on the PATH"),
    ],
)
def test_vim_says_in_a_sentence_why_there_is_no_word(home: Path, setting: str, said: str) -> None:
    (home / "model.npz").unlink()
    Path("t.txt").write_text("I see the c\n")
    messages = vim(setting, *COMPLETE_AND_COMMIT)
    assert messages.count(said) == 2  # one for each question
    assert "E1206" not in messages
    assert "Traceback" not in messages
    assert Path("t.txt").read_text() == "I see the c\n"


def test_vim_says_that_nothing_is_learned_without_a_personal_file(home: Path) -> None:
    Path("t.txt").write_text("the cat\n")
    messages = vim("let g:rnncli_learn = ''", "-c", "RnncliCommit")
    assert "rnncli: " in messages
    assert "--learn" in messages
    assert not (home / ".rnncli.npz").exists()


@pytest.mark.parametrize("target", TARGETS)
def test_completion_prints_the_file_of_the_package(call: Any, target: str) -> None:
    done = call("completion", target)
    assert done.code == 0
    assert done.out.startswith((EDITORS / f"rnncli.{target}").read_text())
    assert ("_RNNCLI_COMPLETE" in done.out) == (target != "vim")
