"""rnncli generate."""

import os
from itertools import islice
from typing import Any

import click

from .dashes import TextCommand
from .input import LINES_AT_ONCE, argument_text, input_lines
from .options import Finite, block_option, json_option, model_option, open_model, read_block
from .output import emit, emit_json, harmless


@click.command(cls=TextCommand)
@click.argument("prompt", nargs=-1)
@click.option("--words", type=click.IntRange(0), help="Write that many words, punctuation included.  [default: 50]")
@click.option("--sentences", type=click.IntRange(1), help="Stop after that many sentences.")
@click.option(
    "--temperature",
    default=1.0,
    type=Finite(0),
    show_default=True,
    help="Sharpen (below 1) or flatten (above 1) the distribution; 0 always takes the likeliest word.",
)
@click.option("--top-k", type=click.IntRange(1), help="Choose among the k likeliest words only.")
@click.option(
    "--top-p",
    default=1.0,
    type=Finite(0, 1, min_open=True),
    show_default=True,
    help="Choose among the fewest words that together have this probability.",
)
@click.option(
    "--no-repeat",
    metavar="N",
    type=click.IntRange(1, 100),
    help="Write no N words in a row a second time, those of PROMPT included; marks are words, ends of sentences are "
    "not. 3 or 4 keep a text from going round in circles.",
)
@click.option(
    "--repetition-penalty",
    metavar="X",
    default=1.0,
    type=Finite(1),
    show_default=True,
    help="Make words that the text has already less likely: their probabilities are raised to the power of X; 2 ends "
    "most repetition.",
)
@block_option
@click.option(
    "--open",
    "new_words",
    is_flag=True,
    help="Write words outside the model's vocabulary, too, where one is due: those of PROMPT, rare ones of the text "
    "that it learned from, and new ones, spelled as the words of that text are. --top-k and --top-p take all of them "
    "for one word. None at temperature 0.",
)
@click.option("--samples", default=1, type=click.IntRange(1), show_default=True, help="Write that many texts.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of all randomness: same seed, same text.")
@json_option
@model_option
def generate(
    prompt: tuple[str, ...],
    block: str | None,
    samples: int,
    seed: int | None,
    as_json: bool,
    model: str | None,
    **choices: Any,
) -> None:
    """Writes text that continues PROMPT, word by word as the words are chosen.

    PROMPT may begin with a dash if it holds a blank. With - as PROMPT, each line of standard input is a prompt. Several
    texts come one a line; a single text keeps the line ends that a model of lines (verse, say) has learned. Where
    --no-repeat and --block leave no word to go on with, a text ends.

    \b
    rnncli generate "The cat" --sentences 2
    rnncli generate --words 30 --temperature 0.7 --seed 1
    rnncli generate --samples 5 --sentences 1 "One day" | sort
    rnncli generate --temperature 0 --no-repeat 3
    rnncli generate --open --words 100
    rnncli generate "- Yes, said the fox" --sentences 1
    rnncli generate --words 9 -- --help
    rnncli generate - --words 10 --json < prompts.txt | jq -r .text
    """
    language_model = open_model(model)
    choices["block"] = read_block(block, language_model)
    import numpy as np

    seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    source = np.random.default_rng(seed)
    if prompt != ("-",) and samples == 1 and not as_json:
        given = argument_text(prompt)
        emit(shown(given), "")
        for piece in language_model.generate(given, seed=source.spawn(1)[0], **choices):
            emit(shown(piece), "")
        emit("")
        return
    for prompts in input_lines("prompts") if prompt == ("-",) else [[argument_text(prompt)]]:
        wanted = (given for given in prompts for _ in range(samples))
        while part := list(islice(wanted, LINES_AT_ONCE)):
            texts = language_model.generate_all(part, source.spawn(len(part)), **choices)
            for given, text in zip(part, texts, strict=True):
                if as_json:
                    emit_json({"prompt": given, "text": given + text, "seed": seed})
                else:
                    emit(shown(given + text, one_line=True))


def shown(text: str, one_line: bool = False) -> str:
    """Returns a piece of text as it is written: without control characters on a terminal, on one line if asked for."""
    return harmless(text.replace("\n", " ") if one_line else text)
