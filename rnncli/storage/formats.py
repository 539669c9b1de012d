"""Checks arrays by one decoder, when a file is read and before one is written: what is saved can be loaded."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..errors import CheckpointError
from ..network.parameters import finite
from . import archive, schema
from .checksum import StrPath
from .durable import replace

Arrays = Mapping[str, NDArray[Any]]


class Source(Protocol):
    """Arrays in a fixed order: those of a file (`archive.Reader`), or those of a `Draft`."""

    path: StrPath

    def bad(self, why: str) -> CheckpointError:
        """Returns the error to raise when an array is not what it should be."""

    def take(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        """Returns the next array, which must have that name and type."""

    def finish(self) -> None:
        """Raises CheckpointError if there are more arrays."""


class Draft:
    """Arrays that are about to be written."""

    def __init__(self, path: StrPath, arrays: Arrays) -> None:
        self.path = path
        self._arrays = iter(arrays.items())

    def bad(self, why: str) -> CheckpointError:
        return CheckpointError(f"{self.path}: not saved, because it could not be loaded again: {why}")

    def take(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        found, array = next(self._arrays)
        assert (found, array.dtype) == (name, np.dtype(dtype))
        return array

    def finish(self) -> None:
        assert next(self._arrays, None) is None


class Fields:
    """Takes arrays from a source one by one and checks each. Raises CheckpointError."""

    def __init__(self, source: Source) -> None:
        self.path, self.bad, self.finish = source.path, source.bad, source.finish
        self._take = source.take

    def take_format(self, numbers: Collection[int], advice: str) -> int:
        """Takes the format number; raises CheckpointError with the advice if it is none of those that are read."""
        found = self._take("format", np.int32)
        if found.shape != () or found not in numbers:
            *others, last = map(str, numbers)
            known = f"{', '.join(others)} and {last}" if others else last
            raise CheckpointError(
                f"{self.path}: made by another rnncli (format {found}; this one reads {known}). {advice}"
            )
        return int(found)

    def take(self, name: str, dtype: DTypeLike, *shapes: tuple[int | None, ...]) -> NDArray[Any]:
        """Takes an array that has one of the shapes (None: any length) and, if of floats, is finite."""
        array = self._take(name, dtype)
        if not any(_matches(array.shape, shape) for shape in shapes):
            raise self.bad(f"{name} has shape {array.shape}, not {' or '.join(map(_written, shapes))}")
        if array.dtype.kind == "f" and not finite([array]):
            raise self.bad(f"{name} holds numbers that are not finite, or too large")
        return array

    def take_json(self, name: str, form: schema.Schema) -> Any:
        """Takes a JSON value that matches a schema."""
        blob = self.take(name, np.uint8, (None,))
        try:
            return schema.read(blob.tobytes(), form, name)
        except ValueError as error:
            raise self.bad(str(error)) from None


def save(path: StrPath, encode: Callable[[], Arrays], decode: Callable[[Fields], object]) -> None:
    """Writes encoded arrays, all or nothing, after decoding them.

    Raises CheckpointError, before any file is touched, if they could not be loaded again; FileError.
    """
    try:
        arrays = encode()
    except (ValueError, TypeError, OverflowError) as error:
        raise CheckpointError(f"{path}: not saved: {error}") from None
    decode(Fields(Draft(path, arrays)))
    replace(path, lambda file: archive.write(file, arrays))


def typed(name: str, values: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """Returns values as an array of a type. Raises ValueError if they are floats too large for a narrower one."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and values.dtype != dtype and not finite([values]):
        raise ValueError(f"{name} holds numbers that are not finite, or too large")
    return np.asarray(values, dtype)


def _matches(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(b in (None, a) for a, b in zip(shape, expected, strict=True))


def _written(shape: tuple[int | None, ...]) -> str:
    return str(shape).replace("None", "n")
