"""Forms of a network that work faster and predict the same."""

import numpy as np
import pytest

from rnncli.network.network import Network
from rnncli.network.parameters import initial, joined
from rnncli.network.recurrent import TANH
from rnncli.network.threads import threads

V = 9


@pytest.fixture
def ensemble() -> Network:
    return Network(joined([initial(V, H, np.random.default_rng(H), leaky=0.5) for H in (3, 4, 5)]), TANH)


def test_network_on_threads_reads_the_same_states(ensemble: Network) -> None:
    x = np.random.default_rng(0).integers(0, V, (20, 3))
    (alone,) = ensemble.read(ensemble.start(3), x)
    with threads(2) as run:
        (side_by_side,) = ensemble.using(run).read(ensemble.start(3), x)
    np.testing.assert_array_equal(side_by_side, alone)


@pytest.mark.parametrize("n", [1, 20])
def test_network_for_few_states_predicts_the_same(ensemble: Network, n: int) -> None:
    state = (np.random.default_rng(0).standard_normal((n, ensemble.width)).astype(np.float32),)
    np.testing.assert_allclose(ensemble.for_few_states().next(state), ensemble.next(state), rtol=1e-5)
