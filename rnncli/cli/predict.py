"""rnncli predict."""

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .coprocess import answers
from .escape import printable
from .input import argument_text, input_lines, raw_lines
from .options import Finite, json_option, learn_option, model_option, open_model, open_personal, quiet_option
from .output import emit_json, emit_words, prediction_fields, to_terminal

if TYPE_CHECKING:
    from ..model import Prediction


@click.command()
@click.argument("text", nargs=-1)
@click.option("-k", default=10, type=click.IntRange(1), show_default=True, help="How many words.")
@click.option("--eos", is_flag=True, help="Let the end of the sentence, <eos>, stand among the words.")
@click.option(
    "--complete/--next",
    default=None,
    help="The last word is half typed unless a blank follows; or it is done.  "
    "[default: half typed if the model does not know it but knows words that begin so]",
)
@click.option(
    "--among", multiple=True, metavar="A,B,...", help="Rank these, of one word or several, by all of their words."
)
@click.option("--then", default=1, type=click.IntRange(1, 100), show_default=True, help="Look that many words ahead.")
@click.option("--min-p", default=0.0, type=Finite(0, 1), help="Nothing less likely; exit code 1 if nothing is left.")
@click.option("--stdin", is_flag=True, help="Texts from standard input; with --json, objects that ask.")
@learn_option
@click.option("--commit", is_flag=True, help="Learn from each text before it is answered; with --learn.")
@json_option
@quiet_option
@model_option
def predict(
    text: tuple[str, ...],
    among: tuple[str, ...],
    stdin: bool,
    learn: str | None,
    commit: bool,
    as_json: bool,
    quiet: bool,
    model: str | None,
    **options: Any,
) -> None:
    """The likeliest next words after TEXT, or the likeliest ends of its last word, with their probabilities.

    A terminal gets a table; a pipe gets a word, a tab and its probability a line. Without TEXT, each line of standard
    input is a text, and its k words are there before the next line is read. The text starts after the end of a
    sentence. Probabilities are of all that could come next: the unknown word and the end of the sentence have their
    share, which is told but not listed; of a half-typed word, of all words that begin so.

    With --stdin --json each line asks with an object and is answered with one: "text", and if need be "k", "eos",
    "complete", "among" (a list), "then", "min_p"; an "id" is echoed, of a "session" only what is new of its text is
    read, and with "commit" the text is learnt from.

    \b
    rnncli predict "the cat"
    rnncli predict "the ca"
    rnncli predict -k 1 the old man and the
    rnncli predict "the " --among "cat,old man,dog"
    rnncli predict "the cat" --then 3 --min-p 0.01
    rnncli predict --json "the cat" | jq -r '.words[].word'
    rnncli predict -k 3 < contexts.txt
    rnncli predict -- -40 degrees and the
    rnncli predict --learn my.npz --commit "we met at the usual place"
    """
    if commit and learn is None:
        raise UsageError("--commit: there is nowhere to write what is learnt. Give --learn FILE")
    language_model = open_model(model)
    personal = open_personal(language_model, learn) if learn else None
    if personal:
        language_model = personal.model
    options |= {"among": [candidate.strip() for part in among for candidate in part.split(",")]}
    if stdin and text:
        raise UsageError("TEXT and --stdin: the text is given or read. Give one of them")
    if stdin and as_json:
        for lines in raw_lines("questions"):
            for answer in answers(language_model, lines, options, personal):
                emit_json(answer)
        return
    found = False
    for contexts in [[argument_text(text)]] if text else input_lines("texts"):
        if commit and personal:
            for context in contexts:
                personal.learn(context)
            language_model = personal.model
        predictions = language_model.predict_all(contexts, **unasked(options))
        found |= any(prediction.words for prediction in predictions)
        for prediction in predictions:
            if prediction.unknown and not quiet:
                note(f"Not in the vocabulary: {', '.join(prediction.unknown)}")
        if as_json:
            for context, prediction in zip(contexts, predictions, strict=True):
                emit_json(prediction_fields(context, prediction))
        elif to_terminal():
            from .display import print_prediction

            for context, prediction in zip(contexts, predictions, strict=True):
                print_prediction(context, prediction, shares(prediction))
        else:
            emit_words(chain.from_iterable(predictions))
            if text and not quiet and not predictions[0].typed:
                note(f"Not listed: {shares(predictions[0])}")
    if options["min_p"] and not found:
        raise click.exceptions.Exit(1)


def unasked(options: dict[str, Any]) -> dict[str, Any]:
    """The options without those that are not set: many texts are answered faster without."""
    usual = {"among": [], "then": 1, "min_p": 0.0}
    return {name: value for name, value in options.items() if value != usual.get(name, ...)}


def shares(prediction: "Prediction") -> str:
    """What is not among the words, for people."""
    return f"end of sentence {prediction.eos:.1%}, unknown word {prediction.unk:.1%}"


def note(message: str) -> None:
    click.echo(printable(message), err=True)
