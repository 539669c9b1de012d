"""Parts of a text that are scored one by one, each from the blank state."""

import time
import timeit
from collections import deque
from itertools import chain, groupby, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnncli
from rnncli.errors import TextError, UsageError
from rnncli.evaluation.items import items, lines, resolved, whole
from rnncli.evaluation.surprisal import EVALUATED_WORDS
from rnncli.text.codec import FIRST_RULES, FIRST_TOKENIZERS, RULES, Codec
from rnncli.text.tokens import TOKENIZERS
from rnncli.text.vocabulary import EOS, PARAGRAPH, SPECIALS, Vocabulary

TEXT = """The cat sat on the mat. The dog
ran by the fire.

The hen sang in
London. The cat sat on the mat.
"""
ITEMS = {  # of TEXT, by mode and unit
    ("lines", "sentence"): TEXT.splitlines(),
    ("lines", "line"): TEXT.splitlines(),
    ("lines", "block"): TEXT.split("\n\n"),
    ("wrapped", "line"): TEXT.splitlines(),
    ("wrapped", "block"): TEXT.split("\n\n"),
    ("wrapped", "sentence"): [
        "The cat sat on the mat.",
        "The dog ran by the fire.",
        "The hen sang in London.",
        "The cat sat on the mat.",
    ],
}
anything = st.text(st.sampled_from("aB.\n \t\u200b\u2028é\"'-<>eos"), max_size=40)


def costs(words: Any) -> list[tuple[str, Any]]:
    return [(word.word, pytest.approx(word.bits, rel=1e-4, abs=1e-5), word.rank) for word in words]


@pytest.mark.parametrize(("mode", "unit"), ITEMS)
def test_surprisals_of_an_item_equal_those_that_it_has_alone(model: rnncli.LanguageModel, mode: str, unit: str) -> None:
    alone = [
        list(model.scored(item, sentences="lines" if unit == "sentence" else mode))
        for item in ITEMS[mode, unit]
        if item.strip()
    ]
    together = list(model.scored(TEXT, sentences=mode, fresh=unit))
    assert [tuple(word[:3]) for word in together] == costs(chain.from_iterable(alone))
    score = model.score(TEXT, sentences=mode, fresh=unit)
    assert score.bits_per_word == pytest.approx(sum(word.bits for word in together) / len(together), rel=1e-5)


def test_carried_state_tells_items_apart_from_each_other(model: rnncli.LanguageModel) -> None:
    """Without a fresh start, equal sentences cost differently; with it, the same."""
    text = "The hen sat.\nThe red fox ran.\nThe hen sat.\n"
    carried = [sum(w.bits for w in s) for s in model.scored_sentences(text)]
    apart = [sum(w.bits for w in s) for s in model.scored_sentences(text, fresh="sentence")]
    assert carried[0] != carried[2]
    assert apart[0] == apart[2]


@given(text=anything)
def test_a_row_comes_of_each_line_whatever_is_in_it(model_once: rnncli.LanguageModel, text: str) -> None:
    count = text.count("\n") + bool(text.rpartition("\n")[2])
    for fresh in ("line", "sentence", None):
        try:
            rows = list(model_once.scored_sentences(text, sentences="lines", fresh=fresh))
        except TextError:
            assert not any(model_once.codec.tokens(line) for line in text.split("\n"))
        else:
            assert len(rows) == count
            flat = list(model_once.scored(text, sentences="lines", fresh=fresh))
            assert [tuple(word[:3]) for word in chain.from_iterable(rows)] == costs(flat)


@given(text=anything, cuts=st.lists(st.integers(0, 40)))
def test_lines_do_not_depend_on_the_blocks_of_a_text(text: str, cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(text)]
    blocks = [text[a:b] for a, b in pairwise(at)]
    assert list(lines(blocks)) == list(lines([text]))
    assert "".join(lines([text])) == text


def test_blank_lines_are_rows_where_lines_are_sentences_or_stand_alone(model: rnncli.LanguageModel) -> None:
    text = "\nThe cat sat. The dog ran.\n\n\nThe hen\n\n"

    def words(**options: Any) -> list[int]:
        return [len(sentence) for sentence in model.scored_sentences(text, **options)]

    assert words(sentences="lines") == [0, 9, 0, 0, 3, 0]
    assert words(sentences="lines", fresh="line") == [0, 9, 0, 0, 3, 0]
    assert words(sentences="wrapped", fresh="line") == [0, 5, 5, 0, 0, 3, 0]
    assert words(sentences="wrapped") == words(sentences="wrapped", fresh="sentence") == [5, 5, 3]
    assert words(sentences="lines", fresh="block") == [9, 3]
    assert words(sentences="wrapped", fresh="block") == [5, 5, 3]


def apart(text: str, unit: str) -> list[str]:
    found = list(lines([text]))
    if unit == "line":
        return found
    return ["".join(part) for filled, part in groupby(found, lambda line: bool(line.strip())) if filled]


@pytest.mark.parametrize("words", [[*SPECIALS, PARAGRAPH], [*SPECIALS]])
@pytest.mark.parametrize(
    ("tokenizer", "rules"),
    [*((tokenizer, FIRST_RULES) for tokenizer in FIRST_TOKENIZERS), *((tokenizer, RULES) for tokenizer in TOKENIZERS)],
)
@given(
    text=st.text(st.sampled_from('aB.1-\n\n \t\u00ad\u2028é"我。…(?\0'), max_size=60),
    characters=st.sampled_from([1, 10, 1000]),
)
def test_items_encoded_at_once_equal_those_encoded_one_by_one(
    words: list[str], tokenizer: str, rules: int, text: str, characters: int
) -> None:
    if tokenizer == "dictionary":
        pytest.importorskip("icu4py", reason="the extra rnncli[dictionary] is not installed")
    words = [*words, *"ab.-1我", "a-b"]
    codec = Codec(Vocabulary(words, words, [1] * len(words), "fold", True), tokenizer, "lines", rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rnncli.evaluation.items, "CHARACTERS_AT_ONCE", characters)
        for mode, unit in (("wrapped", "line"), ("wrapped", "block"), ("lines", "block")):
            together = [(item.ids.tolist(), item.tokens) for item in items(codec, [text], mode, unit)]
            alone = [list(whole(codec, [part], mode)) for part in apart(text, unit)]
            assert together == [
                ([i for ids, _ in parts for i in ids.tolist()], [token for _, tokens in parts for token in tokens])
                for parts in alone
            ]


@pytest.mark.parametrize(("mode", "unit"), [("wrapped", "line"), ("wrapped", "block"), ("lines", "block")])
def test_many_short_items_take_little_longer_than_one_text(mode: str, unit: str) -> None:
    """One by one they took 20 to 80 times as long."""
    words = [*SPECIALS, *(f"w{i}" for i in range(1000))]
    codec = Codec(Vocabulary(words, words, [1] * len(words), "fold", True), "words", mode)
    text = "".join(f"w{i % 1000} W{i % 999}. W{i % 998}\n" + "\n" * (unit == "block") for i in range(2000))
    apart, one = (
        min(timeit.repeat(lambda: deque(find(), 0), timer=time.process_time, number=1, repeat=3))  # noqa: B023
        for find in (lambda: items(codec, [text], mode, unit), lambda: whole(codec, [text], mode))
    )
    assert apart < 8 * one


def test_long_items_and_many_items_are_read_in_batches(model: rnncli.LanguageModel) -> None:
    line = "the cat sat on the mat " * (EVALUATED_WORDS // 4)
    once = list(model.scored(line, sentences="lines"))
    twice = list(model.scored(f"{line}\n" * 2, sentences="lines", fresh="line"))
    assert len(twice) == 2 * len(once) > 2 * EVALUATED_WORDS
    assert np.allclose([w.bits for w in twice], 2 * [w.bits for w in once], rtol=1e-4, atol=1e-5)
    short = list(model.scored("the cat\n" * EVALUATED_WORDS, sentences="lines", fresh="line"))
    assert {round(word.bits, 3) for word in short} == {round(word.bits, 3) for word in short[:3]}


def test_auto_detects_sentences_from_the_whole_text(model: rnncli.LanguageModel) -> None:
    paragraphs = "The cat sat on the mat. The dog ran. The hen sang.\n" * 3
    assert resolved(paragraphs, "auto")[0] == "wrapped"
    assert resolved("the cat\nthe dog\n", "auto")[0] == "lines"
    assert len(list(model.scored_sentences(paragraphs, sentences="auto"))) == 9
    assert len(list(model.scored_sentences(paragraphs, sentences="lines"))) == 3
    assert len(list(model.scored_sentences(paragraphs))) == 3  # as the model was trained


def test_options_that_do_not_exist_are_refused(model: rnncli.LanguageModel) -> None:
    for options in ({"sentences": "line"}, {"fresh": "words"}):
        with pytest.raises(UsageError, match="is not one of"):
            model.score("the cat", **options)


def test_end_of_sentence_that_stands_in_the_text_is_a_word(model: rnncli.LanguageModel) -> None:
    (sentence,) = model.scored_sentences("the <eos> cat\n")
    assert sentence[-1].is_end
    assert sum(word.is_end for word in sentence) == 1


def test_items_hold_no_end_before_their_words(model: rnncli.LanguageModel) -> None:
    for item in items(model.codec, ["the cat\n\nthe dog"], "lines", "line"):
        assert len(item.ids) == len(item.tokens)
        assert not item.tokens or (item.ids[0] != EOS and item.ids[-1] == EOS)


@pytest.fixture(scope="module")
def model_once(model_file: Any) -> rnncli.LanguageModel:
    return rnncli.load(model_file)
