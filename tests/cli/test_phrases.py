"""Settings and figures in words."""

from types import SimpleNamespace
from typing import Any

import pytest

from rnncli.cli.phrases import length
from rnncli.run.planning import Plan
from rnncli.run.recipe import fitted
from rnncli.training.schedule import of_steps


@pytest.mark.parametrize(
    ("late", "said"), [(0.5, "5 s in all, "), (8.0, "5 s, too little for this text: it takes 13 s in all")]
)
def test_time_that_a_text_needs_more_is_said(late: float, said: str) -> None:
    settings = fitted({"time": 5.0}, 10**6, readings=1)
    plan = Plan(settings, of_steps(1), 1, 0.25, late=late)
    training: Any = SimpleNamespace(settings=settings, plan=plan, network_bytes=10**6, memory=10**8)
    assert length(training).startswith(said)
