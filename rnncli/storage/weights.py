"""The weights of a network as arrays of a file."""

import numpy as np

from ..network.parameters import Axes, Weights
from . import formats


def take_weights(
    fields: formats.Fields, axes: Axes, V: int | None = None, H: int | None = None, prefix: str = ""
) -> Weights:
    """Takes the parameters of a network of V words and H units; None: as many as the first that it takes has.

    Raises CheckpointError.
    """
    sizes: dict[str, int | None]
    sizes, weights = {"V": V, "H": H}, Weights()
    for name, its in axes.items():
        shape = tuple(sizes[axis] if axis in sizes else int(axis) for axis in its)
        w = weights[name] = fields.take(prefix + name, np.float32, shape)
        for axis, n in zip(its, w.shape, strict=True):
            if axis in sizes and sizes[axis] is None:
                sizes[axis] = n
            if sizes.get(axis, n) != n or (axis == "V" and not n):
                raise fields.bad(f"{prefix}{name} has shape {w.shape}")
    return weights
