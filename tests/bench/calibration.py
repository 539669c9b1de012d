"""Calibration: the temperature fitted on one half of a text, the expected calibration error measured on the other.

python tests/bench/calibration.py MODEL FILE
"""

import argparse
from dataclasses import replace

import numpy as np

from rnncli.evaluation.measures import evaluate
from rnncli.model import LanguageModel
from rnncli.network.parameters import scaled
from rnncli.network.threads import threads, usable_cores
from rnncli.training.calibration import temperature


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("file")
    chosen = parser.parse_args()
    model = LanguageModel.load(chosen.model)
    with open(chosen.file, encoding="utf-8") as file:
        ids = np.concatenate(list(model.codec.ids(file.read())))
    half = len(ids) // 2
    with threads(usable_cores()) as run:
        network = model.network.using(run)
        for name, fitted, measured in (("second", ids[:half], ids[half:]), ("first", ids[half:], ids[:half])):
            T = temperature(network, fitted)
            divided = replace(network, params=scaled(network.cell.axes, network.params, 1 / T))
            before, after = (evaluate(one, [measured], model.vocabulary.specials, run) for one in (network, divided))
            print(
                f"{name} half: temperature {T:.3f}, calibration error {before.calibration_error:.4f} before, "
                f"{after.calibration_error:.4f} after; perplexity {before.perplexity:.2f}, {after.perplexity:.2f}"
            )
            for row in after.reliability():
                print("  " + "  ".join(f"{key} {value:.3f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
