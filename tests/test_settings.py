"""What is chosen for a user who chooses nothing."""

import pytest

from rnncli.errors import UsageError
from rnncli.settings import CHOICES, RANGES, SMALL, Settings, budget


@pytest.mark.parametrize("words", [0, 2, 100, 20_000, 1_000_000, 10**10])
def test_every_size_of_corpus_gets_settings_that_can_be_meant(words: int) -> None:
    settings = Settings.fitted({}, words)
    assert settings.batch <= max(1, words)
    assert set(CHOICES) | set(RANGES) == set(vars(settings))


def test_what_a_user_chooses_is_left_as_it_is() -> None:
    assert Settings.fitted({"hidden": 7, "dropout": 0.0, "case": "keep"}, 10**6).hidden == 7
    assert Settings.fitted({"dropout": 0.0}, 10**6).dropout == 0
    assert Settings.fitted({"tokenizer": "chars"}).case == "keep"
    assert Settings.fitted({"tokenizer": "chars", "case": "fold"}).case == "fold"


def test_rare_words_teach_the_unknown_one_unless_the_text_has_it() -> None:
    assert Settings.fitted({}, 20_000).min_count == 2
    assert Settings.fitted({}, 20_000, marked=True).min_count == 1
    assert Settings.fitted({}, 100).min_count == 1


def test_wider_networks_learn_more_slowly() -> None:
    rates = [Settings.fitted({"hidden": hidden}).learning_rate for hidden in (50, 100, 200, 400, 5000)]
    assert rates == [0.005, 0.005, 0.004, 0.002, 0.001]
    with pytest.raises(UsageError):
        Settings.fitted({"hidden": 0})


@pytest.mark.parametrize("words", [1_000, 20_000, 200_000, 1_000_000])
def test_more_time_gives_wider_networks_more_of_which_is_hidden(words: int) -> None:
    fitted = [Settings.fitted({}, words, readings=readings) for readings in (1, 5, 10, 1000)]
    assert [s.hidden for s in fitted] == sorted(s.hidden for s in fitted)
    assert [s.members for s in fitted] == sorted(s.members for s in fitted)
    assert (fitted[0].members, fitted[-1].members) == (1, 4 if words < SMALL else 8)
    assert [s.dropout for s in fitted] == sorted(s.dropout for s in fitted)
    assert all(s.dropout_words <= s.dropout_units < s.dropout for s in fitted[1:])


def test_who_chooses_epochs_or_a_width_gets_one_network() -> None:
    assert Settings.fitted({"epochs": 500}, 10**6).members == 1
    assert Settings.fitted({"hidden": 100}, 10**6, readings=1000).members == 1
    assert Settings.fitted({"hidden": 100, "members": 3}, 10**6, readings=1000).members == 3


def test_budgets_grow_with_the_text() -> None:
    budgets = [budget(words) for words in (1, 20_000, 190_000, 900_000, 10**12)]
    assert budgets == sorted(budgets)
    assert budgets[1:4] == [31, 120, 305]


def test_without_dropout_nothing_is_hidden() -> None:
    settings = Settings.fitted({"dropout": 0.0}, 10**6, readings=50)
    assert settings.dropout_units == settings.dropout_words == settings.dropout_recurrent == 0
