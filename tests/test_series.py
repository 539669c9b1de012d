"""Trains on a quantized time series: a word is a level, and predicting words is forecasting."""

from pathlib import Path

import numpy as np
import pytest

import rnncli

LEVELS, PERIOD, CONTEXT = 40, 25, 50


def noisy_sine(n: int, seed: int) -> np.ndarray:
    """Makes a sine wave of n points with a little noise, rounded to LEVELS levels; the seed also shifts the phase."""
    noise = np.random.default_rng(seed).normal(0, 0.5, n)
    level = (LEVELS - 1) / 2 * (1 + np.sin(2 * np.pi * (np.arange(n) + seed) / PERIOD)) + noise
    return np.clip(np.rint(level), 0, LEVELS - 1).astype(int)


def as_words(levels: np.ndarray) -> str:
    return " ".join(f"level{level:02}" for level in levels)


@pytest.mark.slow
def test_forecast_of_a_period_beats_repeating_the_last_level_tenfold(tmp_path: Path) -> None:
    """Feeds the expected level of each step back as input; after the context the model sees no true level."""
    (tmp_path / "wave.txt").write_text(as_words(noisy_sine(8000, seed=1)))
    model = rnncli.train(tmp_path / "wave.txt", tokenizer="whitespace", hidden=60, epochs=12, min_count=1, dropout=0.1)
    value = np.array([int(word[5:]) if word.startswith("level") else 0 for word in model.vocabulary.words])
    errors, errors_of_repeating = [], []
    for seed in range(2, 14):
        truth = noisy_sine(CONTEXT + PERIOD, seed)
        levels = truth[:CONTEXT].tolist()
        for ahead in range(PERIOD):
            y = model.probabilities(as_words(np.array(levels)))
            y[:2] = 0
            expected = float(y @ value / y.sum())
            errors.append((expected - truth[CONTEXT + ahead]) ** 2)
            errors_of_repeating.append((truth[CONTEXT - 1] - truth[CONTEXT + ahead]) ** 2)
            levels.append(round(expected))
    error, repeating = np.mean(errors), np.mean(errors_of_repeating)
    print(f"mean squared error of the expected level: {error:.2f}, of repeating the last level: {repeating:.1f}")
    assert repeating >= 10 * error
