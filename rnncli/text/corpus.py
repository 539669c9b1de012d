"""Files to ids on disk and counts, in memory that grows with the distinct words and not with the text."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import TextError
from . import wordlist
from .abbreviations import learn
from .coverage import Coverage
from .flags import NOTHING_LEARNED
from .growth import Earlier, grown
from .layout import Layout, with_layout
from .names import source_name, source_names
from .occurrences import count, tally
from .reader import read_texts
from .report import Report
from .rules import CurrentRules
from .sentences import Arrangement, cut_again
from .spacing import BLANKS, SpacingCounts
from .split import Range, complement, held_out_ranges
from .spool import Ids, Spool
from .style import Style
from .tokens import PIECES, TOKENIZERS
from .vocabulary import CASE_RULES, EOS, PAR, PARAGRAPH, SPECIALS, UNK, Vocabulary, build, case_rule
from .written import MAX_WORD_CHARACTERS, Column, WrittenNumbers, characters_of

MIN_WORDS_TO_HOLD_OUT = 200  # a shorter text is validated on itself
LEFT_OUT = -1  # the id of the end of a paragraph in a vocabulary that has none


@dataclass
class Reading:
    """A text as it was read: each distinct token has a number, in order of appearance."""

    tokens: list[str]  # those of the ids EOS, UNK and PAR first
    lengths: NDArray[np.float64]  # (n,) characters of each token, the blank before it included, in the mean
    ids: Spool  # one stream that begins with EOS; EOS after each sentence, PAR for each blank line
    words: int
    has_unk: bool  # whether the text itself contains the token "<unk>"
    sentences_by: str  # lines or wrapped
    layout: Layout  # by which that is detected, unless a user says it
    style: Style
    digest: str  # SHA-256 of the text and of the words to know, hex
    to_know: list[str]  # tokens that belong to the vocabulary in any case
    notes: list[str] = field(default_factory=list)  # sentences on characters that a conversion seems to have spoiled


def read(
    paths: list[str],
    scratch: Callable[[], BinaryIO],
    *,
    tokenizer: str,
    sentences: str,
    encoding: str | None = None,
    vocabulary: str | None = None,
) -> Reading:
    """Reads a corpus; `scratch` gives a new file for ids. Raises FileError, TextError, UsageError.

    encoding    of its files
    vocabulary  a file of words to know in any case
    The text is cut into written tokens first, and these teach its abbreviations. Then the ends of sentences are put
    among them, and what stands between neighbors is counted.
    """
    digest, notes = sha256(), list[str]()
    words_to_know = wordlist.read(vocabulary, encoding) if vocabulary else ()
    to_know = wordlist.single_tokens(words_to_know, tokenizer, "vocabulary")
    sentences, layout, texts = with_layout(read_texts(paths, digest, encoding, notes.append), sentences)
    numbers, arranged_ids, style = _arrange(texts, scratch, tokenizer, sentences == "wrapped")
    tokens = {token: i for i, token in enumerate((*SPECIALS, PARAGRAPH))}
    token_of = np.array([_number(token, i, tokens) for i, token in enumerate(numbers.tokens)], np.int32)
    occurrences = np.zeros(len(numbers.written), np.int64)
    for ids in arranged_ids.blocks(0, len(arranged_ids)):
        occurrences += np.bincount(np.maximum(ids, ~ids), minlength=len(occurrences))
    counts = np.bincount(token_of, occurrences, len(tokens))
    lengths = np.bincount(token_of, occurrences * [characters_of(written) for written in numbers.written], len(tokens))
    spool, spacing = Spool(scratch()), SpacingCounts(list(tokens), counts)
    spool.append(np.array([EOS], np.int32))
    blanks = Column(numbers, lambda written, _: _blank(written), np.int8)
    for ids in arranged_ids.blocks(0, len(arranged_ids)):
        starts = ids < 0
        ids = np.where(starts, ~ids, ids)
        made = token_of[ids]
        spool.append(made)
        is_word = (made != EOS) & (made != PAR)
        if tokenizer not in PIECES:
            spacing.add(made[is_word], np.where(starts, -1, blanks[ids]).astype(np.int8)[is_word])
    words = int(counts.sum() - counts[EOS] - counts[PAR])
    if words < 2:
        raise TextError(f"{source_names(paths)}: {'only one word' if words else 'no words'}; learning takes at least 2")
    wordlist.update(digest, words_to_know)
    return Reading(
        tokens=list(tokens),
        lengths=lengths / np.maximum(counts, 1),
        ids=spool,
        words=words,
        has_unk=" <unk>" in numbers or "<unk>" in numbers,
        sentences_by=sentences,
        layout=layout,
        style=style._replace(spacing=spacing.spacing()) if tokenizer not in PIECES else style,
        digest=digest.hexdigest(),
        to_know=to_know,
        notes=notes,
    )


def _arrange(
    texts: Iterator[str], scratch: Callable[[], BinaryIO], tokenizer: str, wrapped: bool
) -> tuple[WrittenNumbers, Spool, Style]:
    """Returns numbers for written tokens and a stream of these, as `sentences.Arrangement` makes it; the complement (~)
    of a number where a line begins.
    """
    is_cut_again = wrapped and tokenizer in PIECES
    rules = TOKENIZERS["words" if is_cut_again else tokenizer]
    numbers, written = WrittenNumbers(rules), Spool(scratch())
    for ids in numbers.blocks(texts, rules.cut):
        written.append(ids)

    def blocks() -> Iterator[Ids]:
        return written.blocks(0, len(written))

    words = [written if token else "-" for written, token in zip(numbers.written, numbers.tokens, strict=True)]
    abbreviations = learn(words, blocks) if wrapped else NOTHING_LEARNED
    known = set(numbers.tokens)
    arrangement = Arrangement(numbers, wrapped, abbreviations, known.__contains__, known.__contains__)
    stretches = arrangement.stretches(blocks())
    result = Spool(scratch())
    if not is_cut_again:
        for stretch in stretches:
            result.append(np.where(stretch.starts, ~stretch.ids, stretch.ids))
        return numbers, result, Style(abbreviations)
    again = WrittenNumbers(TOKENIZERS[tokenizer])
    for tokens in cut_again(stretches, numbers, TOKENIZERS[tokenizer].cut):
        result.append(np.array([again[token] for token in tokens], np.int32))
    return again, result, Style(abbreviations)


def _number(token: str, written_number: int, tokens: dict[str, int]) -> int:
    """Returns the number of a token, a new one for a new token; UNK for "", one too long for a word."""
    if written_number <= PAR:
        return written_number
    return tokens.setdefault(token, len(tokens)) if token else UNK


def _blank(written: str) -> int:
    """Returns the number of the blank that stands before a written token."""
    if len(written) < 2 or not written[0].isspace():
        return 0
    return BLANKS.index(written[0]) if written[0] in BLANKS else 1


@dataclass
class Corpus:
    """A text ready to learn from. Each spool is one stream that begins with EOS."""

    vocabulary: Vocabulary
    train: Spool
    valid: Spool
    report: Report
    counts: list[int]  # (V,) how often each word occurs in the text to learn from
    notes: list[str] = field(default_factory=list)  # as those of the reading, and on the validation text
    unknown: list[str] = field(default_factory=list)  # the unknown words of the validation text, in their order


def prepare(
    reading: Reading,
    scratch: Callable[[], BinaryIO],
    *,
    tokenizer: str,
    case: str,
    size: int | None,
    min_count: int,
    valid: str | None = None,
    encoding: str | None = None,
    earlier: Earlier | None = None,
) -> Corpus:
    """Chooses the vocabulary and writes out what to learn from and what to validate on.

    size      of the vocabulary at most; None: as `growth.grown` has it
    valid     a file to validate on; without it, sentences from all over the text are held out
    encoding  of that file
    earlier   a vocabulary to which the text adds words, if any
    Raises FileError and TextError.
    """
    held_out = [] if valid or reading.words < MIN_WORDS_TO_HOLD_OUT else held_out_ranges(reading.ids)
    taught = complement(held_out, len(reading.ids))
    tokens = reading.tokens
    occurrences = count(reading.ids, tokens, taught)
    counts = occurrences.counts
    rule = CASE_RULES[earlier.vocabulary.case if earlier else case_rule(case, tokens, counts)]
    distinct = len({rule(tokens[i]) for i in np.flatnonzero(counts)} - {*SPECIALS, PARAGRAPH})
    if not distinct:
        raise TextError(f"no word to learn: each is <unk>, or longer than {MAX_WORD_CHARACTERS} characters")
    words = tokens, *occurrences, reading.style
    if earlier:
        vocabulary, remap = grown(earlier, *words, size=size, min_count=min_count, to_know=reading.to_know)
    else:
        assert size
        vocabulary, remap = build(*words, case=case, size=size, min_count=min_count, to_know=reading.to_know)
    table = np.array(remap, np.int32)
    table[PAR] = PAR if vocabulary.has_paragraphs else LEFT_OUT
    train = _extract(reading.ids, taught, table, Spool(scratch()))
    notes, unknown = list(reading.notes), list[str]()
    if valid:
        valid_ids, valid_counts, characters = Spool(scratch()), Counter[str](), 0
        valid_ids.append(np.array([EOS], np.int32))
        rules = CurrentRules(vocabulary, tokenizer, reading.sentences_by)
        for ids, written in rules.encode(read_texts([valid], encoding=encoding, notify=notes.append)):
            valid_ids.append(ids)
            characters += sum(map(characters_of, written))
            spelled = list(map(rules.spell, written))
            valid_counts.update(spelled)
            unknown += [spelled[n] for n in np.flatnonzero(ids == UNK)]
    else:
        valid_ids = _extract(reading.ids, held_out, table, Spool(scratch())) if held_out else train
        for start, stop in held_out or taught:
            for block in reading.ids.blocks(start, stop):
                unknown += [tokens[i] for i in block[table[block] == UNK].tolist()]
        valid_occurrences = count(reading.ids, tokens, held_out).counts if held_out else counts
        characters = round(float(np.dot(valid_occurrences, reading.lengths)))
        valid_counts = tally(tokens, valid_occurrences)
    coverage, valid_coverage = (
        Coverage.of((token, vocabulary.id(token) != UNK, n) for token, n in of_text.items() if token.strip("\n"))
        for of_text in (tally(tokens, counts), valid_counts)
    )
    (known, taught_words), (valid_known, valid_words) = (
        _known(ids, vocabulary.has_paragraphs) for ids in (train, valid_ids)
    )
    if not valid_words:
        raise TextError(f"{source_name(valid or '')}: no words to validate on")
    if known == 0 and size and size <= vocabulary.specials:
        raise TextError(f"a vocabulary of {size} holds special words alone. Raise --vocabulary-size")
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
        kept=len(vocabulary) - vocabulary.specials,
        covered=known / taught_words,
        held_out=valid_words,
        held_out_known=valid_known / valid_words,
        validated_on="file" if valid else "held out" if held_out else "training text",
        breaks=vocabulary.counts[PAR] if vocabulary.has_paragraphs else 0,
        **reading.layout.figures(),
        digest=reading.digest,
        held_out_characters=characters,
        letters_covered=coverage.letters_covered,
        held_out_letters_covered=valid_coverage.letters_covered,
        uncut=coverage.uncut_share,
        marked=reading.has_unk,
        new_words=len(vocabulary) - len(earlier.vocabulary) if earlier else 0,
    )
    return Corpus(vocabulary, train, valid_ids, report, _of_words(table, counts, vocabulary), notes, unknown)


def _extract(ids: Spool, ranges: list[Range], table: Ids, to: Spool) -> Spool:
    """Appends EOS and then the ranges of a stream to a spool, each id replaced by the table's; returns the spool."""
    to.append(np.array([EOS], np.int32))
    for start, stop in ranges:
        for block in ids.blocks(start, stop):
            made = table[block]
            to.append(made[made != LEFT_OUT])
    return to


def _of_words(table: Ids, counts: list[int], vocabulary: Vocabulary) -> list[int]:
    """Returns how often each word of a vocabulary occurs in a text, by how often each of its tokens does."""
    there = table != LEFT_OUT
    occurrences: list[int] = np.bincount(table[there], np.array(counts)[there], len(vocabulary)).astype(int).tolist()
    return occurrences


def _known(ids: Spool, has_paragraphs: bool) -> tuple[int, int]:
    """Counts the words of a stream that are in the vocabulary, and all its words."""
    counts = sum((np.bincount(block, minlength=3)[:3] for block in ids.blocks(0, len(ids))), np.zeros(3, int))
    words = len(ids) - int(counts[EOS]) - int(counts[PAR]) * has_paragraphs
    return words - int(counts[UNK]), words
