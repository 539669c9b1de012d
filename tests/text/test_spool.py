"""Ids on disk."""

import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text import spool
from rnncli.text.spool import Spool


@given(st.lists(st.lists(st.integers(0, 1 << 30), max_size=9)), st.integers(0, 40), st.integers(0, 40))
def test_reading_and_blocks_equal_a_slice(parts: list[list[int]], start: int, stop: int) -> None:
    made = Spool(tempfile.TemporaryFile())
    for part in parts:
        made.append(np.array(part, np.int64))
    ids = [i for part in parts for i in part]
    assert len(made) == len(ids)
    assert made.read(start, stop).tolist() == ids[start:stop]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "SPOOL_BLOCK_IDS", 7)
        assert [i for block in made.blocks(start, stop) for i in block.tolist()] == ids[start:stop]


def test_file_is_closed_with_the_spool() -> None:
    file = tempfile.TemporaryFile()
    made = Spool(file)
    assert not file.closed
    del made
    assert file.closed
