"""Start-up, prediction and generation: whole processes against bare imports, loops against the same in PyTorch.

    python tests/bench/prediction.py [--rounds 5] [ROW ...]        rows: start predict generate

V = 10,000, H = 200, weights at random. In rounds (A B A B ...); medians and their ratios are shown. PyTorch's rows are
left out where it is not installed.
"""

import argparse
import importlib.util
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import describe

V, H, LINES, WORDS, SAMPLES, K = 10_000, 200, 10_000, 200, 64, 10
TORCH = importlib.util.find_spec("torch") is not None


def make_model(path: Path) -> None:
    from rnncli.model import LanguageModel
    from rnncli.network.cells import Elman, initial
    from rnncli.run.recipe import fitted
    from rnncli.text.vocabulary import SPECIALS, Vocabulary

    words = [*SPECIALS, *(f"w{i}" for i in range(V - len(SPECIALS)))]
    counts = (1e6 / np.arange(1, V + 1)).astype(int).tolist()
    params = initial(Elman(), V, H, np.random.default_rng(0), counts=counts)
    settings = fitted({"tokenizer": "whitespace", "hidden": H, "sentences": "lines"}, 10**6)
    counted = dict.fromkeys(("words", "distinct", "kept", "covered", "held_out", "held_out_known"), 1)
    record = {
        "corpus": counted | {"sentences_by": "lines", "validated_on": "file", "digest": ""},
        "validation": {},
        "temperature": 1.0,
        "curve": [[1, float(V)]],
        "plan": {"steps": 1, "slowed": None, "evaluations": 1, "points": [[0, 0], [1, 1]]},
        "version": "",
    }
    LanguageModel(params, Vocabulary(words, words, counts, "fold", False), settings, record).save(path)


def lines() -> list[str]:
    """Contexts of 1 to 12 words."""
    rng = np.random.default_rng(1)
    return [" ".join(f"w{i}" for i in rng.integers(0, V - 2, rng.integers(1, 13))) for _ in range(LINES)]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def predict_ours(path: str) -> float:
    """Lines a second through the command itself, in this process: standard input to standard output."""
    from rnncli.cli.main import main

    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO("\n".join(lines()).encode())))
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO("/dev/null", "w")))
    start = time.perf_counter()
    main(["predict", "-q", "-m", path, "-k", str(K)])
    taken = time.perf_counter() - start
    sys.stdout = sys.__stdout__
    return LINES / taken


def torch_model(path: str):
    """Embedding, RNN and linear layer with the model's weights, and its words."""
    import torch
    from torch import nn

    from rnncli.model import LanguageModel

    model = LanguageModel.load(path)
    embedding, rnn, linear = nn.Embedding(V, H), nn.RNN(H, H), nn.Linear(H, V)
    with torch.no_grad():
        embedding.weight.copy_(torch.from_numpy(model.params["Wx"]))
        rnn.weight_ih_l0.copy_(torch.eye(H))
        rnn.weight_hh_l0.copy_(torch.from_numpy(model.params["Ws"].T.copy()))
        linear.weight.copy_(torch.from_numpy(model.params["Wy"]))
        linear.bias.copy_(torch.from_numpy(model.params["by"]))
    return torch, embedding, rnn, linear, model.vocabulary.words


def predict_torch(path: str) -> float:
    """The same in batches of 64: padded contexts, the state where each ends, softmax, topk, lines written."""
    torch, embedding, rnn, linear, words = torch_model(path)
    ids = {word: i for i, word in enumerate(words)}
    out = io.TextIOWrapper(io.BufferedWriter(io.FileIO("/dev/null", "w")))
    text = lines()
    start = time.perf_counter()
    with torch.inference_mode():
        for at in range(0, LINES, 64):
            contexts = [[0, *(ids.get(word, 1) for word in line.split())] for line in text[at : at + 64]]
            x = torch.zeros(max(map(len, contexts)), len(contexts), dtype=torch.long)
            for column, context in enumerate(contexts):
                x[: len(context), column] = torch.tensor(context)
            states, _ = rnn(embedding(x))
            last = states[torch.tensor([len(c) - 1 for c in contexts]), torch.arange(len(contexts))]
            best = torch.softmax(linear(last), 1).topk(K + 2)
            for row, y in zip(best.indices.tolist(), best.values.tolist(), strict=True):
                chosen = [(words[i], p) for i, p in zip(row, y, strict=True) if i > 1][:K]
                out.write("".join(f"{word}\t{p:.6f}\n" for word, p in chosen))
            out.flush()
    return LINES / (time.perf_counter() - start)


def generate_ours(path: str, samples: int) -> float:
    """Words a second."""
    from rnncli.model import LanguageModel

    model = LanguageModel.load(path)
    start = time.perf_counter()
    if samples == 1:
        for _ in model.generate("", words=WORDS, seed=1):
            pass
    else:
        model.generate_all([""] * samples, np.random.default_rng(1).spawn(samples), words=WORDS)
    return samples * WORDS / (time.perf_counter() - start)


def generate_torch(path: str, samples: int) -> float:
    """The loop of PyTorch's word_language_model/generate.py: a word at a time by exp and multinomial."""
    torch, embedding, rnn, linear, words = torch_model(path)
    x, state = torch.zeros(1, samples, dtype=torch.long), torch.zeros(1, samples, H)
    start = time.perf_counter()
    with torch.inference_mode():
        for _ in range(WORDS):
            output, state = rnn(embedding(x), state)
            weights = linear(output[0]).exp()
            x = torch.multinomial(weights, 1).view(1, samples)
            for i in x[0].tolist():
                _ = words[i]
    return samples * WORDS / (time.perf_counter() - start)


KINDS = {f.__name__: f for f in (predict_ours, predict_torch, generate_ours, generate_torch)}


def child(name: str, *arguments: object) -> float:
    command = [sys.executable, __file__, "--child", json.dumps([name, *arguments])]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1])


def show(title: str, unit: str, names: tuple[str, str], pairs: list[tuple[float, float]]) -> None:
    first, second = ([pair[i] for pair in pairs] for i in range(2))
    ratios = sorted(a / b for a, b in pairs)
    middle = [
        f"{name} {statistics.median(seen):,.4g} {unit}" for name, seen in zip(names, (first, second), strict=True)
    ]
    spread = f"x {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
    print(f"{title:28} {', '.join(middle)}: {spread}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", default=["start", "predict", "generate"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        name, *arguments = json.loads(chosen.child)
        print(KINDS[name](*arguments))
        return
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.npz")
        make_model(Path(path))
        if "start" in chosen.rows:
            rnncli = str(Path(sys.executable).with_name("rnncli"))
            python = [sys.executable, "-c"]
            for title, ours, bare in (
                ('predict "the cat"', [rnncli, "predict", "-q", "-m", path, "the cat"], "import numpy"),
                ("--help", [rnncli, "--help"], "import click"),
            ):
                pairs = [(seconds(ours), seconds([*python, bare])) for _ in range(3 * chosen.rounds)]
                show(title, "s", ("rnncli", bare), pairs)
        rows = [("predict", "10,000 lines", "predict", ())]
        rows += [("generate", f"{n} side by side", "generate", (n,)) for n in (1, SAMPLES)]
        for row, title, name, arguments in rows:
            if row in chosen.rows and TORCH:
                pairs = [
                    (child(f"{name}_ours", path, *arguments), child(f"{name}_torch", path, *arguments))
                    for _ in range(chosen.rounds)
                ]
                show(f"{row}, {title}", "a second", ("rnncli", "PyTorch"), pairs)


if __name__ == "__main__":
    main()
