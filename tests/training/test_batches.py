"""A stream cut into columns and chunks."""

import tempfile

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.spool import Spool
from rnncli.training import batches
from rnncli.training.batches import chunks, columns, steps


def spool(n: int) -> Spool:
    made = Spool(tempfile.TemporaryFile())
    made.append(np.arange(n, dtype=np.int32))
    return made


def test_docstring_example() -> None:
    text = "abcdefghijklm"
    read = [
        ([["".join(text[i] for i in row)] for row in x], [["".join(text[i] for i in row)] for row in d])
        for x, d in chunks(spool(13), 3, 2)
    ]
    assert read == [
        ([["aei"], ["bfj"]], [["bfj"], ["cgk"]]),
        ([["cgk"], ["dhl"]], [["dhl"], ["eim"]]),
    ]


@given(st.integers(2, 300), st.integers(1, 20), st.integers(1, 12))
def test_columns_cover_the_text_in_order_and_targets_are_next_words(n: int, B: int, T: int) -> None:
    B, length = columns(n, B)
    parts = list(chunks(spool(n), B, T))
    assert len(parts) == steps(n, B, T)
    x = np.concatenate([x for x, _ in parts])
    d = np.concatenate([d for _, d in parts])
    np.testing.assert_array_equal(x, np.arange(B * length).reshape(B, length).T)
    np.testing.assert_array_equal(d, x + 1)
    assert all(len(x) <= T for x, _ in parts)
    assert n - 1 - B * length < B  # all but a remainder shorter than a step is read


def test_chunks_do_not_depend_on_read_size() -> None:
    whole = [x.tolist() for x, _ in chunks(spool(1000), 3, 7)]
    before, batches.READ_CHUNKS = batches.READ_CHUNKS, 2
    try:
        assert [x.tolist() for x, _ in chunks(spool(1000), 3, 7)] == whole
    finally:
        batches.READ_CHUNKS = before
