"""Training a model on, with another text or with more time."""

import os
import random
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.cli.main import main
from rnncli.errors import CheckpointError, FileError, ResourceError, UsageError
from rnncli.network.network import parts
from rnncli.storage.checksum import fingerprint, resume_path

HOW: dict[str, Any] = {"hidden": 12, "epochs": 12, "batch": 8, "bptt": 10, "learning_rate": 0.02, "dropout": 0.0}
MORE: dict[str, Any] = {name: HOW[name] for name in ("batch", "bptt", "learning_rate", "dropout")} | {"epochs": 6}
SEA = {"ship": "sailed", "gull": "cried", "whale": "dived"}


def sea(n: int, seed: int = 0) -> str:
    """Makes n sentences on the sea: of the words of the corpus of conftest.py they share "the", "by" and marks."""
    rng = random.Random(seed)
    lines = []
    for _ in range(n):
        subject = rng.choice([*SEA])
        lines.append(f"The {subject} {SEA[subject]} {rng.choice(['near the island', 'by the shore'])}.\n")
    return "".join(lines)


@pytest.fixture(scope="module")
def a(corpus_file: Path) -> Path:
    return corpus_file


@pytest.fixture(scope="module")
def b(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sea") / "sea.txt"
    path.write_text(sea(400))
    return path


@pytest.fixture(scope="module")
def bases(a: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Models of the first text: networks, one or several, n-grams beside them or not, and n-grams alone."""
    folder = tmp_path_factory.mktemp("bases")
    kinds: dict[str, dict[str, Any]] = {
        "network": HOW,
        "ensemble": HOW | {"ensemble_size": 2, "hidden": 8},
        "gated": HOW | {"ensemble_size": 2, "hidden": 8, "cell": "lstm"},
        "without n-grams": HOW | {"ngrams": 0},
        "n-grams": {"hidden": 0},
    }
    for kind, choices in kinds.items():
        rnncli.train(a, folder / f"{kind}.npz", **choices)
    return {kind: folder / f"{kind}.npz" for kind in kinds}


KINDS = ("network", "ensemble", "gated", "without n-grams", "n-grams")


def more_of(kind: str) -> dict[str, Any]:
    return {} if kind == "n-grams" else MORE


def interrupted(b: Path, output: Path, after: int, **choices: Any) -> None:
    """Runs a training that is stopped at its `after`th report."""
    reports = count(1)
    training = rnncli.Training(b, output, stop=lambda: next(reports) >= after, **choices)
    list(training)
    assert training.interrupted


@pytest.mark.parametrize("kind", KINDS)
def test_model_that_is_trained_on_knows_both_texts(bases: dict[str, Path], a: Path, b: Path, kind: str) -> None:
    old, alone = rnncli.load(bases[kind]), rnncli.train(b, **HOW)
    new = rnncli.train(b, base=bases[kind], **more_of(kind))
    assert old.vocabulary.id("whale") == 1
    assert new.vocabulary.words[: len(old.vocabulary)] == old.vocabulary.words
    assert {"whale", "island"} < {*new.vocabulary.words}
    assert len(new.params["by"]) == len(new.vocabulary)
    assert new.predict("the whale", k=1).words[0].word == "dived"
    assert new.score(b.read_text()).perplexity < 1.15 * alone.score(b.read_text()).perplexity
    assert "sat" in [word for word, _ in new.predict("the cat", k=3)]
    assert new.score(a.read_text()).perplexity < 0.7 * alone.score(a.read_text()).perplexity
    assert new.score(a.read_text()).unknown_share == old.score(a.read_text()).unknown_share
    assert (new.ngrams is None) == (kind == "without n-grams")
    assert len(parts(new.params["Ws"])) == len(parts(old.params["Ws"]))


def test_counts_of_words_and_ngrams_are_those_of_one_text_after_the_other(a: Path, b: Path, tmp_path: Path) -> None:
    """All words are in the first text, and no sentence is held out."""
    one, two, three = a.read_text(), b.read_text(), a.read_text().replace("cat", "gull")
    (tmp_path / "valid.txt").write_text("The cat sat by the shore.\n")
    for name, text in {"ab": one + two, "c": three, "abc": one + two + three}.items():
        (tmp_path / name).write_text(text)
    how: dict[str, Any] = {"valid": tmp_path / "valid.txt", "min_count": 1}
    rnncli.train(tmp_path / "ab", tmp_path / "m.npz", hidden=0, **how)
    on, whole = (
        rnncli.train(tmp_path / "c", base=tmp_path / "m.npz", **how),
        rnncli.train(tmp_path / "abc", hidden=0, **how),
    )
    words = on.vocabulary.words
    assert dict(zip(words, on.vocabulary.counts, strict=True)) == dict(
        zip(whole.vocabulary.words, whole.vocabulary.counts, strict=True)
    )
    order = [whole.vocabulary.words.index(word) for word in words]
    for context in ("", "the gull", "the gull cried near the", '"I see the'):
        np.testing.assert_allclose(on.probabilities(context), whole.probabilities(context)[order], atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_more_time_with_one_text_counts_nothing_twice(bases: dict[str, Path], a: Path, kind: str) -> None:
    old, new = rnncli.load(bases[kind]), rnncli.train(a, base=bases[kind], **more_of(kind))
    assert new.vocabulary.words == old.vocabulary.words
    assert new.vocabulary.counts == old.vocabulary.counts
    if old.ngrams:
        assert new.ngrams
        for one, other in zip(old.ngrams.ngrams.levels, new.ngrams.ngrams.levels, strict=True):
            np.testing.assert_array_equal(one.counts, other.counts)
    before, after = (model.record["validation"]["perplexity"] for model in (old, new))
    assert after <= before * 1.001


def test_readings_of_the_text_before_raise_its_dropout(bases: dict[str, Path], a: Path, b: Path) -> None:
    """The model has read its text 12 times. The dropout of the state has reached what a tiny text has at most."""

    def dropout(text: Path, **choices: Any) -> float:
        return rnncli.Training(text, epochs=6, **choices).settings.dropout_recurrent

    assert dropout(a, base=bases["network"]) > dropout(a, hidden=12)
    assert dropout(b, base=bases["network"]) == dropout(b, hidden=12)


def test_text_among_several_is_not_counted_again(bases: dict[str, Path], a: Path, b: Path, tmp_path: Path) -> None:
    rnncli.train(b, tmp_path / "ab.npz", base=bases["n-grams"])
    once = rnncli.load(tmp_path / "ab.npz")
    for text in (a, b):
        again = rnncli.train(text, base=tmp_path / "ab.npz")
        assert again.vocabulary.counts == once.vocabulary.counts
        assert again.ngrams
        assert once.ngrams
        np.testing.assert_array_equal(again.ngrams.ngrams.counts, once.ngrams.ngrams.counts)


def test_record_names_the_model_and_each_text_once(bases: dict[str, Path], a: Path, b: Path, tmp_path: Path) -> None:
    paths = [bases["n-grams"], *(tmp_path / f"{n}.npz" for n in range(3))]
    for before, after, text in zip(paths, paths[1:], (b, b, a), strict=False):
        rnncli.train(text, after, base=before)
    records = [rnncli.load(path).record for path in paths]
    of_a, of_b = (records[n]["corpus"]["digest"] for n in (0, 1))
    assert "from" not in records[0]
    assert [record["from"]["texts"] for record in records[1:]] == [[of_a], [of_a, of_b], [of_a, of_b]]
    assert [record["from"]["model"] for record in records[1:]] == [
        fingerprint(path.read_bytes()) for path in paths[:-1]
    ]


def test_more_words_of_one_text_are_learned_where_they_are_allowed(a: Path, tmp_path: Path) -> None:
    """The vocabulary of 10 was full; its n-grams are counted anew, now that more words are known."""
    rnncli.train(a, tmp_path / "m.npz", hidden=0, vocabulary_size=10)
    assert len(rnncli.load(tmp_path / "m.npz").vocabulary) == 10
    on, whole = (
        rnncli.train(a, base=tmp_path / "m.npz", vocabulary_size=50),
        rnncli.train(a, hidden=0, vocabulary_size=50),
    )
    assert dict(zip(on.vocabulary.words, on.vocabulary.counts, strict=True)) == dict(
        zip(whole.vocabulary.words, whole.vocabulary.counts, strict=True)
    )
    assert on.settings.vocabulary_size == 50
    order = [whole.vocabulary.words.index(word) for word in on.vocabulary.words]
    np.testing.assert_allclose(on.probabilities("the old"), whole.probabilities("the old")[order], atol=1e-12)


def test_text_too_short_to_hold_out_from_leaves_the_weights_beside_ngrams(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    """Fitted to the text that was counted they would leave nothing to the network."""
    (tmp_path / "c.txt").write_text("The gull cried.\n" * 5)
    old, new = rnncli.load(bases["network"]), rnncli.train(tmp_path / "c.txt", base=bases["network"], **MORE)
    assert new.record["corpus"]["validated_on"] == "training text"
    assert old.ngrams
    assert new.ngrams
    np.testing.assert_array_equal(new.ngrams.network_weights, old.ngrams.network_weights)


def test_too_little_memory_for_adding_ngrams_is_said(
    bases: dict[str, Path], b: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnncli.run.ngrams.MERGING_BYTES", 1 << 50)
    with pytest.raises(ResourceError, match="adding n-grams to those of the model takes .* without --from"):
        rnncli.train(b, tmp_path / "m.npz", base=bases["n-grams"])
    assert os.listdir(tmp_path) == []


def test_run_that_learns_nothing_ends_with_the_network_it_began_with(bases: dict[str, Path], a: Path) -> None:
    new = rnncli.train(a, base=bases["without n-grams"], **{**MORE, "learning_rate": 3.0})
    old = rnncli.load(bases["without n-grams"])
    assert new.record["curve"][0][0] == 0
    assert new.record["validation"]["perplexity"] == pytest.approx(old.record["validation"]["perplexity"], rel=0.01)
    for name, w in new.params.items():
        np.testing.assert_allclose(w, old.params[name], rtol=0.1)


def test_output_may_be_the_model_itself_and_may_not_be_another(bases: dict[str, Path], b: Path, tmp_path: Path) -> None:
    path, other = tmp_path / "m.npz", tmp_path / "other.npz"
    for copy in (path, other):
        copy.write_bytes(bases["network"].read_bytes())
    apart = rnncli.train(b, tmp_path / "apart.npz", base=path, **MORE)
    with pytest.raises(UsageError, match="holds a model of another corpus"):
        rnncli.train(b, other, base=path, **MORE)
    os.symlink(path, tmp_path / "link.npz")
    rnncli.train(b, path, base=tmp_path / "link.npz", **MORE)
    assert path.read_bytes() == (tmp_path / "apart.npz").read_bytes()
    assert apart.settings.hidden == 12
    with pytest.raises(UsageError, match="was trained on another text before this one.*--from.*--force"):
        rnncli.train(b, path, **{name: value for name, value in MORE.items() if name != "base"})
    rnncli.train(b, tmp_path / "apart.npz", base=other, **MORE)  # the same again
    assert path.read_bytes() == (tmp_path / "apart.npz").read_bytes()


@pytest.mark.parametrize("kind", ["network", "ensemble"])
@pytest.mark.parametrize("after", [1, 2, 30, 100])
@pytest.mark.parametrize("named", [True, False])
def test_interrupted_run_in_place_resumes_to_equal_bytes(
    bases: dict[str, Path], b: Path, tmp_path: Path, kind: str, after: int, named: bool
) -> None:
    """The first report is of the network that the run goes on from. The file is replaced by the run's own model."""
    whole, path = tmp_path / "whole.npz", tmp_path / "m.npz"
    rnncli.train(b, whole, base=bases[kind], **MORE)
    path.write_bytes(bases[kind].read_bytes())
    interrupted(b, path, after, base=path, **MORE)
    assert path.read_bytes() != bases[kind].read_bytes()
    rnncli.train(b, path, resume=True, base=path if named else None)
    assert path.read_bytes() == whole.read_bytes()
    assert not os.path.exists(resume_path(path))


def test_interrupted_run_resumes_without_the_model_and_not_with_another(
    bases: dict[str, Path], b: Path, tmp_path: Path
) -> None:
    base, path = tmp_path / "base.npz", tmp_path / "m.npz"
    base.write_bytes(bases["network"].read_bytes())
    interrupted(b, path, 40, base=base, **MORE)
    with pytest.raises(
        UsageError, match="ensemble.npz: is not the model that the interrupted training of .*m.npz goes on"
    ):
        rnncli.train(b, path, base=bases["ensemble"], resume=True)
    base.unlink()
    rnncli.train(b, path, base=base, resume=True)
    rnncli.train(b, tmp_path / "whole.npz", base=bases["network"], **MORE)
    assert path.read_bytes() == (tmp_path / "whole.npz").read_bytes()
    other = tmp_path / "new.npz"
    interrupted(b, other, 5, **HOW)
    with pytest.raises(UsageError, match="does not go on from a model. Leave out --from"):
        rnncli.train(b, other, base=bases["network"], resume=True)


def test_run_that_goes_on_is_repeated_by_its_plan_from_that_model(
    bases: dict[str, Path], b: Path, tmp_path: Path
) -> None:
    plan, again = tmp_path / "plan.npz", tmp_path / "again.npz"
    rnncli.train(b, plan, base=bases["network"], **MORE)
    rnncli.train(b, again, plan=plan, base=bases["network"])
    assert again.read_bytes() == plan.read_bytes()
    for base in (None, bases["without n-grams"]):
        with pytest.raises(UsageError, match="plan"):
            rnncli.train(b, tmp_path / "other.npz", plan=plan, base=base)


def test_equal_seeds_give_equal_bytes_and_others_do_not(bases: dict[str, Path], b: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.npz" for n in range(3)]
    for path, seed in zip(paths, (3, 3, 4), strict=True):
        rnncli.train(b, path, base=bases["ensemble"], **{**MORE, "dropout": 0.2, "seed": seed})
    one, two, three = (path.read_bytes() for path in paths)
    assert one == two != three


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"hidden": 9}, "hidden is 12 there, not 9"),
        ({"hidden": 0}, "hidden is 12 there, not 0"),
        ({"tokenizer": "chars"}, "tokenizer is words there, not chars"),
        ({"case": "keep"}, "case is fold there, not keep"),
        ({"ensemble_size": 2}, "ensemble_size is 1 there, not 2"),
        ({"ngrams": 0}, "ngrams is 5 there, not 0"),
        ({"leaky": 0.0}, "leaky is 0.5 there, not 0.0"),
        ({"vocabulary_size": 5}, r"vocabulary_size: 5 is less than the \d+ words that the model of --from knows"),
    ],
)
def test_what_a_model_keeps_cannot_be_chosen_otherwise(
    bases: dict[str, Path], b: Path, tmp_path: Path, choices: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        rnncli.train(b, tmp_path / "m.npz", base=bases["network"], epochs=1, **choices)
    assert os.listdir(tmp_path) == []
    kept = {name: value for name, value in HOW.items() if name == "hidden"}
    assert rnncli.train(b, base=bases["network"], epochs=1, tokenizer="words", **kept)


def test_files_that_no_run_goes_on_from_are_refused(bases: dict[str, Path], b: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="missing.npz: cannot be read"):
        rnncli.train(b, tmp_path / "m.npz", base=tmp_path / "missing.npz")
    with pytest.raises(CheckpointError, match="not an rnncli model"):
        rnncli.train(b, tmp_path / "m.npz", base=b)
    with pytest.raises(UsageError, match="log"):
        rnncli.train(b, tmp_path / "m.npz", base=bases["network"], log=bases["network"])
    model = rnncli.load(bases["network"])
    replace(model, settings=replace(model.settings, hidden=6)).save(tmp_path / "odd.npz")
    with pytest.raises(CheckpointError, match="has 12 units, and not those that its settings say"):
        rnncli.train(b, tmp_path / "m.npz", base=tmp_path / "odd.npz")
    golden = Path(__file__).parent.parent / "faults" / "golden"
    first = next(path for path in sorted(golden.glob("*.npz")) if rnncli.load(path).settings.rules == 1)
    with pytest.raises(UsageError, match="was trained by the first rules .* leave out --from"):
        rnncli.train(b, tmp_path / "m.npz", base=first)


def test_command_says_what_is_new_and_validates_on_the_new_text(
    bases: dict[str, Path], a: Path, b: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "m.npz")
    path_of = str(bases["network"])
    assert main(["train", str(b), "--from", path_of, "-o", path, "--epochs", "3"]) == 0
    said = capfd.readouterr().err
    new = rnncli.load(path).record["corpus"]["new_words"]
    assert f"from: a model of {len(rnncli.load(path_of).vocabulary)} words, trained on 1 text\n" in said
    assert f"{new} of them new" in said
    assert "held out from the new text" in said
    assert "epoch 0.0 perplexity" in said
    assert main(["train", str(a), "--from", path, "-o", path, "--epochs", "1"]) == 0
    assert "trained on 2 texts, this one among them, which is not counted again" in capfd.readouterr().err
    assert main(["train", str(a), "-o", path, "--resume"]) == 0
    ended = f"{path}: its training has ended; there is nothing to resume. --from {path} trains it on\n"
    assert capfd.readouterr().err == ended
    assert main(["info", "-m", path]) == 0
    assert f"from.model\t{rnncli.load(path).record['from']['model']}" in capfd.readouterr().out
    assert main(["train", str(a), "--from", "", "-o", path]) == 2
    assert "the name of the file is empty" in capfd.readouterr().err
