"""New words: what the model does not know is learned by name, offered, listed and forgotten."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnncli
from rnncli import Personal
from rnncli.errors import UsageError
from rnncli.personal.new_words import DISCOUNT, PRIOR_WORDS, STRENGTH, NewWords, opened
from rnncli.text.vocabulary import UNK

LINE = "The cat see Zorblat by the fire."
CONTEXT = "The cat see "


def words(prediction: rnncli.Prediction) -> list[str]:
    return [word for word, _ in prediction]


def test_new_word_is_offered_half_typed_after_one_use_and_whole_in_its_context_after_two(
    model: rnncli.LanguageModel,
) -> None:
    person = Personal(model)
    assert "Zorblat" not in words(person.predict(f"{CONTEXT}Z", complete=True))
    person.learn(LINE)
    assert words(person.predict(f"{CONTEXT}Z", complete=True))[0] == "Zorblat"
    assert words(person.predict("the dog Zor", complete=True))[0] == "Zorblat"
    assert "Zorblat" not in words(person.predict(CONTEXT, 50))
    person.learn(LINE)
    assert words(person.predict(CONTEXT, 3))[0] == "Zorblat"
    assert "Zorblat" not in words(model.predict(CONTEXT, 50))


def test_probabilities_of_all_words_and_the_unknown_one_sum_to_1(model: rnncli.LanguageModel) -> None:
    person = Personal(model)
    for n in range(3):
        person.learn(f"The dax see Zorblat {n} wug.")
        y = person.probabilities("The cat ")
        assert len(y) == len(model.vocabulary) + len(person.codec.vocabulary.words[len(model.vocabulary) :])
        assert y.sum() == pytest.approx(1)
        assert 0 < y[UNK] < 1


def test_a_typo_is_not_offered_before_it_returns(model: rnncli.LanguageModel) -> None:
    """ "fier" is one slip from "fire"; "Zorblat" is one slip from nothing."""
    person = Personal(model)
    person.learn("The cat sat by the fier with Zorblat.")
    assert "fier" not in words(person.predict("by the fi", complete=True))
    assert "Zorblat" in words(person.predict("by the Zo", complete=True))
    person.learn("The cat sat by the fier.")
    assert "fier" in words(person.predict("by the fi", complete=True))


def test_scoring_prices_a_new_word_by_its_spelling_once_and_by_its_use_from_then_on(
    model: rnncli.LanguageModel,
) -> None:
    text = "The cat see Zorblat.\n" * 4
    fixed, learning = model.score(text), Personal(model).score_while_learning(text)
    assert fixed.unknown_words == 4
    assert learning.unknown_words == 1
    assert learning.nats_which == pytest.approx(model.unknown.nats(["Zorblat"])[0])
    assert learning.perplexity < fixed.perplexity
    assert learning.characters == fixed.characters == len(text)


def test_what_was_learned_of_new_words_is_there_next_time(model: rnncli.LanguageModel, tmp_path: Path) -> None:
    mine = tmp_path / "my.npz"
    first, whole = Personal(model, mine), Personal(model)
    texts = ["The dax sat by the fire.", LINE, "The Dax see Zorblat."]
    for text in texts:
        Personal(model, mine).learn(text)
        whole.learn(text)
    first.refresh()
    assert first.predict("The cat see ") == whole.predict("The cat see ")
    assert first.codec.vocabulary.words == whole.codec.vocabulary.words


def test_words_are_listed_newest_first_as_tables_lines_and_json(call: Any, here: Path) -> None:
    for text in ("The dax see Zorblat.", "The größe sat.", "The Dax ran."):
        assert call("predict", "--learn", "my.npz", "--commit", "-q", text).code == 0
    assert call("learned", "my.npz").rows == [["dax", "2"], ["größe", "1"], ["Zorblat", "1"]]
    assert call("learned", "my.npz", "--header").rows[0] == ["word", "uses"]
    said = [json.loads(line) for line in call("learned", "my.npz", "--json").out.splitlines()]
    assert said[0] == {"word": "dax", "uses": 2}
    assert call("learned", "model.npz").code == 4
    assert call("learned", "none.npz").code == 5
    assert call("learned", "my.npz", "--json", "--header").code == 2


def test_a_word_is_forgotten_and_the_others_stay(call: Any, here: Path) -> None:
    for _ in range(2):
        for text in ("The cat see Zorblat.", "The dog see Dax.", "The hen see Wug."):
            assert call("predict", "--learn", "my.npz", "--commit", "-q", text).code == 0
    assert call("forget", "my.npz", "--word", "dax").code == 0
    assert [word for word, _ in call("learned", "my.npz").rows] == ["Wug", "Zorblat"]
    after = {
        context: [row[0] for row in call("predict", "--learn", "my.npz", "-q", "-k", "1", f"The {context} see ").rows]
        for context in ("cat", "dog", "hen")
    }
    assert after["cat"] == ["Zorblat"]
    assert after["hen"] == ["Wug"]
    assert after["dog"] != ["Dax"]
    assert call("forget", "none.npz", "--word", "the").code == 5
    assert not Path("none.npz").exists()
    done = call("forget", "my.npz", "--word", "dax")
    assert done.code == 2
    assert "dax was not learned. rnncli learned my.npz lists what was" in done.err


def test_what_was_learned_of_a_known_word_is_forgotten(model: rnncli.LanguageModel) -> None:
    person, before = Personal(model), model.predict("The cat ", 50)
    for _ in range(20):
        person.learn("The cat sang.")
    learned = dict(person.predict("The cat ", 50).words)["sang"]
    person.forget(["sang"])
    y = dict(person.predict("The cat ", 50).words)
    assert y.get("sang", 0.0) < 0.3 * learned
    assert dict(before.words).get("sang", 0.0) < learned
    i = model.vocabulary.id("sang")
    for name, ours in person.predictor.learning.params.items():
        if len(ours) == len(model.vocabulary):
            np.testing.assert_array_equal(ours[i], model.params[name][i])


def test_nothing_is_forgotten_where_one_of_the_words_was_never_learned(model: rnncli.LanguageModel) -> None:
    person = Personal(model)
    person.learn(LINE)
    with pytest.raises(UsageError, match="wug was not learned"):
        person.forget(["Zorblat", "wug"])
    assert words(person.predict(f"{CONTEXT}Z", complete=True))[0] == "Zorblat"


def test_co_process_offers_what_its_session_has_just_learned(call: Any, here: Path) -> None:
    ask = {"text": f"{CONTEXT}Zor", "complete": True, "k": 1, "session": 1}
    lines = [ask, {"text": LINE, "commit": True}, ask]
    done = call("predict", "--json", "--stdin", "--learn", "my.npz", stdin="\n".join(map(json.dumps, lines)).encode())
    before, _, after = (json.loads(line)["words"] for line in done.out.splitlines())
    assert [word["word"] for word in before] != ["Zorblat"]
    assert [word["word"] for word in after] == ["Zorblat"]


def test_shares_are_those_of_an_urn() -> None:
    """Words used 3 times, once, never: (3 - d, 1 - d, 0) / (4 + θ); d = n1 / (n1 + 2 n2), with a prior."""
    new = NewWords(["a", "b", "c"], ["A", "b", "c"], [3, 1, 0], [9, 2, 0])
    d = (1 + PRIOR_WORDS * DISCOUNT) / (1 + PRIOR_WORDS)
    assert new.shares() == pytest.approx(np.array([3 - d, 1 - d, 0]) / (4 + STRENGTH))


def test_the_less_words_come_again_the_less_is_a_word_used_once_expected() -> None:
    def share(once: int, twice: int) -> float:
        counts = [1] * once + [2] * twice
        names = list(map(str, range(len(counts))))
        return float(NewWords(names, names, counts, counts).shares()[0] * sum(counts))

    assert share(400, 5) < share(100, 150) / 2


@given(st.lists(st.integers(0, 5), max_size=6), st.integers(0, 3))
def test_opened_distributions_sum_to_1(counts: list[int], seed: int) -> None:
    y = np.random.default_rng(seed).dirichlet(np.ones(7), 3)
    new = NewWords([str(n) for n in range(len(counts))], [""] * len(counts), counts, counts)
    both = opened(y.copy(), new.shares())
    assert both.shape == (3, 7 + len(counts))
    np.testing.assert_allclose(both.sum(1), 1)
    others = np.arange(7) != UNK
    np.testing.assert_array_equal(both[:, :7][:, others], y[:, others])


def test_more_words_than_are_kept_stay_unknown(monkeypatch: pytest.MonkeyPatch, model: rnncli.LanguageModel) -> None:
    monkeypatch.setattr("rnncli.personal.new_words.MAX_NEW_WORDS", 2)
    person = Personal(model)
    for _ in range(2):
        person.learn("The dax sat on the mat by the wug by the zug.")
    assert person.codec.vocabulary.words[len(model.vocabulary) :] == ["dax", "wug"]


def test_a_known_word_that_was_never_learned_from_is_not_forgotten(model: rnncli.LanguageModel, tmp_path: Path) -> None:
    person = Personal(model, tmp_path / "my.npz")
    person.learn("The cat sat by Zorblat.")
    before = (tmp_path / "my.npz").read_bytes()
    with pytest.raises(UsageError, match="fox was not learned"):
        person.forget(["fox"])
    assert (tmp_path / "my.npz").read_bytes() == before
    person.forget(["cat", "Zorblat"])
    with pytest.raises(UsageError, match="cat was not learned"):
        person.forget(["cat"])
