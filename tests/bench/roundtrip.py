"""Blanks between tokens: the share that a corpus's own rules put back otherwise than they stand in its text.

    python tests/bench/roundtrip.py FILE...

Each file is read as `rnncli train` reads it. Then each of its lines, of wrapped prose each paragraph, is cut into
tokens, and the tokens are joined again; a boundary between two tokens of a sentence is wrong where the joined text has
a blank and the text has none, or the other way round. Runs of blanks and ends of lines count as one blank, and
invisible characters are left out. Columns are tab-separated:

file, sentences (lines or wrapped), boundaries, wrong (%), reading (MB of text per second of processor time, the best of
3), vocabulary (words), unknown (% of the held-out words)

With --show N, the N most frequent wrong boundaries follow each file's row: their count, "+" where the joined text has a
blank too many or "-" where one is missing, the two tokens, and the line around one of them.
"""

import argparse
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from rnncli.run.recipe import fitted
from rnncli.text import corpus
from rnncli.text.codec import Codec
from rnncli.text.reader import read_text
from rnncli.text.tokens import END

ROUNDS = 3  # reading the file, of which the fastest counts
CONTEXT_CHARACTERS = 20  # shown on either side of a wrong boundary
INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])


class Boundary(NamedTuple):
    """A boundary between two tokens of a text."""

    left: str
    right: str
    blank: bool  # whether a blank stands there in the text
    joined: bool  # whether one stands there in the joined text
    context: str


def visible(text: str) -> str:
    """Returns a text without invisible characters, in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", text.translate(INVISIBLE))


def blank_places(text: str) -> tuple[str, dict[int, int]]:
    """Returns a text without blanks, and where blanks stand: the number of characters before them, and their place."""
    kept: list[str] = []
    places: dict[int, int] = {}
    for i, character in enumerate(text):
        if character.isspace():
            places[len(kept)] = i
        else:
            kept.append(character)
    return "".join(kept), places


def boundaries(text: str, codec: Codec) -> Iterator[Boundary]:
    """Yields the boundaries of a line or paragraph, none if its tokens joined have other characters than it has."""
    tokens = codec.tokens(text)
    shown = visible(text)
    original, blanks = blank_places(shown)
    joined, joined_blanks = blank_places(visible(codec.join(tokens)))
    if original != joined:
        return
    tokens = [token for token in map(visible, tokens) if token == END or not token.isspace()]
    place = 0
    for left, right in pairwise(tokens):
        place += len(left) * (left != END)
        if END not in (left, right):
            at = blanks.get(place, place)
            context = shown[max(0, at - CONTEXT_CHARACTERS) : at + CONTEXT_CHARACTERS]
            yield Boundary(left, right, place in blanks, place in joined_blanks, context)


def measure(path: Path, show: int) -> Iterator[str]:
    """Yields the row of a file, and the rows of its most frequent wrong boundaries."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        reading = corpus.read([str(path)], tempfile.TemporaryFile, tokenizer="words", sentences="auto")
        seconds.append(time.process_time() - start)
    settings = fitted({"sentences": reading.sentences_by}, reading.words, reading.has_unk)
    read = corpus.prepare(
        reading,
        tempfile.TemporaryFile,
        tokenizer="words",
        case=settings.case,
        size=settings.vocabulary_size,
        min_count=settings.min_count,
    )
    codec = Codec(read.vocabulary, "words", reading.sentences_by)
    count, wrong, contexts = 0, Counter[tuple[str, str, str]](), {}
    for text in "".join(read_text(str(path))).split("\n" if codec.sentences == "lines" else "\n\n"):
        for boundary in boundaries(text, codec):
            count += 1
            if boundary.blank != boundary.joined:
                key = "+" if boundary.joined else "-", boundary.left, boundary.right
                wrong[key] += 1
                contexts[key] = boundary.context
    speed = path.stat().st_size / 1e6 / min(seconds)
    yield (
        f"{path.stem}\t{reading.sentences_by}\t{count}\t{100 * wrong.total() / max(count, 1):.2f}\t{speed:.2f}\t"
        f"{len(read.vocabulary)}\t{100 * (1 - read.report.held_out_known):.1f}"
    )
    for key, times in wrong.most_common(show):
        yield "\t".join(("", str(times), *key, contexts[key].replace("\t", " ").replace("\n", " ")))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s [--show N] FILE..."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the N most frequent wrong boundaries")
    chosen = parser.parse_args()
    print("file\tsentences\tboundaries\twrong %\tMB/s\tvocabulary\tunknown %")
    for path in chosen.files:
        for row in measure(path, chosen.show):
            print(row, flush=True)


if __name__ == "__main__":
    main()
