"""Shards and threads change where the work is done, never the result."""

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from rnncli.network.parameters import Rows, initial
from rnncli.network.step import Dropout, gradient
from rnncli.network.threads import numerics, threads, usable_cores


def batch(B: int = 8) -> tuple:
    rng = np.random.default_rng(0)
    params = initial(40, 16, rng)
    return params, rng.integers(0, 40, (9, B)), rng.integers(0, 40, (9, B)), rng.random((B, 16), np.float32)


def numbers(chunk) -> bytes:
    arrays = [a for g in chunk.gradients for a in (g if isinstance(g, Rows) else (g,))]
    return b"".join(a.tobytes() for a in [*arrays, chunk.state]) + repr(chunk.loss).encode()


@pytest.mark.parametrize("dropout", [Dropout(), Dropout(0.4, 0.2, 0.1, 0.3)])
def test_any_number_of_threads_gives_the_same_bytes(dropout: Dropout) -> None:
    results = set()
    for count in (1, 2, 4):
        rngs = np.random.default_rng(7).spawn(4)
        with threads(count) as run:
            results.add(numbers(gradient(*batch(), dropout=dropout, rngs=rngs, shards=4, run=run)))
    assert len(results) == 1


@pytest.mark.parametrize("B", [1, 3, 8])
def test_any_number_of_shards_gives_the_same_gradient_up_to_rounding(B: int) -> None:
    whole, cut = gradient(*batch(B), shards=1), gradient(*batch(B), shards=3)
    assert cut.loss == pytest.approx(whole.loss, rel=1e-5)
    np.testing.assert_allclose(cut.state, whole.state, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(cut.gradients.Ws, whole.gradients.Ws, rtol=1e-4, atol=1e-7)
    assert isinstance(whole.gradients.Wx, Rows)
    assert isinstance(cut.gradients.Wx, Rows)
    np.testing.assert_allclose(cut.gradients.Wx.values, whole.gradients.Wx.values, rtol=1e-4, atol=1e-7)


def test_dropout_hides_its_share_and_keeps_the_mean() -> None:
    from rnncli.network.step import _mask

    mask = _mask(np.random.default_rng(0), 0.3, (100_000,), np.zeros(1, np.float32))
    assert np.mean(mask == 0) == pytest.approx(0.3, abs=0.01)
    assert mask.mean() == pytest.approx(1, abs=0.01)
    assert mask.dtype == np.float32


def test_usable_cores_are_those_of_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from rnncli.network.threads import usable_cores; print(usable_cores())"],
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
        capture_output=True,
        check=True,
    )
    assert int(done.stdout) == 1
    assert usable_cores() == len(os.sched_getaffinity(0))


def test_numerics_names_numpy_and_its_blas() -> None:
    assert np.__version__ in numerics()
    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    assert blas
    assert all(f"{library['internal_api']} {library['version']}" in numerics() for library in blas)
