"""Half-typed words that are completed through a slip of typing: P(word | context) P(typed | word)."""

import numpy as np
import pytest
from asking import answer, answer_all
from hypothesis import given
from hypothesis import strategies as st
from predictors import Unigram

import rnncli
from rnncli.model import Prediction
from rnncli.prediction.answers import Question
from rnncli.text.codec import Codec
from rnncli.text.slips import EXTRA, KEYS, LEFT_OUT, MARK_LEFT_OUT, NEIGHBOR_KEY, SWAPPED, WRONG_ACCENT
from rnncli.text.vocabulary import SPECIALS, Vocabulary
from rnncli.unknown.words import USUAL

FRENCH = """\
C'est l'oiseau qui chante le matin. C'est l'école de l'élève. J'ai vu l'oiseau dans l'arbre.
L'élève aime l'école. Il n'a pas d'eau, mais j'ai de l'eau. C'est un été chaud à la forêt. Qu'il est beau !
"""


def codec(*words: str, rare: tuple[str, ...] = ()) -> Codec:
    names = [*SPECIALS, *map(str.lower, words)]
    counts = [10, 2 * len(rare), *[9] * len(words)]
    vocabulary = Vocabulary(names, [*SPECIALS, *words], counts, "fold", True, [*rare], [2] * len(rare))
    return Codec(vocabulary, "words", "lines")


def asked(text: str, by: Codec, y: list[float] | None = None, **options: object) -> Prediction:
    """Asks what predicts words with probabilities y whatever the context, or with equal ones."""
    n = len(by.vocabulary)
    return answer(Unigram(*(y or [1 / n] * n)), by, Question(**options), text)


def listed(text: str, by: Codec, **options: object) -> list[str]:
    return [word for word, _ in asked(text, by, **options)]


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> rnncli.LanguageModel:
    folder = tmp_path_factory.mktemp("french")
    (folder / "text.txt").write_text(40 * FRENCH, encoding="utf-8")
    return rnncli.train(folder / "text.txt", folder / "model.npz", hidden=0)


ENGLISH = codec("very", "grey", "don't", "word", "well-known", "London", "long", "the", "this", "I", "a", ".")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dont", "don't"),
        ("vrey", "very"),
        ("verry", "very"),
        ("vry", "very"),
        ("vety", "very"),
        ("vedry", "very"),
        ("wellkn", "well-known"),
        ("teh", "the"),
        ("Lnodon", "London"),
        ("VREY", "VERY"),
        ("DONT", "DON'T"),
        ("Dont", "Don't"),
    ],
)
@pytest.mark.parametrize("complete", [None, True])
def test_unknown_word_that_is_a_slip_is_completed(typed: str, meant: str, complete: bool | None) -> None:
    prediction = asked("a " + typed, ENGLISH, complete=complete)
    assert prediction.words[0].word == meant
    assert prediction.typed == typed
    assert meant in prediction.slips
    assert sum(y for _, y in prediction) == pytest.approx(1)


def test_whole_word_is_no_slip() -> None:
    """A blank follows, or the word is known, or it is said to be whole."""
    for text, options in (("a vrey ", {}), ("a long", {}), ("a vrey", {"complete": False})):
        assert asked(text, ENGLISH, **options).typed == ""
    assert asked("a vrey ", ENGLISH).unknown == ["vrey"]
    assert asked("a long", ENGLISH, complete=True).words[0].word == "long"


def test_nothing_is_listed_for_two_slips_or_two_letters() -> None:
    assert asked("a verrrt", ENGLISH, complete=True).words == []
    assert asked("a vr", ENGLISH, complete=True).words == []


def test_share_of_a_slip_is_its_probability_times_its_odds() -> None:
    """very 0.06 by two letters swapped; grey 0.3 by g for v, which has four neighbors more, and no other slip."""
    y = [0.1, 0.1, 0.06, 0.3, *[0.44 / 10] * 10]
    very, grey = 0.06 * SWAPPED, 0.3 * NEIGHBOR_KEY / 6
    shares = dict(asked("a vrey", ENGLISH, y).words)
    assert shares == pytest.approx({"grey": grey / (very + grey), "very": very / (very + grey)})


@given(st.floats(1e-6, 0.5), st.sampled_from(["cat", "caf", "cab", "car"]))
def test_slip_is_never_above_an_exact_completion_of_like_probability(p: float, typed: str) -> None:
    by = codec("cats", "cafe", "cabs", "cars", "acts", "ca't", "xcat", "czt", rare=("caatz",))
    y = np.array([0.1, p / 0.8, *[p] * 8])  # caatz has 2 of the 2.5 occurrences of unknown words
    prediction = asked(typed, by, [*(y / y.sum())], complete=True, k=99)
    names = [word for word, _ in prediction]
    assert names[0].startswith(typed)
    assert names[0] not in prediction.slips
    assert {*names[1:]} == prediction.slips


def test_likely_slip_is_above_an_unlikely_exact_completion() -> None:
    by = codec("the", "tehran")
    (the, y), (tehran, _) = asked("teh", by, [0.1, 0.1, 0.799, 0.001], complete=True)
    assert (the, tehran) == ("the", "tehran")
    assert y == pytest.approx(0.799 * (SWAPPED + EXTRA / KEYS) / (0.799 * (SWAPPED + EXTRA / KEYS) + 0.001))


def test_wrong_accent_is_a_slip_and_a_missing_one_is_none() -> None:
    by = codec("élève", "élevé", "sole")
    assert asked("éle", by, complete=True).words == [
        ("élevé", pytest.approx(1 / (1 + WRONG_ACCENT))),
        ("élève", pytest.approx(WRONG_ACCENT / (1 + WRONG_ACCENT))),
    ]
    assert asked("éle", by, complete=True).slips == {"élève"}
    assert asked("ele", by, complete=True).words == [("élève", 0.5), ("élevé", 0.5)]
    assert asked("ele", by, complete=True).slips == set()


def test_capital_inside_a_sentence_is_that_of_a_name_through_a_slip_too() -> None:
    by = codec("the", "London", "lined", "lendor")
    assert listed("the Lnod", by) == ["London"]
    assert listed("the lnod", by) == ["London"]  # as the exact beginning lond is
    assert listed("the Lnied", by) == ["Lined"]  # no name fits


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("првиет", ("привет", "пока")),
        ("하국", ("한국어", "일본")),
        ("καλημρ", ("καλημέρα", "όχι")),
        ("שולם", ("שלום", "לא")),
    ],
)
def test_words_of_other_scripts_are_reached(typed: str, words: tuple[str, ...]) -> None:
    assert listed(typed, codec(*words)) == [words[0]]


def test_syllable_may_go_on_with_the_last_consonant_that_was_typed() -> None:
    """An input method shows 한 while 하늘 is typed: the keys are ㅎㅏㄴ."""
    assert asked("한", codec("하늘", "한국", "학교"), complete=True).words == [("하늘", 0.5), ("한국", 0.5)]


def test_rare_word_is_reached_by_its_share_of_the_unknown_words() -> None:
    """zebra has 2 of the 4 occurrences of rare words; b is left out, or comes after the r."""
    by = codec("the", "zero", rare=("zebra", "wug"))
    zebra = 0.2 * USUAL.rare * 2 / 4 * (LEFT_OUT + SWAPPED)
    assert dict(asked("the zer", by, [0.1, 0.2, 0.3, 0.4]).words) == pytest.approx(
        {"zero": 0.4 / (0.4 + zebra), "zebra": zebra / (0.4 + zebra)}
    )
    prediction = asked("the zerb", by, [0.1, 0.2, 0.3, 0.4])
    assert prediction.words == [("zebra", 1)]
    assert prediction.unknown_offered == prediction.slips == {"zebra"}


def test_candidates_are_ranked_through_slips() -> None:
    prediction = asked("a vrey", ENGLISH, among=["very", "grey", "the", "very long"], complete=True)
    assert [word for word, _ in prediction] == ["very", "grey", "very long"]
    assert prediction.slips == {"very", "grey", "very long"}
    endings = dict(asked("a vrey", ENGLISH, complete=True).words)
    assert dict(prediction.words) == pytest.approx(endings | {"very long": endings["very"] / len(ENGLISH.vocabulary)})


def test_ways_ahead_begin_with_the_word_that_was_meant() -> None:
    prediction = asked("a vrey", ENGLISH, then=2, k=99)
    assert {way.split()[0].strip(".") for way, _ in prediction} <= {"very", "grey"}
    assert prediction.slips == {way for way, _ in prediction}


def test_several_texts_are_answered_as_one_by_one() -> None:
    texts = ["a vrey", "a very", "the dont", "I lon", "a vrey "]
    predictor = Unigram(*[1 / len(ENGLISH.vocabulary)] * len(ENGLISH.vocabulary))
    together = answer_all(predictor, ENGLISH, Question(k=3), texts)
    assert together == [answer(predictor, ENGLISH, Question(k=3), text) for text in texts]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cest", "C'est"),
        ("mais cest", "c'est"),
        ("mais loise", "l'oiseau"),
        ("loiseau", "L'oiseau"),
        ("LECOLE", "L'ÉCOLE"),
        ("mais lécole", "l'école"),
        ("mais jai", "j'ai"),
        ("mais quil", "qu'il"),
        ("dans l'oisea", "oiseau"),
        ("dans l'oisaeu", "oiseau"),
        ("dans l’oisaeu", "oiseau"),
        ("un ete", "été"),
        ("la foert", "forêt"),
    ],
)
def test_french_is_typed_as_people_type(french: rnncli.LanguageModel, text: str, meant: str) -> None:
    prediction = french.predict(text, 3)
    assert prediction.words[0].word.lower() == meant.lower()
    assert text.endswith(prediction.typed)


def test_share_of_an_elision_is_that_of_both_its_words() -> None:
    """l' 0.2, then oiseau 0.1, with the apostrophe left out; or oiseau 0.1 with an l too many; loisir 0.3."""
    by = codec("l'", "oiseau", "loisir", "le")
    y = [0.1, 0.1, 0.2, 0.1, 0.3, 0.2]
    prediction = asked("le loise", by, y)
    elision, extra = 0.2 * 0.1 * MARK_LEFT_OUT, 0.1 * EXTRA / KEYS
    total = elision + extra
    assert dict(prediction.words) == pytest.approx({"l'oiseau": elision / total, "oiseau": extra / total})
    assert prediction.slips == {"l'oiseau", "oiseau"}
    assert prediction.typed == "loise"
    total = 0.3 + elision + extra
    assert dict(asked("le lois", by, y).words) == pytest.approx(
        {"loisir": 0.3 / total, "l'oiseau": elision / total, "oiseau": extra / total}
    )
    assert listed("le lois", by, k=1) == ["loisir"]  # the elision is not even looked up


def test_way_ahead_is_no_elision() -> None:
    by = codec("l'", "oiseau", "loisir", "le")
    ways = asked("le lois", by, then=2)
    loisir, oiseau = 1 / (1 + EXTRA / KEYS), EXTRA / KEYS / (1 + EXTRA / KEYS)
    assert sum(y for way, y in ways if way.startswith("loisir")) == pytest.approx(4 / 6 * loisir)
    assert sum(y for way, y in ways if way.startswith("oiseau")) == pytest.approx(4 / 6 * oiseau)
    assert ways.slips == {way for way, _ in ways if way.startswith("oiseau")}


def test_half_swapped_letters_are_a_letter_left_out_or_two_swapped() -> None:
    by = codec("very", "vest")
    assert dict(asked("vey", by).words) == pytest.approx({"very": 1.0})
    shares = dict(asked("vet", by, [0.1, 0.1, 0.4, 0.4]).words)
    t_for_r = NEIGHBOR_KEY / 4
    assert shares == pytest.approx(
        {
            "vest": (LEFT_OUT + SWAPPED) / (LEFT_OUT + SWAPPED + t_for_r),
            "very": t_for_r / (LEFT_OUT + SWAPPED + t_for_r),
        }
    )


@pytest.mark.parametrize(("typed", "is_slip"), [("vrey", True), ("vxrqy", False)])
def test_unknown_word_is_whole_where_a_slip_is_less_likely_than_its_spelling(typed: str, is_slip: bool) -> None:
    """By default; with --complete it is half typed in any case."""
    by = codec("very", "grey", "the", "then", "vary")
    likely, unlikely = [0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1], [0.1, 0.9 - 5e-9, *[1e-9] * 5]
    assert (asked(f"a {typed}", by, likely).typed == typed) == is_slip
    assert asked(f"a {typed}", by, unlikely).typed == ""
    assert asked("a vrey", by, unlikely, complete=True).typed == "vrey"
