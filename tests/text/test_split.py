"""Held-out ranges."""

import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text import split
from rnncli.text.split import complement, held_out_ranges
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import EOS, PAR


def spool_of(ids: list[int]) -> Spool:
    spool = Spool(tempfile.TemporaryFile())
    spool.append(np.array(ids, np.int32))
    return spool


@given(st.lists(st.lists(st.integers(3, 9), min_size=3, max_size=9), min_size=100, max_size=300))
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
    ids = spool_of([EOS, *[3] * 30_000])
    assert sum(stop - start for start, stop in held_out_ranges(ids)) == pytest.approx(3000, abs=20)
    monkeypatch.setattr(split, "MAX_HELD_OUT_WORDS", 500)
    assert sum(stop - start for start, stop in held_out_ranges(ids)) == pytest.approx(500, abs=20)


@pytest.mark.parametrize("length", [3, 9, 30, 70, 400])
@pytest.mark.parametrize("words", [200, 250, 500, 900, 3000])
def test_texts_of_200_words_hold_out_100_at_least_however_long_their_sentences(words: int, length: int) -> None:
    ids = [EOS, *(i for at in range(0, words, length) for i in (*[3] * min(length, words - at), EOS))]
    held_out = held_out_ranges(spool_of(ids))
    held = sum(i != EOS for start, stop in held_out for i in ids[start:stop])
    assert min(100, 0.48 * words) <= held <= max(180, 0.34 * words)
    assert sum(stop - start for start, stop in held_out + complement(held_out, len(ids))) == len(ids) - 1


def test_a_text_that_holds_out_enough_is_split_as_ever() -> None:
    """Of each tenth of the text, which is 30 sentences of 10 ids, the last 3 sentences."""
    ids = spool_of([EOS, *[*[3] * 9, EOS] * 300])
    assert held_out_ranges(ids) == [(300 * part - 29, 300 * part + 1) for part in range(1, 11)]


def test_ends_of_paragraphs_are_no_words_to_hold_out() -> None:
    """A third of the 100 held out were blank lines."""
    ids = [EOS, *[3, 4, EOS, PAR] * 150]
    held_out = [i for start, stop in held_out_ranges(spool_of(ids)) for i in ids[start:stop]]
    assert sum(i not in (EOS, PAR) for i in held_out) >= 100
