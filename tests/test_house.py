"""Checks the structure of the package: imports run one way, heavy modules load late, files stay short."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import rnncli

PACKAGE = Path(rnncli.__file__).parent

MAX_LINES = 300  # of a file of the package

# What each part of rnncli may import from rnncli, besides itself, errors and memory; the lowest layer first.
LEAVES = {"errors", "memory", "version"}  # import nothing of the package but each other
GROUND = {"settings", "predictor", "text", "network", "counts", "unknown"}
MIDDLE = GROUND | {"evaluation", "prediction", "training", "storage"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "memory": set(),
    "version": set(),
    "settings": set(),
    "predictor": set(),
    "text": set(),
    "network": {"predictor"},
    "counts": {"predictor"},
    "unknown": {"predictor", "text", "counts"},
    "evaluation": GROUND,
    "prediction": GROUND,
    "training": GROUND | {"evaluation"},
    "storage": GROUND,
    "loading": {"model", "storage"},
    "model": MIDDLE,
    "personal": MIDDLE | {"model"},
    "run": MIDDLE | {"model"},
    "cli": {
        "settings",
        "text",
        "network",
        "evaluation",
        "prediction",
        "storage",
        "loading",
        "model",
        "personal",
        "run",
    },
    "__main__": {"cli", "__init__"},
    "__init__": {
        "settings",
        "loading",
        "evaluation",
        "model",
        "personal",
        "run",
    },  # for type checkers; at run time on first use
}
# Which parts of rnncli may import each dependency.
DEPENDENCIES = {
    "click": {"cli"},
    "rich": {"cli/display.py"},
    "tqdm": {"cli/display.py"},
    "threadpoolctl": {"network"},
    "icu4py": {"text/dictionary.py"},
    "prompt_toolkit": {"cli/type.py"},
    "numpy": {
        "text",
        "network",
        "counts",
        "unknown",
        "training",
        "prediction",
        "storage",
        "model",
        "personal",
        "run",
        "evaluation",
        "predictor",
        "cli/generate.py",
        "memory",
    },
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Returns the dotted names that a module imports anywhere in its code; relative ones begin with rnncli."""
    package = ("rnncli", *path.relative_to(PACKAGE).parent.parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            dotted = ".".join((*base, *([node.module] if node.module else [])))
            found |= {dotted} if node.module else set()
            found |= {f"{dotted}.{alias.name}" for alias in node.names}
    return found


def top_part(dotted: str) -> str:
    """Returns the subpackage or module of rnncli that a dotted name belongs to."""
    parts = dotted.split(".")
    known = {path.stem for path in PACKAGE.iterdir()}
    return parts[1] if len(parts) > 1 and parts[1] in known else "__init__"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    inside = str(path.relative_to(PACKAGE))
    mine = inside.split("/")[0].removesuffix(".py")
    for name in imports(path):
        if name.split(".")[0] == "rnncli":
            assert top_part(name) in MAY_IMPORT[mine] | {mine, "errors", "memory", "version"}, (
                f"{inside} imports {name}"
            )
        elif name.split(".")[0] in DEPENDENCIES:
            assert DEPENDENCIES[name.split(".")[0]] & {mine, inside}, f"{inside} imports {name}"
        else:
            assert name.split(".")[0] in sys.stdlib_module_names, f"{inside} imports {name}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {".".join(("rnncli", *path.relative_to(PACKAGE).with_suffix("").parts)): path for path in MODULES}
    graph = {name: imports(path) & names.keys() for name, path in names.items()}
    graph["rnncli.__init__"] = set()  # lends its names to type checkers only
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError


def test_every_subpackage_is_in_the_table_of_imports() -> None:
    assert {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_of_the_package_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_installed_package_tells_type_checkers_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        ("import rnncli", ["numpy", "click", "rich", "tqdm"]),
        ("from rnncli.cli.main import main; main(['--help'])", ["numpy", "rich", "tqdm"]),
        ("from rnncli.cli.main import main; main(['--version'])", ["numpy", "rich", "tqdm"]),
        ("from rnncli.cli.main import main; main(['train', '--help'])", ["numpy", "rich", "tqdm"]),
        ("import rnncli; rnncli.load", ["click", "rich", "tqdm"]),
    ],
)
def test_heavy_modules_are_not_imported_before_they_are_needed(program: str, unwanted: list[str]) -> None:
    check = f"{program}; import sys; print(sorted(set(sys.modules) & set({unwanted})))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr == ""
