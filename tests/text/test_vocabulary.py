"""Words and their ids."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.errors import TextError
from rnncli.text.style import Style
from rnncli.text.tokens import BREAK, END
from rnncli.text.vocabulary import EOS, PAR, PARAGRAPH, SPECIALS, UNK, Vocabulary, build, fold


def build_from(
    counts: dict[str, int], inner: dict[str, int] | None = None, **choices: object
) -> tuple[Vocabulary, dict[str, int]]:
    """Returns the vocabulary of words, and the id that each word is taught as."""
    tokens = [*SPECIALS, PARAGRAPH, *counts]
    settings = {"case": "fold", "size": 100, "min_count": 1, **choices}
    inner = counts if inner is None else inner
    occurrences, inside = [0, 0, 0, *counts.values()], [0, 0, 0, *(inner.get(w, 0) for w in counts)]
    made, ids = build(tokens, occurrences, inside, True, Style(), **settings)
    return made, dict(zip(tokens, ids, strict=True))


def vocabulary(counts: dict[str, int], inner: dict[str, int] | None = None, **choices: object) -> Vocabulary:
    return build_from(counts, inner, **choices)[0]


def test_words_are_ordered_by_falling_count_then_alphabet() -> None:
    v = vocabulary({"b": 2, "a": 2, "c": 5, "é": 2})
    assert v.words == ["<eos>", "<unk>", "c", "a", "b", "é"]
    assert v.counts[2:] == [5, 2, 2, 2]


def test_case_variants_are_one_word_displayed_in_the_most_frequent_form() -> None:
    v = vocabulary({"The": 3, "the": 9, "I": 4, "London": 5, "LONDON": 1, "don’t": 2, "don't": 1})
    assert dict(zip(v.words, v.display_forms, strict=True)) == {
        **{s: s for s in SPECIALS},
        "the": "the",
        "london": "London",
        "i": "I",
        "don't": "don’t",
    }
    assert [v.id(w) for w in ("THE", "i", "london", "DON'T")] == [v.id("the"), v.id("I"), 3, v.id("don’t")]


def test_overlong_token_is_unknown_and_not_cached() -> None:
    v = vocabulary({"the": 1})
    before = len(v._ids)
    assert v.ids(["x" * 300, "THE", "dog"]) == [UNK, v.id("the"), UNK]
    assert set(list(v._ids)[before:]) == {"THE", "dog"}


def test_capitals_at_sentence_starts_do_not_decide_the_display_form() -> None:
    v = vocabulary({"However": 9, "however": 2, "Anna": 3}, inner={"however": 2, "Anna": 1})
    assert v.display_forms[2:] == ["however", "Anna"]


def test_case_keep_gives_each_variant_an_id() -> None:
    assert vocabulary({"The": 3, "the": 9}, case="keep").words[2:] == ["the", "The"]


def test_size_and_min_count_bound_the_vocabulary() -> None:
    v = vocabulary({"a": 5, "b": 4, "c": 3, "d": 1}, size=4)
    assert v.words[2:] == ["a", "b"]
    assert v.counts[UNK] == 4
    v = vocabulary({"a": 5, "b": 4, "c": 3, "d": 1}, min_count=4)
    assert v.words[2:] == ["a", "b"]
    assert v.id("c") == v.id("never met") == UNK
    assert v.id(END) == EOS


def test_special_tokens_in_the_text_get_the_special_ids() -> None:
    tokens = [*SPECIALS, PARAGRAPH, "a", "<UNK>", "<par>"]
    v, remap = build(tokens, [3, 4, 0, 5, 1, 1], [0, 4, 0, 5, 1, 1], True, Style(), case="fold", size=10, min_count=1)
    assert v.words == [*SPECIALS, "a"]
    assert remap == [EOS, UNK, UNK, 2, UNK, UNK]
    assert v.counts == [3, 6, 5]
    assert v.id("<unk>") == UNK
    assert v.id("<eos>") == EOS


def test_blank_lines_are_the_third_special_word_of_a_text_that_has_some() -> None:
    tokens = [*SPECIALS, PARAGRAPH, "a"]
    v, remap = build(tokens, [3, 0, 2, 5], [0, 0, 0, 5], True, Style(), case="fold", size=10, min_count=1)
    assert (v.words, v.counts, v.specials, remap) == ([*SPECIALS, PARAGRAPH, "a"], [3, 0, 2, 5], 3, [0, 1, 2, 3])
    assert (v.id(BREAK), list(v.tokens([EOS, PAR, 3]))) == (PAR, [END, BREAK, "a"])


@pytest.mark.parametrize(
    ("counts", "case", "same"),
    [
        ({"İyi": 3, "iyi": 2}, "fold", ("İyi", "iyi")),
        ({"Işık": 3, "ışık": 2, "iyi": 4}, "fold dotless", ("Işık", "ışık")),
        ({"Don’t": 3, "donʼt": 1}, "fold", ("Don’t", "don't")),
        ({"well‑known": 3}, "fold", ("well‑known", "well-known")),
        ({"Straße": 3, "Ibis": 9}, "fold", ("STRAẞE", "straße")),
        ({"οδός": 3}, "fold", ("ΟΔΌΣ", "οδός")),
        ({"Straße": 3}, "fold", ("STRASSE", "Straße")),
        ({"fine": 3}, "fold", ("ﬁne", "fine")),
        ({"צה״ל": 3}, "fold", ('צה"ל', "צה״ל")),
        ({'צה"ל': 3}, "fold", ("צה״ל", 'צה"ל')),
        ({"ג׳ירפה": 3}, "fold", ("ג'ירפה", "ג׳ירפה")),
        ({"İstanbul": 3, "ışık": 2}, "fold dotless", ("ISTANBUL", "İstanbul")),
        ({"Işık": 3, "işık": 2}, "fold dotless", ("IŞIK", "ışık")),
    ],
)
def test_written_forms_of_one_word_are_one_word(counts: dict[str, int], case: str, same: tuple[str, str]) -> None:
    v = vocabulary(counts)
    assert v.case == case
    assert v.id(same[0]) == v.id(same[1]) != UNK


@pytest.mark.parametrize(
    ("counts", "capitals"),
    [({"straße": 9, "STRASSE": 1}, "STRASSE"), ({"İstanbul": 9, "ışık": 2, "ISTANBUL": 1}, "ISTANBUL")],
)
def test_word_in_capitals_is_taught_as_it_is_read(counts: dict[str, int], capitals: str) -> None:
    v, ids = build_from(counts)
    word = next(iter(counts))
    assert ids[capitals] == v.id(capitals) == v.id(word) != UNK
    assert v.counts[v.id(word)] == 10
    assert not v.rare


def test_word_with_ss_of_a_text_without_its_eszett_keeps_it() -> None:
    v, ids = build_from({"Strasse": 9, "STRASSE": 1, "Maße": 2, "Masse": 3, "MASSE": 2})
    assert v.counts[v.id("Strasse")] == 10
    assert ids["MASSE"] == v.id("Masse") != v.id("Maße")


def test_word_in_capitals_is_found_after_its_lower_case_was_not() -> None:
    v = vocabulary({"Straße": 3})
    assert v.ids(["strasse", "STRASSE"]) == [UNK, v.id("Straße")]


def test_fold_is_idempotent() -> None:
    for word in ("İstanbul", "STRASSE", "ΟΔΟΣ", "Don’t", "’", "I"):
        assert fold(fold(word)) == fold(word)


def test_hash_seed_does_not_change_the_vocabulary() -> None:
    program = (
        "from rnncli.text.style import Style;"
        "from rnncli.text.vocabulary import build, PARAGRAPH, SPECIALS;"
        "w = [*SPECIALS, PARAGRAPH, *map(str, range(500))];"
        "v, ids = build(w, [1] * 503, [0] * 503, True, Style(), case='fold', size=300, min_count=1);"
        "print(v.words, v.display_forms, v.counts, v.rare, ids)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


# words to know in any case

LISTED = st.lists(st.sampled_from(["a", "B", "c", "dd", "Zoë", "NASA", "nasa", "new", "<unk>", "<par>"]), max_size=8)
COUNTED = st.dictionaries(st.sampled_from([*"abcdefgh", "NASA", "Zoë"]), st.integers(1, 9), min_size=1)


@given(counts=COUNTED, listed=LISTED, size=st.integers(12, 20), min_count=st.integers(1, 5))
def test_words_to_know_are_known_and_all_others_are_the_most_frequent(
    counts: dict[str, int], listed: list[str], size: int, min_count: int
) -> None:
    made, ids = build_from(counts, size=size, min_count=min_count, to_know=listed)
    words = {fold(word) for word in listed} - {*SPECIALS, PARAGRAPH}
    assert words <= set(made.words)
    assert all(made.id(word) != UNK for word in words)
    assert len(made) == len(set(made.words)) <= size
    assert made.counts[2:] == sorted(made.counts[2:], reverse=True)
    assert sum(made.counts) == sum(counts.values())
    assert {i: n for i, n in enumerate(made.counts) if i > UNK and n} == {
        ids[word]: n for word, n in counts.items() if ids[word] != UNK
    }
    others = {fold(word): n for word, n in counts.items() if fold(word) not in words}
    known = [word for word in made.words[2:] if word not in words]
    assert known == sorted((w for w in others if others[w] >= min_count), key=lambda w: (-others[w], w))[: len(known)]
    assert {fold(word) for word in made.rare} == others.keys() - set(known)


@given(counts=COUNTED, size=st.integers(3, 20), min_count=st.integers(1, 5))
def test_list_of_words_that_are_known_anyway_changes_nothing(counts: dict[str, int], size: int, min_count: int) -> None:
    without = build_from(counts, size=size, min_count=min_count)
    again = build_from(counts, size=size, min_count=min_count, to_know=[word.upper() for word in without[0].words])
    assert again == without


def test_word_to_know_is_displayed_as_the_text_writes_it_else_as_it_is_given() -> None:
    v = vocabulary({"london": 1, "London": 3, "the": 9}, min_count=9, to_know=["LONDON", "Zoë", "ZOË", "eBay"])
    assert v.display_forms[2:] == ["the", "London", "eBay", "Zoë"]
    assert v.counts == [0, 0, 9, 4, 0, 0]
    assert vocabulary({"STRASSE": 2, "straße": 1}, to_know=["STRASSE"]).words[2:] == ["straße"]


def test_words_to_know_that_find_no_room_are_refused() -> None:
    assert vocabulary({"the": 9}, size=4, to_know=["a", "b"]).words[2:] == ["a", "b"]
    why = "vocabulary: of its 3 words 1 find no room in the vocabulary. Raise --vocabulary-size by 1"
    with pytest.raises(TextError, match=why):
        vocabulary({"the": 9}, size=4, to_know=["a", "b", "c", "A", "<unk>"])
