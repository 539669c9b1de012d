"""JSON in files that others may have written: read with bounds, and of the form that it has to have."""

import json
from typing import Any, NamedTuple

LARGEST = 1 << 24  # bytes
WIDEST = 128  # bits of a number

# A type, or several of which it is one; [form] of each in a list that is not empty; [form, form] of a pair;
# {name: form} of exactly these entries, {name: Optional(form)} of one that may be missing; {str: form} of whatever
# entries there are; or Maybe(form).
Form = Any


class Maybe(NamedTuple):
    """That form, or null."""

    form: Form


class Optional(NamedTuple):
    """The form of an entry that files of older versions lack."""

    form: Form


NUMBER = (int, float)
SETTINGS: Form = {str: (int, float, str, type(None))}
POINTS: Form = [[int, NUMBER]]
CURVE: Form = [[NUMBER, NUMBER]]
REPORT: Form = {
    "words": int,
    "sentences_by": str,
    "distinct": int,
    "kept": int,
    "covered": NUMBER,
    "held_out": int,
    "held_out_known": NUMBER,
    "validated_on": str,
    "digest": str,
}


def read(blob: bytes, form: Form) -> Any:
    """The value that JSON text stands for. Raises ValueError where it is none, or not of that form."""
    if len(blob) > LARGEST:
        raise ValueError(f"{len(blob):,} bytes of JSON")
    try:
        value = json.loads(blob)
    except RecursionError:
        raise ValueError("JSON within JSON without end") from None
    require(value, form, "JSON")
    return value


def require(value: Any, form: Form, name: str) -> None:
    """Raises ValueError if a value is not of a form."""
    if isinstance(form, Maybe):
        if value is not None:
            require(value, form.form, name)
    elif isinstance(form, Optional):
        require(value, form.form, name)
    elif isinstance(form, dict):
        forms = dict.fromkeys(value, form[str]) if str in form and isinstance(value, dict) else form
        needed = {key for key, part in forms.items() if not isinstance(part, Optional)}
        if not isinstance(value, dict) or not needed <= value.keys() <= forms.keys():
            raise ValueError(f"{name} has other entries than it should")
        for key, part in value.items():
            require(part, forms[key], key)
    elif isinstance(form, list):
        if not isinstance(value, list) or not value or len(value) != len(form) > 1:
            raise ValueError(f"{name} is no list, or not as long as it should be")
        for i, part in enumerate(value):
            require(part, form[i % len(form)], name)
    elif isinstance(value, bool) is not (form is bool) or not isinstance(value, form):
        raise ValueError(f"{name} is {value!r:.40}")
    elif value != value or (isinstance(value, int) and value.bit_length() > WIDEST):
        raise ValueError(f"{name} is no number, or too large")
