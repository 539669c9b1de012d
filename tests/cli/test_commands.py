"""predict, generate, score and train: results, messages and exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.cli.options import Duration
from rnncli.cli.signals import SIGNALS, die_by, end, on_signals
from rnncli.counts.mixture import NgramModel
from rnncli.errors import Interrupted
from rnncli.storage.durable import lock

RNNCLI = [sys.executable, "-m", "rnncli"]


# predict


def test_predict_gives_a_pipe_a_word_a_tab_and_a_probability_a_line(call: Any) -> None:
    done = call("predict", "the cat", "-k", "3")
    assert done.code == 0
    assert len(done.lines) == 3
    assert done.rows[0][0] == "sat"
    assert all(re.fullmatch(r"[^\t]+\t0\.\d{6}", line) for line in done.lines)
    assert "end of sentence" in done.err
    assert "unknown word" in done.err


def test_predict_joins_its_arguments(call: Any) -> None:
    assert call("predict", "the", "cat").out == call("predict", "the cat").out


def test_predict_answers_each_line_of_standard_input(call: Any) -> None:
    done = call("predict", "-k", "1", stdin=b"the cat\r\n\nthe dog")
    assert [row[0] for row in done.rows][::2] == ["sat", "ran"]
    assert len(done.rows) == 3
    assert done.err == ""


def test_predict_answers_a_line_before_the_next_one_is_written(here: Path) -> None:
    with subprocess.Popen([*RNNCLI, "predict", "-k", "2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for context, word in ((b"the cat\n", b"sat"), (b"the hen\n", b"sang")):
            process.stdin.write(context)
            process.stdin.flush()
            assert process.stdout.readline().split(b"\t")[0] == word
            process.stdout.readline()
        process.stdin.close()
    assert process.returncode == 0


def test_predict_as_json_is_one_object_a_context(call: Any) -> None:
    done = call("predict", "--json", "-k", "2", stdin="the cat\nthe zebra naïve\n".encode())
    first, second = map(json.loads, done.lines)
    assert first["text"] == "the cat"
    assert first["words"][0]["word"] == "sat"
    assert 0 < first["words"][0]["probability"] <= 1
    assert 0 <= first["eos"] <= 1
    assert 0 <= first["unk"] <= 1
    assert second["unknown_words"] == ["zebra", "naïve"]
    assert "naïve" in done.lines[1]


def test_predict_names_unknown_words_on_standard_error(call: Any) -> None:
    done = call("predict", "-k", "1", "the zebra")
    assert "Not in the vocabulary: zebra" in done.err
    assert call("predict", "-q", "-k", "1", "the zebra").err == ""


def test_predict_offers_the_end_of_the_sentence_only_when_asked(call: Any) -> None:
    text = "The cat sat on the mat."
    assert "<eos>" not in call("predict", text, "-k", "1000").out
    assert call("predict", text, "--eos", "-k", "1").rows[0][0] == "<eos>"
    assert "<unk>" not in call("predict", text, "--eos", "-k", "1000").out


# generate


def test_generate_prints_the_prompt_and_goes_on(call: Any) -> None:
    done = call("generate", "The cat", "--sentences", "1", "--temperature", "0")
    assert done.out.startswith("The cat sat ")
    assert done.out.endswith(".\n")
    assert done.err == ""


def test_generate_writes_the_same_for_the_same_seed(call: Any) -> None:
    texts = [call("generate", "--words", "40", "--seed", seed).out for seed in ("5", "5", "6")]
    assert texts[0] == texts[1] != texts[2]


def test_generate_gives_each_of_several_texts_a_line(call: Any) -> None:
    done = call("generate", "--samples", "4", "--sentences", "2", "--seed", "1")
    assert len(done.lines) == 4
    done = call("generate", "-", "--words", "3", stdin=b"The cat\nThe dog\n")
    assert [line[:7] for line in done.lines] == ["The cat", "The dog"]


def test_generate_as_json_names_its_seed(call: Any) -> None:
    done = call("generate", "--json", "--words", "5", "The cat")
    made = json.loads(done.out)
    assert made["prompt"] == "The cat"
    again = json.loads(call("generate", "--json", "--words", "5", "The cat", "--seed", str(made["seed"])).out)
    assert again == made


def test_generate_refuses_texts_that_memory_cannot_hold(call: Any) -> None:
    done = call("generate", "--json", "--words", "999999999999999")
    assert (done.code, done.out) == (6, "")
    assert re.search(
        r"Error: a text of that length takes [0-9,]+ MB, and [0-9,]+ MB are free. Try fewer --words", done.err
    )


@pytest.mark.parametrize("many", ["--words=1000000000", "--samples=999999999999999999999"])
def test_generate_streams_what_it_makes(here: Path, many: str) -> None:
    command = [*RNNCLI, "generate", many]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


# score


def test_score_gives_the_summary_under_its_names(call: Any, model: rnncli.LanguageModel) -> None:
    text = "The cat sat on the mat.\nThe zebra ran.\n"
    done = call("score", "--json", stdin=text.encode())
    assert json.loads(done.out) == pytest.approx(model.score(text).as_json())
    names = "perplexity perplexity_closed perplexity_known perplexity_network perplexity_ngrams unknown_words words "
    names += "sentences paragraphs"
    assert [row[0] for row in call("score", stdin=text.encode()).rows] == [
        *names.split(),
        "bits_per_word",
        "bits_per_character",
        *(f"accuracy_at_{k}" for k in (1, 3, 5)),
        "mean_reciprocal_rank",
        "keystroke_savings",
        "keystroke_savings_next",
        "calibration_error",
    ]
    Path("text.txt").write_text(text)
    assert call("score", "text.txt", "--json").out == done.out


@pytest.mark.parametrize("fresh", [[], ["--fresh", "sentence"]])
def test_score_tells_what_network_and_ngrams_give_alone(
    call: Any, model: rnncli.LanguageModel, fresh: list[str]
) -> None:
    text = "the cat sat on the zebra\nthe dog ran\n"
    both = json.loads(call("score", "--json", *fresh, stdin=text.encode()).out)
    assert model.ngrams
    by_counts = NgramModel(model.ngrams.ngrams, np.zeros_like(model.ngrams.network_weights))
    uncalibrated = model.record | {"unknown": model.record["unknown"] | {"intercept": 0.0, "slope": 1.0}}
    for name, ngrams in (("network", None), ("ngrams", by_counts)):
        replace(model, ngrams=ngrams, record=uncalibrated).save("alone.npz")
        alone = json.loads(call("score", "--json", *fresh, "-m", "alone.npz", stdin=text.encode()).out)
        assert both[f"perplexity_{name}"] == pytest.approx(alone["perplexity"], rel=1e-6)
        assert not {"perplexity_network", "perplexity_ngrams"} & alone.keys()
    assert both["perplexity_closed"] < both["perplexity"]


def test_score_per_bin(call: Any, model: rnncli.LanguageModel) -> None:
    text = "The cat sat on the mat.\n" * 5
    bins = model.score(text).reliability()
    done = call("score", "--per", "bin", "--json", stdin=text.encode())
    assert [json.loads(line) for line in done.out.splitlines()] == bins
    assert sum(one["words"] for one in bins) == 5 * 8
    assert len(call("score", "--per", "bin", stdin=text.encode()).rows) == len(bins)


def test_score_per_word(call: Any) -> None:
    done = call("score", "--per", "word", stdin=b"The cat\tsat in Paris\n")
    assert [row[0] for row in done.rows] == ["The", "cat", "sat", "in", "Paris", "<eos>"]
    assert all(len(row) == 3 and float(row[1]) >= 0 for row in done.rows)
    assert int(done.rows[2][2]) == 1
    assert done.rows[4][2] == done.rows[5][2] == ""
    records = [json.loads(line) for line in call("score", "--per", "word", "--json", stdin=b"The zebra\n").lines]
    assert records[1] | {"bits": 0} == {"word": "zebra", "bits": 0, "rank": None, "unknown": True}


def test_score_per_sentence_sums_its_words(call: Any) -> None:
    text = b'The cat sat on the mat.\n"I see the zebra," said he.\n'
    words = [json.loads(line) for line in call("score", "--per", "word", "--json", stdin=text).lines]
    sentences = [json.loads(line) for line in call("score", "--per", "sentence", "--json", stdin=text).lines]
    assert [s["sentence"] for s in sentences] == text.decode().splitlines()
    assert [(s["words"], s["unknown_words"]) for s in sentences] == [(7, 0), (10, 2)]
    assert sum(s["bits"] for s in sentences) == pytest.approx(sum(w["bits"] for w in words))
    assert len(call("score", "--per", "sentence", stdin=text).rows[1]) == 4


# train and info


def test_train_reports_to_stderr_and_prints_its_summary_to_stdout(call: Any, corpus_file: Path) -> None:
    done = call("train", str(corpus_file), "-o", "new.npz", "--hidden", "8", "--epochs", "2")
    assert done.code == 0
    assert [row[0] for row in done.rows] == [
        "model",
        "epochs",
        "perplexity",
        "perplexity_closed",
        "perplexity_network",
        "perplexity_ngrams",
        "bits_per_character",
        "unknown_share",
        "accuracy_at_1",
        "accuracy_at_3",
        "accuracy_at_5",
        "mean_reciprocal_rank",
        "keystroke_savings",
        "calibration_error",
        "seconds",
    ]
    for said in ("words", "distinct", "% of the text", "held out", "best so far", "8 units"):
        assert said in done.err
    assert rnncli.load("new.npz").settings.hidden == 8
    done = call("train", str(corpus_file), "-o", "new.npz", "--hidden", "8", "--epochs", "1", "-q", "--json")
    assert done.err == ""
    assert json.loads(done.out)["model"] == "new.npz"


def test_train_gives_same_bytes_from_file_stdin_and_gzip(call: Any, corpus_file: Path) -> None:
    import gzip

    text = corpus_file.read_bytes()
    Path("c.gz").write_bytes(gzip.compress(text))
    for name, arguments, stdin in (
        ("a", [str(corpus_file)], b""),
        ("b", ["-"], text),
        ("c", ["c.gz"], b""),
        ("d", ["-"], gzip.compress(text)),
    ):
        options = ["-o", name, "--hidden", "4", "--epochs", "1", "-q"]
        assert call("train", *arguments, *options, stdin=stdin).code == 0
    assert len({Path(name).read_bytes() for name in "abcd"}) == 1


def test_train_refuses_to_replace_the_model_of_another_corpus(call: Any) -> None:
    Path("other.txt").write_text("one two three\n" * 30)
    before = Path("model.npz").read_bytes()
    done = call("train", "other.txt", "--epochs", "1")
    assert (done.code, done.out) == (2, "")
    assert "another corpus" in done.err
    assert "--force" in done.err
    assert Path("model.npz").read_bytes() == before
    assert call("train", "other.txt", "--epochs", "1", "--force", "--hidden", "4").code == 0


def test_train_refuses_an_output_that_is_its_corpus(call: Any, corpus_file: Path) -> None:
    text = corpus_file.read_bytes()
    Path("c.txt").write_bytes(text)
    os.link("c.txt", "link.txt")
    os.symlink("c.txt", "symbolic.txt")
    for file in ("c.txt", "link.txt", "symbolic.txt"):
        for arguments in (
            ["c.txt", "-o", file],
            [str(corpus_file), "--valid", "c.txt", "-o", file],
            ["c.txt", "-o", "n.npz", "--log", file],
        ):
            done = call("train", *arguments, "--force")
            assert done.code == 2
            assert "is the corpus itself" in done.err
    assert Path("c.txt").read_bytes() == text


@pytest.mark.parametrize("log", ["new.npz", "model.npz", "link.npz", "new.npz.resume"])
def test_train_refuses_a_log_that_is_a_model(call: Any, corpus_file: Path, log: str) -> None:
    os.symlink("model.npz", "link.npz")
    model = Path("model.npz").read_bytes()
    done = call("train", str(corpus_file), "-o", "new.npz", "--plan", "model.npz", "--log", log)
    assert (done.code, done.err.splitlines()[-1]) == (2, f"Error: {log}: is the model's. Give another --log")
    assert Path("model.npz").read_bytes() == model
    assert sorted(os.listdir()) == ["link.npz", "model.npz"]


def test_ctrl_c_keeps_the_best_model_so_far(here: Path, corpus_file: Path) -> None:
    command = [*RNNCLI, "train", str(corpus_file), "-o", "c.npz", "--epochs", "100000", "--hidden", "16"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if "best so far" in line:
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT  # what a shell shows as 130
    assert "Traceback" not in err
    assert "c.npz" in out
    assert rnncli.load("c.npz").record["curve"]


def test_train_ignores_signals_that_the_shell_ignores(here: Path, corpus_file: Path) -> None:
    command = [*RNNCLI, "train", str(corpus_file), "-o", "c.npz", "--epochs", "9", "--hidden", "8"]
    ignoring = f"trap '' INT HUP; exec {' '.join(command)}"
    with subprocess.Popen(["/bin/sh", "-c", ignoring], stdout=-1, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("epoch"):
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGHUP)
                break
        messages = process.stderr.read()
    assert process.returncode == 0
    assert "epoch 9.0" in messages


def test_signal_during_last_evaluation_does_not_stop_a_finished_training(here: Path, corpus_file: Path) -> None:
    program = """
import signal, sys
from rnncli.cli.main import main
from rnncli.run.training import Training
conclude = Training._conclude
def signalled(*given):
    signal.raise_signal(signal.SIGTERM)
    conclude(*given)
Training._conclude = signalled
sys.exit(main(sys.argv[1:]))
"""
    command = ["train", str(corpus_file), "-o", "c.npz", "--epochs", "1", "--hidden", "4"]
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True)
    assert done.returncode == 0
    assert "perplexity" in done.stdout
    assert "Stopped" not in done.stderr
    assert not os.path.exists("c.npz.resume")
    again = subprocess.run([*RNNCLI, *command, "--resume"], capture_output=True, text=True)
    said = "c.npz: its training has ended; there is nothing to resume. --from c.npz trains it on\n"
    assert (again.returncode, again.stderr) == (0, said)


def test_train_goes_on_without_standard_error(here: Path, corpus_file: Path) -> None:
    command = f"{sys.executable} -m rnncli train {corpus_file} -o quiet.npz --epochs 1 --hidden 4 2>&-"
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("model\tquiet.npz")
    assert rnncli.load("quiet.npz").record["curve"]


# time


@pytest.mark.parametrize(("written", "seconds"), [("1.5", 1.5), ("90s", 90), ("5m", 300), ("0.5h", 1800)])
def test_duration_converts_units_to_seconds(written: str, seconds: float) -> None:
    assert Duration().convert(written, None, None) == seconds


@pytest.mark.parametrize("written", ["", "m", "5 minutes", "nan", "infs", "-1s", "0", "1e99h"])
def test_duration_refuses_what_is_no_time(call: Any, corpus_file: Path, written: str) -> None:
    done = call("train", str(corpus_file), "-o", "t.npz", "--time", written)
    assert done.code == 2
    assert "write 90s, 5m or 1h" in done.err


def test_plan_of_a_timed_training_gives_same_bytes_and_log_is_appended_to(call: Any, corpus_file: Path) -> None:
    done = call(
        "train", str(corpus_file), "-o", "t.npz", "--time", "2s", "--hidden", "8", "--log", "run.jsonl", "--json"
    )
    assert done.code == 0
    assert re.search(r"training: 2 s in all, about [\d.]+ epochs; network [\d.]+ MB, memory \d+ MB", done.err)
    log = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    assert log[-1]["validation"]["perplexity"] == json.loads(done.out)["perplexity"]
    again = call("train", str(corpus_file), "-o", "again.npz", "--plan", "t.npz", "-q", "--log", "run.jsonl")
    assert again.code == 0
    assert Path("again.npz").read_bytes() == Path("t.npz").read_bytes()
    both = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    assert both[: len(log)] == log
    assert both[len(log)]["settings"] == log[0]["settings"]


def test_train_names_the_log_or_plan_that_it_cannot_open(call: Any, corpus_file: Path) -> None:
    done = call("train", str(corpus_file), "-o", "t.npz", "--epochs", "1", "--log", "no/where")
    assert (done.code, "no/where: cannot be written" in done.err) == (5, True)
    done = call("train", str(corpus_file), "-o", "t.npz", "--plan", "nothing.npz")
    assert (done.code, "nothing.npz: cannot be read" in done.err) == (5, True)
    done = call("train", str(corpus_file), "-o", "t.npz", "--time", "1s", "--epochs", "1")
    assert (done.code, "one of them" in done.err) == (2, True)


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-", "<&- 2>&-", "2> >(true)"])
def test_train_goes_on_when_messages_cannot_be_written(here: Path, corpus_file: Path, stderr: str) -> None:
    command = f"{' '.join(RNNCLI)} train {corpus_file} -o t.npz --epochs 1 --hidden 8 {stderr}"
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    assert "perplexity" in done.stdout
    assert rnncli.load("t.npz").predict("the cat").words


def test_train_names_the_process_that_locks_the_model(here: Path, corpus_file: Path, call: Any) -> None:
    release = lock("t.npz")
    done = call("train", str(corpus_file), "-o", "t.npz")
    release()
    assert done.code == 8
    assert f"t.npz: in use by another process ({os.getpid()})" in done.err


def test_resume_without_interrupted_training_says_so(here: Path, corpus_file: Path, call: Any) -> None:
    done = call("train", str(corpus_file), "-o", "new.npz", "--resume")
    assert done.code == 5
    assert "no interrupted training" in done.err
    done = call("train", str(corpus_file), "--resume")
    assert done.code == 0
    assert "model.npz: its training has ended" in done.err


def test_resume_calls_no_other_training_finished(here: Path, corpus_file: Path, call: Any) -> None:
    """A training that was killed before its first step leaves the model of an earlier one as it was."""
    before = Path("model.npz").read_bytes()
    done = call("train", str(corpus_file), "--epochs", "30", "--resume")
    assert (done.code, done.out) == (2, "")
    assert "epochs is 12 there, not 30" in done.err
    Path("other.txt").write_text("one two three\n" * 99)
    done = call("train", "other.txt", "--resume")
    assert (done.code, done.out) == (2, "")
    assert "model.npz: holds a model of another corpus" in done.err
    assert "no training of these was interrupted" in done.err
    assert call("train", "nowhere.txt", "--resume").code == 5
    assert Path("model.npz").read_bytes() == before


def test_second_signal_of_another_kind_raises_no_second_interruption() -> None:
    """Two kinds in turn where a training is read, each taken at its own level; a third would end the process, and does
    as far as the way out."""
    received: list[signal.Signals] = []
    before = [signal.getsignal(number) for number in SIGNALS]
    usual = [die_by if handler == signal.SIG_DFL else handler for handler in before]

    def now() -> list[Any]:
        return [signal.getsignal(number) for number in SIGNALS]

    try:
        with pytest.raises(Interrupted), on_signals(end):  # noqa: PT012
            try:
                with on_signals(received.append):
                    os.kill(os.getpid(), signal.SIGTERM)
                    assert received == [signal.SIGTERM]
                    try:
                        os.kill(os.getpid(), signal.SIGHUP)
                    finally:
                        assert now() == usual
            finally:
                assert now() == usual
        assert now() == usual
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_two_signals_at_once_end_the_process_by_one_without_message(second: signal.Signals) -> None:
    """Both have come before either is seen to, as while a file is synchronised."""
    both = f"""
import signal
from rnncli.cli.signals import die_by, end, on_signals
from rnncli.errors import Interrupted
signal.signal(signal.SIGINT, signal.SIG_DFL)
try:
    with on_signals(end):
        signal.pthread_sigmask(signal.SIG_BLOCK, [{signal.SIGHUP:d}, {second:d}])
        signal.raise_signal({signal.SIGHUP:d})
        signal.raise_signal({second:d})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [{signal.SIGHUP:d}, {second:d}])
except Interrupted as ended:
    print("on the way out")
    die_by(ended.number)
"""
    done = subprocess.run([sys.executable, "-c", both], capture_output=True)
    assert done.returncode in (-signal.SIGHUP, -second)
    assert done.stderr == b""


def test_train_and_score_read_the_encoding_that_is_given(call: Any, corpus_file: Path) -> None:
    text = "The café was “old”.\nThe naïve man sat in the café.\n" * 20
    Path("c.txt").write_bytes(text.encode("cp1252"))
    Path("u.txt").write_text(text, encoding="utf-8")
    options = ["--hidden", "4", "--epochs", "1", "-q"]
    for command in (["train", "c.txt", *options, "-o", "no.npz"], ["score", "c.txt"]):
        done = call(*command)
        assert done.code == 3
        assert "--encoding windows-1252" in done.err
    assert not Path("no.npz").exists()
    named = ["--encoding", "windows-1252"]
    assert call("train", "c.txt", "--valid", "c.txt", *options, *named, "-o", "a.npz").code == 0
    assert call("train", "u.txt", "--valid", "u.txt", *options, "-o", "b.npz").code == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert call("train", "c.txt", "--valid", "c.txt", *options, *named, "-o", "a.npz", "--resume").code == 0
    assert call("score", "c.txt", *named, "-m", "a.npz").out == call("score", "u.txt", "-m", "a.npz").out
    assert rnncli.train("c.txt", encoding="windows-1252", hidden=4, epochs=1).record["corpus"]["words"] == 300


def test_unknown_encoding_is_an_error_of_usage(call: Any, corpus_file: Path) -> None:
    for command in ("train", "score"):
        done = call(command, str(corpus_file), "--encoding", "windows1252")
        assert done.code == 2
        assert "--encoding windows1252" in done.err
        assert "do you mean windows-1252?" in done.err


def test_odd_characters_are_reported_once_unless_quiet(call: Any) -> None:
    Path("c.txt").write_text("I don\x92t know\nyou don\x92t know\n" * 9, encoding="utf-8")
    options = ["--hidden", "4", "--epochs", "1"]
    for command in (["train", "c.txt", *options, "-o", "a.npz"], ["score", "c.txt"]):
        assert call(*command).err.count("18 control characters between U+0080 and U+009F, the first in line 1") == 1
    assert call("train", "c.txt", *options, "-o", "b.npz", "-q").err == ""


def test_many_files_are_counted_in_messages(call: Any) -> None:
    names = [f"{i:03}.txt" for i in range(422)]
    for name in names:
        Path(name).write_text("\n")
    done = call("train", *names, "-o", "a.npz")
    assert done.code == 3
    assert done.err.splitlines() == [
        "Reading 422 files (000.txt, 001.txt, 002.txt, …)",
        "Error: 422 files (000.txt, 001.txt, 002.txt, …): no words; learning takes at least 2",
    ]


def test_train_and_score_warn_where_many_words_are_unknown(call: Any, corpus_file: Path) -> None:
    Path("few.txt").write_text("we saw a dog and a cat and a cow\nwe saw a pig and a hen and a fox\n" * 60)
    Path("other.txt").write_text("we saw a wug and a dax and a blick\n" * 60)
    options = ["--valid", "other.txt", "-o", "few.npz", "--hidden", "8", "--epochs", "1"]
    done = call("train", "few.txt", *options)
    assert "warning: 30% of the words to validate on are unknown" in done.err
    (warning,) = (value for name, value in done.rows if name == "warning")
    assert warning.startswith("30% of the words to validate on are unknown: they can be completed")
    assert dict(done.rows)["unknown_share"] == "0.3000"
    done = call("train", "few.txt", *options, "--force", "-q", "--json")
    assert done.err == ""
    assert json.loads(done.out)["warning"] == warning
    for per in ([], ["--per", "word"], ["--per", "sentence"], ["--per", "bin"], ["--learn"]):
        done = call("score", "other.txt", "-m", "few.npz", *per)
        assert done.code == 0
        assert done.err.startswith("warning: 30% of the words are unknown:")
        assert "warning" not in done.out
    assert call("score", "few.txt", "-m", "few.npz").err == ""
    done = call("train", "few.txt", "-o", "few.npz", "--hidden", "8", "--epochs", "1", "--force")
    assert "warning" not in done.err + done.out


def test_score_warns_of_a_script_that_is_not_cut(call: Any) -> None:
    Path("zh.txt").write_text("从前有一只乌龟住在河边，它每天都在河里慢慢地游泳。\n" * 20)
    call("train", "zh.txt", "-o", "zh.npz", "--tokenizer", "whitespace", "--hidden", "4", "--epochs", "1", "-q")
    done = call("score", "zh.txt", "-m", "zh.npz")
    assert "100% of the letters stand in words of more than 8 to 20 letters" in done.err


def test_info_says_bits_per_character_and_unknown_share(call: Any, corpus_file: Path) -> None:
    call("train", str(corpus_file), "-o", "new.npz", "--hidden", "8", "--epochs", "1", "-q")
    fields = dict(call("info", "-m", "new.npz").rows)
    assert 0 < float(fields["validation.bits_per_character"]) < 8
    assert float(fields["corpus.held_out_known"]) == 1
    assert int(fields["corpus.held_out_characters"]) > 100
