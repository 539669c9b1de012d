"""JSON against a schema."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from rnncli.storage.schema import NUMBER, REPORT, Nullable, Schema, read
from rnncli.text.report import Report

GOOD: list[tuple[Any, Schema]] = [
    (1, int),
    (1.5, NUMBER),
    (1, NUMBER),
    (True, bool),
    ([1, 2, 3], [int]),
    ([1, 2.5], [int, NUMBER]),
    ([[0, 0.0], [1, 1]], [[int, NUMBER]]),
    ({"a": 1, "b": None}, {"a": int, "b": Nullable(int)}),
    ({"x": 1, "y": 2}, {str: int}),
    ({}, {str: int}),
    (None, Nullable({"a": int})),
    (float("inf"), NUMBER),  # as a perplexity may be
    ((1 << 128) - 1, int),
]
BAD: list[tuple[Any, Schema]] = [
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
    (-1, int),
    ({"a": [-1, 0.0]}, {"a": [int, NUMBER]}),
    (float("nan"), NUMBER),
    (1 << 128, int),
    (10**4000, NUMBER),
]


@pytest.mark.parametrize(("value", "schema"), GOOD)
def test_value_that_matches_is_read(value: Any, schema: Schema) -> None:
    assert read(json.dumps(value).encode(), schema) == value


@pytest.mark.parametrize(("value", "schema"), BAD)
def test_value_that_does_not_match_is_refused(value: Any, schema: Schema) -> None:
    with pytest.raises(ValueError, match="is|has|lacks"):
        read(json.dumps(value).encode(), schema)


@pytest.mark.parametrize(("value", "schema"), [([1, "2"], [int]), ("2", Nullable(int)), ({"c": "2"}, {"c": int})])
def test_error_names_the_entry_and_its_value(value: Any, schema: Schema) -> None:
    name = "c" if isinstance(value, dict) else "b"
    with pytest.raises(ValueError, match=f"^{name} is '2'$"):
        read(json.dumps({"a": 1, "b": value}).encode(), {"a": int, "b": schema})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"[" * 100_000, "^JSON nested too deeply$"),
        (b'{"a":' * 99_999, "^JSON nested too deeply$"),
        (b"9" * 5000, "integer string conversion"),
        (b"\xff", "can't decode"),
        (b" " * (1 << 25), "^33,554,432 bytes of JSON$"),
    ],
    ids=range(7),
)
def test_bytes_that_are_no_json_or_too_much_are_refused(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text, {str: int})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"a": 1}, "^JSON lacks b, c$"),
        ({"a": 1, "b": 1, "c": 1, "more": 1}, "^JSON has an unknown entry 'more'$"),
        ([], "^JSON is not an object$"),
        ({"a": -1, "b": 1, "c": 1}, "^a is negative$"),
    ],
)
def test_error_names_what_is_missing_unknown_or_negative(value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(json.dumps(value).encode(), {"a": int, "b": int, "c": int})


def test_report_schema_matches_a_report() -> None:
    report = Report(9, "lines", 5, 4, 1.0, 3, 0.5, "held out", "0f")
    assert read(json.dumps(asdict(report)).encode(), REPORT) == asdict(report)
    assert (REPORT["words"], REPORT["covered"], REPORT["digest"]) == (int, NUMBER, str)


def test_report_of_an_older_version_lacks_the_entries_that_have_a_default() -> None:
    older = asdict(Report(9, "lines", 5, 4, 1.0, 3, 0.5, "held out", "0f"))
    for name in ("held_out_characters", "letters_covered", "held_out_letters_covered", "uncut"):
        del older[name]
    assert read(json.dumps(older).encode(), REPORT) == older
    del older["digest"]
    with pytest.raises(ValueError, match="lacks digest"):
        read(json.dumps(older).encode(), REPORT)
