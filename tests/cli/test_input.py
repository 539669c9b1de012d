"""Lines of standard input, whatever pieces they come in."""

import io
from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.cli import input as module
from rnncli.cli.input import raw_lines


class Pieces(io.BytesIO):
    """A stream that gives out one piece at each reading, as a pipe does."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self.pieces = pieces

    def read1(self, _: int = -1) -> bytes:
        return next(self.pieces, b"")


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n\n", b"d\ne", b"f\n"])))
def test_lines_do_not_depend_on_the_pieces_that_they_come_in(pieces: list[bytes]) -> None:
    whole = b"".join(pieces).split(b"\n")
    lines = whole[:-1] + [last for last in whole[-1:] if last]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.sys, "stdin", io.TextIOWrapper(Pieces(iter(pieces))))
        assert list(chain.from_iterable(raw_lines("texts"))) == lines
