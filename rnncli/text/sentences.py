"""Where sentences end: one a line, or inside hard-wrapped prose."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal

from .tokens import END

PARAGRAPH = 1 << 16  # characters of a paragraph that are held at the most
FULL = 0.8  # share of lines that are full, from which on a text counts as wrapped
SLACK = 0.85  # of the width: what a line and the next one's first word exceed where the line is full
VERSE = 0.8  # share of lines that start with a capital, from which on it does not
NARROWEST, WIDEST = 40, 200  # nobody wraps prose outside of these

TITLES = (
    "Mr Mrs Ms Mx Dr Prof Rev Fr Sr Jr St Mt Gen Col Maj Capt Lt Sgt Hon Messrs Mme Mlle vs cf No Vol Fig pp".split()
)
_END_OF_SENTENCE = re.compile(
    r"(?:(?<!\w)(?P<word>\w{1,9}))?"  # one that could be a title
    r"(?:(?<![.!?…])[.!?…]+[\"'”’»)\]]*|(?<![。！？])[。！？]+) +(?=[\"'“‘«(\[]*(?P<next>\w))"
    r"|(?<=[。！？])(?=\w)"
)


def detect(sample: str) -> Literal["lines", "wrapped"]:
    """Whether a text holds a sentence a line, or prose whose lines break anywhere.

    Prose is hard-wrapped if, at nearly every line, the next line's first word would hardly have fitted any more (and
    not every line starts with a capital, as verse does); or it has a paragraph a line, with several sentences in most.
    """
    lines = [line.strip() for line in sample.split(END)]
    filled = [line for line in lines if line]
    if not filled:
        return "lines"
    ends = sum(len(_cut(line)) for line in filled)
    if ends > 1.5 * len(filled):
        return "wrapped"
    lengths = sorted(map(len, filled))
    width = lengths[-1 - len(lengths) // 50]  # but for a stray long one
    pairs = [(line, after) for line, after in pairwise(lines) if line and after]
    full = sum(len(line) + 1 + len(after.split(None, 1)[0]) > SLACK * width for line, after in pairs)
    capitals = sum(line[0].isupper() for line in filled)
    wrapped = pairs and full >= FULL * len(pairs) and capitals < VERSE * len(filled)
    return "wrapped" if wrapped and NARROWEST <= width <= WIDEST else "lines"


def reflow(blocks: Iterable[str]) -> Iterator[str]:
    """Prose, in blocks cut anywhere, to text with a sentence a line. A blank line ends a paragraph."""
    rest = ""
    for block in blocks:
        *paragraphs, rest = re.split(r"\n[^\S\n]*\n\s*", rest + block)
        for paragraph in paragraphs:
            yield END.join(_cut(paragraph)) + END
        if len(rest) > PARAGRAPH:  # no paragraph is that long: give what is complete
            break_ = rest[-1] if rest[-1].isspace() else ""
            *sentences, rest = _cut(rest)
            yield from (sentence + END for sentence in sentences)
            if len(rest) > PARAGRAPH:
                part, blank, rest = rest.rpartition(" ") if " " in rest else (rest, "", "")
                yield part + blank
            rest += break_
    if rest.strip():
        yield END.join(_cut(rest)) + END


def _cut(paragraph: str) -> list[str]:
    """The sentences of a paragraph. A word broken at its hyphen by the end of a line is put together."""
    text = " ".join(re.sub(r"(?<=\w[-‐])\s*\n\s*(?=\w)", "", paragraph).split())
    sentences, start = [], 0
    for end in _END_OF_SENTENCE.finditer(text):
        word, after = end["word"] or "", end["next"]
        if after and (after.islower() or word in TITLES or (len(word) == 1 and word.isupper() and word != "I")):
            continue
        sentences.append(text[start : end.end()].rstrip())
        start = end.end()
    return [*sentences, text[start:]] if text[start:] else sentences
