"""N-grams in the ARPA format, read back by its definition, and by KenLM where it is installed."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictors import V, counts

from rnncli.counts.arpa import names_of, write
from rnncli.counts.predictor import Counts
from rnncli.predictor import rows

WORDS = ["<eos>", "<unk>", *(f"w{i}" for i in range(2, V - 1)), "a b"]
Table = dict[tuple[str, ...], tuple[float, float]]


def written(predictor: Counts) -> str:
    file = io.StringIO()
    write(file, predictor, WORDS)
    return file.getvalue()


def read_back(text: str) -> Table:
    table: Table = {}
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) > 1:
            table[tuple(fields[1].split(" "))] = float(fields[0]), float(fields[2]) if len(fields) > 2 else 0.0
    return table


def log10(table: Table, history: tuple[str, ...], word: str) -> float:
    """Backs off as the format says: the n-gram itself, or the weight of its history and the shorter n-gram."""
    if (*history, word) in table:
        return table[(*history, word)][0]
    return table.get(history, (0.0, 0.0))[1] + log10(table, history[1:], word)


@pytest.mark.parametrize("most", [1 << 30, 40])
@given(ids=st.lists(st.integers(1, V - 1), max_size=6), d=st.integers(0, V - 1))
def test_backing_off_gives_the_probabilities_of_the_predictor(most: int, ids: list[int], d: int) -> None:
    predictor = counts(most)
    table = read_back(written(predictor))
    names = [word.replace(" ", "_") for word in WORDS]
    history = tuple(("<s>", *(names[i] for i in ids))[-3:])
    states = predictor.read(predictor.start(), np.array([[0], *([i] for i in ids)]))
    expected = -predictor.surprisal(rows(states, -1), np.array([d]))[0] / np.log(10)
    assert log10(table, history, "</s>" if d == 0 else names[d]) == pytest.approx(expected, abs=1e-5)


@given(st.lists(st.sampled_from(["<s>", "</s>", "<s>_", "a_b", "a b", "a  b", "a b ", "_", " ", "a_b_"]), unique=True))
def test_no_two_words_have_one_name(words: list[str]) -> None:
    names = names_of(["<eos>", "<unk>", *words])
    assert len(set(names)) == len(names)
    assert not {"<s>", "</s>"} & set(names)
    assert all(name.split() == [name] for name in names)
    assert {word for word in words if word.split() == [word]} - {"<s>", "</s>"} <= set(names)


def test_header_counts_the_lines_of_each_length() -> None:
    text = written(counts())
    parts = [part.strip().splitlines() for part in text.split("\n\n")]
    said = [int(line.split("=")[1]) for line in parts[0][1:]]
    assert said == [len(part) - 1 for part in parts[1:-1]]
    assert parts[-1] == ["\\end\\"]


def test_kenlm_scores_as_the_predictor(tmp_path: Path) -> None:
    kenlm = pytest.importorskip("kenlm", reason="kenlm is not installed: pip install kenlm")
    predictor = counts()
    (tmp_path / "model.arpa").write_text(written(predictor))
    model = kenlm.Model(str(tmp_path / "model.arpa"))
    rng = np.random.default_rng(7)
    for _ in range(50):
        ids = rng.integers(2, V - 1, rng.integers(1, 9))
        x = np.array([0, *ids])
        states = predictor.read(predictor.start(), x[:, None])
        nats = predictor.surprisal(rows(states, (slice(1, None), 0)), np.append(ids, 0)).sum()
        assert model.score(" ".join(WORDS[i] for i in ids)) == pytest.approx(-nats / np.log(10), rel=1e-4)
