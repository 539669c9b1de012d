"""JSON of the form that it has to have."""

import json
from dataclasses import fields
from typing import Any

import pytest

from rnncli.storage import schema as forms
from rnncli.storage.schema import NUMBER, Form, Maybe, read
from rnncli.text.corpus import Report

GOOD: list[tuple[Any, Form]] = [
    (1, int),
    (1.5, NUMBER),
    (1, NUMBER),
    (True, bool),
    ([1, 2, 3], [int]),
    ([1, 2.5], [int, NUMBER]),
    ([[0, 0.0], [1, 1]], [[int, NUMBER]]),
    ({"a": 1, "b": None}, {"a": int, "b": Maybe(int)}),
    ({"x": 1, "y": 2}, {str: int}),
    ({}, {str: int}),
    (None, Maybe({"a": int})),
    (float("inf"), NUMBER),  # as a perplexity may be
    ((1 << 128) - 1, int),
]
BAD: list[tuple[Any, Form]] = [
    (True, int),
    (1, bool),
    (1.5, int),
    ("1", int),
    (None, int),
    ([], [int]),
    ([1, "2"], [int]),
    ([1], [int, int]),
    ([1, 2, 3], [int, int]),
    ({"a": 1}, [int]),
    ([1], {str: int}),
    ({"a": 1}, {"a": int, "b": int}),
    ({"a": 1, "b": 1}, {"a": int}),
    ({"a": {"b": []}}, {"a": {"b": [int]}}),
    ([], {"a": int}),
    (float("nan"), NUMBER),
    (1 << 128, int),
    (10**4000, NUMBER),
]


@pytest.mark.parametrize(("value", "form"), GOOD)
def test_what_is_of_the_form_is_read(value: Any, form: Form) -> None:
    assert read(json.dumps(value).encode(), form) == value


@pytest.mark.parametrize(("value", "form"), BAD)
def test_what_is_not_is_refused(value: Any, form: Form) -> None:
    with pytest.raises(ValueError, match="is|has"):
        read(json.dumps(value).encode(), form)


@pytest.mark.parametrize(("value", "form"), [([1, "2"], [int]), ("2", Maybe(int)), ({"c": "2"}, {"c": int})])
def test_what_is_refused_is_named(value: Any, form: Form) -> None:
    name = "c" if isinstance(value, dict) else "b"
    with pytest.raises(ValueError, match=f"^{name} is '2'$"):
        read(json.dumps({"a": 1, "b": value}).encode(), {"a": int, "b": form})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"[" * 100_000, "^JSON within JSON without end$"),
        (b'{"a":' * 99_999, "^JSON within JSON without end$"),
        (b"9" * 5000, "integer string conversion"),
        (b"\xff", "can't decode"),
        (b" " * (1 << 25), "^33,554,432 bytes of JSON$"),
    ],
    ids=range(7),
)
def test_bytes_without_sense_or_end_are_refused(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text, {str: int})


def test_the_report_is_the_corpus_s() -> None:
    assert list(forms.REPORT) == [field.name for field in fields(Report)]
