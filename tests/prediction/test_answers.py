"""Half-typed words, candidates and several words ahead, against the whole distribution."""

import numpy as np
import pytest
from asking import answer
from hypothesis import given
from hypothesis import strategies as st
from predictors import Bigram, Unigram

from rnncli import LanguageModel
from rnncli.errors import TextError, UsageError
from rnncli.network.cells import Elman, initial
from rnncli.prediction.answers import Question
from rnncli.run.recipe import fitted
from rnncli.text.alphabet import has_prefix
from rnncli.text.codec import Codec
from rnncli.text.vocabulary import SPECIALS, Vocabulary
from rnncli.unknown.urn import DISCOUNT
from rnncli.unknown.words import USUAL, UnknownWords

WORDS = ["the", "cat", "car", "can", "Carl", "café", "dog", "don't", "of", "a", ".", "to"]
MODEL = LanguageModel(
    initial(Elman(), len(WORDS) + 2, 5, np.random.default_rng(0)) | {"by": np.linspace(0, 2, len(WORDS) + 2)},
    Vocabulary(
        [*SPECIALS, *map(str.lower, WORDS)],
        [*SPECIALS, *WORDS],
        [1] * (len(WORDS) + 2),
        "fold",
        True,
        ["zebra", "zeal", "Zoë"],
        [3, 1, 1],
    ),
    fitted({"epochs": 1}),
    {},
)
contexts = st.lists(st.sampled_from([*WORDS, "xyz"]), max_size=4).map(lambda words: "".join(w + " " for w in words))


@given(contexts, st.sampled_from(["c", "ca", "cat", "C", "Ca", "cafe", "d", "don", "t", "T"]), st.integers(1, 20))
def test_completions_are_the_words_with_the_prefix(context: str, typed: str, k: int) -> None:
    y = MODEL.probabilities(context)
    starts = not context or context.endswith(". ")
    wanted = typed.lower() if starts else typed
    fitting = [i for i in range(2, len(y)) if has_prefix(MODEL.vocabulary.display_forms[i], wanted)] or [
        i for i in range(2, len(y)) if has_prefix(MODEL.vocabulary.words[i], wanted.lower())
    ]
    best = sorted(fitting, key=lambda i: (-y[i], i))
    got = MODEL.predict(context + typed, 99, complete=True)
    assert got.typed == typed
    begun = [word for word in got if word.word not in got.slips]
    assert [word.word.lower() for word in begun] == [MODEL.vocabulary.words[i] for i in best]
    shares = np.array([word.probability for word in begun])
    np.testing.assert_allclose(shares / shares.sum(), y[best] / y[fitting].sum(), rtol=1e-6)
    assert all(word.word[0].isupper() for word in got if typed[0].isupper())
    assert MODEL.predict(context + typed, k, complete=True).words == got.words[:k]


@given(contexts, st.sampled_from(["c", "d", "ca", "o", "z", "Z"]))
def test_completions_sum_to_one(context: str, typed: str) -> None:
    words = MODEL.predict(context + typed, 99, complete=True).words
    assert sum(word.probability for word in words) == pytest.approx(1)


def test_rare_words_complete_a_prefix() -> None:
    words = MODEL.predict("the z").words
    assert [word for word, _ in words] == ["zebra", "zeal", "Zoë"]
    np.testing.assert_allclose([y for _, y in words], [0.6, 0.2, 0.2])
    assert [word for word, _ in MODEL.predict("the Z")] == ["Zoë"]
    assert MODEL.predict("the zoe").words[0] == ("Zoë", pytest.approx(1, rel=1e-3))
    assert MODEL.predict("the q").typed == ""
    assert MODEL.predict("the q", complete=True).words == []


def test_last_word_is_half_typed_if_it_is_not_known() -> None:
    assert MODEL.predict("the ca").typed == "ca"
    assert MODEL.predict("the cat").typed == ""
    assert MODEL.predict("the cat", complete=True).typed == "cat"
    assert MODEL.predict("the ca", complete=False).typed == ""
    assert MODEL.predict("the ca ").unknown == ["ca"]


def test_predict_all_completes_what_predict_completes() -> None:
    texts = ["the ca", "the cat", "the", "a of ", "the z", "do", "the xyz"]
    for complete in (None, True, False):
        for one, text in zip(MODEL.predict_all(texts, 4, complete=complete), texts, strict=True):
            alone = MODEL.predict(text, 4, complete=complete)
            assert [word for word, _ in one] == [word for word, _ in alone]
            assert (one.typed, one.unknown) == (alone.typed, alone.unknown)
            np.testing.assert_allclose([y for _, y in one], [y for _, y in alone], rtol=1e-5)


def test_candidates_are_ranked_by_all_of_their_words() -> None:
    texts = ["cat", "the dog of", "can", "of a", "dog"]
    got = MODEL.predict("the", among=texts)
    for text, y in got:
        context, joint = "the", 1.0
        for word in text.split():
            joint *= MODEL.probabilities(context)[MODEL.vocabulary.id(word)]
            context += " " + word
        assert y == pytest.approx(joint, rel=1e-5)
    assert sorted(word for word, _ in got) == sorted(texts)
    assert [y for _, y in got] == sorted((y for _, y in got), reverse=True)
    assert [word for word, _ in MODEL.predict("the ca", among=texts, complete=True)] == [
        word for word, _ in got if word.startswith("ca")
    ]
    assert MODEL.predict("the zz", among=["zzz"], complete=True).words == [("zzz", 1.0)]
    with pytest.raises(TextError, match="candidate is empty"):
        MODEL.predict("the", among=["cat", " "])


def test_candidates_for_a_half_typed_word_are_as_likely_as_its_endings() -> None:
    """Their probabilities were those of the whole distribution: cat had 0.16, and 0.64 without candidates."""
    endings = asked("the ca", complete=True)
    among = asked("the ca", complete=True, among=["cat", "cab", "dog"])
    assert among == pytest.approx({"cat": endings["cat"], "cab": endings["cab"]})
    together = asked("the ca", complete=True, among=["cat", "cat the"])
    assert together == pytest.approx({"cat": endings["cat"], "cat the": 0.3 * endings["cat"]})
    every = MODEL.predict("the ca", complete=True)
    assert dict(MODEL.predict("the ca", among=["cat", "car"], complete=True).words) == pytest.approx(
        {word: y for word, y in every if word in ("cat", "car")}
    )


def test_ways_ahead_begin_with_the_prefix() -> None:
    got = MODEL.predict("the ca", 8, then=2)
    assert all(word.lower().startswith("ca") for word, _ in got)
    y = dict(MODEL.predict("the ca", 20, then=1).words)
    cat = [word for word, _ in MODEL.predict("the cat", 20, then=1)]
    assert [word for word, _ in MODEL.predict("the cat ", 20)] == cat
    assert got.words[0].probability < max(y.values())


def test_words_below_min_p_are_not_offered() -> None:
    words = MODEL.predict("the").words
    least = words[3].probability
    assert MODEL.predict("the", min_p=least).words == words[:4]
    assert MODEL.predict("the", min_p=1.0).words == []


# worked by hand

KNOWN = ["the", "cat", "Carl", "don't", "."]
RARE = {"cab": 6, "dog": 3, "wug": 1}  # occurrences outside the vocabulary


def codec(words: list[str] = KNOWN, rare: dict[str, int] = RARE, sentences: str = "lines") -> Codec:
    counts = [10, sum(rare.values()), *[9] * len(words)]
    names = [*SPECIALS, *map(str.lower, words)]
    vocabulary = Vocabulary(names, [*SPECIALS, *words], counts, "fold", True, [*rare], [*rare.values()])
    return Codec(vocabulary, "words", sentences)


ALWAYS = Unigram(0.1, 0.2, 0.3, 0.16, 0.08, 0.06, 0.1)  # <eos> <unk> the cat Carl don't .


def asked(text: str, predictor: Bigram = ALWAYS, by: Codec | None = None, **options: object) -> dict[str, float]:
    """Returns the words that are offered, with their probabilities."""
    return dict(answer(predictor, by or codec(), Question(**options), text).words)


def test_next_words_of_a_unigram_are_its_known_words() -> None:
    assert asked("the") == {"the": 0.3, "cat": 0.16, ".": 0.1, "Carl": 0.08, "don't": 0.06}
    assert asked("the", eos=True, k=3) == {"the": 0.3, "cat": 0.16, "<eos>": 0.1}
    assert asked("the", min_p=0.1, k=2) == {"the": 0.3, "cat": 0.16}
    assert asked("the", min_p=0.2) == {"the": 0.3}


def test_rare_words_fill_the_slots_that_known_words_leave_free() -> None:
    """cat 0.16 and Carl 0.08 fit "ca", and cab has 6 of 10 of what rare words have of the 0.2 of all unknown ones."""
    offered = asked("the ca")
    cab = 0.2 * USUAL.rare * 6 / 10
    assert [*offered] == ["cat", "Carl", "cab"]
    assert offered == pytest.approx(
        {word: y / (0.24 + cab) for word, y in (("cat", 0.16), ("cab", cab), ("Carl", 0.08))}
    )
    assert sum(offered.values()) == pytest.approx(1)
    assert [*asked("the ca", k=1)] == ["cat"]
    assert answer(ALWAYS, codec(), Question(), "the ca").unknown_offered == {"cab"}


@given(
    st.lists(st.floats(1e-6, 1), min_size=7, max_size=7),
    st.dictionaries(st.sampled_from(["cab", "cup", "dog", "dot", "wug"]), st.integers(1, 50)),
)
def test_probabilities_of_all_endings_sum_to_one(y: list[float], rare: dict[str, int]) -> None:
    rare = dict(sorted(rare.items(), key=lambda pair: -pair[1]))
    predictor = Unigram(*(np.array(y) / sum(y)))
    for prefix in ("c", "ca", "d", "t", "do"):
        fitting = [word for word in [*KNOWN, *rare] if has_prefix(word, prefix)]
        offered = asked("the " + prefix, predictor, codec(rare=rare), complete=True, k=99)
        assert sorted(offered) == sorted(fitting)
        assert not fitting or sum(offered.values()) == pytest.approx(1)


def test_unknown_candidate_has_its_own_share_of_the_unknown_probability() -> None:
    """A rare word by its count, any other by its spelling."""
    prediction = answer(ALWAYS, codec(), Question(among=["wug", "the", "Dog", "xyzzy", "cat"]), "the ")
    shares = {"the": 0.3, "cat": 0.16, "Dog": 0.2 * USUAL.rare * 3 / 10, "wug": 0.2 * USUAL.rare * 1 / 10}
    shares["xyzzy"] = 0.2 * UnknownWords(codec().vocabulary).shares(["xyzzy"])[0]
    assert [word for word, _ in prediction] == [*shares]
    assert dict(prediction.words) == pytest.approx(shares)
    assert prediction.unknown_offered == {"Dog", "wug", "xyzzy"}


def test_probability_of_a_candidate_of_unknown_words_is_the_product_of_theirs() -> None:
    """The second unknown word is a new one, too, not the first again: (θ + d) / (1 + θ)."""
    second = (USUAL.strength + DISCOUNT) / (1 + USUAL.strength)
    assert asked("the", among=["wug dog cat"])["wug dog cat"] == pytest.approx(
        0.2**2 * 0.16 * (USUAL.rare / 10) ** 2 * 3 * second
    )


def test_unknown_candidate_is_never_above_a_word_with_a_higher_count() -> None:
    """The network expects an unknown word nearly surely."""
    sure = Unigram(0.001, 0.99, 0.003, 0.002, 0.002, 0.001, 0.001)
    offered = [*asked("the", sure, among=["never", "wug", "dog", "cab"])]
    assert offered == ["cab", "dog", "wug", "never"]


def test_all_candidates_are_ranked_unless_k_is_given() -> None:
    among = [f"{a}{b}" for a in "abcdefg" for b in "xy"]
    assert len(asked("the", among=among)) == 14
    assert len(asked("the", among=among, k=3)) == 3


@pytest.mark.parametrize("candidate", ["", " \n", "\u00ad", "\u200b"])
def test_candidate_without_words_is_refused(candidate: str) -> None:
    with pytest.raises(TextError, match="a candidate (is empty|holds no words)"):
        asked("the", among=["cat", candidate])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"k": 0}, "k: 0"),
        ({"k": 2.0}, "k: 2.0"),
        ({"k": True}, "k: True"),
        ({"then": 0}, "then: 0"),
        ({"then": 101}, "then: 101"),
        ({"min_p": -0.1}, "min_p: -0.1"),
        ({"min_p": float("nan")}, "min_p: nan"),
        ({"among": "cat"}, "among"),
    ],
)
def test_question_refuses_values_out_of_range(options: dict, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Question(**options)


def test_question_takes_numbers_of_numpy() -> None:
    assert [*asked("the", k=np.int64(2), min_p=np.float32(0.1), then=np.int32(1))] == ["the", "cat"]


# half-typed words

PROSE = ["don't", "well-known", "U.S.", "1,000", "café", "twenty-one", "no", "the", "e.g.", "o'clock", "don", "I", "."]


def half_typed(words: list[str]) -> list[str]:
    """Returns each prefix, with a letter or digit, of words that is no word itself."""
    known = {word.lower() for word in words}
    prefixes = [word[:n] for word in words for n in range(1, len(word))]
    return [prefix for prefix in prefixes if prefix.lower() not in known and any(map(str.isalnum, prefix))]


@pytest.mark.parametrize("before", ["but ", "", "he said.\n", 'he said "', "the café, "])
def test_every_prefix_of_every_word_is_completed_by_predict_and_predict_all(before: str) -> None:
    model = trained_on_nothing(PROSE)
    prefixes = half_typed(PROSE)
    together = model.predict_all([before + prefix for prefix in prefixes])
    for prefix, one in zip(prefixes, together, strict=True):
        alone = model.predict(before + prefix, session=model.session())
        for prediction in (alone, one):
            assert prediction.typed == prefix
            assert {word.lower() for word, _ in prediction if word not in prediction.slips} == {
                w.lower() for w in PROSE if has_prefix(w.lower(), prefix.lower())
            }
        assert alone.words == [(word, pytest.approx(y)) for word, y in one.words]


def trained_on_nothing(words: list[str], sentences: str = "lines") -> LanguageModel:
    names = [*SPECIALS, *map(str.lower, words)]
    vocabulary = Vocabulary(names, [*SPECIALS, *words], [9] * len(names), "fold", True)
    params = initial(Elman(), len(names), 4, np.random.default_rng(0))
    return LanguageModel(params, vocabulary, fitted({"epochs": 1, "sentences": sentences}), {})


def test_apostrophe_ends_no_half_typed_word() -> None:
    for text in ("but I don'", "but I don’"):
        assert [word for word, _ in trained_on_nothing(PROSE).predict(text)] == ["don't"]


# sentence starts

TOM = ["the", "dog", "ran", "Tom", "to", "trap", "Carl", "."]
LINE = "the dog ran to the trap and the dog ran to the trap\n"


@pytest.mark.parametrize("text", ["the dog ran\nT", LINE * 3 + "T", "T", "the dog ran. T"])
def test_capital_at_a_sentence_start_of_wrapped_prose_fits_every_word(text: str) -> None:
    by = codec(TOM, {}, "wrapped")
    assert {*asked(text, Unigram(*[0.1] * 10), by, complete=True)} == {"The", "Tom", "To", "Trap"}


def test_capital_inside_a_sentence_is_a_name() -> None:
    by = codec(TOM, {}, "wrapped")
    assert [*asked("the dog T", Unigram(*[0.1] * 10), by, complete=True)] == ["Tom"]
    assert [*asked("the dog\nran T", Unigram(*[0.1] * 10), by, complete=True)] == ["Tom"]


def test_line_end_before_a_capital_is_read_as_the_end_of_a_sentence() -> None:
    by = codec(TOM, {}, "wrapped")
    assert by.prompt(LINE + "T", True).tokens[-1] == "\n"
    assert by.prompt(LINE + "t", True).tokens[-1] == "trap"
    assert by.prompt(LINE + "RAN T", True).tokens[-2:] == ["trap", "RAN"]
    assert by.prompt("THE DOG\nT", True).capitals


def test_all_capitals_are_caps_lock() -> None:
    by = codec(TOM, {}, "wrapped")
    even = Unigram(*[0.1] * 10)
    assert {*asked("THE DOG TR", even, by, complete=True)} == {"TRAP"}
    assert {word.upper() for word in asked("THE DOG T", even, by, complete=True)} == {"THE", "TOM", "TO", "TRAP"}
