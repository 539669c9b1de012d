"""A network whose state, or whose scores, leave the floats: an error, in a sentence, whatever is asked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rnncli import LanguageModel
from rnncli.errors import DivergenceError
from rnncli.network.cells import Elman, initial
from rnncli.settings import Settings

TEXT = "the cat sat on the mat and the dog ran by the fire "


def overflowing(model: LanguageModel, growth: float, words: float = 1.0) -> LanguageModel:
    """Gives a model a relu network whose state grows with every word, and the weights of whose words are scaled."""
    V, H = model.params["Wx"].shape
    params = initial(Elman(), V, H, np.random.default_rng(0))
    params |= {"Wx": np.abs(params["Wx"]), "Ws": growth * np.eye(H, dtype=np.float32), "Wy": words * params["Wy"]}
    settings: Settings = replace(model.settings, activation="relu")
    return LanguageModel(params, model.vocabulary, settings, model.record)


QUESTIONS: dict[str, Callable[[LanguageModel, str], Any]] = {
    "predict": lambda model, text: model.predict(text),
    "complete": lambda model, text: model.predict(text + "c", complete=True),
    "among": lambda model, text: model.predict(text, among=["cat", "dog ran"]),
    "then": lambda model, text: model.predict(text, then=3),
    "session": lambda model, text: model.predict(text, session=model.session()),
    "predict_all": lambda model, text: model.predict_all(["the", text]),
    "probabilities": lambda model, text: model.probabilities(text),
    "generate": lambda model, text: list(model.generate(text, words=3)),
    "generate_all": lambda model, text: model.generate_all([text], [np.random.default_rng(0)], words=3),
    "score": lambda model, text: model.score(text),
    "scored": lambda model, text: list(model.scored(text)),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize(("growth", "words"), [(1e9, 1.0), (30.0, 1e12)], ids=["state", "scores"])
def test_overflow_is_an_error_in_a_sentence(
    model: LanguageModel, ask: Callable[[LanguageModel, str], Any], growth: float, words: float
) -> None:
    with pytest.raises(DivergenceError, match=r"not a number.*--activation tanh"):
        ask(overflowing(model, growth, words), 2 * TEXT)


@pytest.mark.parametrize(
    ("command", "stdin"),
    [
        (("predict", TEXT), b""),
        (("predict", TEXT, "--json"), b""),
        (("predict", TEXT + "c"), b""),
        (("predict", TEXT, "--among", "cat,dog"), b""),
        (("generate", TEXT), b""),
        (("generate", TEXT, "--samples", "3"), b""),
        (("score", "text.txt"), b""),
        (("score", "--per", "word", "text.txt"), b""),
    ],
)
def test_overflow_ends_a_command_with_exit_code_7_and_one_line(
    call: Any, model: LanguageModel, command: tuple[str, ...], stdin: bytes
) -> None:
    overflowing(model, 1e9).save("model.npz")
    with open("text.txt", "w") as file:
        file.write(TEXT)
    done = call(*command, stdin=stdin)
    assert done.code == 7
    assert done.err.startswith("Error: the state of the network is not a number")
    assert len(done.err.splitlines()) == 1
