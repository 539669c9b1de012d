"""Reading a corpus: ids on disk, a vocabulary, held-out sentences."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.errors import TextError
from rnncli.run.recipe import fitted
from rnncli.text import spool
from rnncli.text.corpus import Corpus, Reading, encode, encode_with_tokens, prepare, read, stream
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import EOS, UNK, Vocabulary


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads even small texts in several blocks."""
    monkeypatch.setattr(spool, "SPOOL_BLOCK_IDS", 1000)


def whole(ids: Spool) -> list[int]:
    return ids.read(0, len(ids)).tolist()


def reading_of(folder: Path, text: str, tokenizer: str = "words", sentences: str = "lines") -> Reading:
    (folder / "c.txt").write_text(text)
    return read([str(folder / "c.txt")], tempfile.TemporaryFile, tokenizer=tokenizer, sentences=sentences)


def corpus_of(folder: Path, text: str, **choices: Any) -> Corpus:
    choices = {"tokenizer": "words", "case": "fold", "size": 1000, "min_count": 1} | choices
    return prepare(reading_of(folder, text, choices["tokenizer"]), tempfile.TemporaryFile, **choices)


def sentences_of(made: Corpus, ids: Spool) -> list[str]:
    text = " ".join(made.vocabulary.display_forms[i] for i in whole(ids))
    return text.removeprefix("<eos> ").removesuffix(" <eos>").split(" <eos> ")


def test_stream_begins_with_eos_and_has_one_eos_after_each_sentence(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "\n\nthe cat\n\n\nthe dog sat\nso")
    forms = [made.vocabulary.display_forms[i] for i in whole(made.train)]
    assert forms == "<eos> the cat <eos> the dog sat <eos> so <eos>".split()
    assert made.report.words == 6
    assert made.report.validated_on == "training text"


def numbers(texts: list[str]) -> list[int]:
    number = {"\n": EOS}
    return np.concatenate(
        [ids for ids, _ in stream(texts, "whitespace", lambda w: number.setdefault(w, len(number) + 1))]
    ).tolist()


@given(st.lists(st.text("ab\n ", max_size=8), max_size=8))
def test_stream_is_equal_however_the_text_is_cut_between_words(parts: list[str]) -> None:
    assert numbers([part + "\n" for part in parts]) == numbers(["\n".join(parts) + "\n"])


@given(st.lists(st.text("ab\n ", max_size=8), max_size=8))
def test_encode_with_tokens_gives_the_token_of_every_id(parts: list[str]) -> None:
    vocabulary = Vocabulary(["<eos>", "<unk>", "a", "b"], ["<eos>", "<unk>", "a", "b"], [1] * 4, "fold", True)
    pairs = list(encode_with_tokens(iter(parts), vocabulary, "whitespace", "lines"))
    for ids, tokens in pairs:
        assert ids.tolist() == vocabulary.ids(tokens)
    only_ids = list(encode(iter(parts), vocabulary, "whitespace", "lines"))
    assert [ids.tolist() for ids in only_ids] == [ids.tolist() for ids, _ in pairs]


def test_held_out_are_whole_sentences_from_every_tenth_of_the_text_and_the_rest_is_taught(tmp_path: Path) -> None:
    lines = [f"a{i // 20} b{i % 20} " + "x " * (i % 7) + "end" for i in range(400)]  # all different, no word rare
    made = corpus_of(tmp_path, "\n".join(lines))
    taught, held_out = sentences_of(made, made.train), sentences_of(made, made.valid)
    assert Counter(taught) + Counter(held_out) == Counter(lines)
    tenths = Counter(lines.index(line) // 40 for line in held_out)
    assert sorted(tenths) == list(range(10))
    assert all(2 <= count <= 6 for count in tenths.values())  # of 40
    assert made.report.held_out == sum(len(line.split()) for line in held_out)
    for ids in (made.train, made.valid):
        assert whole(ids)[0] == whole(ids)[-1] == EOS
    again = corpus_of(tmp_path, "\n".join(lines))
    assert whole(again.valid) == whole(made.valid)


def test_words_only_in_held_out_sentences_are_unknown(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "\n".join(f"w{i} a b c d e f g" for i in range(300)))
    assert UNK in whole(made.valid)
    assert UNK not in whole(made.train)
    assert made.report.held_out_known < 1 == made.report.covered


def test_one_endless_sentence_is_cut_for_holding_out(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, " ".join(str(i % 40) for i in range(60_000)), tokenizer="whitespace")
    assert 5000 < made.report.held_out <= 6000


def test_validation_file_is_read_by_the_rules_of_the_corpus(tmp_path: Path) -> None:
    valid = tmp_path / "valid.txt"
    valid.write_text("The cat barked\n")
    made = corpus_of(tmp_path, "the cat sat\n" * 200, valid=str(valid))
    assert [made.vocabulary.words[i] for i in whole(made.valid)] == ["<eos>", "the", "cat", "<unk>", "<eos>"]
    assert made.report.held_out_known == pytest.approx(2 / 3)
    valid.write_text("hic sunt leones\n")
    with pytest.raises(TextError, match="valid.txt: not one of its words is in the vocabulary"):
        corpus_of(tmp_path, "the cat sat\n" * 200, valid=str(valid))


def test_capitals_at_most_sentence_starts_are_detected(tmp_path: Path) -> None:
    assert corpus_of(tmp_path, "The cat.\nA dog.\n").vocabulary.capitals
    assert not corpus_of(tmp_path, "the cat.\na dog.\n").vocabulary.capitals


@pytest.mark.parametrize(("text", "why"), [(" \n\t\n", "no words"), ("cat", "only one word")])
def test_less_than_two_words_are_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(TextError, match=why):
        corpus_of(tmp_path, text)


def test_min_count_that_no_word_reaches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="no word occurs 5 times or more. Lower --min-count"):
        corpus_of(tmp_path, "a b c d", min_count=5)


@pytest.mark.parametrize("min_count", [1, 2])
@pytest.mark.parametrize("text", ["x" * 300 + " " + "y" * 300, "<unk> <unk>", "<unk> " + "x" * 300])
def test_text_of_unknown_and_overlong_words_only_is_refused(tmp_path: Path, text: str, min_count: int) -> None:
    with pytest.raises(TextError, match="no word to learn: each is <unk>, or longer than 255 characters"):
        corpus_of(tmp_path, text, tokenizer="whitespace", min_count=min_count)


def test_overlong_word_is_unknown(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "a " + "x" * 10_000 + " b")
    assert whole(made.train).count(UNK) == 1


def test_only_a_literal_unk_token_counts_as_marked_and_no_overlong_word(tmp_path: Path) -> None:
    """One base64 blob in a text switched off the teaching of <unk>: rare words were all kept (min_count 1)."""
    text, blob = "the cat sat on the mat\n" * 2000, "x" * 300
    for more, has_unk in (("", False), (f"{blob}\n" * 3, False), ("<unk>\n", True), (f"<unk> {blob}\n", True)):
        reading = reading_of(tmp_path, text + more, "whitespace")
        assert reading.has_unk is has_unk
        assert fitted({}, reading.words, reading.has_unk).min_count == (1 if has_unk else 2)
