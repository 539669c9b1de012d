"""The end of a training run: n-grams and unknown words are fitted to the best network, and all is evaluated."""

import numpy as np

from ..evaluation.measures import BEGINNING_WORDS, Evaluation, evaluate
from ..network.network import Network
from ..network.threads import Run
from ..predictor import Predictor
from ..settings import Settings
from ..text.codec import Codec
from ..text.corpus import Corpus
from .ngrams import RunNgrams
from .unknown import RunUnknown


def conclude(
    network: Network,
    settings: Settings,
    corpus: Corpus,
    ngrams: RunNgrams | None,
    unknown: RunUnknown,
    alone: Evaluation | None,
    run: Run,
) -> Evaluation:
    """Fits n-grams and unknown words, in place, to what a network predicts; evaluates what they predict together,
    keystrokes included.

    alone  the evaluation of the network alone, if there was one
    """
    vocabulary, valid = corpus.vocabulary, corpus.valid
    codec = Codec(vocabulary, settings.tokenizer, settings.sentences, settings.rules)
    beginning = np.zeros((2, min(BEGINNING_WORDS, len(valid) - 1)))
    if settings.hidden:
        alone = alone or evaluate(network, valid.blocks(0, BEGINNING_WORDS + 1), vocabulary.specials, run)
        beginning = alone.beginning
    predictor: Predictor = network
    shares = beginning[1]
    if ngrams:
        shares = ngrams.fit(beginning, valid)
        predictor = ngrams.model.beside(network)
    unknown.calibrate(shares, corpus)
    predictor = unknown.fit.calibrated(predictor)
    evaluation = evaluate(predictor, valid.blocks(0, len(valid)), vocabulary.specials, run, codec.typing_alphabet)
    evaluation.characters = corpus.report.held_out_characters
    unknown.price(evaluation)
    return evaluation
