"""`rnncli train --hidden 0`: n-grams alone, asked by every command."""

import json
import os
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnncli
from rnncli.cli.line import Line
from rnncli.counts.predictor import Counts
from rnncli.settings import WITHOUT_NETWORK
from rnncli.storage.checksum import resume_path
from rnncli.unknown.share import Calibrated

FABLES = Path(__file__).parents[2] / "data" / "fables.txt"
TEXTS = st.text(st.sampled_from("the cat sat. \n\n“Oh!” Xyzzy é猫"), max_size=40)


@pytest.fixture(scope="module")
def fables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alone") / "fables.npz"
    rnncli.train(FABLES, path, hidden=0)
    return path


@pytest.fixture(scope="module")
def alone(fables: Path) -> rnncli.LanguageModel:
    return rnncli.load(fables)


@pytest.fixture
def ask(call: Any, fables: Path) -> Any:
    """Returns a function that runs a command beside model.npz, a model of n-grams alone."""
    Path("model.npz").write_bytes(fables.read_bytes())
    return call


def test_predictor_is_that_of_the_counts_with_a_calibrated_unknown_word(alone: rnncli.LanguageModel) -> None:
    assert isinstance(alone.predictor, Calibrated)
    assert isinstance(alone.predictor.predictor, Counts)
    assert (alone.network.width, alone.settings.hidden) == (0, 0)


@given(text=TEXTS)
def test_probabilities_equal_those_of_the_counts(alone: rnncli.LanguageModel, text: str) -> None:
    counts = Counts(alone.ngrams.ngrams)
    ids = np.array(alone.codec.prompt(f"{text} the ").ids, np.int32)
    (states,) = counts.read(counts.start(), ids[:, None])
    y = alone.fit.calibration.applied(counts.next((states[-1],)))[0]
    np.testing.assert_array_equal(alone.probabilities(f"{text} the "), y)


def test_network_without_units_predicts_how_often_words_occur(alone: rnncli.LanguageModel) -> None:
    y = alone.network.next(alone.network.start())[0]
    counts = np.array(alone.vocabulary.counts) + 1.0
    known = slice(alone.vocabulary.specials, None)
    np.testing.assert_allclose(y[known] / y[known].sum(), counts[known] / counts[known].sum(), rtol=1e-5)


def test_train_says_what_it_does_and_how_well_the_ngrams_predict(call: Any) -> None:
    done = call("train", str(FABLES), "--hidden", "0", "-o", "new.npz", "--json")
    summary = json.loads(done.out)
    assert done.code == 0
    assert "n-grams: of up to 5 words, alone\n" in done.err
    assert "network" not in done.err
    assert "epoch" not in done.err
    assert summary.keys() >= {"model", "perplexity", "accuracy_at_1", "keystroke_savings", "seconds"}
    assert not {name for name in summary if "network" in name or "epoch" in name or name == "perplexity_ngrams"}
    assert not os.path.exists(resume_path("new.npz"))
    model = rnncli.load("new.npz")
    training = rnncli.Training(FABLES, hidden=0)
    counts, ids = Counts(model.ngrams.ngrams), training.corpus.valid.read(0, len(training.corpus.valid))
    (states,) = counts.read(counts.start(), ids[:-1, None])
    nats = Calibrated(counts, model.fit.calibration).surprisal((states[1:, 0],), ids[1:])
    assert log(summary["perplexity_closed"]) == pytest.approx(nats.mean(), rel=1e-9)
    assert model.record["validation"]["perplexity"] == summary["perplexity"]


def test_text_of_many_scripts_and_a_log(call: Any) -> None:
    Path("c.txt").write_text("猫が座る。\nДа, кот сел.\nالقط جلس.\nŞimdi İyi 😀 été\n" * 40)
    assert call("train", "c.txt", "--hidden", "0", "-o", "new.npz", "-q", "--log", "l.jsonl").code == 0
    assert call("predict", "кот ", "-m", "new.npz", "-k", "1").rows[0][0] == "сел"
    first, last = map(json.loads, Path("l.jsonl").read_text().splitlines())
    assert (first["settings"]["hidden"], last["plan"]["steps"], last["curve"]) == (0, 0, None)


@pytest.mark.parametrize(("text", "code"), [("", 3), ("\n", 3), ("a", 3), ("a b\n", 0), ("a b\n" * 12, 0)])
def test_small_corpora_train_or_are_refused_as_with_a_network(call: Any, text: str, code: int) -> None:
    Path("c.txt").write_text(text)
    command = ["train", "c.txt", "-o", "new.npz", "-q", "--force"]
    done, other = call(*command, "--hidden", "0"), call(*command, "--hidden", "2", "--epochs", "1")
    assert (done.code, other.code) == (code, code)
    if code:
        assert done.err == other.err


def test_predict_completes_ranks_and_looks_ahead(ask: Any) -> None:
    assert ask("predict", "the cat", "-k", "1").rows[0][0] == "looked"
    assert ask("predict", "the ca", "-k", "1").rows[0][0] == "cat"
    assert ask("predict", "the cat ", "--among", "slept by,sat,ran").rows[0][0] == "sat"
    assert ask("predict", "the cat", "--then", "2", "-k", "1").rows[0][0].startswith("looked ")
    assert len(ask("predict", "-k", "2", stdin=b"the cat\n\nthe ca\n").rows) == 6
    assert ask("predict", "the cat", "--min-p", "0.9").out == ""


def test_program_is_answered(ask: Any) -> None:
    done = ask("predict", "--json", "--stdin", "-k", "1", stdin=b'{"text": "the ca"}\n{"text": "the cat "}\n')
    assert [json.loads(line)["words"][0]["word"] for line in done.lines] == ["cat", "looked"]


def test_generate_score_and_type(ask: Any, alone: rnncli.LanguageModel) -> None:
    text = ask("generate", "The cat", "--sentences", "3", "--seed", "1").out
    assert text.startswith("The cat ")
    assert text == ask("generate", "The cat", "--sentences", "3", "--seed", "1").out
    assert len("".join(alone.generate("The cat", words=9, seed=1)).split()) >= 8
    assert len(ask("generate", "--samples", "5", "--words", "4", "--json").lines) == 5
    words = [json.loads(line) for line in ask("score", "--per", "word", "--json", stdin=text.encode()).lines]
    assert json.loads(ask("score", "--json", stdin=text.encode()).out)["bits_per_word"] == pytest.approx(
        sum(word["bits"] for word in words) / len(words)
    )
    assert Line(alone).take("The ca", 0) == "The cat "


def test_info_says_nothing_of_a_network(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = json.loads(ask("info", "--json").out)
    assert (fields["hidden"], fields["ngrams"].keys()) == (0, set("2345"))
    assert not fields.keys() & {"parameters", "bytes", "network_weights", "curve", "temperature"}
    assert fields["settings"].keys() == {*WITHOUT_NETWORK}
    assert ["hidden", "0"] in ask("info").rows
    monkeypatch.setattr("rnncli.cli.info.to_terminal", lambda: True)
    out = ask("info").out
    assert "alone, without a network" in " ".join(out.split())
    assert not [line for line in out.splitlines() if line.startswith(("network", "training", "curve"))]


def test_arpa_has_the_probability_of_each_ngram(ask: Any, alone: rnncli.LanguageModel) -> None:
    assert ask("export", "--arpa", "f.arpa").code == 0
    line = next(line for line in Path("f.arpa").read_text().splitlines() if "\t<s> the cat\t" in line)
    (states,) = alone.ngrams.counts.read(alone.ngrams.counts.start(), np.array(alone.codec.prompt("the ").ids)[:, None])
    y = alone.ngrams.counts.next((states[-1],))[0, alone.vocabulary.words.index("cat")]
    assert float(line.split("\t")[0]) == pytest.approx(log(y) / log(10), rel=1e-5)


def test_learning_raises_what_was_written_and_keeps_the_model(ask: Any) -> None:
    before = Path("model.npz").read_bytes()
    asked = ["predict", "the cat ", "--among", "sang,sat", "--learn", "my.npz", "-q"]
    first = ask(*asked).rows
    for _ in range(3):
        assert ask("predict", "--learn", "my.npz", "--commit", "the cat sang and the cat sang.", "-q").code == 0
    shares = [{word: float(share) for word, share in rows} for rows in (first, ask(*asked).rows)]
    assert shares[1]["sang"] > shares[0]["sang"]
    done = ask("score", "--learn", "--personal", "my.npz", "--json", stdin=b"The cat sang.\n" * 9)
    alone = ask("score", "--json", stdin=b"The cat sang.\n" * 9)
    assert json.loads(done.out)["perplexity"] < json.loads(alone.out)["perplexity"]
    assert Path("model.npz").read_bytes() == before
    assert ask("forget", "my.npz").code == 0


def test_plan_repeats_to_equal_bytes_and_refuses_other_options(ask: Any) -> None:
    assert ask("train", str(FABLES), "--plan", "model.npz", "-o", "again.npz", "-q").code == 0
    assert Path("again.npz").read_bytes() == Path("model.npz").read_bytes()
    done = ask("train", str(FABLES), "--plan", "model.npz", "-o", "other.npz", "--epochs", "3", "-q")
    assert (done.code, "epochs is None there, not 3" in done.err) == (2, True)


def test_ended_run_is_not_resumed_and_force_replaces_it(ask: Any, corpus_file: Path) -> None:
    done = ask("train", str(FABLES), "--hidden", "0", "--resume")
    assert (done.code, "there is nothing to resume" in done.err) == (0, True)
    assert ask("train", str(FABLES), "--hidden", "0", "--resume", "-o", "none.npz").code == 5
    assert ask("train", str(corpus_file), "--hidden", "4", "--epochs", "1", "-q").code == 2
    assert ask("train", str(corpus_file), "--hidden", "4", "--epochs", "1", "-q", "--force").code == 0
    assert ask("train", str(FABLES), "--hidden", "0", "-q", "--force").code == 0
    assert rnncli.load("model.npz").settings.hidden == 0


def test_run_that_was_killed_before_its_model_was_saved_is_resumed_to_equal_bytes(
    fables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "m.npz"
    with monkeypatch.context() as patched:
        patched.setattr(rnncli.LanguageModel, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            rnncli.train(FABLES, path, hidden=0)
    assert not path.exists()
    rnncli.train(FABLES, path, resume=True)
    assert path.read_bytes() == fables.read_bytes()
    assert os.listdir(tmp_path) == ["m.npz"]


@pytest.mark.parametrize("order", [2, 3, 9])
@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "chars"])
def test_every_order_and_tokenizer_predicts(corpus_file: Path, order: int, tokenizer: str) -> None:
    model = rnncli.train(corpus_file, hidden=0, ngrams=order, tokenizer=tokenizer)
    assert model.probabilities("the cat").sum() == pytest.approx(1)
    assert [y > 0.1 for _, y in model.predict("the cat ", k=1)] == [True]
    assert "".join(model.generate("The cat", words=5, seed=2))
