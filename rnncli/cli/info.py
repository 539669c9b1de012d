"""rnncli info."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ..settings import WITHOUT_NETWORK
from .options import json_option, model_option, open_model
from .output import emit_fields, emit_json, to_terminal

if TYPE_CHECKING:
    from ..model import LanguageModel

FREQUENT_WORDS = 10  # of the vocabulary, that are shown
OF_NETWORK = ("temperature", "curve")  # in the record of a model


@click.command()
@json_option
@model_option
def info(as_json: bool, model: str | None) -> None:
    """Describes a model file: its network, vocabulary, settings and corpus, and how its training went.

    Where n-grams predict beside the network, network_weights.N are the network's shares after a context of which they
    have seen N words, from contexts that leave little probability to shorter ones to those that leave all of it.

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
    """Describes a model, under the names that --json has. Without units it says nothing of a network."""
    hidden, settings = model.network.width, asdict(model.settings)
    weights = model.params.values()
    of_network = {"parameters": sum(w.size for w in weights), "bytes": sum(w.nbytes for w in weights)}
    unsaid = ("plan",) if hidden else ("plan", *OF_NETWORK)
    return {
        "words": len(model.vocabulary),
        "hidden": hidden,
        **(of_network if hidden else {}),
        "head": model.vocabulary.display_forms[model.vocabulary.specials :][:FREQUENT_WORDS],
        **ngram_fields(model),
        "settings": {name: value for name, value in settings.items() if hidden or name in WITHOUT_NETWORK},
        **{name: value for name, value in model.record.items() if name not in unsaid},
    }


def ngram_fields(model: "LanguageModel") -> dict[str, Any]:
    """Returns how many n-grams there are of each length, and a network's weights beside them: for each length of the
    longest context that was seen, by eighths of what that leaves to shorter ones.
    """
    if model.ngrams is None:
        return {}
    levels, weights = model.ngrams.ngrams.levels, model.ngrams.network_weights
    of_length = {"ngrams": {str(n): len(level.words) for n, level in enumerate(levels, 2)}}
    if not model.settings.hidden:
        return of_length
    rows = enumerate(weights.reshape(len(levels) + 1, -1))
    return {**of_length, "network_weights": {str(words): list(map(float, row)) for words, row in rows}}


def flat(fields: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flattens nested fields to lines, named outer.inner; a list becomes its words, the curve its perplexities."""
    lines: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            lines |= flat(value, f"{prefix}{name}.")
        elif name == "curve":
            lines[prefix + name] = " ".join(f"{perplexity:.1f}" for _, perplexity in value or ())
        else:
            lines[prefix + name] = " ".join(map(written, value)) if isinstance(value, list) else value
    return lines


def written(value: str | float) -> str:
    """Writes an entry of a list."""
    return f"{value:.2f}" if isinstance(value, float) else str(value)
