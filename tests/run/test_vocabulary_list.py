"""Training with a list of words to know in any case: train --vocabulary."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.errors import FileError, TextError, UsageError
from rnncli.storage.checksum import resume_path
from rnncli.text.vocabulary import UNK

RUN: dict[str, Any] = {"hidden": 6, "epochs": 2, "batch": 4, "bptt": 8, "min_count": 5}
TEXT = "A fox came.\nA newt came.\n" + "The cat sat on the mat.\nThe dog ran to the hen.\n" * 40


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "c.txt").write_text(TEXT)
    return tmp_path / "c.txt"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "words.txt").write_text("Fox\n\nZoë\nthe\n")
    return tmp_path / "words.txt"


def interrupted(text: Path, output: Path, **choices: Any) -> None:
    for _ in rnncli.Training(text, output, stop=lambda: True, **choices):
        pass


def test_words_of_the_list_are_known_to_network_and_ngrams(text: Path, listed: Path) -> None:
    model = rnncli.train(text, vocabulary=listed, **RUN)
    vocabulary = model.vocabulary
    fox, zoe = vocabulary.id("fox"), vocabulary.id("ZOË")
    assert UNK not in (fox, zoe)
    assert vocabulary.id("newt") == UNK
    assert [vocabulary.display_forms[i] for i in (fox, zoe)] == ["fox", "Zoë"]
    assert [vocabulary.counts[i] for i in (fox, zoe)] == [1, 0]
    assert rnncli.train(text, **RUN).vocabulary.id("fox") == UNK
    assert 0 < model.probabilities("the")[zoe] < 0.01
    assert [word for word, _ in model.predict("the Z")] == ["Zoë"]
    assert model.predict("the", among=["Zoë"]).unknown_offered == frozenset()


def test_ngrams_give_a_word_without_occurrences_its_share_of_the_uniform_part(text: Path, listed: Path) -> None:
    """Of one word alone: what discounts took from all words, shared out evenly."""
    model = rnncli.train(text, vocabulary=listed, hidden=0, ngrams=2, min_count=5)
    assert model.ngrams
    counts = model.ngrams.counts
    y = counts.next(counts.start())[0]
    assert y.sum() == pytest.approx(1)
    singles, taken = model.ngrams.ngrams.counts, np.append(0, model.ngrams.ngrams.discounts[0])
    rest = taken[np.minimum(singles, 3)].sum() / singles.sum()
    zoe = model.vocabulary.id("Zoë")
    assert singles[zoe] == 0
    assert counts.unigram[zoe] == pytest.approx(rest / len(y))
    assert y[zoe] == y.min() > 0


def test_model_with_the_list_is_saved_and_loaded(text: Path, listed: Path, tmp_path: Path) -> None:
    model = rnncli.train(text, tmp_path / "m.npz", vocabulary=listed, **RUN)
    again = rnncli.load(tmp_path / "m.npz")
    for part in ("words", "display_forms", "counts", "rare"):
        assert getattr(again.vocabulary, part) == getattr(model.vocabulary, part)
    np.testing.assert_array_equal(again.probabilities("the cat"), model.probabilities("the cat"))


def test_run_with_a_list_resumes_to_the_same_bytes_and_with_no_other_list(
    text: Path, listed: Path, tmp_path: Path
) -> None:
    whole, path, other = tmp_path / "whole.npz", tmp_path / "m.npz", tmp_path / "other.txt"
    rnncli.train(text, whole, vocabulary=listed, **RUN)
    other.write_text("Fox\nZoë\nthe\nMia\n")
    interrupted(text, path, vocabulary=listed, **RUN)
    before = Path(resume_path(path)).read_bytes()
    for another in (None, other):
        with pytest.raises(TextError, match="the list of --vocabulary, is not the one"):
            rnncli.train(text, path, vocabulary=another, resume=True)
    assert Path(resume_path(path)).read_bytes() == before
    listed.write_text("\ufeff  Fox\r\nZoë\nFox\nthe")  # the same words
    rnncli.train(text, path, vocabulary=listed, resume=True)
    assert path.read_bytes() == whole.read_bytes()


def test_run_without_a_list_is_resumed_with_none(text: Path, listed: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    interrupted(text, path, **RUN)
    with pytest.raises(TextError, match="the list of --vocabulary"):
        rnncli.train(text, path, vocabulary=listed, resume=True)


def test_plan_repeats_a_run_with_its_list_and_with_no_other(text: Path, listed: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    rnncli.train(text, first, vocabulary=listed, **RUN)
    with pytest.raises(UsageError, match="list of --vocabulary"):
        rnncli.train(text, second, plan=first)
    rnncli.train(text, second, plan=first, vocabulary=listed)
    assert first.read_bytes() == second.read_bytes()


def test_model_of_another_list_is_not_replaced_unasked(text: Path, listed: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    rnncli.train(text, path, **RUN)
    with pytest.raises(UsageError, match="of another list of --vocabulary. Give another -o, or --force"):
        rnncli.train(text, path, vocabulary=listed, **RUN)
    rnncli.train(text, path, vocabulary=listed, force=True, **RUN)
    assert "zoë" in rnncli.load(path).vocabulary.words


def test_list_of_words_that_are_known_anyway_changes_the_digest_alone(text: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("CAT\nthe\n")
    plain, model = rnncli.train(text, **RUN), rnncli.train(text, vocabulary=tmp_path / "words.txt", **RUN)
    assert model.vocabulary.words == plain.vocabulary.words
    np.testing.assert_array_equal(model.probabilities("the"), plain.probabilities("the"))
    assert {name for name in plain.record if model.record[name] != plain.record[name]} == {"corpus"}
    assert model.record["corpus"] | {"digest": ""} == plain.record["corpus"] | {"digest": ""}


@pytest.mark.parametrize(
    ("content", "error", "why"),
    [
        (None, FileError, "words.txt: cannot be read"),
        ("", TextError, "words.txt: is empty"),
        (" \n\n", TextError, "words.txt: holds no words"),
        ("the\nNew York\n", TextError, "vocabulary: 'New York' is 2 words"),
        ("a\nb\nc\nd\n", TextError, "vocabulary: of its 4 words 1 find no room .* Raise --vocabulary-size by 1"),
    ],
)
def test_list_that_cannot_be_used_is_refused(
    text: Path, tmp_path: Path, content: str | None, error: type[Exception], why: str
) -> None:
    if content is not None:
        (tmp_path / "words.txt").write_text(content)
    with pytest.raises(error, match=why):
        rnncli.train(text, tmp_path / "m.npz", vocabulary=tmp_path / "words.txt", vocabulary_size=5, **RUN)
    assert not (tmp_path / "m.npz").exists()


def test_list_is_cut_by_the_tokenizer_of_the_text_and_read_in_its_encoding(text: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes("vis-à-vis\nC.D.\ndon't-know\n".encode("latin-1"))
    model = rnncli.train(text, vocabulary=tmp_path / "words.txt", encoding="latin-1", tokenizer="whitespace", **RUN)
    assert UNK not in model.vocabulary.ids(["vis-à-vis", "C.D.", "don't-know"])


def test_nothing_is_written_into_the_list(text: Path, listed: Path, tmp_path: Path) -> None:
    before = listed.read_bytes()
    for written in ({"output": listed, "force": True}, {"log": listed}):
        with pytest.raises(UsageError, match="words.txt: is the list of --vocabulary. Give another"):
            rnncli.train(text, vocabulary=listed, **written, **RUN)
    assert listed.read_bytes() == before
