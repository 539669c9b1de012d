"""Temperature scaling."""

from dataclasses import replace

import numpy as np
import pytest

from rnncli.evaluation.measures import evaluate
from rnncli.network.cells import Elman, initial
from rnncli.network.network import Network
from rnncli.network.parameters import scaled
from rnncli.predictor import rows
from rnncli.training.calibration import MAX_TEMPERATURE, temperature

V, H = 12, 6


def network() -> Network:
    params = initial(Elman(), V, H, np.random.default_rng(0), np.float64)
    return Network(params | {"Wy": 8 * params["Wy"]}, Elman())


def divided(net: Network, T: float) -> Network:
    return replace(net, params=scaled(net.cell.axes, net.params, 1 / T))


def text(net: Network, n: int = 3000) -> np.ndarray:
    """Draws ids from the network's own distribution, on which it is calibrated."""
    rng, ids, state = np.random.default_rng(1), [0], net.start()
    for _ in range(n):
        state = rows(net.read(state, np.array([[ids[-1]]])), -1)
        ids.append(int(rng.choice(V, p=net.next(state)[0])))
    return np.array(ids, np.int32)


def test_temperature_undoes_scaled_scores() -> None:
    net = network()
    ids = text(net)
    assert temperature(net, ids) == pytest.approx(1, abs=0.1)
    for off in (0.25, 0.5, 2.0, 3.0):
        assert temperature(divided(net, 1 / off), ids) == pytest.approx(off * temperature(net, ids), rel=1e-2)


def test_fitted_temperature_has_the_lowest_loss() -> None:
    net, ids = divided(network(), 0.4), text(network(), 500)
    best = temperature(net, ids)
    nats = {T: evaluate(divided(net, T), [ids], 2).nats for T in (0.9 * best, best, 1.1 * best)}
    assert min(nats, key=nats.__getitem__) == best


def test_temperature_does_not_depend_on_start_and_is_bounded() -> None:
    net, ids = divided(network(), 0.4), text(network(), 500)
    assert temperature(net, ids, near=2.0) == pytest.approx(temperature(net, ids), rel=1e-2)
    assert temperature(divided(net, -1), ids) == MAX_TEMPERATURE


def test_temperature_of_a_constant_network_is_one() -> None:
    params = network().params | {"Wy": np.zeros((V, H)), "by": np.zeros(V)}
    assert temperature(Network(params, Elman()), np.array([0, 1, 2], np.int32)) == 1
