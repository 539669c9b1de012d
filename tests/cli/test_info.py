"""rnncli info: the fields of a model, and how they are shown."""

import json
from pathlib import Path
from typing import Any

import pytest

import rnncli
from rnncli.cli.display import network, print_model
from rnncli.cli.info import flat, model_fields

SETTINGS = {"hidden": 200, "cell": "elman", "activation": "tanh"}


def test_info_prints_the_fields_of_the_model(call: Any, corpus_file: Path) -> None:
    fields = json.loads(call("info", "--json").out)
    assert fields["hidden"] == fields["settings"]["hidden"] == 24
    assert fields["head"][0] == "the"
    assert len(fields["corpus"]["digest"]) == 64
    assert fields["curve"]
    rows = dict(row for row in call("info").rows if len(row) == 2)
    assert rows["settings.hidden"] == "24"
    assert rows["corpus.digest"] == fields["corpus"]["digest"]


@pytest.mark.parametrize(
    ("networks", "leaky", "words"),
    [
        (1, 0.5, "200 units, half of them leaky, tanh"),
        (1, 1.0, "200 units, all of them leaky, tanh"),
        (1, 0.3, "200 units, 30% of them leaky, tanh"),
        (1, 0.0, "200 units, tanh (a plain Elman network)"),
        (8, 0.5, "ensemble of 8 networks, each of 200 units, half of them leaky, tanh"),
    ],
)
def test_network_is_described_with_its_leaky_units(networks: int, leaky: float, words: str) -> None:
    assert network({**SETTINGS, "ensemble_size": networks, "leaky": leaky}) == words


def test_info_shows_no_share_of_a_network_that_has_none(
    model: rnncli.LanguageModel, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = model_fields(model)
    print_model(fields | {"network_weights": dict.fromkeys(fields["network_weights"], [0.0] * 8)})
    out = capsys.readouterr().out
    assert "n-grams" in out
    assert "the network's share" not in out


@pytest.mark.parametrize(
    ("curve", "line"),
    [
        ([[1.0, 12.34]], "curve perplexity 12.3 after 1 epoch, the only evaluation: nothing to plot"),
        ([[0.25, 3.21]], "curve perplexity 3.21 after 0.25 epochs, the only evaluation: nothing to plot"),
    ],
)
def test_curve_of_one_evaluation_is_said_in_words(
    model: rnncli.LanguageModel, capsys: pytest.CaptureFixture[str], curve: list[list[float]], line: str
) -> None:
    print_model(model_fields(model) | {"curve": curve})
    out = capsys.readouterr().out
    assert line in " ".join(out.split())
    assert "█" not in out


def test_model_without_a_curve_is_described_without_one(
    model: rnncli.LanguageModel, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = model_fields(model) | {"curve": None}
    print_model(fields)
    assert "curve" not in capsys.readouterr().out
    assert flat(fields)["curve"] == ""


def test_gated_network_is_described_by_its_cell() -> None:
    gated = {**SETTINGS, "cell": "lstm", "ensemble_size": 1, "leaky": 0.5}
    assert network(gated) == "200 units, LSTM"
    assert network({**gated, "cell": "gru", "ensemble_size": 2}) == "ensemble of 2 networks, each of 200 units, GRU"
