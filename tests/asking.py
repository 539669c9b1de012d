"""Asks questions of a predictor and a codec, whose unknown words have the usual shares."""

from collections.abc import Sequence

from rnncli.prediction import answers
from rnncli.prediction.answers import Prediction, Question
from rnncli.prediction.session import Session
from rnncli.predictor import Predictor
from rnncli.text.codec import Codec
from rnncli.unknown.words import UnknownWords


def answer(
    predictor: Predictor, codec: Codec, question: Question, text: str, session: Session | None = None
) -> Prediction:
    """Answers a question as `answers.answer` does."""
    return answers.answer(predictor, codec, UnknownWords(codec.vocabulary), question, text, session)


def answer_all(predictor: Predictor, codec: Codec, question: Question, texts: Sequence[str]) -> list[Prediction]:
    """Answers a question about several texts as `answers.answer_all` does."""
    return answers.answer_all(predictor, codec, UnknownWords(codec.vocabulary), question, texts)
