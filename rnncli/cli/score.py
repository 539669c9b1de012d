"""rnncli score."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError, UsageError
from .escape import one_line
from .options import (
    encoding_option,
    files,
    header_option,
    json_option,
    model_option,
    models,
    nonempty,
    open_model,
    open_personal,
    require_rows,
)
from .output import emit_json, emit_rows, emit_summary, readable, to_terminal

if TYPE_CHECKING:
    from ..evaluation.scored import ScoredWord
    from ..model import TextPredictor
    from ..personal.model import Personal


@click.command()
@click.argument("file", default="-", shell_complete=files)
@click.option(
    "--per", type=click.Choice(["sentence", "word", "bin"]), help="A record for each of these, not the summary."
)
@click.option("--learn", is_flag=True, help="Learn from FILE while scoring it (dynamic evaluation); nothing is saved.")
@click.option(
    "--personal",
    metavar="MY.NPZ",
    shell_complete=models,
    callback=nonempty,
    help="Score with what was learned from you (predict --learn MY.NPZ --commit); the file is not changed.",
)
@click.option(
    "--sentences",
    type=click.Choice(["lines", "wrapped", "auto"]),
    help="lines: each line of FILE is a sentence. wrapped: sentences within hard-wrapped prose. auto: detected from "
    "FILE.  [default: as the model was trained]",
)
@click.option(
    "--fresh",
    type=click.Choice(["sentence", "line", "block"]),
    help="Score each of these as if it stood alone. Blocks are separated by blank lines.  "
    "[default: each word is predicted from all of FILE before it]",
)
@encoding_option
@json_option
@header_option
@model_option
def score(
    file: str,
    per: str | None,
    learn: bool,
    personal: str | None,
    sentences: str | None,
    fresh: str | None,
    encoding: str | None,
    as_json: bool,
    header: bool,
    model: str | None,
) -> None:
    """Measures how well the model predicts FILE (standard input without one): perplexity, accuracy, keystrokes saved.

    Perplexity counts words, punctuation and sentence ends. A word that the model does not know costs the unknown word
    and its spelling, so that models of different vocabularies can be compared; bits_per_character is the same cost,
    divided by the characters of FILE. perplexity_closed counts all unknown words as one word, as the literature does:
    it is lower the fewer words a model knows; where FILE itself has <unk> in place of words, the two are equal.
    perplexity_known leaves unknown words out; perplexity_network and perplexity_ngrams are those of the model's network
    and of its n-grams, each predicting alone, where it has both and nothing is learned.

    Accuracy at k is the share of words, sentence ends not counted, that are among the first k that `predict` offers; an
    unknown word is a miss. Keystroke savings are the share of keys that a writer saves who types a word's letters until
    the word is among the three likeliest that begin so, and takes word and space with one key (Trnka & McCoy 2008);
    keystroke_savings_next counts only words taken before any letter is typed. The calibration error is how far the
    likeliest word's probability is from how often that word comes.

    \b
    --per word       word, surprisal in bits, rank (none for <eos> and unknown words)
    --per sentence   sentence, surprisal in bits, words, unknown words
    --per bin        upper limit of the bin, words, their mean predicted probability, share that was right

    A terminal gets a table; a pipe gets these separated by tabs, a record a line, quoted as in CSV where there is a
    quotation mark in it: pandas.read_csv(..., sep="\\t") and R's read.delim keep every row. A blank line of FILE has a
    row of its own in --per sentence, without words, where lines are sentences or --fresh line is given; between blocks
    it has none. So --sentences lines --fresh line gives exactly one row for each line of FILE.

    \b
    rnncli score chapter.txt
    rnncli score --per word < chapter.txt | sort -t "$(printf '\\t')" -k2 -nr | head
    rnncli score --per sentence --sentences lines --fresh line < items.txt | cut -f2 | paste items.txt -
    zcat corpus.gz | rnncli score --json | jq .perplexity
    rnncli score diary.txt --learn
    rnncli score diary.txt --personal my.npz
    """
    from ..text.coverage import Coverage
    from ..text.tables import table_advice
    from ..text.vocabulary import UNK

    if learn and per in ("word", "sentence"):
        raise UsageError(f"--learn and --per {per}: what is learned shows in the summary and in --per bin")
    if learn and fresh:
        raise UsageError("--learn and --fresh: a fresh start forgets what is learned on the way. Give one of them")
    require_rows(header, as_json)
    base = open_model(model)
    if personal and not os.path.exists(personal):
        raise FileError(
            f"{personal}: no such personal file. Create it: rnncli predict --learn {personal} --commit TEXT"
        )
    learned = open_personal(base, personal) if learn or personal else None
    scorer: TextPredictor = learned or base
    if advice := table_advice([file], "rnncli score"):
        click.echo(one_line(advice), err=True)
    coverage, codec = Coverage(), scorer.codec
    text = coverage.counting(noted_text(file, encoding), codec.tokens, lambda token: codec.vocabulary.id(token) != UNK)
    emit_scores(scorer, learned if learn else None, text, per, as_json, header, sentences=sentences, fresh=fresh)
    for warning in coverage.warnings("of the words"):
        message = f"warning: {warning}"
        if sys.stderr.isatty():
            message = click.wrap_text(message, get_terminal_size().columns)
        click.echo(message, err=True)


def emit_scores(
    scorer: "TextPredictor",
    learner: "Personal | None",
    text: Iterable[str],
    per: str | None,
    as_json: bool,
    header: bool,
    **how: Any,
) -> None:
    """Writes the summary or the records of a text; a learner learns while it scores.

    how  `sentences` and `fresh`, as `TextPredictor.score` has them
    """
    if per == "word":
        emit_records(map(by_word, scorer.scored(text, **how)), as_json, header)
        return
    if per == "sentence":
        scored = scorer.scored_sentences(text, **how)
        emit_records((by_sentence(words, scorer.codec.join) for words in scored), as_json, header)
        return
    if learner:
        evaluation = learner.score_while_learning(text, sentences=how["sentences"])
    else:
        evaluation = scorer.score(text, **how)
    if to_terminal() and not as_json:
        from .display import print_reliability

        if per is None:
            emit_summary(evaluation.as_json(), as_json)
        print_reliability(evaluation.reliability())
    elif per == "bin":
        emit_records(evaluation.reliability(), as_json, header)
    else:
        if header:
            emit_rows([("measure", "value")])
        emit_summary(evaluation.as_json(), as_json)


def noted_text(file: str, encoding: str | None) -> Iterator[str]:
    """Yields the text of a file; says at its end what an earlier conversion seems to have spoiled."""
    from ..text.oddities import Oddities
    from ..text.reader import read_text

    oddities = Oddities(encoding)
    yield from read_text(file, encoding, oddities)
    for message in oddities.messages():
        click.echo(f"Note: {one_line(message)}", err=True)


def emit_records(records: Iterable[dict[str, Any]], as_json: bool, header: bool) -> None:
    """Writes records as a table, as JSON or as a line each; in a line, an unknown word shows by its missing rank."""
    if as_json:
        for record in records:
            emit_json(record)
        return
    named = ({name: value for name, value in record.items() if name != "unknown"} for record in records)
    if to_terminal():
        from .display import print_records

        print_records(named)
        return
    for record in named:
        if header:
            emit_rows([record])
            header = False
        emit_rows([map(readable, record.values())])


def by_word(word: "ScoredWord") -> dict[str, Any]:
    return {"word": word.word, "bits": word.bits, "rank": word.rank, "unknown": word.unknown}


def by_sentence(words: "list[ScoredWord]", join: Callable[[Iterable[str]], str]) -> dict[str, Any]:
    return {
        "sentence": join(word.word for word in words if not (word.is_end or word.is_break)),
        "bits": sum((word.bits for word in words), 0.0),
        "words": sum(not (word.is_end or word.is_break) for word in words),
        "unknown_words": sum(word.unknown for word in words),
    }
