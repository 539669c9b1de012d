"""rnncli score."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError, UsageError
from .options import files, json_option, model_option, models, nonempty, open_model, open_personal
from .output import emit_json, emit_rows, emit_summary, readable, to_terminal

if TYPE_CHECKING:
    from ..model import ScoredWord, TextPredictor


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
@json_option
@model_option
def score(file: str, per: str | None, learn: bool, personal: str | None, as_json: bool, model: str | None) -> None:
    """Measures how well the model predicts FILE (standard input without one): perplexity, accuracy, keystrokes saved.

    Perplexity counts words, punctuation and sentence ends; perplexity_known leaves out words that the model does not
    know. Accuracy at k is the share of words, sentence ends not counted, that are among the first k that `predict`
    offers; an unknown word is a miss. Keystroke savings are the share of keys that a writer saves who types a word's
    letters until the word is among the three likeliest that begin so, and takes word and space with one key
    (Trnka & McCoy 2008); keystroke_savings_next counts only words taken before any letter is typed. The calibration
    error is how far the likeliest word's probability is from how often that word comes.

    \b
    --per word       word, surprisal in bits, rank (none for <eos> and unknown words)
    --per sentence   sentence, surprisal in bits, words, unknown words
    --per bin        upper limit of the bin, words, their mean predicted probability, share that was right

    \b
    rnncli score chapter.txt
    rnncli score --per word < chapter.txt | sort -t "$(printf '\\t')" -k2 -nr | head
    zcat corpus.gz | rnncli score --json | jq .perplexity
    rnncli score diary.txt --learn
    rnncli score diary.txt --personal my.npz
    """
    from ..text.reader import read_texts

    if learn and per in ("word", "sentence"):
        raise UsageError(f"--learn and --per {per}: what is learned shows in the summary and in --per bin")
    base = open_model(model)
    if personal and not os.path.exists(personal):
        raise FileError(
            f"{personal}: no such personal file. Create it: rnncli predict --learn {personal} --commit TEXT"
        )
    learned = open_personal(base, personal) if learn or personal else None
    scorer: TextPredictor = learned or base
    texts = read_texts([file])
    if per in (None, "bin"):
        evaluation = learned.score_while_learning(texts) if learned and learn else scorer.score(texts)
        if per == "bin":
            emit_records(evaluation.reliability(), as_json)
            return
        emit_summary(evaluation.as_json(), as_json)
        if to_terminal() and not as_json:
            from .display import print_reliability

            print_reliability(evaluation.reliability())
        return
    words = scorer.scored(texts)
    emit_records(by_sentence(words, scorer.codec.join) if per == "sentence" else map(by_word, words), as_json)


def emit_records(records: Iterable[dict[str, Any]], as_json: bool) -> None:
    """Writes a record a line; without names, an unknown word shows by its missing rank."""
    for record in records:
        if as_json:
            emit_json(record)
        else:
            emit_rows([[readable(value) for name, value in record.items() if name != "unknown"]])


def by_word(word: "ScoredWord") -> dict[str, Any]:
    return {"word": word.word, "bits": word.bits, "rank": word.rank, "unknown": word.unknown}


def by_sentence(words: Iterable["ScoredWord"], join: Any) -> Iterator[dict[str, Any]]:
    sentence: list[ScoredWord] = []
    for word in words:
        sentence.append(word)
        if word.word == "<eos>":
            yield {
                "sentence": join(w.word for w in sentence[:-1]),
                "bits": sum(w.bits for w in sentence),
                "words": len(sentence) - 1,
                "unknown_words": sum(w.unknown for w in sentence),
            }
            sentence = []
