"""Files to ids on disk and counts, in memory that grows with the distinct words and not with the text."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, compress
from typing import BinaryIO
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from ..errors import TextError
from .reader import name, read_texts
from .sentences import detect, reflow
from .tokens import END, TOKENISERS
from .vocabulary import EOS, FOLDS, LONGEST, SPECIALS, UNK, Vocabulary, build

Ids = NDArray[np.int32]

SAMPLE = 1 << 18  # characters by which a text's sentences are told
READ = 1 << 20  # ids taken from disk at a time
HELD_OUT_PARTS = 10  # places over the text that held-out sentences come from
HELD_OUT_SHARE = 0.1
HELD_OUT_MOST = 80_000  # words: more would tell little and take long
LEAST_TO_HOLD_OUT = 200  # words
LONGEST_SENTENCE = 1_000  # words; beyond, a text is cut for holding out wherever it falls


class Spool:
    """Ids on disk: appended to, read in any place, never held whole. The file, which needs no name, is closed when
    nobody has the spool any more.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        finalize(self, file.close)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, ids: Ids) -> None:
        self._file.write(ids.astype(np.int32, copy=False).tobytes())
        self._length += len(ids)

    def read(self, start: int, stop: int) -> Ids:
        """ids[start:stop] as a slice would give them."""
        self._file.flush()
        stop = min(stop, self._length)
        data = os.pread(self._file.fileno(), max(0, stop - start) * 4, start * 4)
        return np.frombuffer(data, np.int32)

    def blocks(self, start: int, stop: int) -> Iterator[Ids]:
        """ids[start:stop] in blocks."""
        for at in range(start, stop, READ):
            yield self.read(at, min(at + READ, stop))


class Surfaces(dict[str, int]):
    """token -> a number of its own, in order of appearance."""

    def __init__(self) -> None:
        super().__init__({END: EOS, **{special: i for i, special in enumerate(SPECIALS)}})
        self.tokens = list(SPECIALS)

    def __missing__(self, token: str) -> int:
        if len(token) > LONGEST:
            return UNK
        i = self[token] = len(self.tokens)
        self.tokens.append(token)
        return i


def sentences_of(texts: Iterator[str], mode: str) -> tuple[str, Iterator[str]]:
    """The way a text's sentences are told (`auto` looks at its beginning), and the text with a sentence a line."""
    if mode == "auto":
        sample: list[str] = []
        for text in texts:
            sample.append(text)
            if sum(map(len, sample)) >= SAMPLE:
                break
        mode = detect("".join(sample))
        texts = chain(sample, texts)
    return mode, reflow(texts) if mode == "wrapped" else texts


def stream(
    texts: Iterable[str], tokenizer: str, ids: Callable[[str], int], into: list[str] | None = None
) -> Iterator[Ids]:
    """The ids of texts, block by block, as one stream that EOS begins, with one EOS after each sentence.

    into  a list that gets the tokens of each block, if these are wanted too
    """
    yield np.array([EOS], np.int32)
    last = EOS
    for text in texts:
        tokens = TOKENISERS[tokenizer].tokenise(text)
        block = np.fromiter(map(ids, tokens), np.int32, len(tokens))
        if len(block):
            kept = (block != EOS) | (np.concatenate(([last], block[:-1])) != EOS)
            last = block[-1]
            if into is not None:
                into.extend(compress(tokens, kept))
            yield block[kept]


@dataclass
class Reading:
    """A text as it was read: each distinct token by a number of its own, in order of appearance."""

    tokens: list[str]
    ids: Spool
    words: int
    marked: bool  # whether unknown words are marked as such in it
    sentences_by: str  # lines or wrapped
    digest: str  # SHA-256 of the text, hex


def read(paths: list[str], scratch: Callable[[], BinaryIO], *, tokenizer: str, sentences: str) -> Reading:
    """Reads a corpus; `scratch` gives a new file for ids. Raises FileError and TextError."""
    digest = sha256()
    surfaces = Surfaces()
    spool = Spool(scratch())
    sentences, texts = sentences_of(read_texts(paths, digest), sentences)
    ends = unknown = 0
    for ids in stream(texts, tokenizer, surfaces.__getitem__):
        spool.append(ids)
        ends += int(np.count_nonzero(ids == EOS))
        unknown += int(np.count_nonzero(ids == UNK))
    words = len(spool) - ends
    if words < 2:
        where = ", ".join(map(name, paths))
        raise TextError(f"{where}: {'only one word' if words else 'no words'}; learning takes at least 2")
    return Reading(surfaces.tokens, spool, words, unknown > 0, sentences, digest.hexdigest())


@dataclass
class Report:
    """What was read, for people to see before training. Punctuation counts as words; sentence ends do not."""

    words: int
    sentences_by: str
    distinct: int  # words as the network would know them
    kept: int  # of these, in the vocabulary
    covered: float  # share of the words to learn from that are in the vocabulary
    held_out: int  # words to validate on
    held_out_known: float  # share of these that are in the vocabulary
    validated_on: str  # "file", "held out", or "training text" where there is too little to hold out
    digest: str


@dataclass
class Corpus:
    """A text ready to learn from. Each spool is one stream that begins with EOS."""

    vocabulary: Vocabulary
    train: Spool
    valid: Spool
    report: Report


def prepare(
    reading: Reading,
    scratch: Callable[[], BinaryIO],
    *,
    tokenizer: str,
    case: str,
    size: int,
    min_count: int,
    valid: str | None = None,
) -> Corpus:
    """Chooses the vocabulary and writes out what to learn from and what to validate on.

    valid  a file to validate on; without it, sentences from all over the text are held out
    """
    held = [] if valid or reading.words < LEAST_TO_HOLD_OUT else _held_out(reading.ids)
    taught = _complement(held, len(reading.ids))
    counts, inner, capitals = _count(reading, taught)
    vocabulary, remap = build(reading.tokens, counts, inner, capitals, case=case, size=size, min_count=min_count)
    table = np.array(remap, np.int32)
    train = _extract(reading.ids, taught, table, Spool(scratch()))
    if valid:
        held_out = Spool(scratch())
        for ids in encode(read_texts([valid]), vocabulary, tokenizer, reading.sentences_by):
            held_out.append(ids)
    elif held:
        held_out = _extract(reading.ids, held, table, Spool(scratch()))
    else:
        held_out = train
    (known, taught_words), (held_known, held_words) = map(_known, (train, held_out))
    if not held_words:
        raise TextError(f"{name(valid or '')}: no words to validate on")
    if known == 0 and min_count == 1:
        raise TextError(f"no word to learn: all are marked as unknown, or longer than {LONGEST} characters")
    if valid and not held_known:
        raise TextError(f"{name(valid)}: not one of its words is in the vocabulary; is it the text to validate on?")
    if known == 0:
        raise TextError(f"no word occurs {min_count} times or more. Lower --min-count")
    distinct = len({FOLDS[case](reading.tokens[i]) for i in np.flatnonzero(counts)} - set(SPECIALS))
    report = Report(
        reading.words,
        reading.sentences_by,
        distinct,
        len(vocabulary) - len(SPECIALS),
        known / taught_words,
        held_words,
        held_known / held_words,
        "file" if valid else "held out" if held else "training text",
        reading.digest,
    )
    return Corpus(vocabulary, train, held_out, report)


def encode(
    texts: Iterator[str], vocabulary: Vocabulary, tokenizer: str, sentences: str, into: list[str] | None = None
) -> Iterator[Ids]:
    """The `stream` of texts by a vocabulary that is known."""
    _, texts = sentences_of(texts, sentences)
    return stream(texts, tokenizer, vocabulary.id, into)


Range = tuple[int, int]


def _held_out(ids: Spool) -> list[Range]:
    """Ranges of whole sentences from HELD_OUT_PARTS places of a stream, the same ones each time."""
    n = len(ids)
    share = min(HELD_OUT_SHARE, HELD_OUT_MOST / n)
    ranges = []
    for part in range(1, HELD_OUT_PARTS + 1):
        stop = n * part // HELD_OUT_PARTS
        start = _next_sentence(ids, stop - int(n * share / HELD_OUT_PARTS))
        stop = _next_sentence(ids, stop)
        if start < stop:
            ranges.append((start, stop))
    return ranges


def _next_sentence(ids: Spool, at: int) -> int:
    """Where a sentence begins, at `at` or soon after; `at` itself in a text that has none."""
    if at >= len(ids):
        return len(ids)
    ends = np.flatnonzero(ids.read(at - 1, at + LONGEST_SENTENCE) == EOS)
    return at + int(ends[0]) if len(ends) else at


def _complement(ranges: list[Range], n: int) -> list[Range]:
    """What of a stream, its EOS at 0 left out, lies outside ranges."""
    edges = [1, *(edge for start_stop in ranges for edge in start_stop), n]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _extract(ids: Spool, ranges: list[Range], table: Ids, to: Spool) -> Spool:
    """EOS and then the ranges of a stream, each id replaced by the table's."""
    to.append(np.array([EOS], np.int32))
    for start, stop in ranges:
        for block in ids.blocks(start, stop):
            to.append(table[block])
    return to


def _count(reading: Reading, ranges: list[Range]) -> tuple[list[int], list[int], bool]:
    """How often each token occurs within ranges, how often of these inside a sentence, and whether most sentences
    that start with a letter start with a capital.
    """
    tokens, n = reading.tokens, len(reading.tokens)
    leads = np.array([token[0].isalnum() or token in ",;" for token in tokens])  # what follows is inside
    leads[[EOS, UNK]] = False, True
    counts, inner, first = np.zeros((3, n), np.int64)
    for start, stop in ranges:
        for at in range(start, stop, READ):
            block = reading.ids.read(at - 1, min(at + READ, stop))
            before, ids = block[:-1], block[1:]
            counts += np.bincount(ids, minlength=n)
            inner += np.bincount(ids[leads[before]], minlength=n)
            first += np.bincount(ids[before == EOS], minlength=n)
    letters = sum(int(first[i]) for i in np.flatnonzero(first) if tokens[i][0].isalpha())
    upper = sum(int(first[i]) for i in np.flatnonzero(first) if tokens[i][0].isupper())
    return counts.tolist(), inner.tolist(), 2 * upper > letters


def _known(ids: Spool) -> tuple[int, int]:
    """How many words of a stream are in the vocabulary, and how many there are."""
    counts = sum((np.bincount(block, minlength=2)[:2] for block in ids.blocks(0, len(ids))), np.zeros(2, int))
    words = len(ids) - int(counts[EOS])
    return words - int(counts[UNK]), words
