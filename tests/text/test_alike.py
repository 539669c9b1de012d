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


@pytest.mark.parametrize("text", ["he said\n“yes” he", "he said “yes” he", "“yes”\n“yes”", "he said “yes\n” he"])
@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
def test_tokens_of_a_prompt_are_those_of_the_ids_of_a_text(sentences: str, text: str) -> None:
    """A quote that begins a line inside a wrapped sentence opened in a text and closed in a prompt."""
    names = (*SPECIALS, *"« » he said yes".split())
    by = Codec(Vocabulary([*names], [*names], [1] * len(names), "fold", True), "words", sentences)
    _, ids = by.encode(text)
    assert [i for part in by.ids(text) for i in part.tolist()] == [*ids, 0]
    if text == "he said\n“yes” he":
        assert [token for token in by.tokens(text) if token != "\n"] == "he said « yes » he".split()


def test_mark_without_a_known_twin_is_unknown() -> None:
    assert codec("come").encode("“come") == (["“", "come"], [0, UNK, 2])


@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
def test_overlong_word_is_unknown_and_no_quotation_mark(tokenizer: str, sentences: str) -> None:
    """Its token was "", which is a part of every string of quotation marks."""
    names = (*SPECIALS, '"', "the", "cat", "sat")
    by = Codec(Vocabulary([*names], [*names], [1] * len(names), "fold", True), tokenizer, sentences)
    beginning = "x" * 255 + "…"
    prompt = by.prompt("the cat " + "x" * 300 + " ")
    assert prompt.tokens == ["the", "cat", beginning]
    assert prompt.unknown == [beginning]
    assert [i for part in by.ids("the " + "x" * 300 + " cat") for i in part.tolist()] == [0, 3, UNK, 4, 0]
