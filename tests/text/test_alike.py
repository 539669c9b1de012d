"""Marks that people take for one another."""

import pytest

from rnncli.text.codec import Codec
from rnncli.text.vocabulary import SPECIALS, UNK, Vocabulary


def codec(*words: str) -> Codec:
    words = (*SPECIALS, *words)
    return Codec(Vocabulary([*words], [*words], [1] * len(words), "fold", True), "words", "lines")


@pytest.mark.parametrize(
    ("known", "text", "read"),
    [
        ('" , come said', "“Come,” said", '" Come , " said'),
        ('" , come said', "„Come,“ said", '" Come , " said'),
        ("“ ” , come said", '"Come," said', "“ Come , ” said"),
        ("„ “ , come said", 'said "Come,"', "said „ Come , “"),
        ("« » , come said", "“Come,” said", "« Come , » said"),
        ("' , come said", "‘Come,’ said", "' Come , ' said"),
        ("-- come said", "come—said", "come -- said"),
        ("— come said", "come--said", "come — said"),
        ("... come said", "come… said", "come ... said"),
        ('“ ” " come', '"come"', '" come "'),
    ],
)
def test_mark_is_read_as_the_one_that_the_corpus_has(known: str, text: str, read: str) -> None:
    by = codec(*known.split())
    assert " ".join(by.tokens(text)) == read
    ids = [i for part in by.ids(text) for i in part.tolist()]
    assert ids == [0, *by.vocabulary.ids(read.split()), 0]
    assert UNK not in ids


def test_mark_without_a_known_twin_is_unknown() -> None:
    assert codec("come").encode("“come") == (["“", "come"], [0, UNK, 2])
