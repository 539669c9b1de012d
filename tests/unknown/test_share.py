"""How likely an unknown word is: calibration on a held-out text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictors import Bigram, table

from rnncli.text.vocabulary import UNK
from rnncli.unknown.share import NONE, Calibrated, Calibration, fitted

shares = st.floats(0, 1)


def test_calibration_is_platts_formula() -> None:
    """σ(1 + 2 log(.2 / .8)) = 1 / (1 + e^-1 16)."""
    assert Calibration(1.0, 2.0).of(np.array([0.2]))[0] == pytest.approx(1 / (1 + np.exp(-1) * 16))


def test_fitted_calibration_finds_the_odds_that_a_text_was_drawn_with() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(1, 9, 40_000)
    true = Calibration(0.4, 0.7)
    found = fitted(p, (rng.random(len(p)) < true.of(p)).astype(float))
    assert found.intercept == pytest.approx(0.4, abs=0.1)
    assert found.slope == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize("share", [0.03, 0.4])
def test_predicted_and_held_out_share_agree_afterwards(share: float) -> None:
    rng = np.random.default_rng(1)
    p, came = rng.beta(1, 30, 5000), (rng.random(5000) < share).astype(float)
    assert fitted(p, came).of(p).mean() == pytest.approx(came.mean(), rel=0.02)


def test_a_share_that_is_next_to_nothing_everywhere_becomes_what_came() -> None:
    p, came = np.full(1000, 1e-12), np.repeat([1.0, 0.0], [100, 900])
    assert fitted(p, came).of(p)[0] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("came", [0.0, 1.0])
def test_a_short_text_changes_little(came: float) -> None:
    p = np.full(3, 0.1)
    assert fitted(p, np.full(3, came)).of(p)[0] == pytest.approx(0.1, abs=0.1)


@given(st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=30))
def test_any_text_gives_a_calibration_that_is_a_share(text: list[tuple[float, bool]]) -> None:
    p, came = (np.array(column, float) for column in zip(*text, strict=True))
    y = fitted(p, came).of(p)
    assert ((y > 0) & (y < 1)).all()


def test_other_words_share_the_rest_as_before() -> None:
    y = table()[:1]
    after = Calibration(1.0, 0.5).applied(y.copy())[0]
    others = np.arange(len(after)) != UNK
    assert after[UNK] == pytest.approx(Calibration(1.0, 0.5).of(y[0, UNK]))
    np.testing.assert_allclose(after[others] / after[others].sum(), y[0, others] / y[0, others].sum())


def test_no_calibration_changes_nothing_and_a_predictor_keeps_its_own_answers() -> None:
    y = table()
    assert NONE.applied(y) is y
    predictor = Calibrated(Bigram(table()), Calibration(1.0, 1.0))
    predictor.next(predictor.start())
    np.testing.assert_array_equal(predictor.predictor.next(predictor.start()), table()[:1])
