"""Temperature scaling."""

import numpy as np
import pytest

from rnncli.evaluation.measures import evaluate
from rnncli.network.parameters import Weights, initial
from rnncli.training.calibration import MAX_TEMPERATURE, scaled, temperature

V, H = 12, 6


def network() -> Weights:
    params = initial(V, H, np.random.default_rng(0), np.float64)
    return params._replace(Wy=8 * params.Wy)


def text(params: Weights, n: int = 3000) -> np.ndarray:
    """Draws ids from the network's own distribution, on which it is calibrated."""
    from rnncli.network.recurrent import forward
    from rnncli.network.softmax import probabilities

    rng, ids, s = np.random.default_rng(1), [0], np.zeros((1, H))
    for _ in range(n):
        s = forward(params, np.array([[ids[-1]]]), s)[-1]
        ids.append(int(rng.choice(V, p=probabilities(params.Wy, params.by, s)[0])))
    return np.array(ids, np.int32)


def test_temperature_undoes_scaled_scores() -> None:
    params = network()
    ids = text(params)
    assert temperature(params, ids) == pytest.approx(1, abs=0.1)
    for off in (0.25, 0.5, 2.0, 3.0):
        assert temperature(scaled(params, 1 / off), ids) == pytest.approx(off * temperature(params, ids), rel=1e-2)


def test_fitted_temperature_has_the_lowest_loss() -> None:
    params = scaled(network(), 0.4)
    ids = text(network(), 500)
    best = temperature(params, ids)
    nats = {T: evaluate(scaled(params, T), [ids]).nats for T in (0.9 * best, best, 1.1 * best)}
    assert min(nats, key=nats.__getitem__) == best


def test_temperature_does_not_depend_on_start_and_is_bounded() -> None:
    params = scaled(network(), 0.4)
    ids = text(network(), 500)
    assert temperature(params, ids, near=2.0) == pytest.approx(temperature(params, ids), rel=1e-2)
    assert temperature(scaled(params, -1), ids) == MAX_TEMPERATURE


def test_temperature_of_a_constant_network_is_one() -> None:
    flat = network()._replace(Wy=np.zeros((V, H)), by=np.zeros(V))
    assert temperature(flat, np.array([0, 1, 2], np.int32)) == 1
