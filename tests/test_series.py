"""The same pipeline learns a series: words are whatever follows one another."""

from pathlib import Path

import numpy as np
import pytest

import rnncli

LEVELS, PERIOD, CONTEXT = 40, 25, 50


def wave(n: int, seed: int) -> np.ndarray:
    """A sine wave with a little noise, cut into LEVELS levels."""
    noise = np.random.default_rng(seed).normal(0, 0.5, n)
    level = (LEVELS - 1) / 2 * (1 + np.sin(2 * np.pi * (np.arange(n) + seed) / PERIOD)) + noise
    return np.clip(np.rint(level), 0, LEVELS - 1).astype(int)


def words(levels: np.ndarray) -> str:
    return " ".join(f"level{level:02}" for level in levels)


@pytest.mark.slow
def test_a_sine_wave_is_foreseen_a_period_ahead(tmp_path: Path) -> None:
    """Each step feeds the network the level it expects; nothing of the true wave after the context."""
    (tmp_path / "wave.txt").write_text(words(wave(8000, seed=1)))
    model = rnncli.train(tmp_path / "wave.txt", tokenizer="whitespace", hidden=60, epochs=12, min_count=1, dropout=0.1)
    value = np.array([int(word[5:]) if word.startswith("level") else 0 for word in model.vocabulary.words])
    wrong, wrong_repeating = [], []
    for seed in range(2, 14):
        truth = wave(CONTEXT + PERIOD, seed)
        told = truth[:CONTEXT].tolist()
        for ahead in range(PERIOD):
            y = model.probabilities(words(np.array(told)))
            y[:2] = 0
            expected = float(y @ value / y.sum())
            wrong.append((expected - truth[CONTEXT + ahead]) ** 2)
            wrong_repeating.append((truth[CONTEXT - 1] - truth[CONTEXT + ahead]) ** 2)
            told.append(round(expected))
    error, repeating = np.mean(wrong), np.mean(wrong_repeating)
    print(f"mean squared error of the expected level: {error:.2f}, of repeating the last level: {repeating:.1f}")
    assert repeating >= 10 * error
