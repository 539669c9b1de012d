"""Gates: how much of each is tried, and from which seed; every one prints its figures (pytest -s shows them)."""

from collections.abc import Callable

import pytest


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """The first of two sizes, or the second with --release."""
    return lambda push, release: release if request.config.getoption("--release") else push


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    chosen: int = request.config.getoption("--seed")
    return chosen
