"""rnncli predict."""

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from ..errors import TextError, UsageError
from .coprocess import serve
from .dashes import TextCommand
from .escape import printable
from .input import argument_text, input_lines, raw_lines
from .options import (
    Finite,
    block_option,
    header_option,
    json_option,
    learn_option,
    model_option,
    open_model,
    open_personal,
    quiet_option,
    read_block,
    require_rows,
)
from .output import emit_json, emit_rows, emit_words, prediction_fields, to_terminal

if TYPE_CHECKING:
    from ..model import LanguageModel, Prediction
    from ..personal.model import Personal

MIN_SHOWN_SHARE = 0.0005  # of the end of a paragraph, which mostly has none


@click.command(cls=TextCommand)
@click.argument("text", nargs=-1)
@click.option("-k", type=click.IntRange(1), help="List at most K words.  [default: 10; with --among all candidates]")
@click.option("--eos", is_flag=True, help="List the end of the sentence, too, as <eos>.")
@click.option(
    "--complete/--next",
    default=None,
    help="Complete the last word unless a blank follows it; or predict the word after it.  "
    "[default: complete it if the model knows words that begin so, and does not know it or they are ten times as "
    "likely; or if it is one slip from the beginning of a word]",
)
@click.option(
    "--among",
    multiple=True,
    metavar="A,B,...",
    help="Rank these candidates, of one word or several, by the probability of all of their words.",
)
@click.option(
    "--then",
    metavar="N",
    default=1,
    type=click.IntRange(1, 100),
    show_default=True,
    help="Look N words ahead.",
)
@click.option(
    "--min-p", default=0.0, type=Finite(0, 1), help="List nothing less likely; exit code 1 if nothing is left."
)
@block_option
@click.option("--stdin", is_flag=True, help="Read texts from standard input; with --json, questions as objects.")
@learn_option
@click.option("--commit", is_flag=True, help="Learn from each text before it is answered; needs --learn.")
@json_option
@header_option
@quiet_option
@model_option
def predict(
    text: tuple[str, ...],
    among: tuple[str, ...],
    block: str | None,
    stdin: bool,
    learn: str | None,
    commit: bool,
    as_json: bool,
    header: bool,
    quiet: bool,
    model: str | None,
    **options: Any,
) -> None:
    """Lists the likeliest words after TEXT, or the likeliest endings of its half-typed last word.

    A terminal gets a table; a pipe gets a word, a tab and its probability a line, quoted as in CSV where the word holds
    a quotation mark. Without TEXT, each line of standard input, blank or not, is a text, answered before the next line
    is read. A pipe gets K lines for each of them (10 without -k; with --among as many as candidates, if those are
    fewer): where fewer words are listed, word and probability are empty. So `paste` keeps texts and answers together.

    TEXT is read as the beginning of a sentence, and may begin with a dash if it holds a blank. Probabilities
    sum to 1 over all words, the unknown word and the end of the sentence included, which are not listed; those of
    endings sum to 1 over all words that begin with what is typed, words that no text had yet included, and those that
    would begin so without one slip: a missing apostrophe, a letter left out, doubled or too many, two letters swapped,
    a key beside the right one, a wrong accent. Each slip is as rare as people's; of two words as likely, the one that
    begins as typed comes first.

    A candidate of --among that the model does not know has its own part of the probability of all unknown words.

    Words of --block keep their probabilities: what is listed is fewer words, and no likelier. A candidate of --among is
    ranked though it is blocked.

    With --stdin --json each line is a question, an object, and is answered by one: "text", and if need be "k", "eos",
    "complete", "among" (a list), "then", "min_p". An "id" is echoed. A "session" names a text that grows: only what is
    new of it is read. In the answer, the words come in place of "typed", which ends the text, and "slip" marks those
    that do not begin so. With "commit" the text is learned from, and answered when that is saved; answers to such
    questions with an "id" may come later than those to the questions after them.

    \b
    rnncli predict "the cat"
    rnncli predict "the ca"
    rnncli predict "I dont"
    rnncli predict -k 1 the old man and the
    rnncli predict "the " --among "cat,old man,dog"
    rnncli predict "the cat" --then 3 --min-p 0.01
    rnncli predict --json "the cat" | jq -r '.words[].word'
    rnncli predict -k 1 < contexts.txt | paste contexts.txt -
    rnncli predict "the ca" --block names.txt
    rnncli predict "- Yes, said the"
    rnncli predict -- -40 degrees and the
    rnncli predict --learn my.npz --commit "we met at the usual place"
    """
    if commit and learn is None:
        raise UsageError("--commit: there is nowhere to write what is learned. Give --learn FILE")
    if stdin and text:
        raise UsageError("TEXT and --stdin: the text is given or read. Give one of them")
    require_rows(header, as_json)
    language_model = open_model(model)
    options["block"] = read_block(block, language_model)
    personal = open_personal(language_model, learn) if learn else None
    if personal and not (personal.words or commit or quiet or (stdin and as_json)):
        note(f"{learn}: nothing is learned yet; --commit learns from a text")
    options["among"] = [candidate.strip() for part in among for candidate in part.split(",")]
    if stdin and as_json:
        answer_questions(language_model, personal, options, commit)
        return
    from ..prediction.answers import NextWord, Question

    least = 0 if text else Question(**options).count
    table = to_terminal()
    if header and not table:
        emit_rows([NextWord._fields])
    found, is_first = False, True
    for contexts in [[argument_text(text)]] if text else input_lines("texts"):
        if commit and personal:
            for context in contexts:
                try:
                    personal.learn(context)
                except TextError:
                    if text:  # a line of many may be blank
                        raise
        predictions = (personal or language_model).predict_all(contexts, **options)
        found |= any(prediction.words for prediction in predictions)
        if not quiet:
            for prediction in predictions:
                note_unknown(prediction)
        if as_json:
            for context, prediction in zip(contexts, predictions, strict=True):
                emit_json(prediction_fields(context, prediction))
        elif table:
            from .display import print_prediction

            for context, prediction in zip(contexts, predictions, strict=True):
                print_prediction(context, prediction, shares(prediction), header, gap=not is_first)
                is_first = False
        else:
            emit_words(predictions, least)
            if text and not quiet and not predictions[0].typed:
                note(f"Not listed: {shares(predictions[0])}")
    if options["min_p"] and not found:
        raise click.exceptions.Exit(1)


def answer_questions(
    model: "LanguageModel", personal: "Personal | None", options: dict[str, Any], commit: bool
) -> None:
    """Answers questions from standard input, each as it comes. One BLAS thread answers faster than several beside an
    editor's other work."""
    from ..network.threads import one_blas_thread

    with one_blas_thread():
        serve(personal or model, chain.from_iterable(raw_lines("questions")), emit_json, options, personal, commit)


def note_unknown(prediction: "Prediction") -> None:
    """Names the words outside the vocabulary, of the text and of the candidates, on standard error."""
    if prediction.unknown:
        note(f"Not in the vocabulary: {', '.join(dict.fromkeys(prediction.unknown))}")
    if prediction.typed and not prediction.words:
        note(f"No word that is listed begins with {prediction.typed}")
    elif prediction.typed and all(word in prediction.slips for word, _ in prediction):
        note(f"No word begins with {prediction.typed}; these would without a slip")
    if prediction.unknown_offered and not prediction.typed:
        words = ", ".join(word for word, _ in prediction if word in prediction.unknown_offered)
        note(f"Ranked by their share of the unknown words: {words}")


def shares(prediction: "Prediction") -> str:
    """Says in words what a prediction never lists."""
    par = f", end of paragraph {prediction.par:.1%}" if prediction.par >= MIN_SHOWN_SHARE else ""
    return f"end of sentence {prediction.eos:.1%}, unknown word {prediction.unk:.1%}{par}"


def note(message: str) -> None:
    """Writes a message to standard error."""
    click.echo(printable(message), err=True)
