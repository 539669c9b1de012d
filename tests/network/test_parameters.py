"""The parameters' shapes and how many numbers they have."""

import numpy as np

from rnncli.network.parameters import Params, initial, parameter_count, shapes


def test_shapes_and_count_are_those_of_initial_weights() -> None:
    params = initial(7, 4, np.random.default_rng(0))
    assert shapes(7, 4) == {name: getattr(params, name).shape for name in Params._fields}
    assert parameter_count(7, 4) == sum(w.size for w in params)
