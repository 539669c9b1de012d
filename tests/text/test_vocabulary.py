"""Words and their ids."""

import subprocess
import sys

from rnncli.text.tokens import END
from rnncli.text.vocabulary import EOS, SPECIALS, UNK, Vocabulary, build, fold


def vocabulary(counts: dict[str, int], inner: dict[str, int] | None = None, **choices: object) -> Vocabulary:
    tokens = [*SPECIALS, *counts]
    settings = {"case": "fold", "size": 100, "min_count": 1, **choices}
    inner = counts if inner is None else inner
    return build(tokens, [0, 0, *counts.values()], [0, 0, *(inner.get(w, 0) for w in counts)], True, **settings)[0]


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
    tokens = [*SPECIALS, "a", "<UNK>"]
    v, remap = build(tokens, [3, 4, 5, 1], [0, 4, 5, 1], True, case="fold", size=10, min_count=1)
    assert v.words == [*SPECIALS, "a"]
    assert remap == [EOS, UNK, 2, UNK]
    assert v.counts == [3, 5, 5]
    assert v.id("<unk>") == UNK
    assert v.id("<eos>") == EOS


def test_fold_is_idempotent() -> None:
    for word in ("İstanbul", "STRASSE", "ΟΔΟΣ", "Don’t", "’", "I"):
        assert fold(fold(word)) == fold(word)


def test_hash_seed_does_not_change_the_vocabulary() -> None:
    program = (
        "from rnncli.text.vocabulary import build, SPECIALS;"
        "w = [*SPECIALS, *map(str, range(500))];"
        "print(build(w, [1] * 502, [0] * 502, True, case='fold', size=300, min_count=1))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
