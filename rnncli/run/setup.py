"""Sets up a training run: checks its files, reads the corpus, and plans the run or restores it."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from ..errors import CheckpointError, UsageError
from ..model import LanguageModel
from ..network.threads import threads
from ..settings import Settings
from ..storage.checksum import StrPath, resume_path
from ..storage.durable import scratch, writing_scratch
from ..storage.resumption import Resumption
from ..text import corpus, wordlist
from ..text.codec import RULES
from ..text.reader import read_texts
from .base import Base, open_base, require_same
from .ngrams import RunNgrams
from .planning import plan_run
from .recipe import fitted
from .resume import RATE_DIVISOR, RunState, has_ended, rate_at_start, replayed, restored


class Files(NamedTuple):
    """The files that a run reads and writes."""

    texts: list[str]
    valid: str | None  # validation text
    output: Path | None  # model; the state of an interrupted run lies beside it
    plan: str | None  # model whose run is replayed
    base: str | None  # model that the run goes on from
    log: str | None
    encoding: str | None  # of what is read; None: UTF-8, or that of a byte order mark
    vocabulary: str | None  # words to know in any case

    @classmethod
    def of(
        cls,
        texts: StrPath | Sequence[StrPath],
        valid: StrPath | None,
        output: StrPath | None,
        plan: StrPath | None,
        base: StrPath | None,
        log: StrPath | None,
        encoding: str | None = None,
        vocabulary: StrPath | None = None,
    ) -> Self:
        """Takes paths in whatever form they are given. Raises UsageError if there is no text."""
        paths = [texts] if isinstance(texts, str | os.PathLike) else list(texts)
        if not paths:
            raise UsageError("no text to train on: give one or several")
        others = (os.fspath(path) if path else None for path in (valid, plan, base, log, vocabulary))
        read, replay, earlier, written, listed = others
        model = Path(output) if output else None
        return cls([os.fspath(path) for path in paths], read, model, replay, earlier, written, encoding, listed)

    @property
    def scratch_folder(self) -> Path:
        """The folder on whose disk, that of the output, what does not stay is written."""
        return Path(os.path.realpath(self.output)).parent if self.output else Path(tempfile.gettempdir())

    def new_file(self) -> BinaryIO:
        """Returns a new file for what does not stay."""
        return scratch(self.scratch_folder)

    def require_apart(self) -> None:
        """Raises UsageError where a run would write into one of its texts, or its log into a model.

        The output may be the plan, or the model that the run goes on from: each is read whole before anything is
        written, and a model is replaced whole. A log is appended to, which no model survives.
        """
        texts = [*self.texts, self.valid] if self.valid else self.texts
        words = [self.vocabulary] if self.vocabulary else []
        state = self.output and resume_path(self.output)
        models = [path for path in (self.output, state, self.plan, self.base) if path]
        for written, option, others, what in (
            (self.output, "-o", texts, "the corpus itself"),
            (self.log, "--log", texts, "the corpus itself"),
            (self.output, "-o", words, "the list of --vocabulary"),
            (self.log, "--log", words, "the list of --vocabulary"),
            (self.log, "--log", models, "the model's"),
        ):
            if written and any(_is_same_file(written, other) for other in others):
                raise UsageError(f"{written}: is {what}. Give another {option}")


def set_up(
    files: Files, choices: Mapping[str, Any], saved: Resumption | None, force: bool, count: int, began: float
) -> tuple[corpus.Corpus, RunNgrams | None, RunState]:
    """Reads the corpus, counts its n-grams, and plans a run, or restores a saved one. Leaves no file.
    Raises FileError, TextError, UsageError, ResourceError.

    choices  settings that a user chose
    force    replace a model of another corpus
    count    threads to measure the machine with
    began    when the time of a run by the clock began, by time.monotonic
    """
    given, earlier, base = None, None, open_base(files.base, saved, files.output)
    if saved:
        given = Settings.restored(saved.record["settings"])
    elif files.plan:
        earlier = LanguageModel.load(files.plan)
        given = replace(earlier.settings, rules=RULES)
    if given:
        require_same(choices, given, rate_at_start(saved) if saved else None)
    elif base:
        choices = base.completed(choices)
    is_meant = files.base and files.output and _is_same_file(files.output, files.base)
    digest = None if force or saved or is_meant else digest_of_model(files.output, base)
    files.require_apart()
    with writing_scratch(files.scratch_folder):
        read, draft = read_corpus(files, choices, given, digest, base)
        ngrams = RunNgrams.of(read, draft, files.scratch_folder, base) if draft.ngrams else None
    if saved:
        assert files.output
        return read, ngrams, restored(saved, read, files.output, base)
    if earlier:
        plan = replayed(earlier, read, base)
    else:
        chosen = {**choices, "vocabulary_size": draft.vocabulary_size}
        read_before = base.readings(read.report.digest) if base else None
        with threads(count) as run:
            plan = plan_run(read, draft, chosen, began, run, read_before)
    return read, ngrams, RunState.before(plan, read, base)


def read_corpus(
    files: Files, choices: Mapping[str, Any], given: Settings | None, digest: str | None, base: Base | None
) -> tuple[corpus.Corpus, Settings]:
    """Reads the corpus; returns it with the settings that it was read with.

    choices  settings that a user chose
    given    settings of an earlier run, which stand; without them the choices are completed
    digest   of the only corpus that the output may be replaced by a model of; None: of any
    base     the model that the run goes on from, if any: its vocabulary grows
    Raises FileError, TextError, UsageError.
    """
    draft = given or fitted(choices)
    reading = corpus.read(
        files.texts,
        files.new_file,
        tokenizer=draft.tokenizer,
        sentences=draft.sentences,
        encoding=files.encoding,
        vocabulary=files.vocabulary,
    )
    if digest not in (None, reading.digest):
        raise UsageError(
            f"{files.output}: holds a model of another corpus, or of another list of --vocabulary. "
            "Give another -o, or --force to replace it"
        )
    if not given:
        draft = fitted({**choices, "sentences": reading.sentences_by}, reading.words, reading.has_unk)
    read = corpus.prepare(
        reading,
        files.new_file,
        tokenizer=draft.tokenizer,
        case=draft.case,
        size=None if base and not given and "vocabulary_size" not in choices else draft.vocabulary_size,
        min_count=draft.min_count,
        valid=files.valid,
        encoding=files.encoding,
        earlier=base.earlier(reading.digest) if base else None,
    )
    return read, replace(draft, vocabulary_size=max(draft.vocabulary_size, len(read.vocabulary)))


def is_model_of(
    output: StrPath, texts: Sequence[str], choices: Mapping[str, Any], encoding: str | None, vocabulary: str | None
) -> bool:
    """Tells whether a model's training has ended; if so, it has to be the training that some texts, choices and a list
    of words to know ask for.

    Raises UsageError where the model is of other settings or of another corpus, FileError, TextError, CheckpointError.
    """
    if not has_ended(output):
        return False
    model, digest = LanguageModel.load(output), sha256()
    require_same(choices, model.settings, RATE_DIVISOR * model.settings.learning_rate)  # as it may have diverged
    for _ in read_texts(texts, digest, encoding):
        pass
    wordlist.update(digest, wordlist.read(vocabulary, encoding) if vocabulary else ())
    if model.record["corpus"]["digest"] != digest.hexdigest():
        raise UsageError(
            f"{output}: holds a model of another corpus, or of another list of --vocabulary, and no training of these "
            "was interrupted. Leave out --resume, and give another -o, or --force to replace it"
        )
    return True


def digest_of_model(output: Path | None, base: Base | None) -> str | None:
    """Returns the digest of the corpus that a model file was trained on; None if there is no file.

    base  the model that a run goes on from
    Raises UsageError if the file is not a model, or is one that went on from another: it knows more than the corpus.
    """
    if output is None or not output.exists():
        return None
    try:
        record = LanguageModel.load(output).record
        digest, before = str(record["corpus"]["digest"]), record.get("from", {"texts": []})["texts"]
    except (CheckpointError, KeyError, TypeError):
        raise UsageError(f"{output}: exists and is not a model. Give another -o, or --force to replace it") from None
    if {*before} - {digest} and before != (base.texts if base else []):
        raise UsageError(
            f"{output}: holds a model that was trained on another text before this one. Go on from it with --from "
            f"{output}, or give another -o, or --force to replace it"
        )
    return digest


def _is_same_file(written: StrPath, other: StrPath) -> bool:
    if other == "-":
        other = "/dev/stdin"
    if os.path.exists(written) and os.path.exists(other):
        return os.path.samefile(written, other)
    return os.path.realpath(written) == os.path.realpath(other)
