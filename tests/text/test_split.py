"""Held-out ranges."""

import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text import split
from rnncli.text.split import complement, held_out_ranges
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import EOS


def spool_of(ids: list[int]) -> Spool:
    spool = Spool(tempfile.TemporaryFile())
    spool.append(np.array(ids, np.int32))
    return spool


@given(st.lists(st.lists(st.integers(2, 9), min_size=1, max_size=9), min_size=20, max_size=200))
def test_held_out_and_complement_cut_a_stream_between_sentences_into_disjoint_parts(sentences: list[list[int]]) -> None:
    ids = [EOS, *(i for sentence in sentences for i in (*sentence, EOS))]
    held_out = held_out_ranges(spool_of(ids))
    taught = complement(held_out, len(ids))
    covered = sorted(at for start, stop in held_out + taught for at in range(start, stop))
    assert covered == list(range(1, len(ids)))
    assert all(ids[start - 1] == ids[stop - 1] == EOS for start, stop in held_out + taught)


def test_endless_sentence_is_cut_and_large_texts_hold_out_a_bounded_number_of_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = spool_of([EOS, *[2] * 30_000])
    assert sum(stop - start for start, stop in held_out_ranges(ids)) == pytest.approx(3000, abs=20)
    monkeypatch.setattr(split, "MAX_HELD_OUT_WORDS", 500)
    assert sum(stop - start for start, stop in held_out_ranges(ids)) == pytest.approx(500, abs=20)
