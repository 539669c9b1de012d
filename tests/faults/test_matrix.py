"""Checks that the list of rows in tests/README.md and the `rows` marks of the tests name the same rows and files."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
README = (FOLDER.parent / "README.md").read_text()


def rows_of_marks() -> set[tuple[str, str]]:
    """Returns (row, file) of each `rows` mark, the file without test_, matrix_ and .py."""
    found = set()
    for path in FOLDER.glob("test_*.py"):
        file = path.stem.removeprefix("test_").removeprefix("matrix_")
        for names in re.findall(r"mark\.rows\(([^)]*)\)", path.read_text()):
            found |= {(row, file) for row in re.findall(r'"(\w+)"', names)}
    return found


def rows_of_readme() -> list[tuple[str, str]]:
    """Returns (row, file) of each line of the matrix, in order; a row that several files test comes several times."""
    lines = re.findall(r"^\| ([A-Z]\d+) \|.*\| ([^|]*) \|$", README, re.M)
    return [(row, file) for row, files in lines for file in files.split(", ")]


def test_every_row_of_the_matrix_is_tested_by_the_files_listed_with_it() -> None:
    assert sorted(rows_of_marks()) == sorted(rows_of_readme())


def test_rows_of_the_matrix_are_numbered_without_gaps() -> None:
    rows = list(dict.fromkeys(row for row, _ in rows_of_readme()))
    count = {letter: sum(row[0] == letter for row in rows) for letter in sorted({row[0] for row in rows})}
    assert rows == [f"{letter}{n}" for letter, last in count.items() for n in range(1, last + 1)]
    assert f"| {len(rows)} rows" in README


def test_files_named_in_the_readme_of_the_tests_exist() -> None:
    names = re.findall(r"tests/[\w/]+\.py", README) + [
        f"tests/faults/{name}" for name in re.findall(r"`(test_\w+\.py)`", README)
    ]
    assert names
    assert [name for name in names if not (FOLDER.parents[1] / name).exists()] == []
