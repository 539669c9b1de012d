"""The matrix, A: what is wrong with a corpus."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.faults
TRAIN = ["--epochs", "1", "--hidden", "4", "-o", "new.npz"]


@pytest.mark.rows("A1", "A2", "A3")
@pytest.mark.parametrize(("content", "said"), [("", "is empty"), (" \n\t\n", "no words"), ("cat", "at least 2")])
def test_too_little_to_learn_from(rnncli: Any, here: Path, content: str, said: str) -> None:
    Path("c.txt").write_text(content)
    rnncli("train", "c.txt", *TRAIN, code=3, said=["Error:", "c.txt", said])
    assert not Path("new.npz").exists()
