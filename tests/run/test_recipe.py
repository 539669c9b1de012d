"""Defaults for a user who chooses nothing, or little."""

import pytest

from rnncli.errors import UsageError
from rnncli.run.recipe import (
    ELMAN_READINGS,
    SMALL_TEXT_WORDS,
    TINY_TEXT_WORDS,
    budget,
    fitted,
    max_dropout,
    most_readings,
)
from rnncli.settings import DECLARATIONS, WITHOUT_NETWORK, Settings


@pytest.mark.parametrize("words", [TINY_TEXT_WORDS, 1_000_000, 10**10])
def test_texts_train_for_the_time_that_suits_their_size(words: int) -> None:
    settings = fitted({}, words)
    assert (settings.time, settings.epochs) == (budget(words), None)


@pytest.mark.parametrize("words", [0, 2, 100, 1_000, TINY_TEXT_WORDS - 1])
def test_tiny_texts_are_read_a_number_of_times_by_an_ensemble_whatever_the_machine(words: int) -> None:
    settings = fitted({}, words)
    assert (settings.time, settings.epochs) == (None, most_readings(words))
    assert (settings.hidden, settings.ensemble_size) == (104 if words > 20_000 else 100, 4)
    assert settings.batch <= max(1, words)
    assert fitted({}, words, readings=3) == settings


def test_a_tiny_text_follows_what_a_user_chooses() -> None:
    assert fitted({"time": 9.0}, 1_000).epochs is None
    assert fitted({"epochs": 5}, 1_000).epochs == 5
    assert (fitted({"hidden": 30}, 1_000).ensemble_size, fitted({"hidden": 30}, 1_000).epochs) == (1, 60)
    assert fitted({"ensemble_size": 2}, 1_000).ensemble_size == 2


def test_the_smaller_a_text_the_more_often_it_is_read() -> None:
    assert [most_readings(words) for words in (1, 3_000, 5_000, 10_000, 20_000, 10**6)] == [60, 60, 40, 20, 14, 14]


@pytest.mark.parametrize("words", [50_000, 1_000_000])
def test_dropout_suits_the_readings_that_a_run_makes_not_those_that_there_is_time_for(words: int) -> None:
    """A text of 100 KB was read 14 times with the dropout for 40 readings: perplexity 23.9, not 20.4."""
    most = fitted({}, words, readings=1e6)
    assert most.dropout == fitted({"epochs": most_readings(words), "ensemble_size": most.ensemble_size}, words).dropout
    assert fitted({"time": 3600.0}, words, readings=1e6).dropout >= most.dropout


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
    with pytest.raises(UsageError, match="hidden: -1 is not a whole number from 0 to 100000"):
        fitted({"hidden": -1})


@pytest.mark.parametrize("words", [0, 1_000, 10**6])
def test_without_a_network_there_is_nothing_to_fit_but_how_a_text_is_read(words: int) -> None:
    settings = fitted({"hidden": 0}, words)
    assert (settings.time, settings.epochs, settings.ensemble_size, settings.dropout) == (None, None, 1, 0)
    assert (settings.min_count, settings.case) == (fitted({}, words).min_count, "fold")
    assert fitted({"hidden": 0}, words, readings=1e6) == settings


@pytest.mark.parametrize("name", sorted(DECLARATIONS.keys() - {"hidden", "ngrams"}))
def test_without_a_network_choices_that_have_no_effect_are_refused(name: str) -> None:
    value = getattr(fitted({"time": 2.0} if name == "time" else {"epochs": 3}), name)
    if name in WITHOUT_NETWORK:
        assert getattr(fitted({"hidden": 0, name: value}), name) == value
    else:
        with pytest.raises(UsageError, match=f"^{name}: no effect where hidden is 0.* Leave it out, or"):
            fitted({"hidden": 0, name: value})


def test_neither_network_nor_ngrams_are_refused() -> None:
    with pytest.raises(UsageError, match="hidden and ngrams: both are 0, .*Leave out --hidden 0 or --ngrams 0"):
        fitted({"hidden": 0, "ngrams": 0})
    with pytest.raises(UsageError, match="^dropout, clip: no effect .* Leave them out"):
        fitted({"hidden": 0, "dropout": 0.1, "clip": 2.0})


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
    plans = [fitted({"time": 60.0, "cell": "elman"}, words, readings=readings) for readings in (1, 5, 10, 1000)]
    assert [s.hidden for s in plans] == sorted(s.hidden for s in plans)
    assert [s.ensemble_size for s in plans] == sorted(s.ensemble_size for s in plans)
    assert (plans[0].ensemble_size, plans[-1].ensemble_size) == (1, 4 if words < SMALL_TEXT_WORDS else 8)
    assert [s.dropout for s in plans] == sorted(s.dropout for s in plans)
    assert all(s.dropout_words <= s.dropout_units < s.dropout for s in plans[1:])


def test_a_short_time_takes_a_narrow_network_little_dropout_and_a_high_rate() -> None:
    plans = [fitted({"time": 30.0, "cell": "elman"}, 10**6, readings=readings) for readings in (0.8, 2, 4, 10)]
    assert [s.hidden for s in plans] == [100, 150, 200, 300]
    assert [s.learning_rate for s in plans] == pytest.approx([0.012, 0.008, 0.006, 0.8 / 300])
    assert [round(s.dropout, 2) for s in plans] == [0.01, 0.14, 0.24, 0.34]
    assert fitted({"epochs": 1}, 10**6).hidden == 200  # whoever chooses the readings has the time


def test_large_texts_get_an_lstm_that_is_wider_and_has_more_dropout_the_longer_it_trains() -> None:
    plans = [fitted({"time": 30.0}, 10**6, readings=readings) for readings in (0.6, 2, 6, 80)]
    assert [(s.cell, s.embedding) for s in plans] == [("lstm", "own"), *[("lstm", "tied")] * 3]
    assert [s.hidden for s in plans] == [100, 200, 300, 650]
    assert [s.learning_rate for s in plans] == pytest.approx([0.008, 0.005, 0.004, 1.2 / 650])
    assert [round(s.dropout, 2) for s in plans] == [0, 0, 0.29, 0.6]
    assert all(s.dropout_words <= s.dropout_recurrent <= s.dropout_units <= s.dropout for s in plans)
    assert fitted({}, SMALL_TEXT_WORDS - 1).cell == "elman"
    short = fitted({"time": 30.0}, 10**6, readings=0.4)
    assert short == fitted({"time": 30.0, "cell": "elman"}, 10**6, readings=0.4 * ELMAN_READINGS)
    assert fitted({"time": 30.0, "cell": "lstm"}, 10**6, readings=0.4).cell == "lstm"


@pytest.mark.parametrize("words", [1_000, 10**6])
def test_what_belongs_to_an_elman_network_chooses_one_and_is_refused_for_others(words: int) -> None:
    for name, value in (("activation", "relu"), ("leaky", 0.0)):
        assert fitted({name: value}, words).cell == "elman"
        with pytest.raises(UsageError, match=f"^{name}: no effect on a gated cell. Leave out cell gru, or {name}"):
            fitted({name: value, "cell": "gru"}, words)
    assert fitted({"leaky": 0.5, "activation": "tanh", "cell": "gru"}, words).cell == "gru"
    with pytest.raises(UsageError, match="^embedding: tied is for cells with gates"):
        fitted({"cell": "elman", "embedding": "tied"}, words)


def test_network_that_was_trained_before_gets_no_higher_rate_in_a_short_time_and_more_dropout_on_its_text() -> None:
    def short(readings: float, read_before: float | None) -> Settings:
        return fitted({"hidden": 100, "cell": "elman"}, 900_000, readings=readings, read_before=read_before)

    assert [short(1, before).learning_rate for before in (None, 0, 4)] == [0.012, 0.005, 0.005]
    assert short(20, None).learning_rate == short(20, 0).learning_rate == 0.005
    assert short(1, None).dropout == short(1, 0).dropout < short(1, 1).dropout < short(1, 4).dropout


def test_chosen_epochs_or_width_give_one_network() -> None:
    assert fitted({"epochs": 500}, 10**6).ensemble_size == 1
    assert fitted({"hidden": 100}, 10**6, readings=1000).ensemble_size == 1
    assert fitted({"hidden": 100, "ensemble_size": 3}, 10**6, readings=1000).ensemble_size == 3


def test_budgets_grow_with_the_text() -> None:
    budgets = [budget(words) for words in (1, 20_000, 190_000, 900_000, 10**12)]
    assert budgets == sorted(budgets)
    assert budgets[1:4] == [31, 120, 305]


def test_small_texts_get_less_dropout_of_the_state_and_none_of_words() -> None:
    assert [fitted({}, words, readings=1e6).dropout for words in (1_000, 29_000)] == [0.3, 0.3]
    assert [round(max_dropout(words), 2) for words in (0, 30_000, 52_000, 90_000, 10**7)] == [
        0.3,
        0.3,
        0.48,
        0.65,
        0.65,
    ]
    assert fitted({}, 1_000).dropout_words == 0
    assert fitted({}, 1_000).dropout_recurrent == 0.4


def test_no_dropout_of_the_state_means_none_at_all() -> None:
    settings = fitted({"dropout": 0.0}, 10**6, readings=50)
    assert settings.dropout_units == settings.dropout_words == settings.dropout_recurrent == 0
