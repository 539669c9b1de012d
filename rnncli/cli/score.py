"""rnncli score."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, model_option, open_model
from .results import emit_json, emit_rows, emit_summary, readable

if TYPE_CHECKING:
    from ..model import ScoredWord


@click.command()
@click.argument("file", default="-")
@click.option("--per", type=click.Choice(["sentence", "word"]), help="A record for each of these, not the summary.")
@json_option
@model_option
def score(file: str, per: str | None, as_json: bool, model: str | None) -> None:
    """How well the model foresees FILE (standard input without one): perplexity, bits a word, accuracy.

    Perplexity counts words, punctuation and sentence ends; perplexity_known leaves out words that the model does not
    know. Accuracy at k is the share of words, sentence ends not counted, that are among the first k that `predict`
    offers; an unknown word is a miss.

    \b
    --per word       word, surprisal in bits, rank (none for <eos> and unknown words)
    --per sentence   sentence, surprisal in bits, words, unknown words

    \b
    rnncli score chapter.txt
    rnncli score --per word < chapter.txt | sort -t "$(printf '\\t')" -k2 -nr | head
    zcat corpus.gz | rnncli score --json | jq .perplexity
    """
    from ..text.reader import read_texts

    language_model = open_model(model)
    texts = read_texts([file])
    if per is None:
        emit_summary(language_model.score(texts).as_json(), as_json)
        return
    words = language_model.scored(texts)
    records = by_sentence(words, language_model.join) if per == "sentence" else map(by_word, words)
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
