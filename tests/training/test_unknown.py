"""Teaching <unk> to a network whose text has no unknown words."""

import tempfile
from itertools import islice
from math import log
from pathlib import Path

import numpy as np
import pytest

import rnncli
from rnncli.network.network import Network
from rnncli.run.recipe import fitted
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import EOS, UNK
from rnncli.training.trainer import begin, train
from rnncli.training.unknown import (
    MAX_PLACES,
    UNKNOWN_PER_FREQUENT_WORD,
    UNKNOWN_PER_WORD,
    Reading,
    Text,
    candidates,
    counts_as_read,
    share_unknown,
    with_unknown,
)


def spool_of(ids: list[int]) -> Spool:
    spool = Spool(tempfile.TemporaryFile())
    spool.append(np.array(ids, np.int32))
    return spool


CYCLE = [EOS, *[2, 3, 4, 5, EOS] * 60]
COUNTS = [61, 0, 60, 60, 60, 60]


def test_a_word_may_be_unknown_in_any_of_its_places_or_in_some_of_many() -> None:
    ids = [EOS, 3, 2, UNK, 3, 5, 2, EOS, *[4] * 9_000]
    places, words = candidates(spool_of(ids), [2, 1, 2, 2, 9_000, 1], 2, np.random.default_rng(0))
    assert words[:5].tolist() == [3, 2, 3, 5, 2]
    assert places[:5].tolist() == [1, 2, 4, 5, 6]
    assert [ids[at] for at in places] == words.tolist()
    assert len(places) - 5 == pytest.approx(MAX_PLACES, abs=25)
    assert places[-1] > 8_000


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        ([9, 0, 1, 1, 7, 7], UNKNOWN_PER_WORD),
        ([9, 1, 1, 1, 7, 7], UNKNOWN_PER_WORD - 1 / 4),
        ([9, 2, 1, 1, 7, 7], 0.0),
        ([9, 9, 1, 1, 7, 7], 0.0),
        ([9, 0, 1, 1, 0, 0], UNKNOWN_PER_WORD),
        ([9, 9], 0.0),
        ([900, 0, *[250] * 10], UNKNOWN_PER_FREQUENT_WORD),
        ([900, 249, *[250] * 10], UNKNOWN_PER_FREQUENT_WORD - 1 / 10),  # one word, though it occurs often
        ([900, 9000, *[250] * 10], 0.0),
    ],
)
def test_unknown_words_of_the_text_count_towards_those_that_are_taught(counts: list[int], share: float) -> None:
    assert share_unknown(counts, 2) == share


def test_unk_counts_as_often_as_it_is_read() -> None:
    assert counts_as_read(COUNTS, 2) == [61, 2, 60, 60, 60, 60]
    assert counts_as_read([9, 9, 1, 1], 2) == [9, 9, 1, 1]


def test_a_reading_has_unk_once_for_every_second_word_and_in_other_places_each_time() -> None:
    ids = [EOS, *range(2, 102), *range(2, 102), EOS]
    text = Text(spool_of(ids), [2, 0, *[2] * 100], 2, seed=1)
    readings = [text.reading(n).read(0, len(ids)).tolist() for n in range(4)]
    for reading in readings:
        places = [at for at, (read, i) in enumerate(zip(reading, ids, strict=True)) if read != i]
        assert all(reading[at] == UNK for at in places)
        assert 30 < len(places) < 70
        assert 10 < sum(at > 100 for at in places) < 40
    assert len(set(map(tuple, readings))) == 4
    again = Text(spool_of(ids), [2, 0, *[2] * 100], 2, seed=1)
    assert again.reading(2).read(0, len(ids)).tolist() == readings[2]


def test_a_reading_in_parts_is_the_reading_in_one() -> None:
    reading = Reading(spool_of(list(range(20))), np.array([0, 3, 4, 11, 19]))
    whole = reading.read(0, 99).tolist()
    assert [at for at in range(20) if whole[at] == UNK] == [0, 1, 3, 4, 11, 19]
    for cut in range(20):
        assert [*reading.read(0, cut), *reading.read(cut, 20)] == whole


def test_a_text_with_enough_unknown_words_is_read_as_it_is() -> None:
    ids = [EOS, 2, UNK, 3, UNK, 2, 3, EOS]
    assert Text(spool_of(ids), [2, 2, 2, 2], 2, seed=0).reading(0).read(0, 9).tolist() == ids


def test_a_network_gives_unk_a_probability_though_its_text_has_no_unknown_word() -> None:
    """The words of the text teach a mean of 3e-6."""
    settings = fitted({"hidden": 12, "batch": 2, "bptt": 5, "epochs": 40, "learning_rate": 0.02, "dropout": 0.0}, 300)
    state = begin(len(CYCLE), COUNTS, 2, settings)
    for _ in train(spool_of(CYCLE), spool_of(CYCLE[:50]), COUNTS, 2, settings, state=state):
        pass
    network = Network(state.model(), state.cell)
    (states,) = network.read(network.start(), np.array(CYCLE[:50])[:, None])
    unknown = network.next((states[1:, 0],))[:, UNK].mean()
    expected = UNKNOWN_PER_WORD * 4 / len(CYCLE)
    assert expected / 4 < unknown < expected * 4


def test_a_training_continued_from_its_state_reads_the_same_unknown_words() -> None:
    settings = fitted({"hidden": 6, "batch": 2, "bptt": 5, "epochs": 3, "dropout": 0.0}, 300)
    whole = begin(len(CYCLE), COUNTS, 2, settings)
    losses = [p.loss for p in train(spool_of(CYCLE), spool_of(CYCLE[:50]), COUNTS, 2, settings, state=whole)]
    parts = begin(len(CYCLE), COUNTS, 2, settings)
    first = [p.loss for p in islice(train(spool_of(CYCLE), spool_of(CYCLE[:50]), COUNTS, 2, settings, state=parts), 47)]
    rest = [p.loss for p in train(spool_of(CYCLE), spool_of(CYCLE[:50]), COUNTS, 2, settings, state=parts)]
    assert first + rest == losses


def test_temperature_is_fitted_to_a_text_with_as_many_unknown_words_as_were_taught() -> None:
    """150 times two sentences: `<unk>` was learned, but a temperature of 0.1 made it e^-30 after "a"."""
    ids = np.array([EOS, *[2, 3] * 50])
    assert np.flatnonzero(with_unknown(ids, 0.1, 0.1, 2) == UNK).tolist() == [5, 14, 23, 32, 41, 51, 60, 69, 78, 87, 96]
    assert with_unknown(ids, 0.0, 0.0, 2).tolist() == ids.tolist()
    enough = np.array([EOS, 2, UNK, 3, UNK])
    assert with_unknown(enough, 0.3, 0.0, 2).tolist() == enough.tolist()
    assert with_unknown(np.array([EOS, EOS]), 1.0, 1.0, 2).tolist() == [EOS, EOS]
    assert with_unknown(enough, 0.3, 0.2, 2).tolist() == [EOS, 2, UNK, UNK, UNK]  # whatever the text has


@pytest.mark.parametrize("share", [0.01, 0.3, 0.45, 0.8])
def test_at_least_the_share_of_a_text_is_unknown(share: float) -> None:
    """Every so manyth id was replaced, but for ends of sentences: .27 for .30, .40 for .45."""
    ids = np.array([EOS, *[2, 3, 4, 5, 6, 7, 8, 9, 2, EOS] * 9])
    assert share <= np.mean(with_unknown(ids, share, 0.0, 2) == UNK) < share + 1 / len(ids)


def test_places_and_readings_are_drawn_from_streams_of_their_own() -> None:
    """Reading 0 was drawn from [seed, 0], which is as the seed alone, by which the places were drawn."""
    ids = [EOS, *range(2, 102), *range(2, 102), EOS]
    text = Text(spool_of(ids), [2, 0, *[2] * 100], 2, seed=1)
    unknown = np.flatnonzero(text.reading(0).read(0, len(ids)) == UNK)
    assert unknown.tolist() != (1 + np.flatnonzero(np.random.default_rng(1).random(200) < 0.25)).tolist()


def test_ends_of_paragraphs_are_never_unknown() -> None:
    ids = [EOS, *[2, 3, 4, EOS] * 90]  # 2 is the end of a paragraph
    text = Text(spool_of(ids), [91, 0, 90, 90, 90], 3, seed=0)
    read = np.stack([text.reading(n).read(0, len(ids)) for n in range(60)])
    assert (read[:, np.array(ids) == 2] == 2).all()
    assert (read == UNK).any()
    assert counts_as_read([91, 0, 90, 90, 90], 3)[UNK] == round(UNKNOWN_PER_WORD * 2)


@pytest.mark.parametrize("size", [9, 10, 11, 12])
def test_unknown_word_of_a_text_of_frequent_words_costs_few_bits_whatever_the_vocabulary(
    tmp_path: Path, size: int
) -> None:
    """It cost 15 to 17 bits where all words were known, and 41 where one was left out, which stood in one place."""
    text = tmp_path / "text"
    text.write_text("we saw a dog and a cat and a cow\nwe saw a pig and a hen and a fox\n" * 150)
    model = rnncli.train(text, vocabulary_size=size, seed=1, epochs=25, ensemble_size=1, hidden=40)
    words = [word for word in model.scored("we saw a wug and a dax and a blick") if word.unknown]
    which = model.unknown.urn().nats([word.word for word in words]) / log(2)
    assert len(words) == 3
    assert max(word.bits - spelled for word, spelled in zip(words, which, strict=True)) < 15
    assert max(which) < 70  # their letters are in no word of the text
