"""Half-typed words: where a text breaks off inside one."""

from pathlib import Path

import pytest

from rnncli.text.codec import Codec
from rnncli.text.tokens import END, TOKENIZERS
from rnncli.text.vocabulary import CASE_RULES, SPECIALS, UNK, Vocabulary, fold

WORDS = ["the", "cat", "car", "can", "don't", "U.S.", "well-known", "café", ",", "'", "don"]


VOCABULARY = Vocabulary([*SPECIALS, *map(fold, WORDS)], [*SPECIALS, *WORDS], [1] * 13, "fold", True)


def split(text: str, complete: bool | None = None) -> tuple[str, str, bool]:
    return Codec(VOCABULARY, "words", "lines").completer.split(text, complete)


@pytest.mark.parametrize(
    ("text", "before", "typed"),
    [
        ("the ca", "the ", "ca"),
        ("the cat ", "the cat ", ""),
        ("ca ", "ca ", ""),
        ("", "", ""),
        ("  ", "  ", ""),
        ("ca", "", "ca"),
        ("the zz", "the zz", ""),
        ("cat,", "cat,", ""),
        ("cat,ca", "cat,", "ca"),
        ("I don'", "I ", "don'"),
        ("the U.S", "the ", "U.S"),
        ("a well-kn", "a ", "well-kn"),
        ("a well-", "a ", "well-"),
        ("line\nca", "line\n", "ca"),
    ],
)
def test_unknown_word_that_begins_a_known_one_is_half_typed(text: str, before: str, typed: str) -> None:
    assert split(text) == (before, typed, False)


@pytest.mark.parametrize(("text", "before", "typed"), [("the cat", "the ", "cat"), ("I don", "I ", "don")])
def test_known_word_may_be_half_typed_as_well(text: str, before: str, typed: str) -> None:
    assert split(text) == (before, typed, True)


@pytest.mark.parametrize(
    ("text", "before", "typed"),
    [("the cat", "the ", "cat"), ("the cat ", "the cat ", ""), ("zz", "", "zz"), ("cat,", "cat,", ""), ("", "", "")],
)
def test_complete_true_takes_the_last_word_as_half_typed(text: str, before: str, typed: str) -> None:
    assert split(text, True) == (before, typed, False)


@pytest.mark.parametrize("text", ["the ca", "the cat", "ca ", ""])
def test_complete_false_takes_the_last_word_as_whole(text: str) -> None:
    assert split(text, False) == (text, "", False)


UNUSUAL = (
    "İyi straße d’oiseau l’école O’Brien naïve Ürün ﬁne co‐op rock'n'roll 3.14 10:30 1990s U.S. e.g. Σίσυφος Œuvre"
)


@pytest.mark.parametrize("case", ["fold", "keep"])
@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
@pytest.mark.parametrize("before", ["but ", "", "he said.\n"])
def test_every_prefix_of_every_word_of_a_text_is_split_off_and_completed(
    tokenizer: str, case: str, before: str
) -> None:
    text = (Path(__file__).parents[2] / "data/fables.txt").read_text(encoding="utf-8")[:20_000] + UNUSUAL
    forms = {CASE_RULES[case](token): token for token in TOKENIZERS[tokenizer].tokenize(text) if token != END}
    vocabulary = Vocabulary([*SPECIALS, *forms], [*SPECIALS, *forms.values()], [9] * (len(forms) + 2), case, True)
    codec = Codec(vocabulary, tokenizer, "lines")
    assert len(forms) > 500
    for word in forms.values():
        for prefix in (word[:n] for n in range(1, len(word))):
            if vocabulary.id(prefix) == UNK and any(map(str.isalnum, prefix)):
                prompt = codec.prompt(before + prefix, None)
                assert prompt.prefix == prefix
                assert vocabulary.id(word) in codec.completer.words(prefix, prompt.starts, prompt.capitals)


@pytest.mark.parametrize(
    ("word", "prefix", "written"),
    [
        ("οδός", "ΟΔΟ", "ΟΔΟΣ"),
        ("The", "TH", "THE"),
        ("don't", "DON'", "DON'T"),
        ("NATO", "NA", "NATO"),
        ("straße", "STRASS", "STRASSE"),
        ("straßen", "STRASS", "STRASSEN"),
        ("straße", "STRAS", "STRASSE"),
        ("œuvre", "OE", "OEUVRE"),
        ("œuvre", "O", "OEUVRE"),
        ("æther", "AE", "AETHER"),
        ("ﬁre", "FI", "FIRE"),
        ("Zoë", "ZOE", "ZOE"),
    ],
)
def test_word_in_capitals_begins_as_it_was_typed(word: str, prefix: str, written: str) -> None:
    vocabulary = Vocabulary([*SPECIALS, word.lower()], [*SPECIALS, word], [1] * 3, "fold", True)
    assert Codec(vocabulary, "words", "lines").completer.written([word], prefix, capitals=True) == written


def test_rivals_of_a_word_in_capitals_are_compared_with_the_word_that_it_is() -> None:
    """STRASSE was compared with the unknown word, and had no longer words."""
    names = ["straße", "straßen", "strassenbahn"]
    for of_unknown, longer, has_rivals in ((0, 5, False), (99, 10, True)):
        vocabulary = Vocabulary([*SPECIALS, *names], [*SPECIALS, *names], [9, of_unknown, 9, longer, 3], "fold", True)
        assert Codec(vocabulary, "words", "lines").completer.has_rivals("STRASSE") is has_rivals
