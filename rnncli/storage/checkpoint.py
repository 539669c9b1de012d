"""The model file: a plain .npz that np.load opens; nothing in it is ever unpickled.

    format             ()      int32    2; 1 for a model of the first rules, which has no marks, spaces, abbreviations;
                                        3 for a model with n-grams, whose arrays (`ngrams.py`) stand before settings;
                                        4 for one of a gated cell, with n-grams or without
    cell               (n,)    uint8    of a gated cell: its name, a blank, and "own" or "tied"
    order              ()      int32    of a gated cell: that of the n-grams, or 0
    Wx Wy              (V, H)  float32  the network, by the names of the formulas; a row a word; H is 0 where n-grams
                                        predict alone
    Ws                 (H, H)  float32
    bs bk              (H,)    float32
    by                 (V,)    float32  (of a gated cell of G gates Wx is (V, G, H), or (H, G, H) where it is tied,
                                        Ws (H, G, H), bs (G, H); there is no bk)
    words shown rare   (n,)    uint8    UTF-8: the V words of the vocabulary after case folding; their display forms;
                                        the most frequent words of the text outside the vocabulary, as written
    words_at shown_at rare_at  int64    after each of these: where every word begins in it, and where the last one ends
    counts             (V,)    int64    how often each word of the vocabulary occurs in the text
    rare_counts                int64    how often each rare word does
    marks abbreviations (n,)   uint8    UTF-8, with marks_at and abbreviations_at as above: `Spacing.marks`; words whose
                                        full stop ends no sentence
    spaces             (n, n)  uint8    `Spacing.table`
    settings           (n,)    uint8    JSON: `Settings`
    record             (n,)    uint8    JSON: how the model was trained and how good it is (RECORD below), and
                                        what belongs to the vocabulary: `capitals`, whether sentences of the text start
                                        with a capital, `ordinals` and `case`

The order in the file is that of ARRAYS below. `archive` describes the bytes.
"""

import json
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..counts.mixture import NgramModel
from ..errors import UsageError
from ..network import cells
from ..network.parameters import Weights
from ..settings import Settings
from ..text.codec import FIRST_RULES, FIRST_TOKENIZERS
from ..text.flags import Abbreviations
from ..text.spacing import BLANKS, CAPITAL, KINDS, Spacing
from ..text.style import Style
from ..text.vocabulary import CASE_RULES, SPECIALS, Vocabulary
from ..unknown.fit import Fit
from . import formats, ngrams, schema
from .archive import Reader
from .checksum import HeldFile, StrPath, VerifiedFile
from .weights import take_weights
from .word_lists import joined, take_words

# The first: without STYLE_ARRAYS; the third: with n-grams; the fourth: of a gated cell, whose name it says, and the
# order of its n-grams, 0 where there are none. A model of an Elman network is written as versions before read it.
ELMAN = "elman"
FORMATS = FIRST_FORMAT, FORMAT, NGRAM_FORMAT, GATED_FORMAT = 1, 2, 3, 4
OF_CELL = ("cell", "embedding")  # settings that are not among the JSON of `settings`
OF_GATED = ("cell", "order")
STYLE_ARRAYS = ("marks", "marks_at", "spaces", "abbreviations", "abbreviations_at")
ARRAYS: dict[str, DTypeLike] = {
    "format": np.int32,
    "cell": np.uint8,
    "order": np.int32,
    **dict.fromkeys(cells.Elman.axes, np.float32),
    "words": np.uint8,
    "words_at": np.int64,
    "shown": np.uint8,
    "shown_at": np.int64,
    "counts": np.int64,
    "rare": np.uint8,
    "rare_at": np.int64,
    "rare_counts": np.int64,
    "marks": np.uint8,
    "marks_at": np.int64,
    "spaces": np.uint8,
    "abbreviations": np.uint8,
    "abbreviations_at": np.int64,
    "settings": np.uint8,
    "record": np.uint8,
}
RECORD: schema.Schema = {
    "corpus": schema.REPORT,
    "validation": {str: schema.NUMBER},
    "temperature": schema.NUMBER,
    "curve": schema.Nullable(schema.CURVE),
    "plan": {"steps": int, "slowed": schema.Nullable(int), "evaluations": int, "points": schema.POINTS},
    "version": str,
    "from": schema.Optional({"model": str, "texts": [str]}),
    "ended": schema.Optional(bool),
    "capitals": bool,
    "ordinals": schema.Optional(bool),
    "case": schema.Optional(str),
    "unknown": schema.Optional({str: schema.NUMBER}),
}


class Checkpoint(NamedTuple):
    """What belongs to a model."""

    params: Weights
    vocabulary: Vocabulary
    settings: Settings
    record: dict[str, Any]  # how it was trained and how good it is: RECORD without what belongs to the vocabulary
    ngrams: NgramModel | None = None


def save(path: StrPath, checkpoint: Checkpoint) -> None:
    """Writes a model file, all or nothing; equal models give equal bytes.

    Raises CheckpointError, before any file is touched, if the model could not be loaded again; FileError.
    """
    formats.save(path, lambda: _encode(checkpoint), _decode)


def load(source: StrPath | VerifiedFile | HeldFile) -> Checkpoint:
    """Reads a model file. Raises FileError if it cannot be opened, CheckpointError if it is not one or is damaged."""
    return _decode(formats.Fields(Reader(source)))


def _encode(checkpoint: Checkpoint) -> formats.Arrays:
    params, vocabulary, settings, record, counted = checkpoint
    words, words_at = joined(vocabulary.words)
    shown, shown_at = joined(vocabulary.display_forms)
    rare, rare_at = joined(vocabulary.rare)
    learned = vocabulary.style.abbreviations
    marks, marks_at = joined(vocabulary.style.spacing.marks)
    abbreviations, abbreviations_at = joined(sorted(learned.words))
    of_vocabulary = {"capitals": vocabulary.capitals, "ordinals": learned.ordinals, "case": vocabulary.case}
    gated, style = settings.cell != ELMAN, settings.rules != FIRST_RULES
    number = GATED_FORMAT if gated else NGRAM_FORMAT if counted else FORMAT if style else FIRST_FORMAT
    arrays: dict[str, ArrayLike] = {
        "format": number,
        "cell": np.frombuffer(f"{settings.cell} {settings.embedding}".encode(), np.uint8),
        "order": counted.ngrams.order if counted else 0,
        **params,
        "words": words,
        "words_at": words_at,
        "shown": shown,
        "shown_at": shown_at,
        "counts": vocabulary.counts,
        "rare": rare,
        "rare_at": rare_at,
        "rare_counts": vocabulary.rare_counts,
        "marks": marks,
        "marks_at": marks_at,
        "spaces": vocabulary.style.spacing.table,
        "abbreviations": abbreviations,
        "abbreviations_at": abbreviations_at,
        "settings": _json({name: value for name, value in asdict(settings).items() if name not in OF_CELL}),
        "record": _json({**record, **of_vocabulary}),
    }
    left_out = (() if gated else OF_GATED) + (() if number != FIRST_FORMAT else STYLE_ARRAYS)
    kept = {name: array for name, array in arrays.items() if name not in left_out}
    encoded = {name: formats.typed(name, array, ARRAYS[name]) for name, array in kept.items()}
    last = {name: encoded.pop(name) for name in ("settings", "record")}
    return encoded | (ngrams.encode(counted) if counted else {}) | last


def _decode(fields: formats.Fields) -> Checkpoint:
    found = fields.take_format(FORMATS, "Upgrade rnncli")
    cell, embedding, order = ELMAN, "own", 0
    if found == GATED_FORMAT:
        name = fields.take("cell", np.uint8, (None,)).tobytes().decode("ascii", "replace")
        cell, _, embedding = name.partition(" ")
        if not cells.named(cell, embedding):
            raise fields.bad(f"cell is {name!r:.40}")
        order = int(fields.take("order", np.int32, ()))
    params = take_weights(fields, (cells.named(cell, embedding) or cells.Elman()).axes)
    V, H = params["Wy"].shape
    words, display_forms = take_words(fields, "words"), take_words(fields, "shown")
    counts = _take_counts(fields, "counts", V)
    rare = take_words(fields, "rare")
    rare_counts = _take_counts(fields, "rare_counts", len(rare), least=1)
    spacing, abbreviations = _take_style(fields) if found != FIRST_FORMAT else (Spacing(), frozenset())
    counted = ngrams.decode(fields, V) if order or found == NGRAM_FORMAT else None
    try:
        of_cell = {"cell": cell, "embedding": embedding}
        settings = Settings.restored(of_cell | fields.take_json("settings", schema.SETTINGS))
    except (TypeError, UsageError) as error:
        raise fields.bad(str(error)) from None
    record = fields.take_json("record", RECORD)
    try:
        Fit.restored(record.get("unknown"))
    except ValueError as error:
        raise fields.bad(f"record: {error}") from None
    fields.finish()
    if (settings.cell, settings.embedding) != (cell, embedding):
        raise fields.bad(f"cell is {cell}, {embedding}, and not {settings.cell}, {settings.embedding}")
    if (settings.rules == FIRST_RULES) != (found == FIRST_FORMAT):
        raise fields.bad(f"rules {settings.rules} in format {found}")
    if settings.rules == FIRST_RULES and settings.tokenizer not in FIRST_TOKENIZERS:
        raise fields.bad(f"tokenizer {settings.tokenizer} in format {found}")
    if counted and not (order or settings.ngrams) == counted.ngrams.order == settings.ngrams:
        raise fields.bad(f"n-grams of {counted.ngrams.order} words, and not of {order or settings.ngrams}")
    if bool(H) != bool(settings.hidden):
        raise fields.bad(f"{H} units, and not {settings.hidden}")
    if not H and not (counted and not counted.network_weights.any()):
        raise fields.bad("n-grams that predict alone are missing, or a network without units has a weight beside them")
    if not len(words) == len(display_forms) == len(set(words)) == V:
        raise fields.bad(f"{len(set(words))} words for {V} rows")
    if tuple(words[: len(SPECIALS)]) != SPECIALS:
        raise fields.bad(f"the first words are not {' '.join(SPECIALS)}")
    capitals, ordinals = record.pop("capitals"), record.pop("ordinals", True)
    case = record.pop("case", "fold first" if settings.case == "fold" else settings.case)
    if case not in CASE_RULES:
        raise fields.bad(f"case is {case!r:.40}")
    style = Style(Abbreviations(abbreviations, ordinals), spacing)
    vocabulary = Vocabulary(words, display_forms, counts, case, capitals, rare, rare_counts, style)
    return Checkpoint(params, vocabulary, settings, record, counted)


def _take_style(fields: formats.Fields) -> tuple[Spacing, frozenset[str]]:
    """Takes what the corpus taught about spaces, and its abbreviations."""
    marks = take_words(fields, "marks")
    size = KINDS + len(marks)
    table = fields.take("spaces", np.uint8, (size, size))
    if (table % CAPITAL >= len(BLANKS)).any() or (table >= 2 * CAPITAL).any():
        raise fields.bad("spaces holds a blank that there is not")
    return Spacing(marks, table), frozenset(take_words(fields, "abbreviations"))


def _take_counts(fields: formats.Fields, name: str, n: int, least: int = 0) -> list[int]:
    counts: list[int] = fields.take(name, np.int64, (n,)).tolist()
    if min(counts, default=least) < least:
        raise fields.bad(f"{name} holds a count below {least}")
    return counts


def _json(value: dict[str, Any]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value, sort_keys=True, ensure_ascii=False).encode(), np.uint8)
