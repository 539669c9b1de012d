"""Files to ids on disk and counts, in memory that grows with the distinct words and not with the text."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, compress
from typing import BinaryIO

import numpy as np

from ..errors import TextError
from .reader import read_texts, source_name
from .report import Report
from .sentences import detect, reflow
from .split import Range, complement, held_out_ranges
from .spool import Ids, Spool
from .tokens import END, TOKENIZERS
from .vocabulary import CASE_RULES, EOS, MAX_WORD_CHARACTERS, SPECIALS, UNK, Vocabulary, build

DETECTION_CHARACTERS = 1 << 18  # read to detect whether a text is wrapped
MIN_WORDS_TO_HOLD_OUT = 200  # a shorter text is validated on itself


class TokenNumbers(dict[str, int]):
    """Numbers distinct tokens in order of appearance; a token too long for a word gets UNK."""

    def __init__(self) -> None:
        super().__init__({END: EOS, **{special: i for i, special in enumerate(SPECIALS)}})
        self.tokens = list(SPECIALS)
        self.too_long = 0  # how many tokens were

    def __missing__(self, token: str) -> int:
        if len(token) > MAX_WORD_CHARACTERS:
            self.too_long += 1
            return UNK
        i = self[token] = len(self.tokens)
        self.tokens.append(token)
        return i


def with_sentence_lines(texts: Iterator[str], mode: str) -> tuple[str, Iterator[str]]:
    """Returns how a text's sentences are found (`auto` detects it from the beginning), and the text with a sentence a
    line.
    """
    if mode == "auto":
        sample: list[str] = []
        for text in texts:
            sample.append(text)
            if sum(map(len, sample)) >= DETECTION_CHARACTERS:
                break
        mode = detect("".join(sample))
        texts = chain(sample, texts)
    return mode, reflow(texts) if mode == "wrapped" else texts


def stream(texts: Iterable[str], tokenizer: str, id_of: Callable[[str], int]) -> Iterator[tuple[Ids, list[str]]]:
    """Yields texts block by block as one stream: (n,) ids and the n tokens that they stand for.

    The stream begins with EOS and has one EOS after each sentence, whose token is END.
    """
    yield np.array([EOS], np.int32), [END]
    last = EOS
    for text in texts:
        tokens = TOKENIZERS[tokenizer].tokenize(text)
        ids = np.fromiter(map(id_of, tokens), np.int32, len(tokens))
        if len(ids):
            is_kept = (ids != EOS) | (np.concatenate(([last], ids[:-1])) != EOS)
            last = ids[-1]
            yield (ids, tokens) if is_kept.all() else (ids[is_kept], list(compress(tokens, is_kept)))


@dataclass
class Reading:
    """A text as it was read: each distinct token has a number, in order of appearance."""

    tokens: list[str]
    ids: Spool
    words: int
    has_unk: bool  # whether the text itself contains the token "<unk>"
    sentences_by: str  # lines or wrapped
    digest: str  # SHA-256 of the text, hex


def read(paths: list[str], scratch: Callable[[], BinaryIO], *, tokenizer: str, sentences: str) -> Reading:
    """Reads a corpus; `scratch` gives a new file for ids. Raises FileError and TextError."""
    digest = sha256()
    numbers = TokenNumbers()
    spool = Spool(scratch())
    sentences, texts = with_sentence_lines(read_texts(paths, digest), sentences)
    ends = unknown = 0
    for ids, _ in stream(texts, tokenizer, numbers.__getitem__):
        spool.append(ids)
        ends += int(np.count_nonzero(ids == EOS))
        unknown += int(np.count_nonzero(ids == UNK))
    words = len(spool) - ends
    if words < 2:
        where = ", ".join(map(source_name, paths))
        raise TextError(f"{where}: {'only one word' if words else 'no words'}; learning takes at least 2")
    return Reading(numbers.tokens, spool, words, unknown > numbers.too_long, sentences, digest.hexdigest())


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
    Raises FileError and TextError.
    """
    held_out = [] if valid or reading.words < MIN_WORDS_TO_HOLD_OUT else held_out_ranges(reading.ids)
    taught = complement(held_out, len(reading.ids))
    counts, inner, capitals = _count(reading, taught)
    distinct = len({CASE_RULES[case](reading.tokens[i]) for i in np.flatnonzero(counts)} - set(SPECIALS))
    if not distinct:
        raise TextError(f"no word to learn: each is <unk>, or longer than {MAX_WORD_CHARACTERS} characters")
    vocabulary, remap = build(reading.tokens, counts, inner, capitals, case=case, size=size, min_count=min_count)
    table = np.array(remap, np.int32)
    train = _extract(reading.ids, taught, table, Spool(scratch()))
    if valid:
        valid_ids = Spool(scratch())
        for ids in encode(read_texts([valid]), vocabulary, tokenizer, reading.sentences_by):
            valid_ids.append(ids)
    elif held_out:
        valid_ids = _extract(reading.ids, held_out, table, Spool(scratch()))
    else:
        valid_ids = train
    (known, taught_words), (valid_known, valid_words) = map(_known, (train, valid_ids))
    if not valid_words:
        raise TextError(f"{source_name(valid or '')}: no words to validate on")
    if known == 0:
        raise TextError(f"no word occurs {min_count} times or more. Lower --min-count")
    if valid and not valid_known:
        raise TextError(
            f"{source_name(valid)}: not one of its words is in the vocabulary; is it the text to validate on?"
        )
    report = Report(
        words=reading.words,
        sentences_by=reading.sentences_by,
        distinct=distinct,
        kept=len(vocabulary) - len(SPECIALS),
        covered=known / taught_words,
        held_out=valid_words,
        held_out_known=valid_known / valid_words,
        validated_on="file" if valid else "held out" if held_out else "training text",
        digest=reading.digest,
    )
    return Corpus(vocabulary, train, valid_ids, report)


def encode(texts: Iterator[str], vocabulary: Vocabulary, tokenizer: str, sentences: str) -> Iterator[Ids]:
    """Yields the `stream` of texts, ids only, by a known vocabulary."""
    return (ids for ids, _ in encode_with_tokens(texts, vocabulary, tokenizer, sentences))


def encode_with_tokens(
    texts: Iterator[str], vocabulary: Vocabulary, tokenizer: str, sentences: str
) -> Iterator[tuple[Ids, list[str]]]:
    """Yields the `stream` of texts, ids and tokens, by a known vocabulary."""
    _, texts = with_sentence_lines(texts, sentences)
    return stream(texts, tokenizer, vocabulary.id)


def _extract(ids: Spool, ranges: list[Range], table: Ids, to: Spool) -> Spool:
    """Appends EOS and then the ranges of a stream to a spool, each id replaced by the table's; returns the spool."""
    to.append(np.array([EOS], np.int32))
    for start, stop in ranges:
        for block in ids.blocks(start, stop):
            to.append(table[block])
    return to


def _count(reading: Reading, ranges: list[Range]) -> tuple[list[int], list[int], bool]:
    """Counts within ranges how often each token occurs and how often inside a sentence, and detects whether most
    sentences that start with a letter start with a capital.
    """
    tokens, n = reading.tokens, len(reading.tokens)
    leads = np.array([token[0].isalnum() or token in ",;" for token in tokens])  # what follows is inside
    leads[[EOS, UNK]] = False, True
    counts, inner, first = np.zeros((3, n), np.int64)
    for start, stop in ranges:
        last = reading.ids.read(start - 1, start)
        for ids in reading.ids.blocks(start, stop):
            before, last = np.concatenate((last, ids[:-1])), ids[-1:]
            counts += np.bincount(ids, minlength=n)
            inner += np.bincount(ids[leads[before]], minlength=n)
            first += np.bincount(ids[before == EOS], minlength=n)
    letters = sum(int(first[i]) for i in np.flatnonzero(first) if tokens[i][0].isalpha())
    upper = sum(int(first[i]) for i in np.flatnonzero(first) if tokens[i][0].isupper())
    return counts.tolist(), inner.tolist(), 2 * upper > letters


def _known(ids: Spool) -> tuple[int, int]:
    """Counts the words of a stream that are in the vocabulary, and all its words."""
    counts = sum((np.bincount(block, minlength=2)[:2] for block in ids.blocks(0, len(ids))), np.zeros(2, int))
    words = len(ids) - int(counts[EOS])
    return words - int(counts[UNK]), words
