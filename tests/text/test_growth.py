"""A vocabulary that grows by the words of another text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.flags import Abbreviations
from rnncli.text.growth import Earlier, grown
from rnncli.text.spacing import Spacing
from rnncli.text.style import Style
from rnncli.text.vocabulary import EOS, PAR, PARAGRAPH, SPECIALS, UNK, Vocabulary, build, fold

WORDS = st.dictionaries(st.sampled_from([*"abcdefghij", "A", "B", "The", "the"]), st.integers(1, 9), min_size=1)
Counts = dict[str, int]


def written(counts: Counts, ends: int = 3, breaks: int = 0, unknown: int = 0) -> tuple[list[str], list[int], list[int]]:
    """Returns the tokens of a text, how often each occurs, and how often inside a sentence."""
    of_tokens = [ends, unknown, breaks, *counts.values()]
    return [*SPECIALS, PARAGRAPH, *counts], of_tokens, [0, 0, 0, *counts.values()]


def first(counts: Counts, breaks: int = 0, style: Style | None = None, **choices: Any) -> Vocabulary:
    how = {"case": "fold", "size": 100, "min_count": 1} | choices
    return build(*written(counts, breaks=breaks), True, style or Style(), **how)[0]


def then(
    vocabulary: Vocabulary,
    counts: Counts,
    size: int | None = None,
    min_count: int = 1,
    is_counted: bool = False,
    usual: int = 100,
    capitals: bool = True,
    style: Style | None = None,
    **text: int,
) -> tuple[Vocabulary, dict[str, int]]:
    """Returns the vocabulary that a text makes of another one, and the id of each token of the text."""
    earlier, tokens = Earlier(vocabulary, is_counted, usual), written(counts, **text)
    result, ids = grown(earlier, *tokens, capitals, style or Style(), size=size, min_count=min_count)
    return result, dict(zip(tokens[0], ids, strict=True))


def by_word(vocabulary: Vocabulary) -> Counts:
    return dict(zip(vocabulary.words, vocabulary.counts, strict=True))


@given(a=WORDS, b=WORDS, size=st.integers(3, 20), min_count=st.integers(1, 4))
def test_known_words_keep_ids_and_forms_and_no_occurrence_is_lost(
    a: Counts, b: Counts, size: int, min_count: int
) -> None:
    old = first(a, size=size, min_count=min_count)
    new, ids = then(old, b, min_count=min_count, usual=size)
    assert new.words[: len(old)] == old.words
    assert new.display_forms[: len(old)] == old.display_forms
    assert len(set(new.words)) == len(new)
    assert sum(new.counts) == sum(old.counts) + 3 + sum(b.values())
    assert new.counts[UNK] == sum(new.rare_counts)
    assert new.rare_counts == sorted(new.rare_counts, reverse=True)
    for token in b:
        assert ids[token] == new.id(token)
        assert new.words[ids[token]] in (fold(token), "<unk>")


@given(a=WORDS, b=WORDS)
def test_where_all_words_are_kept_two_texts_are_one_after_the_other(a: Counts, b: Counts) -> None:
    both = {word: a.get(word, 0) + b.get(word, 0) for word in (*a, *b)}
    whole = build(*written(both, ends=6), True, Style(), case="fold", size=100, min_count=1)[0]
    assert by_word(then(first(a), b)[0]) == by_word(whole)


def test_frequent_words_are_appended_by_falling_count_and_rare_ones_add_up() -> None:
    """Of the first text 3 x "fox" and "ox" are unknown; "ox" becomes known by its 1 + 1 occurrences, "fox" does not."""
    old = first({"the": 9, "cat": 4, "fox": 1, "ox": 1}, min_count=2)
    assert (old.words[2:], old.counts[UNK], old.rare) == (["the", "cat"], 2, ["fox", "ox"])
    new, ids = then(old, {"dog": 5, "ox": 1, "hen": 7, "cat": 2, "emu": 1}, min_count=2)
    assert new.words[2:] == ["the", "cat", "hen", "dog", "ox"]
    assert new.counts[2:] == [9, 6, 7, 5, 2]
    assert (new.rare, new.rare_counts, new.counts[UNK]) == (["emu", "fox"], [1, 1], 2)
    assert (ids["ox"], ids["emu"], ids["cat"]) == (6, UNK, 3)
    assert new.counts[EOS] == 6


def test_default_size_lets_a_full_vocabulary_grow_by_what_a_text_alone_would_teach() -> None:
    """Four words beside the special two: of the second text those would be "dog", "cat", "hen" and "emu"."""
    old, text = (
        first({"the": 9, "cat": 4, "fox": 3, "ox": 2}, size=6),
        {"dog": 5, "cat": 4, "hen": 3, "emu": 2, "elk": 1},
    )
    assert len(old) == 6
    assert then(old, text, usual=6)[0].words[6:] == ["dog", "hen", "emu"]
    assert then(old, text, usual=9)[0].words[6:] == ["dog", "hen", "emu", "elk"]
    assert then(old, text, usual=6, min_count=3)[0].words[6:] == ["dog", "hen"]
    assert then(old, text, size=7)[0].words[6:] == ["dog"]
    assert then(old, text, size=6)[0].words == old.words


@given(a=WORDS, b=WORDS, size=st.integers(3, 12))
def test_size_that_was_chosen_by_default_gives_the_same_vocabulary_where_it_is_said(
    a: Counts, b: Counts, size: int
) -> None:
    """So a run can be repeated by its settings."""
    old = first(a, size=size)
    new = then(old, b, usual=size)[0]
    assert then(old, b, size=max(size, len(new)))[0] == new


@given(a=WORDS, min_count=st.integers(1, 4))
def test_text_that_was_counted_before_changes_no_count(a: Counts, min_count: int) -> None:
    old = first(a, min_count=min_count)
    assert by_word(then(old, a, is_counted=True, min_count=min_count)[0]) == by_word(old)
    more = then(old, a, is_counted=True, min_count=1)[0]
    assert by_word(more) == by_word(first(a))
    assert not more.rare


def test_display_form_of_a_known_word_stays_and_a_new_one_has_its_own() -> None:
    new = then(first({"Will": 2}), {"will": 9, "Anna": 2})[0]
    assert new.display_forms[2:] == ["Will", "Anna"]


@pytest.mark.parametrize("breaks", [0, 4])
def test_ends_of_paragraphs_are_a_word_only_where_they_were_one(breaks: int) -> None:
    new = then(first({"a": 2}, breaks=breaks), {"a": 1}, breaks=5)[0]
    assert new.has_paragraphs == (breaks > 0)
    assert new.counts == ([6, 0, 9, 3] if breaks else [6, 0, 3])
    assert then(first({"a": 2}, breaks=breaks), {"a": 1}, breaks=0)[0].counts[PAR] == (4 if breaks else 3)


def test_text_keeps_the_case_rule_of_the_vocabulary() -> None:
    old = first({"Iı": 2, "ı": 9, "sık": 4})
    assert old.case == "fold dotless"
    assert then(old, {"IT": 2})[0].words[-1] == "ıt"
    assert then(first({"it": 2}), {"ı": 9})[0].case == "fold"
    assert then(first({"it": 2}, case="keep"), {"It": 9})[0].words[2:] == ["it", "It"]


def test_longer_text_decides_on_blanks_and_capitals_and_both_teach_abbreviations() -> None:
    dots, dashes = Spacing(marks=("…", "…")), Spacing(marks=("—", "—"))
    one = Style(Abbreviations(frozenset({"mr"}), True), dots)
    other = Style(Abbreviations(frozenset({"prof"}), False), dashes)
    old = first({"a": 5}, style=one)
    longer = then(old, {"a": 6}, style=other, capitals=False)[0]
    shorter = then(old, {"a": 4}, style=other, capitals=False)[0]
    words = frozenset({"mr", "prof"})
    assert (longer.style, longer.capitals) == (Style(Abbreviations(words, False), dashes), False)
    assert (shorter.style, shorter.capitals) == (Style(Abbreviations(words, True), dots), True)
