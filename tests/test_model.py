"""The facade: what Python users ask a model."""

import json
from itertools import islice
from math import log2
from pathlib import Path

import numpy as np
import pytest

import rnncli
from rnncli.errors import UsageError
from rnncli.model import CONTEXTS_A_THREAD
from rnncli.prediction.writing import Length
from rnncli.text.vocabulary import EOS, UNK


def test_model_predicts_what_followed_in_its_text(model: rnncli.LanguageModel) -> None:
    assert model.predict("The cat", k=1).words[0].word == "sat"
    assert model.predict("the DOG", k=1).words[0].word == "ran"  # folded, as the corpus was


def test_probabilities_are_those_of_the_whole_distribution(model: rnncli.LanguageModel) -> None:
    prediction = model.predict("the cat", k=1000)
    assert sum(p for _, p in prediction) + prediction.eos + prediction.unk == pytest.approx(1, abs=1e-5)
    assert not {"<eos>", "<unk>"} & {word for word, _ in prediction}
    probabilities = [p for _, p in prediction]
    assert probabilities == sorted(probabilities, reverse=True)
    asked = model.predict("the cat sat on the mat.", k=1, eos=True)
    assert asked.words[0].word == "<eos>"
    assert asked.words[0].probability == asked.eos


def test_words_are_displayed_in_their_most_frequent_form(model: rnncli.LanguageModel) -> None:
    assert model.predict("the cat sat in").words[0].word == "London"
    assert "I" in [word for word, _ in model.predict('"')]
    assert "the" in [word for word, _ in model.predict("sat on")]


def test_unknown_words_of_the_context_are_listed(model: rnncli.LanguageModel) -> None:
    assert model.predict("the zebra and the Gnu").unknown == ["zebra", "and", "Gnu"]
    assert model.predict("").unknown == []


def test_overlong_word_is_scored_and_written_after_as_an_unknown_word(model: rnncli.LanguageModel) -> None:
    text = "The cat " + "x" * 300 + " sat."
    overlong = [word for word in model.scored(text) if word.word.startswith("x")]
    assert [(word.word, word.rank, word.unknown) for word in overlong] == [("x" * 255 + "…", None, True)]
    (sentence,) = model.scored_sentences(text)
    assert model.codec.join([word.word for word in sentence[:-1]]) == "The cat " + "x" * 255 + "… sat."
    assert "".join(model.generate(text, words=3, seed=0))


def test_predict_all_equals_predict_for_each(model: rnncli.LanguageModel) -> None:
    words = ["the", "cat", "dog", "sat", "ran", "zebra", "on", "mat", "."]
    rng = np.random.default_rng(0)
    contexts = [" ".join(rng.choice(words, rng.integers(0, 8))) for _ in range(2 * CONTEXTS_A_THREAD + 1)]
    for context, together in zip(contexts, model.predict_all(contexts, 4), strict=True):
        alone = model.predict(context, 4)
        assert [word for word, _ in together] == [word for word, _ in alone]
        np.testing.assert_allclose([p for _, p in together], [p for _, p in alone], rtol=1e-4)
        np.testing.assert_allclose([together.eos, together.unk], [alone.eos, alone.unk], rtol=1e-4)
        assert together.unknown == alone.unknown


def test_the_context_starts_after_a_sentence_and_a_newline_ends_one(model: rnncli.LanguageModel) -> None:
    np.testing.assert_array_equal(model.probabilities("\nThe cat"), model.probabilities("The cat"))
    ended = model.probabilities("The cat sat on the mat.\n")
    np.testing.assert_array_equal(model.probabilities("The cat sat on the mat.\n "), ended)
    assert ended[model.vocabulary.id("the")] > 0.5 > model.probabilities("The cat sat on the mat.")[EOS + 2]
    two = model.probabilities("The dog ran.\nThe cat")
    np.testing.assert_array_equal(model.probabilities("The dog ran.\n\n\nThe cat"), two)
    assert (two != model.probabilities("The cat")).any()
    assert [model.vocabulary.id(w) for w in ("\n", "nothing")] == [EOS, UNK]


def test_generated_text_has_the_spacing_and_capitals_of_prose(model: rnncli.LanguageModel) -> None:
    text = "".join(model.generate(words=300, seed=0, temperature=0.5))
    assert text[0] in 'T"'
    assert " ." not in text
    assert " ," not in text
    assert "London." in text
    assert '"I see the' in text
    for line in text.split("\n")[:-1]:
        assert line.endswith(".")
        assert line[0] == '"' or line[0].isupper()


def test_generated_text_continues_the_prompt(model: rnncli.LanguageModel) -> None:
    assert "".join(model.generate("The cat", sentences=1, temperature=0)).startswith(" sat ")
    assert "".join(model.generate('"I see the cat', words=2, temperature=0)) == ',"'


@pytest.mark.parametrize(
    "choices",
    [
        {"top_p": 0},
        {"temperature": float("nan")},
        {"temperature": -1},
        {"top_k": 0},
        {"words": -1},
        {"words": 1.5},
        {"sentences": 0},
    ],
)
def test_generating_refuses_values_out_of_range(model: rnncli.LanguageModel, choices: dict) -> None:
    (name,) = choices
    with pytest.raises(UsageError, match=f"^{name}: "):
        model.generate(**choices)
    with pytest.raises(UsageError, match=f"^{name}: "):
        model.generate_all([""], [np.random.default_rng(0)], **choices)


def test_numbers_of_numpy_are_numbers(model: rnncli.LanguageModel) -> None:
    assert model.predict("the", np.int64(3)).words == model.predict("the", 3).words
    one = model.generate("the", words=np.int32(5), top_k=np.int64(2), temperature=np.float32(0.5), seed=0)
    assert "".join(one) == "".join(model.generate("the", words=5, top_k=2, temperature=0.5, seed=0))


def test_model_equals_itself_alone_and_has_a_hash(model: rnncli.LanguageModel) -> None:
    other = rnncli.LanguageModel(model.params, model.vocabulary, model.settings, model.record)
    first = model
    assert first == model
    assert first != other
    assert len({first, model, other}) == 2


def test_same_seed_writes_the_same_text(model: rnncli.LanguageModel) -> None:
    texts = ["".join(model.generate(words=60, seed=seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_generate_all_equals_generate_for_each(model: rnncli.LanguageModel) -> None:
    prompts = ["The cat", "", "The old man said the dog", "The hen sat."]
    for choices in (
        {"words": 12},
        {"sentences": 2},
        {"words": 0},
        {"words": 30, "temperature": 0.0},
        {"words": 9, "top_k": 2},
    ):
        alone = ["".join(model.generate(prompt, seed=i, **choices)) for i, prompt in enumerate(prompts)]
        rngs = [np.random.default_rng(i) for i in range(len(prompts))]
        assert model.generate_all(prompts, rngs, **choices) == alone


def test_words_and_sentences_are_counted_without_the_prompt(model: rnncli.LanguageModel) -> None:
    assert list(model.generate("The cat", words=0)) == []
    assert len([p for p in model.generate("The cat", words=7, seed=0) if p != "\n"]) == 7
    assert "".join(model.generate(sentences=3, seed=0)).count("\n") == 2
    assert list(Length(9, 2).cut(iter([5, 5, EOS, 5, EOS]), 2)) == [5, 5, EOS, 5]


def test_pieces_are_yielded_as_they_are_made(model: rnncli.LanguageModel) -> None:
    assert len(list(islice(model.generate(words=10**9, seed=0), 5))) == 5


def test_score_equals_the_evaluation_of_training(corpus_file: Path, tmp_path: Path) -> None:
    """The law that binds train and score: the perplexity of the validation file, to the last digit."""
    valid = tmp_path / "valid.txt"
    valid.write_text("The cat sat by the fire.\nThe wolf ran on the mat.\n" * 400)
    training = rnncli.Training(corpus_file, valid=valid, hidden=8, epochs=1)
    for _ in training:
        pass
    assert training.evaluation
    score = training.model.score(valid.read_text())
    assert score.perplexity == pytest.approx(training.evaluation.perplexity, rel=1e-6)
    measures = training.evaluation.as_json()
    assert score.characters == training.report.held_out_characters
    assert score.as_json() == pytest.approx(measures, rel=1e-6)
    assert score.unknown_words == 400


def test_surprisals_sum_to_the_score(model: rnncli.LanguageModel) -> None:
    text = "The cat sat on the mat.\nThe zebra ran.\n"
    words = list(model.scored(text))
    score = model.score(text)
    assert [w.word for w in words] == "The cat sat on the mat . <eos> The zebra ran . <eos>".split()
    assert sum(w.bits for w in words) / len(words) == pytest.approx(score.bits_per_word)
    assert [w.unknown for w in words].index(True) == 9
    assert all((w.rank is None) == (w.unknown or w.word == "<eos>") for w in words)


def test_surprisal_and_rank_agree_with_predict(model: rnncli.LanguageModel) -> None:
    third = list(model.scored("The cat sat on"))[2]
    words = list(model.predict("The cat", k=1000))
    assert third.bits == pytest.approx(-log2(dict(words)["sat"]), rel=1e-4)
    assert words[(third.rank or 0) - 1].word == "sat"


def test_empty_text_cannot_be_scored(model: rnncli.LanguageModel) -> None:
    with pytest.raises(rnncli.TextError, match="holds no words"):
        model.score(" \n ")


def test_same_seed_same_file_whatever_the_threads(corpus_file: Path, tmp_path: Path) -> None:
    for name, threads in (("a", 1), ("b", 2), ("c", 4)):
        rnncli.train(corpus_file, tmp_path / name, hidden=8, epochs=2, threads=threads)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()
    rnncli.train(corpus_file, tmp_path / "d", hidden=8, epochs=2, seed=2)
    assert (tmp_path / "a").read_bytes() != (tmp_path / "d").read_bytes()


def test_line_ends_and_byte_order_mark_change_no_byte_of_the_model(corpus_file: Path, tmp_path: Path) -> None:
    text = corpus_file.read_bytes()
    for name, data in (("a", text), ("b", b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))):
        (tmp_path / "corpus").write_bytes(data)
        rnncli.train(tmp_path / "corpus", tmp_path / name, hidden=4, epochs=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_best_model_is_on_disk_during_training(corpus_file: Path, tmp_path: Path) -> None:
    training = rnncli.Training(corpus_file, tmp_path / "m.npz", hidden=8, epochs=3)
    with pytest.raises(rnncli.UsageError, match="no model yet"):
        _ = training.model
    seen = 0
    for progress in training:
        if progress.best:
            seen += 1
            on_disk = rnncli.load(tmp_path / "m.npz")
            np.testing.assert_array_equal(on_disk.params["Ws"], progress.best["Ws"])
    assert seen
    assert len(rnncli.load(tmp_path / "m.npz").record["curve"]) >= seen


def test_a_model_of_another_corpus_is_not_overwritten(corpus_file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("one two three\n" * 50)
    model = tmp_path / "m.npz"
    rnncli.train(corpus_file, model, hidden=4, epochs=1)
    before = model.read_bytes()
    with pytest.raises(rnncli.UsageError, match="another corpus.*--force"):
        rnncli.train(tmp_path / "other.txt", model, hidden=4, epochs=1)
    assert model.read_bytes() == before
    rnncli.train(corpus_file, model, hidden=4, epochs=1, seed=3)
    rnncli.train(tmp_path / "other.txt", model, hidden=4, epochs=1, force=True)
    assert "three" in rnncli.load(model).vocabulary.words
    model.write_text("a diary")
    with pytest.raises(rnncli.UsageError, match="not a model.*--force"):
        rnncli.train(corpus_file, model, hidden=4, epochs=1)
    assert model.read_text() == "a diary"


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ({"hidden": -1}, "hidden: -1 is not a whole number from 0"),
        ({"hidden": 0, "epochs": 1}, "epochs: no effect where hidden is 0"),
        ({"hidden": 1.5}, "hidden"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"dropout": 1.0}, "dropout"),
        ({"tokenizer": "letters"}, "tokenizer: 'letters' is not one of words, dictionary, whitespace, chars"),
        ({"speed": 1}, "speed: no such setting"),
    ],
)
def test_invalid_settings_are_refused(corpus_file: Path, choices: dict, why: str) -> None:
    with pytest.raises(rnncli.UsageError, match=why):
        rnncli.train(corpus_file, **choices)


@pytest.mark.parametrize("tokenizer", ["whitespace", "chars"])
def test_other_tokenizers_learn_and_write(corpus_file: Path, tokenizer: str) -> None:
    model = rnncli.train(corpus_file, tokenizer=tokenizer, hidden=16, epochs=4, learning_rate=0.02)
    text = "".join(model.generate("The", words=40, seed=0, temperature=0.5))
    assert len(text.split() if tokenizer == "whitespace" else text) == 40 + text.count("\n") * (tokenizer == "chars")
    assert set(text.split() if tokenizer == "whitespace" else text) <= {
        *model.vocabulary.display_forms,
        *map(str.capitalize, model.vocabulary.display_forms),
        "\n",
    }
    best = model.predict("The ca" if tokenizer == "chars" else "The cat", k=3)
    assert ("t" if tokenizer == "chars" else "sat") in [word for word, _ in best]


def test_keystrokes_of_a_character_model_are_not_measured(corpus_file: Path) -> None:
    model = rnncli.train(corpus_file, tokenizer="chars", hidden=4, epochs=1)
    text = "The cat sat on the mat.\n"
    assert not [name for name in model.score(text).as_json() if "keystroke" in name]
    assert not [name for name in model.record["validation"] if "keystroke" in name]
    words = rnncli.train(corpus_file, hidden=4, epochs=1)
    assert words.score(text).as_json()["keystroke_savings"] >= 0


def test_a_blank_after_the_prompt_counts_for_chars_only(corpus_file: Path) -> None:
    chars = rnncli.train(corpus_file, tokenizer="chars", sentences="wrapped", hidden=8, epochs=1)
    assert (chars.probabilities("The cat ") != chars.probabilities("The cat")).any()
    words = rnncli.train(corpus_file, sentences="wrapped", hidden=8, epochs=1)
    np.testing.assert_array_equal(words.probabilities("The cat "), words.probabilities("The cat"))


@pytest.mark.parametrize("text", ["cat cat\n", "a b c d e\n", "the cat sat on the mat\nthe dog\n"])
def test_smallest_corpora_train(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.txt").write_text(text)
    model = rnncli.train(tmp_path / "c.txt", hidden=4)
    assert np.isfinite(model.score(text).perplexity)


def test_several_files_make_one_corpus(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("the cat sat")
    (tmp_path / "b").write_text("the dog ran\n")
    training = rnncli.Training([tmp_path / "a", tmp_path / "b"], hidden=4)
    assert training.report.words == 6
    assert training.corpus.vocabulary.counts[EOS] == 2


def test_package_has_the_names_of_all_and_no_others() -> None:
    assert all(getattr(rnncli, name) for name in rnncli.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = rnncli.nothing


# time


def test_plan_of_a_timed_run_gives_the_same_bytes(tmp_path: Path, corpus_file: Path) -> None:
    first, second, log = tmp_path / "first.npz", tmp_path / "second.npz", tmp_path / "log"
    training = rnncli.Training(corpus_file, first, time=1.0, hidden=8, log=log)
    fractions = [progress.fraction for progress in training]
    assert fractions[-1] == 1 or len(training.model.record["curve"]) >= 5  # patience may end it sooner
    rnncli.train(corpus_file, second, plan=first)
    assert first.read_bytes() == second.read_bytes()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[0]["settings"]["time"] == 1.0
    assert [line["perplexity"] for line in lines[1:-1]] == [
        perplexity for _, perplexity in training.model.record["curve"]
    ]
    assert lines[-1]["validation"] == training.model.record["validation"]


def test_plan_of_a_stopped_run_ends_at_the_same_step(tmp_path: Path, corpus_file: Path) -> None:
    asked = iter([False] * 20 + [True])
    training = rnncli.Training(corpus_file, tmp_path / "first.npz", hidden=4, time=60.0, stop=lambda: next(asked))
    assert [progress.step for progress in training][-1] == 21
    rnncli.train(corpus_file, tmp_path / "second.npz", plan=tmp_path / "first.npz")
    first, second = (rnncli.load(tmp_path / name) for name in ("first.npz", "second.npz"))
    assert (first.record["ended"], second.record) == (False, first.record | {"ended": True})
    np.testing.assert_equal(second.params, first.params)


def test_plan_refuses_another_corpus_and_other_settings(tmp_path: Path, corpus_file: Path) -> None:
    rnncli.train(corpus_file, tmp_path / "m.npz", epochs=1, hidden=4)
    with pytest.raises(UsageError, match="hidden is 4 there, not 5.*says already"):
        rnncli.train(corpus_file, plan=tmp_path / "m.npz", hidden=5, epochs=1)
    (tmp_path / "other.txt").write_text("another text of a few words\n" * 9)
    with pytest.raises(UsageError, match="another corpus"):
        rnncli.train(tmp_path / "other.txt", plan=tmp_path / "m.npz")


def test_time_and_epochs_together_are_refused(corpus_file: Path) -> None:
    with pytest.raises(UsageError, match="one of them"):
        rnncli.train(corpus_file, time=1.0, epochs=1)
