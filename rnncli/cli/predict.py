"""rnncli predict."""

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, model_option, open_model, quiet_option
from .results import argument_text, emit_json, emit_words, input_lines, printable, to_terminal

if TYPE_CHECKING:
    from ..model import Prediction


@click.command()
@click.argument("text", nargs=-1)
@click.option("-k", default=10, type=click.IntRange(1), show_default=True, help="How many words.")
@click.option("--eos", is_flag=True, help="Let the end of the sentence, <eos>, stand among the words.")
@json_option
@quiet_option
@model_option
def predict(text: tuple[str, ...], k: int, eos: bool, as_json: bool, quiet: bool, model: str | None) -> None:
    """The likeliest next words after TEXT, with their probabilities.

    A terminal gets a table; a pipe gets a word, a tab and its probability a line. Without TEXT, each line of standard
    input is a text, and its k words are there before the next line is read. The text starts after the end of a
    sentence. Probabilities are of all that could come next: the unknown word and the end of the sentence have their
    share, which is told but not listed.

    \b
    rnncli predict "the cat"
    rnncli predict -k 1 the old man and the
    rnncli predict --json "the cat" | jq -r '.words[].word'
    rnncli predict -k 3 < contexts.txt
    rnncli predict -- -40 degrees and the
    """
    language_model = open_model(model)
    for contexts in [[argument_text(text)]] if text else input_lines("texts"):
        predictions = language_model.predict_all(contexts, k, eos)
        for prediction in predictions:
            if prediction.unknown and not quiet:
                note(f"Not in the vocabulary: {', '.join(prediction.unknown)}")
        if as_json:
            for context, prediction in zip(contexts, predictions, strict=True):
                emit_json(as_object(context, prediction))
        elif to_terminal():
            from .display import print_prediction

            for context, prediction in zip(contexts, predictions, strict=True):
                print_prediction(context, prediction, shares(prediction))
        else:
            emit_words(chain.from_iterable(predictions))
            if text and not quiet:
                note(f"Not listed: {shares(predictions[0])}")


def as_object(context: str, prediction: "Prediction") -> dict[str, Any]:
    return {
        "text": context,
        "words": [word._asdict() for word in prediction],
        "eos": prediction.eos,
        "unk": prediction.unk,
        "unknown_words": prediction.unknown,
    }


def shares(prediction: "Prediction") -> str:
    """What is not among the words, for people."""
    return f"end of sentence {prediction.eos:.1%}, unknown word {prediction.unk:.1%}"


def note(message: str) -> None:
    click.echo(printable(message), err=True)
