"""What a shell is told could come."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ASKING = """
source <("$PYTHON" -m rnncli completion bash)
rnncli() { "$PYTHON" -m rnncli "$@"; }
env() { local -a set=(); while [[ $1 == *=* ]]; do set+=("$1"); shift; done; shift
        command env "${set[@]}" "$PYTHON" -m rnncli "$@"; }
COMP_WORDS=(rnncli "$@"); COMP_CWORD=$#
_rnncli_completion rnncli; printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pre"], {"predict"}),
        (["predict", "--am"], {"--among"}),
        (["info", "-m", "mo"], {"model.npz", "models/"}),
        (["train", "c.txt", "--tokenizer", "w"], {"words", "whitespace"}),
        (["completion", ""], {"bash", "zsh", "fish"}),
    ],
)
def test_bash_completes_commands_options_and_model_files(here: Path, words: list[str], told: set[str]) -> None:
    (here / "models").mkdir()
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(["bash", "-c", ASKING, "bash", *words], env=environment, capture_output=True, text=True)
    assert set(done.stdout.split()) == told, done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_of_theirs(call: Any, shell: str) -> None:
    done = call("completion", shell)
    assert done.code == 0
    assert "_RNNCLI_COMPLETE" in done.out
    assert f"{shell}_complete" in done.out
