"""Lists of words: how they are read, and which words of a model they block."""

import gzip
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.errors import FileError, TextError, UsageError
from rnncli.text.vocabulary import SPECIALS, Vocabulary
from rnncli.text.wordlist import find_blocked, read, single_tokens, update

WORDS = ["the", "Carl", "straße", "don't", ".", "東京"]


def vocabulary(words: list[str] = WORDS, case: str = "fold") -> Vocabulary:
    names = [word if case == "keep" else word.lower() for word in words]
    shown = [*SPECIALS, *words]
    return Vocabulary([*SPECIALS, *names], shown, [1] * len(shown), case, True, ["Zoë", "Maße", "wug"], [3, 2, 1])


def blocked(*words: str, case: str = "fold", tokenizer: str = "words") -> set[str]:
    """Returns the words that are blocked: those of the vocabulary as they are displayed, others after case folding."""
    made = vocabulary(case=case)
    found = find_blocked(words, made, tokenizer)
    assert found.ids.tolist() == sorted(set(found.ids.tolist()))
    return {made.display_forms[i] for i in found.ids.tolist()} | found.others


def test_list_has_a_word_a_line_without_blanks_and_repeated_words(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes("\ufeffthe\r\n\r\n  Zoë\t\nthe\n \nNew York".encode())
    assert read(str(path)) == ("the", "Zoë", "New York")
    path.write_bytes(gzip.compress("the\nZoë\n".encode()))
    assert read(str(path)) == ("the", "Zoë")
    path.write_bytes("caf\u00e9\n".encode("latin-1"))
    assert read(str(path), "latin-1") == ("café",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "words.txt: is empty"),
        (b" \n\n", "words.txt: holds no words"),
        (b"caf\xe9\n", "words.txt: not UTF-8 at byte 3"),
        (b"the\n" + b"x" * 256, "words.txt: line 2 is longer than the 255 characters of a word"),
        (b"the cat\0sat", "words.txt: a NUL byte in line 1"),
    ],
)
def test_what_is_no_list_of_words_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "words.txt").write_bytes(content)
    with pytest.raises(TextError, match=why):
        read(str(tmp_path / "words.txt"))


def test_list_that_is_not_there_or_standard_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="none.txt: cannot be read"):
        read(str(tmp_path / "none.txt"))
    with pytest.raises(UsageError, match="cannot come from standard input"):
        read("-")


def test_line_of_several_words_is_refused_with_the_number_of_such_lines() -> None:
    assert single_tokens(["the", "don't", "\u00ad", "U.S."], "words", "block") == ["the", "don't", "U.S."]
    with pytest.raises(TextError, match=r"^block: 'New York' is 2 words \(New, York\) by the tokenizer 'words'. Give"):
        single_tokens(["the", "New York"], "words", "block")
    with pytest.raises(TextError, match=r"'a b', the first of 2 such lines, is 2 words"):
        single_tokens(["a b", "the", "b a"], "whitespace", "block")
    with pytest.raises(TextError, match=r"'swear' is 5 words \(s, w, e, a, …\) by the tokenizer 'chars'"):
        single_tokens(["swear"], "chars", "block")


def test_words_are_found_as_the_vocabulary_folds_them() -> None:
    assert blocked("THE", "carl", "DON’T", ".") == {"the", "Carl", "don't", "."}
    assert blocked("STRASSE", "ZOË", "MASSE", "Wug") == {"straße", "zoë", "maße", "wug"}
    assert blocked("The", "CARL", case="keep") == {"The", "CARL"}  # as others, not as those of the vocabulary
    assert blocked("the", "Carl", case="keep") == {"the", "Carl"}


def test_words_that_the_model_does_not_know_are_blocked_by_name_and_special_ids_are_not() -> None:
    assert blocked("Never", "\u200b") == {"never"}
    assert not len(find_blocked(["<unk>", "<eos>"], vocabulary(), "whitespace").ids)


def test_word_of_the_vocabulary_is_one_word_however_the_tokenizer_cuts_it_alone() -> None:
    assert blocked("東京") == {"東京"}
    with pytest.raises(TextError, match="東北"):
        blocked("東北")


@pytest.mark.parametrize("words", ["the", b"the", [1], ["the", None]])
def test_block_refuses_what_is_no_list_of_texts(words: object) -> None:
    with pytest.raises(UsageError, match="block: is not a list of texts"):
        find_blocked(words, vocabulary(), "words")


@given(st.lists(st.sampled_from([*WORDS, "zoë", "WUG", "never"])))
def test_order_and_repetition_of_a_list_do_not_matter(words: list[str]) -> None:
    assert blocked(*words) == blocked(*sorted(set(words))) == set().union(*map(blocked, words))


def test_digest_changes_with_the_list_and_only_with_a_list() -> None:
    def digest(*words: str) -> str:
        made = sha256(b"the text\n")
        update(made, words)
        return made.hexdigest()

    assert digest() == sha256(b"the text\n").hexdigest()
    assert len({digest(), digest("a"), digest("a", "b"), digest("b", "a"), digest("ab")}) == 5
