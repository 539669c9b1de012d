"""rnncli info."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, model_option, open_model
from .output import emit_fields, emit_json, to_terminal

if TYPE_CHECKING:
    from ..model import LanguageModel

FREQUENT_WORDS = 10  # of the vocabulary, that are shown


@click.command()
@json_option
@model_option
def info(as_json: bool, model: str | None) -> None:
    """Describes a model file: its network, vocabulary, settings and corpus, and how its training went.

    \b
    rnncli info
    rnncli info --json -m other.npz | jq .settings.hidden
    """
    fields = model_fields(open_model(model))
    if as_json:
        emit_json(fields)
    elif to_terminal():
        from .display import print_model

        print_model(fields)
    else:
        emit_fields(flat(fields))


def model_fields(model: "LanguageModel") -> dict[str, Any]:
    """Returns the description of a model, under the names that --json has."""

    return {
        "words": len(model.vocabulary),
        "hidden": model.params.Ws.shape[0],
        "parameters": sum(w.size for w in model.params),
        "bytes": sum(w.nbytes for w in model.params),
        "head": model.vocabulary.display_forms[model.vocabulary.specials :][:FREQUENT_WORDS],
        "settings": asdict(model.settings),
        **{name: value for name, value in model.record.items() if name != "plan"},
    }


def flat(fields: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flattens nested fields to lines, named outer.inner; a list becomes its words, the curve its perplexities."""
    lines: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            lines |= flat(value, f"{prefix}{name}.")
        elif name == "curve":
            lines[prefix + name] = " ".join(f"{perplexity:.1f}" for _, perplexity in value)
        else:
            lines[prefix + name] = " ".join(value) if isinstance(value, list) else value
    return lines
