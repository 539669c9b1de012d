"""Checks the tour, rnncli/README.md: its files and names exist, its tables are complete, its NumPy lines run."""

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_house import LEAVES, MAY_IMPORT

import rnncli
from rnncli.counts.mixture import WithCounts
from rnncli.counts.predictor import Counts
from rnncli.network.network import Network
from rnncli.personal.learner import Mixture
from rnncli.prediction.ended import EndOrNot
from rnncli.prediction.session import Repeated
from rnncli.predictor import Predictor, rows
from rnncli.storage.checkpoint import ARRAYS
from rnncli.unknown.share import Calibrated

PACKAGE = Path(rnncli.__file__).parent
TESTS = Path(__file__).parent
TOUR = (PACKAGE / "README.md").read_text()
MAX_TOUR_LINES = 385

ROWS = re.findall(r"^\| .* \| `([\w/]+\.py)` \| `([\w.]+)` \|$", TOUR, re.M)  # tables that end in file, name
MENTIONS = re.findall(r"`([\w/]+\.py)`\s\(((?:`\w+`(?:, )?)+)\)", TOUR)  # `file` (`name`, `name`)
PLACES = sorted({*ROWS, *((file, name) for file, names in MENTIONS for name in re.findall(r"\w+", names))})


def section(title: str) -> str:
    """Returns the part of the tour under a heading."""
    return TOUR.split(f"\n## {title}\n")[1].split("\n## ")[0]


def named(line: str) -> list[str]:
    """Returns the names in backticks, without a folder's slash."""
    return re.findall(r"`(\w+)`", line)


def names_in(body: list[ast.stmt], prefix: str = "") -> set[str]:
    """Returns the functions, classes and constants that statements define; methods as `Class.method`."""
    found = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(prefix + node.name)
        if isinstance(node, ast.ClassDef):
            found |= names_in(node.body, f"{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if hasattr(node, "target") else []
        found |= {prefix + target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_tour_has_no_more_lines_than_it_may() -> None:
    assert len(TOUR.splitlines()) <= MAX_TOUR_LINES


def test_places_of_the_tour_were_found() -> None:
    tables = re.findall(r"^\|.* \| file \| name \|\n\|[-|]+\n((?:\|.*\n)+)", TOUR, re.M)
    assert sum(len(table.splitlines()) for table in tables) == len(ROWS)
    assert len(re.findall(r"^\| (?:where|who|what) .* \|$", section("Where is …?"), re.M)) >= 40
    assert len(ROWS) >= 80
    assert len(MENTIONS) >= 10


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_name_of_the_tour_is_defined_in_the_file_given_with_it(file: str, name: str) -> None:
    assert name in names_in(ast.parse((PACKAGE / file).read_text()).body)


def test_files_of_the_tour_exist() -> None:
    files = set(re.findall(r"`((?:\w+/)*\w+\.py)`", TOUR))
    assert len(files) > 40
    assert [
        file for file in files if not ((TESTS.parent if file.startswith("tests/") else PACKAGE) / file).exists()
    ] == []


def test_table_of_predictors_lists_the_classes_that_implement_the_protocol() -> None:
    rows = re.findall(r"^\| `(\w+)`: .* \| `([\w/]+\.py)` \|$", section("The one seam"), re.M)
    assert set(rows) == {
        (kind.__name__, "/".join(kind.__module__.split(".")[1:]) + ".py")
        for kind in Predictor.__subclasses__()
        if kind.__module__.startswith("rnncli.")
    }
    all_kinds = Network, Counts, WithCounts, Calibrated, Mixture, EndOrNot, Repeated
    assert {name for name, _ in rows} == {kind.__name__ for kind in all_kinds}


def test_every_array_of_a_model_file_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `\(.*?\)` \| (\w+) \|", section("The model file"), re.M)
    assert [(name, np.dtype(dtype)) for name, dtype in rows] == [(n, np.dtype(t)) for n, t in ARRAYS.items()]


def test_table_of_packages_says_what_each_may_import() -> None:
    rows = [line.split(" | ") for line in section("The packages").splitlines() if line.startswith("| `")]
    table: dict[str, set[str]] = {}
    for first, _, last in rows:
        (package,) = named(first)
        others = set(named(last))
        table[package] = others | (table["model"] if last.startswith("what `model` may") else set())
    assert table == MAY_IMPORT
    assert {"errors", "memory", "version"} == LEAVES


def test_plain_numpy_gives_the_probabilities_of_network_and_predict(here: Path) -> None:
    of_network, of_mixture = re.findall(r"^```python\n(.*?)^```", TOUR, re.S | re.M)
    model, names = rnncli.load("model.npz"), dict[str, Any]()
    exec(of_network, names)
    read = model.network.read(model.network.start(), np.array(names["ids"])[:, None])
    np.testing.assert_allclose(names["y"], model.network.next(rows(read, -1))[0], rtol=1e-4)
    exec(of_mixture, names)
    np.testing.assert_allclose(names["y"], model.probabilities("the cat"), rtol=1e-4)
    assert names["length"] > 0
