"""The declarations of the settings, and what reads them."""

import json
from dataclasses import MISSING, asdict, fields, replace
from fractions import Fraction
from typing import Any

import click
import numpy as np
import pytest

from rnncli.cli.train import train
from rnncli.errors import UsageError
from rnncli.run.recipe import fitted
from rnncli.settings import DECLARATIONS, Settings, default_of, option_of

SETTINGS = fitted({"epochs": 3})


@pytest.mark.parametrize("name", DECLARATIONS)
def test_every_declaration_bounds_its_setting_and_has_help(name: str) -> None:
    declared = DECLARATIONS[name]
    assert declared.metadata["help"].endswith(".")
    assert default_of(name)
    for end in set(declared.metadata) & {"least", "most"}:
        value = declared.metadata[end]
        if name not in ("time", "epochs"):
            assert getattr(replace(SETTINGS, **{name: value}), name) == value
        with pytest.raises(UsageError, match=f"{name}: .* is not a (whole )?number from"):
            fitted({name: 2 * value + 1 if end == "most" else -value - 1})
    for value in declared.metadata.get("choices", ()):
        assert getattr(replace(SETTINGS, **{name: value}), name) == value
    assert ("choices" in declared.metadata) == (declared.type == "str" or declared.type is str)


@pytest.mark.parametrize("name", DECLARATIONS)
def test_command_line_says_what_the_declaration_says(name: str) -> None:
    options = {parameter.name: parameter for parameter in train.params if isinstance(parameter, click.Option)}
    option = option_of(name)
    if option is None:
        assert name not in options
        assert "no option" in DECLARATIONS[name].metadata["help"]
        return
    assert options[name].opts == [option]
    assert options[name].help == f"{DECLARATIONS[name].metadata['help']}  [default: {default_of(name)}]"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", True),
        ("hidden", 8.0),
        ("hidden", np.float64(8)),
        ("hidden", "8"),
        ("hidden", 10**400),
        ("hidden", None),
        ("dropout", float("nan")),
        ("dropout", np.nan),
        ("dropout", "0.5"),
        ("learning_rate", float("inf")),
        ("seed", -1),
        ("tokenizer", "bytes"),
        ("tokenizer", 3),
        ("tokenizer", None),
    ],
)
def test_values_outside_the_declaration_are_refused_in_python_too(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{name}: "):
        fitted({name: value})
    with pytest.raises(UsageError, match=f"{name}: "):
        replace(SETTINGS, **{name: value})


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("hidden", np.int64(8), 8),
        ("seed", np.uint8(3), 3),
        ("dropout", np.float32(0.5), 0.5),
        ("dropout", np.int8(0), 0.0),
        ("dropout", Fraction(1, 4), 0.25),
        ("tokenizer", np.str_("chars"), "chars"),
    ],
)
def test_numbers_of_other_libraries_become_python_s(name: str, value: Any, plain: Any) -> None:
    for settings in (fitted({name: value}), replace(SETTINGS, **{name: value})):
        assert getattr(settings, name) == plain
        assert type(getattr(settings, name)) is type(plain)
        json.dumps(asdict(settings))


def test_a_run_ends_by_time_or_by_epochs() -> None:
    for ends in ({"time": 5.0, "epochs": 3}, {"time": None, "epochs": None}):
        with pytest.raises(UsageError, match="time or by epochs"):
            replace(SETTINGS, **ends)


def test_settings_of_older_files_are_restored_by_their_new_names() -> None:
    saved = asdict(replace(SETTINGS, ensemble_size=3, leaky=0.25))
    assert Settings.restored(saved) == replace(SETTINGS, ensemble_size=3, leaky=0.25)
    old = {{"ensemble_size": "members", "leaky": "slow"}.get(name, name): value for name, value in saved.items()}
    assert Settings.restored(old) == Settings.restored(saved)
    with pytest.raises(TypeError):
        Settings.restored({**saved, "members": 3, "width": 4})


def test_defaults_of_the_dataclass_are_the_ones_that_are_fitted() -> None:
    for declared in fields(Settings):
        if declared.default is not MISSING:
            assert getattr(SETTINGS, declared.name) == declared.default
