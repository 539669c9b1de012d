"""Parses and validates untrusted JSON against a small schema."""

import json
from dataclasses import MISSING, Field, fields
from typing import Any, NamedTuple

from ..text.report import Report

MAX_JSON_BYTES = 1 << 24
MAX_INTEGER_BITS = 128

# A schema is a type, or a tuple of types; [schema] for a list that is not empty; [schema, schema] for a pair;
# {name: schema} for an object with exactly these entries; {str: schema} for an object with any entries; or
# Nullable(schema); the schema of an entry may be Optional(schema). Integers are never negative in these files.
Schema = Any


class Nullable(NamedTuple):
    """Allows null besides a schema."""

    schema: Schema


class Optional(NamedTuple):
    """Allows an entry to be missing, as in files of older versions."""

    schema: Schema


NUMBER = (int, float)
SETTINGS: Schema = {str: (int, float, str, type(None))}
POINTS: Schema = [[int, NUMBER]]
CURVE: Schema = [[NUMBER, NUMBER]]


def _of_field(field: Field[Any]) -> Schema:
    """Returns the schema of a dataclass's field; a field with a default may be missing."""
    schema = NUMBER if field.type is float else field.type
    return schema if field.default is MISSING else Optional(schema)


REPORT: Schema = {field.name: _of_field(field) for field in fields(Report)}


def read(blob: bytes, schema: Schema, name: str = "JSON") -> Any:
    """Returns the value of JSON text. Raises ValueError if the text is not JSON or does not match the schema."""
    if len(blob) > MAX_JSON_BYTES:
        raise ValueError(f"{len(blob):,} bytes of JSON")
    try:
        value = json.loads(blob)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    require(value, schema, name)
    return value


def require(value: Any, schema: Schema, name: str) -> None:
    """Raises ValueError if a value does not match a schema."""
    if isinstance(schema, Nullable):
        if value is not None:
            require(value, schema.schema, name)
    elif isinstance(schema, Optional):
        require(value, schema.schema, name)
    elif isinstance(schema, dict):
        _require_object(value, schema, name)
    elif isinstance(schema, list):
        if not isinstance(value, list) or not value or len(value) != len(schema) > 1:
            raise ValueError(f"{name} is not a list, or has the wrong length")
        for i, part in enumerate(value):
            require(part, schema[i % len(schema)], name)
    elif isinstance(value, bool) is not (schema is bool) or not isinstance(value, schema):
        raise ValueError(f"{name} is {value!r:.40}")
    elif isinstance(value, int) and value < 0:
        raise ValueError(f"{name} is negative")
    elif value != value or (isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS):
        raise ValueError(f"{name} is not a number, or too large")


def _require_object(value: Any, schema: dict[Any, Schema], name: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    parts = dict.fromkeys(value, schema[str]) if str in schema else schema
    needed = {key for key, part in parts.items() if not isinstance(part, Optional)}
    if missing := needed - value.keys():
        raise ValueError(f"{name} lacks {', '.join(sorted(missing))}")
    if unknown := value.keys() - parts.keys():
        raise ValueError(f"{name} has an unknown entry {min(unknown)!r:.40}")
    for key, part in value.items():
        require(part, parts[key], key)
