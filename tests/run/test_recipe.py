"""Defaults for a user who chooses nothing, or little."""

import pytest

from rnncli.errors import UsageError
from rnncli.run.recipe import SMALL_TEXT_WORDS, budget, fitted


@pytest.mark.parametrize("words", [0, 2, 100, 20_000, 1_000_000, 10**10])
def test_every_corpus_size_gets_valid_settings(words: int) -> None:
    settings = fitted({}, words)
    assert settings.batch <= max(1, words)
    assert settings.time == budget(words)


def test_choices_of_a_user_are_kept() -> None:
    chosen = fitted({"hidden": 7, "dropout": 0.0, "case": "keep"}, 10**6)
    assert (chosen.hidden, chosen.dropout, chosen.case) == (7, 0, "keep")
    assert fitted({"tokenizer": "chars"}).case == "keep"
    assert fitted({"tokenizer": "chars", "case": "fold"}).case == "fold"


def test_unknown_and_contradictory_choices_are_refused() -> None:
    with pytest.raises(UsageError, match="units, width: no such setting"):
        fitted({"units": 3, "width": 4})
    with pytest.raises(UsageError, match="time and epochs"):
        fitted({"time": 5.0, "epochs": 4})
    with pytest.raises(UsageError, match="hidden: 0 is not a whole number from 1 to 100000"):
        fitted({"hidden": 0})


def test_rare_words_train_unk_unless_the_text_marks_unknown_words() -> None:
    assert fitted({}, 20_000).min_count == 2
    assert fitted({}, 20_000, marked=True).min_count == 1
    assert fitted({}, 100).min_count == 1


def test_wider_networks_get_lower_learning_rates() -> None:
    rates = [fitted({"hidden": hidden}).learning_rate for hidden in (50, 100, 200, 400, 5000)]
    assert rates == [0.005, 0.005, 0.004, 0.002, 0.001]
    assert fitted({"optimizer": "sgd"}).learning_rate == 1


@pytest.mark.parametrize("words", [1_000, 20_000, 200_000, 1_000_000])
def test_more_time_gives_wider_networks_larger_ensembles_and_more_dropout(words: int) -> None:
    plans = [fitted({}, words, readings=readings) for readings in (1, 5, 10, 1000)]
    assert [s.hidden for s in plans] == sorted(s.hidden for s in plans)
    assert [s.ensemble_size for s in plans] == sorted(s.ensemble_size for s in plans)
    assert (plans[0].ensemble_size, plans[-1].ensemble_size) == (1, 4 if words < SMALL_TEXT_WORDS else 8)
    assert [s.dropout for s in plans] == sorted(s.dropout for s in plans)
    assert all(s.dropout_words <= s.dropout_units < s.dropout for s in plans[1:])


def test_chosen_epochs_or_width_give_one_network() -> None:
    assert fitted({"epochs": 500}, 10**6).ensemble_size == 1
    assert fitted({"hidden": 100}, 10**6, readings=1000).ensemble_size == 1
    assert fitted({"hidden": 100, "ensemble_size": 3}, 10**6, readings=1000).ensemble_size == 3


def test_budgets_grow_with_the_text() -> None:
    budgets = [budget(words) for words in (1, 20_000, 190_000, 900_000, 10**12)]
    assert budgets == sorted(budgets)
    assert budgets[1:4] == [31, 120, 305]


def test_no_dropout_of_the_state_means_none_at_all() -> None:
    settings = fitted({"dropout": 0.0}, 10**6, readings=50)
    assert settings.dropout_units == settings.dropout_words == settings.dropout_recurrent == 0
