"""Cuts a text to score into items that can stand alone: its sentences, its lines, or its blocks between blank lines."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice
from typing import NamedTuple

import numpy as np

from ..errors import UsageError
from ..text.codec import Codec
from ..text.layout import with_layout
from ..text.spool import Ids
from ..text.tokens import BREAK, END
from ..text.vocabulary import PAR

SENTENCES = ("lines", "wrapped", "auto")  # how sentences are found in a text
LINES_AT_ONCE = 1000  # encoded
CHARACTERS_AT_ONCE = 1 << 16  # of items encoded together
MARK = "\0"  # a token that no file has, which stands between them
UNITS = ("sentence", "line", "block")


class Item(NamedTuple):
    """A part of a text as its words and ends of sentences; a blank line has none."""

    ids: Ids  # (n,)
    tokens: list[str]  # n of them


def resolved(text: str | Iterable[str], sentences: str) -> tuple[str, Iterator[str]]:
    """Returns how sentences are found in a text, `lines` or `wrapped`, and the blocks of the text.

    sentences  one of SENTENCES; `auto` detects it from the beginning of the text
    Raises UsageError.
    """
    if sentences not in SENTENCES:
        raise UsageError(f"sentences: {sentences!r} is not one of {', '.join(SENTENCES)}")
    blocks = iter([text] if isinstance(text, str) else text)
    if sentences != "auto":
        return sentences, blocks
    mode, _, blocks = with_layout(blocks, sentences)
    return mode, blocks


def whole(codec: Codec, blocks: Iterable[str], mode: str) -> Iterator[Item]:
    """Yields a text piece by piece, as one stream without its first EOS.

    mode  lines or wrapped
    """
    stream = codec.stream(chain(blocks, [END]), mode)
    next(stream)  # EOS
    return (Item(ids, tokens) for ids, tokens in stream if tokens)


def items(codec: Codec, blocks: Iterable[str], mode: str, unit: str) -> Iterator[Item]:
    """Yields the items of a text, each encoded as if it stood alone. A blank line is an item without words, except
    between blocks and inside wrapped sentences.

    mode  lines or wrapped
    unit  one of UNITS
    Raises UsageError.
    """
    if unit not in UNITS:
        raise UsageError(f"fresh: {unit!r} is not one of {', '.join(UNITS)}")
    if unit == "block":
        filled = groupby(lines(blocks), lambda line: bool(line.strip()))
        yield from _apart(codec, ("".join(group) for is_filled, group in filled if is_filled), mode)
    elif mode == "lines":
        yield from _lines(codec, lines(blocks))
    elif unit == "line":
        yield from _apart(codec, lines(blocks), mode)
    else:
        yield from _sentences(whole(codec, blocks, mode))


def lines(blocks: Iterable[str]) -> Iterator[str]:
    """Yields the lines of a text, with their ends, whatever blocks the text comes in."""
    begun: list[str] = []  # pieces of the line whose end has not come
    for block in blocks:
        piece, *others = block.split(END)
        begun.append(piece)
        for other in others:
            yield "".join(begun) + END
            begun = [other]
    if any(begun):
        yield "".join(begun)


def _lines(codec: Codec, texts: Iterator[str]) -> Iterator[Item]:
    """Yields each line of a text in which each line is a sentence; many are encoded at once, for that is faster."""
    while batch := list(islice(texts, LINES_AT_ONCE)):
        filled = [line.removesuffix(END) + END for line in batch if line.strip()]
        found = list(_sentences(whole(codec, ["".join(filled)], "lines"))) if filled else []
        if len(found) < len(filled):  # a line of invisible characters has no words
            found = [_joined(whole(codec, [line], "lines")) for line in filled]
        rest = iter(found)
        yield from (next(rest) if line.strip() else _joined([]) for line in batch)


def _apart(codec: Codec, parts: Iterable[str], mode: str) -> Iterator[Item]:
    """Yields each of the parts of a text that hold no blank line, as if it stood alone; many are encoded at once, for
    that is faster, with a paragraph between them that is nothing but MARK.
    """
    for batch in _batches(parts):
        if len(batch) == 1 or any(MARK in part for part in batch):
            yield from (_joined(whole(codec, [part], mode)) for part in batch)
            continue
        ids, tokens = _joined(whole(codec, [f"\n\n{MARK}\n\n".join(batch)], mode))
        start = 0
        for stop in [*(n for n, token in enumerate(tokens) if token == MARK), len(tokens)]:
            start += tokens[start : start + 1] == [BREAK]  # after the last mark
            last = stop - (tokens[stop - 1 : stop] == [BREAK])
            yield Item(ids[start:last], tokens[start:last])
            start = stop + 2  # behind the mark and the end of its sentence


def _batches(parts: Iterable[str]) -> Iterator[list[str]]:
    """Yields parts of a text, as many at a time as have CHARACTERS_AT_ONCE together, or one that is longer."""
    batch, size = list[str](), 0
    for part in parts:
        if batch and size + len(part) > CHARACTERS_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += len(part)
    if batch:
        yield batch


def _sentences(pieces: Iterable[Item]) -> Iterator[Item]:
    """Yields the sentences of a text, without the ends of paragraphs between them."""
    begun: list[Item] = []
    for ids, tokens in pieces:
        start = 0
        for stop in [n + 1 for n, token in enumerate(tokens) if token in (END, BREAK)]:
            begun.append(Item(ids[start:stop], tokens[start:stop]))
            if tokens[stop - 1] == END:
                yield _joined(begun)
            begun, start = [], stop
        begun.append(Item(ids[start:], tokens[start:]))


def by_line(codec: Codec, blocks: Iterable[str]) -> Iterator[Item]:
    """Yields the lines of a text in which each line is a sentence, as parts of one text: the end of a paragraph, where
    the model knows it, stands before the line after the blank one.
    """
    has_words, is_blank = False, False
    for item in items(codec, blocks, "lines", "line"):
        if item.tokens and has_words and is_blank and codec.vocabulary.has_paragraphs:
            item = Item(np.concatenate((np.array([PAR], np.int32), item.ids)), [BREAK, *item.tokens])
        has_words, is_blank = has_words or bool(item.tokens), not item.tokens
        yield item


def _joined(pieces: Iterable[Item]) -> Item:
    ids, tokens = [np.zeros(0, np.int32)], []
    for piece in pieces:
        ids.append(piece.ids)
        tokens += piece.tokens
    return Item(np.concatenate(ids), tokens)
