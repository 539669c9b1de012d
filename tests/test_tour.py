"""Checks the tour, rnncli/README.md: its files and names exist, its tables are complete, its NumPy lines run."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import rnncli
from rnncli.storage.checkpoint import ARRAYS

PACKAGE = Path(rnncli.__file__).parent
TOUR = (PACKAGE / "README.md").read_text()


def section(title: str) -> str:
    """Returns the part of the tour under a heading."""
    return TOUR.split(f"\n## {title}\n")[1].split("\n## ")[0]


def names_in(path: Path) -> set[str]:
    """Returns the functions, classes, methods and constants that a module defines."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


PLACES = re.findall(r"^\| (?:where|who|what) .* \| `([\w/]+\.py)` \| `(\w+)` \|$", TOUR, re.M)


def test_the_list_of_places_was_found() -> None:
    assert len(PLACES) >= 30


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_place_of_the_tour_exists(file: str, name: str) -> None:
    assert name in names_in(PACKAGE / file)


def test_files_of_the_tour_exist() -> None:
    files = set(re.findall(r"`((?:\w+/)*\w+\.py)`", TOUR))
    assert len(files) > 40
    root = PACKAGE.parent if (PACKAGE.parent / "tests").exists() else None
    for file in files:
        if not file.startswith("tests/"):
            assert (PACKAGE / file).exists(), file
        elif root:
            assert (root / file).exists(), file


def test_every_array_of_a_model_file_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `\(.*?\)` \| (\w+) \|", section("The model file"), re.M)
    assert [(name, np.dtype(dtype)) for name, dtype in rows] == [(n, np.dtype(t)) for n, t in ARRAYS.items()]


def test_every_package_and_file_at_the_top_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)(?:/|\.py)` \|", section("The packages"), re.M))
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert explained == there - {"__init__", "__main__"}


def test_plain_numpy_gives_the_probabilities_of_predict(here: Path) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", TOUR, re.S | re.M)
    names: dict[str, np.ndarray] = {}
    exec(program, names)
    np.testing.assert_allclose(names["y"], rnncli.load("model.npz").probabilities("the cat"), rtol=1e-4)
