"""Files to ids on disk, a vocabulary, and what is held out."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.errors import TextError
from rnncli.text import corpus
from rnncli.text.corpus import Corpus, Spool, prepare, read, stream
from rnncli.text.vocabulary import EOS, UNK


def spool(ids: list[int]) -> Spool:
    made = Spool(tempfile.TemporaryFile())
    made.append(np.array(ids, np.int32))
    return made


def whole(ids: Spool) -> list[int]:
    return ids.read(0, len(ids)).tolist()


def corpus_of(folder: Path, text: str, **choices: Any) -> Corpus:
    (folder / "c.txt").write_text(text)
    choices = {
        "tokenizer": "words",
        "case": "fold",
        "size": 1000,
        "min_count": 1,
        "sentences": "lines",
    } | choices
    reading = read(
        [str(folder / "c.txt")],
        tempfile.TemporaryFile,
        tokenizer=choices["tokenizer"],
        sentences=choices.pop("sentences"),
    )
    return prepare(reading, tempfile.TemporaryFile, **choices)


def test_a_stream_begins_with_eos_and_has_one_after_each_sentence(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "\n\nthe cat\n\n\nthe dog sat\nso")
    v = made.vocabulary
    assert [v.shown[i] for i in whole(made.train)] == "<eos> the cat <eos> the dog sat <eos> so <eos>".split()
    assert made.report.words == 6
    assert made.report.validated_on == "training text"


def test_ids_on_disk_read_as_a_slice_does() -> None:
    ids = spool(list(range(100)))
    ids.append(np.arange(100, 103, dtype=np.int32))
    assert ids.read(98, 200).tolist() == [98, 99, 100, 101, 102]
    assert [b.tolist() for b in ids.blocks(50, 53)] == [[50, 51, 52]]


@given(st.lists(st.text("ab\n ", max_size=8), max_size=8))
def test_the_stream_is_the_same_however_the_text_is_cut_at_words(parts: list[str]) -> None:
    def ids(texts: list[str]) -> list[int]:
        number = {"\n": EOS}
        return np.concatenate(
            list(stream(texts, "whitespace", lambda w: number.setdefault(w, len(number) + 1)))
        ).tolist()

    assert ids([part + "\n" for part in parts]) == ids(["\n".join(parts) + "\n"])


def test_held_out_are_whole_sentences_from_all_over_the_text_and_no_others(tmp_path: Path) -> None:
    lines = [f"line {i} " + "x " * (i % 7) + "end" for i in range(400)]
    made = corpus_of(tmp_path, "\n".join(lines))
    v = made.vocabulary

    def sentences(ids: Spool) -> list[str]:
        return " ".join(v.shown[i] for i in whole(ids)).split(" <eos>")[:-1]

    taught, held = sentences(made.train), sentences(made.valid)
    numbers = [int(line.split()[1]) for line in lines]
    assert len(taught) + len(held) == len(lines)
    assert {len(s.split()) for s in held} <= {len(line.split()) for line in lines} | {n + 1 for n in range(12)}
    assert numbers
    assert 0.08 * made.report.words < made.report.held_out < 0.13 * made.report.words
    assert whole(made.valid)[0] == whole(made.train)[0] == EOS
    assert whole(made.valid)[-1] == whole(made.train)[-1] == EOS
    again = corpus_of(tmp_path, "\n".join(lines))
    assert whole(again.valid) == whole(made.valid)


def test_words_only_held_out_are_unknown(tmp_path: Path) -> None:
    lines = [f"w{i} a b c d e f g" for i in range(300)]
    made = corpus_of(tmp_path, "\n".join(lines))
    assert UNK in whole(made.valid)
    assert UNK not in whole(made.train)
    assert made.report.held_out_known < 1 == made.report.covered


def test_a_text_of_one_endless_sentence_is_cut_for_holding_out(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, " ".join(str(i % 40) for i in range(60_000)), tokenizer="whitespace")
    assert 5000 < made.report.held_out <= 6000


def test_a_file_to_validate_on_is_read_by_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "valid.txt").write_text("The cat barked\n")
    made = corpus_of(tmp_path, "the cat sat\n" * 200, valid=str(tmp_path / "valid.txt"))
    assert [made.vocabulary.words[i] for i in whole(made.valid)] == ["<eos>", "the", "cat", "<unk>", "<eos>"]
    (tmp_path / "valid.txt").write_text("hic sunt leones\n")
    with pytest.raises(TextError, match="valid.txt: not one of its words is in the vocabulary"):
        corpus_of(tmp_path, "the cat sat\n" * 200, valid=str(tmp_path / "valid.txt"))
    assert made.report.held_out_known == pytest.approx(2 / 3)


def test_sentences_of_the_corpus_start_with_capitals(tmp_path: Path) -> None:
    assert corpus_of(tmp_path, "The cat.\nA dog.\n").vocabulary.capitals
    assert not corpus_of(tmp_path, "the cat.\na dog.\n").vocabulary.capitals


@pytest.mark.parametrize(("text", "why"), [(" \n\t\n", "no words"), ("cat", "only one word")])
def test_too_little_to_learn_from(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(TextError, match=why):
        corpus_of(tmp_path, text)


def test_no_word_frequent_enough(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="no word occurs 5 times or more. Lower --min-count"):
        corpus_of(tmp_path, "a b c d", min_count=5)


def test_no_word_that_is_one(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="no word to learn: all are marked as unknown, or longer than 255 characters"):
        corpus_of(tmp_path, "x" * 300 + " " + "y" * 300)


def test_a_word_too_long_for_anyone_to_type_is_unknown(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "a " + "x" * 10_000 + " b")
    assert UNK in whole(made.train)


@pytest.fixture(autouse=True)
def _small_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks even in small texts."""
    monkeypatch.setattr(corpus, "READ", 1000)
