"""That every row of the matrix has a test."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults
ROWS = {"A": 33, "B": 40, "C": 30, "D": 14, "E": 28, "F": 25, "G": 14, "H": 16, "I": 7}


def test_every_row_of_the_matrix_has_a_test() -> None:
    text = "".join(path.read_text() for path in sorted(Path(__file__).parent.glob("test_*.py")))
    claimed = {name for names in re.findall(r"mark\.rows\(([^)]*)\)", text) for name in re.findall(r'"(\w+)"', names)}
    assert claimed == {f"{letter}{n}" for letter, last in ROWS.items() for n in range(1, last + 1)}
