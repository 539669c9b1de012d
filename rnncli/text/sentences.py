"""Finds the ends of sentences: one sentence a line, or inside hard-wrapped prose."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal

from .tokens import END

MAX_PARAGRAPH_CHARACTERS = 1 << 16  # held in memory
MIN_FULL_LINES = 0.8  # share of lines of a wrapped text that are full
FULL_LINE_WIDTH = 0.85  # share of the width that a full line and the first word of the next line exceed together
MIN_VERSE_CAPITALS = 0.8  # share of lines of verse that start with a capital
MIN_WRAP_WIDTH, MAX_WRAP_WIDTH = 40, 200  # characters

TITLES = (
    "Mr Mrs Ms Mx Dr Prof Rev Fr Sr Jr St Mt Gen Col Maj Capt Lt Sgt Hon Messrs Mme Mlle vs cf No Vol Fig pp".split()
)
_END_OF_SENTENCE = re.compile(
    r"(?:(?<!\w)(?P<word>\w{1,9}))?"  # possibly a title
    r"(?:(?<![.!?…])[.!?…]+[\"'”’»)\]]*|(?<![。！？])[。！？]+) +(?=[\"'“‘«(\[]*(?P<next>\w))"
    r"|(?<=[。！？])(?=\w)"
)


def detect(sample: str) -> Literal["lines", "wrapped"]:
    """Detects whether a text holds a sentence a line, or prose whose lines break anywhere.

    Prose is hard-wrapped if, at nearly every line, the next line's first word would hardly have fitted any more (and
    not every line starts with a capital, as verse does); or it has a paragraph a line, with several sentences in most.
    """
    lines = [line.strip() for line in sample.split(END)]
    filled = [line for line in lines if line]
    if not filled:
        return "lines"
    ends = sum(len(_sentences(line)) for line in filled)
    if ends > 1.5 * len(filled):
        return "wrapped"
    lengths = sorted(map(len, filled))
    width = lengths[-1 - len(lengths) // 50]  # a few stray long lines are ignored
    pairs = [(line, after) for line, after in pairwise(lines) if line and after]
    full = sum(len(line) + 1 + len(after.split(None, 1)[0]) > FULL_LINE_WIDTH * width for line, after in pairs)
    capitals = sum(line[0].isupper() for line in filled)
    wrapped = pairs and full >= MIN_FULL_LINES * len(pairs) and capitals < MIN_VERSE_CAPITALS * len(filled)
    return "wrapped" if wrapped and MIN_WRAP_WIDTH <= width <= MAX_WRAP_WIDTH else "lines"


def reflow(blocks: Iterable[str]) -> Iterator[str]:
    """Yields prose, given in blocks cut anywhere, with a sentence a line. A blank line ends a paragraph."""
    rest = ""
    for block in blocks:
        *paragraphs, rest = re.split(r"\n[^\S\n]*\n\s*", rest + block)
        for paragraph in paragraphs:
            yield END.join(_sentences(paragraph)) + END
        if len(rest) > MAX_PARAGRAPH_CHARACTERS:  # no paragraph is that long: yield the complete sentences
            break_ = rest[-1] if rest[-1].isspace() else ""
            *sentences, rest = _sentences(rest)
            yield from (sentence + END for sentence in sentences)
            if len(rest) > MAX_PARAGRAPH_CHARACTERS:
                part, blank, rest = rest.rpartition(" ") if " " in rest else (rest, "", "")
                yield part + blank
            rest += break_
    if rest.strip():
        yield END.join(_sentences(rest)) + END


def _sentences(paragraph: str) -> list[str]:
    """Returns the sentences of a paragraph. A word broken at its hyphen by the end of a line is joined."""
    text = " ".join(re.sub(r"(?<=\w[-‐])\s*\n\s*(?=\w)", "", paragraph).split())
    sentences, start = [], 0
    for end in _END_OF_SENTENCE.finditer(text):
        word, after = end["word"] or "", end["next"]
        if after and (after.islower() or word in TITLES or (len(word) == 1 and word.isupper() and word != "I")):
            continue
        sentences.append(text[start : end.end()].rstrip())
        start = end.end()
    return [*sentences, text[start:]] if text[start:] else sentences
