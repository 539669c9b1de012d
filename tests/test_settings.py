"""What is chosen for a user who chooses nothing."""

import pytest

from rnncli.errors import UsageError
from rnncli.settings import CHOICES, RANGES, Settings


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
    assert rates == [0.01, 0.01, 0.005, 0.0025, 0.001]
    with pytest.raises(UsageError):
        Settings.fitted({"hidden": 0})
