"""rnncli score."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .options import files, json_option, model_option, open_model, open_personal
from .output import emit_json, emit_rows, emit_summary, readable, to_terminal

if TYPE_CHECKING:
    from ..model import ScoredWord


@click.command()
@click.argument("file", default="-", shell_complete=files)
@click.option(
    "--per", type=click.Choice(["sentence", "word", "bin"]), help="A record for each of these, not the summary."
)
@click.option(
    "--learn",
    is_flag=False,
    flag_value="",
    metavar="[MY.NPZ]",
    help="As someone meets it who learns from FILE while reading it, on top of what MY.NPZ has; nothing is written.",
)
@json_option
@model_option
def score(file: str, per: str | None, learn: str | None, as_json: bool, model: str | None) -> None:
    """How well the model foresees FILE (standard input without one): perplexity, accuracy, keystrokes saved.

    Perplexity counts words, punctuation and sentence ends; perplexity_known leaves out words that the model does not
    know. Accuracy at k is the share of words, sentence ends not counted, that are among the first k that `predict`
    offers; an unknown word is a miss. Keystroke savings are the share of keys that a writer saves who types a word's
    letters until it is among the three likeliest that begin with these, and takes it, and the space, with one key
    (Trnka & McCoy 2008); keystroke_savings_next are those of next words alone, where no letter was typed. The
    calibration error is how far the likeliest word's probability is from how often it comes.

    \b
    --per word       word, surprisal in bits, rank (none for <eos> and unknown words)
    --per sentence   sentence, surprisal in bits, words, unknown words
    --per bin        up to this probability, words, their mean probability, share that came

    \b
    rnncli score chapter.txt
    rnncli score --per word < chapter.txt | sort -t "$(printf '\\t')" -k2 -nr | head
    zcat corpus.gz | rnncli score --json | jq .perplexity
    rnncli score diary.txt --learn
    """
    from ..text.reader import read_texts

    if learn is not None and per in ("word", "sentence"):
        raise UsageError(f"--learn and --per {per}: what is learnt shows in the summary and in --per bin")
    language_model = open_model(model)
    texts = read_texts([file])
    if per in (None, "bin"):
        reader = language_model if learn is None else open_personal(language_model, learn or None)
        evaluation = reader.score(texts)
        if per == "bin":
            emit_records(evaluation.reliability(), as_json)
            return
        emit_summary(evaluation.as_json(), as_json)
        if to_terminal() and not as_json:
            from .display import print_reliability

            print_reliability(evaluation.reliability())
        return
    words = language_model.scored(texts)
    emit_records(by_sentence(words, language_model.join) if per == "sentence" else map(by_word, words), as_json)


def emit_records(records: Iterable[dict[str, Any]], as_json: bool) -> None:
    """A record a line; without names, unknown words are told by their missing rank."""
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
