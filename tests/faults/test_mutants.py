"""Faults put into the code that saves and loads, one at a time: of each, some test takes notice."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import rnncli

pytestmark = pytest.mark.faults
TESTS = Path(__file__).parent.parent
PACKAGE = Path(rnncli.__file__).parent
POWER = "faults/test_kill.py::test_power_loss_leaves_old_or_new_file"
FAILED = "storage/test_durable.py::test_failed_write_leaves_the_old_file_and_no_temporary"
RESUMED_FORGED = "storage/test_resumption.py::test_forged_state_with_a_valid_checksum_is_refused"
FORGED = "storage/test_checkpoint.py::test_forged_content_with_a_valid_checksum_is_refused"
RESUMED = "run/test_resume.py::test_resume_after_any_step_gives_same_bytes[58]"


class Mutant(NamedTuple):
    """A text of the package that is replaced, and the test that has to fail then."""

    file: str
    old: str
    new: str
    test: str


MUTANTS = {
    "the file is not flushed": Mutant(
        "storage/durable.py", "            os.fsync(descriptor)\n            os.", "            os.", POWER
    ),
    "the folder is not flushed": Mutant(
        "storage/durable.py",
        "unlocked\n        _flush_folder(os.path.dirname(target))\n",
        "unlocked\n",
        POWER,
    ),
    "it is written in place": Mutant(
        "storage/durable.py",
        "        temporary = _sibling(",
        "        with open(path, 'wb') as file:\n            return write(file)\n        temporary = _sibling(",
        FAILED,
    ),
    "it is written in the system's folder": Mutant(
        "storage/durable.py",
        'temporary = _sibling(target, f".{os',
        'temporary = _sibling("/tmp/model", f".{os',
        "storage/test_durable.py::test_temporary_file_is_in_the_folder_of_the_target",
    ),
    "a file that is in the way is written over": Mutant(
        "storage/durable.py",
        "os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW",
        "os.O_CREAT | os.O_TRUNC",
        "storage/test_durable.py::test_planted_link_is_not_followed",
    ),
    "an error of writing is ignored": Mutant(
        "storage/durable.py",
        '        raise FileError(f"{path}: not saved: {error.strerror or error}") from None\n',
        "        return\n",
        FAILED,
    ),
    "the mode is not kept": Mutant(
        "storage/durable.py",
        "                os.fchmod(",
        "                id(",
        "storage/test_durable.py::test_link_stays_a_link_and_its_target_keeps_its_mode",
    ),
    "there is no lock": Mutant(
        "storage/durable.py",
        "        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n    except",
        "        id(fcntl)\n    except",
        "storage/test_durable.py::test_file_is_locked_by_one_process_at_a_time_and_the_error_names_the_holder",
    ),
    "a live process's temporary file is removed": Mutant(
        "storage/durable.py",
        "        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n        os.unlink",
        "        os.unlink",
        "storage/test_durable.py::test_lock_leaves_the_temporary_file_of_a_live_writer",
    ),
    "a temporary file is named by its process": Mutant(
        "storage/durable.py",
        "{os.urandom(8).hex()}",
        "{os.getpid()}",
        "storage/test_durable.py::test_temporary_file_of_a_killed_process_does_not_block_a_save",
    ),
    "the checksum is not checked": Mutant(
        "storage/checksum.py",
        "if content[size - CHECKSUM_DIGITS :] != digest.encode():",
        "if not digest:",
        "storage/test_checkpoint.py::test_flipped_bits_cuts_and_added_bytes_are_refused",
    ),
    "a header may say anything": Mutant(
        "storage/archive.py", "if self._bytes(at, start) != _local", "if not _local", FORGED
    ),
    "there may be more members": Mutant(
        "storage/archive.py",
        "if self._bytes(self._at, len(self._content) - CHECKSUM_DIGITS) != _ending",
        "if not _ending",
        FORGED,
    ),
    "a member may be larger than the file": Mutant(
        "storage/archive.py",
        "if size > len(self._content) - start:",
        "if size < 0:",
        "storage/test_archive.py::test_numbers_missing_from_the_file_are_refused_though_all_headers_agree",
    ),
    "NumPy loads it, pickles and all": Mutant(
        "storage/checkpoint.py",
        "    return _decode(formats.Fields(Reader(source)))\n",
        "    np.load(source, allow_pickle=True)['format']\n    return _decode(formats.Fields(Reader(source)))\n",
        "storage/test_checkpoint.py::test_nothing_is_unpickled",
    ),
    "a shape is not checked": Mutant(
        "storage/formats.py", "if not any(_matches(array.shape, shape) for shape in shapes):", "if not shapes:", FORGED
    ),
    "NaN is loaded": Mutant("storage/formats.py", "not finite([array])", "not name", FORGED),
    "NaN is resumed": Mutant("storage/formats.py", "not finite([array])", "not name", RESUMED_FORGED),
    "an optimizer without memory is resumed": Mutant(
        "storage/resumption.py", "[full] if is_adam else [EMPTY]", "[full, EMPTY]", RESUMED_FORGED
    ),
    "what cannot be loaded is saved": Mutant(
        "storage/formats.py",
        "    decode(Fields(Draft(path, arrays)))\n",
        "",
        "storage/test_checkpoint.py::test_model_that_could_not_be_loaded_is_not_saved_and_no_file_touched",
    ),
    "NaN is saved": Mutant(
        "run/training.py",
        "if self.output and self._run.state.finite:",
        "if self.output:",
        "run/test_resume.py::test_state_with_nan_is_never_saved",
    ),
    "the generators are not resumed": Mutant(
        "training/trainer.py", "            rng.bit_generator.state = state\n", "            id(state)\n", RESUMED
    ),
    "the generators are saved as they began": Mutant(
        "training/trainer.py",
        "[[rng.bit_generator.state for rng in member.rngs]",
        "[[type(rng.bit_generator)(1).state for rng in member.rngs]",
        RESUMED,
    ),
    "the state of the network is not resumed": Mutant(
        "training/trainer.py", "self.params, self.state = params, handed", "self.params = params", RESUMED
    ),
    "the resume file stays": Mutant(
        "run/training.py",
        "        if self.output and not self.interrupted:\n",
        "        if not self.output:\n",
        RESUMED,
    ),
    "another corpus is resumed": Mutant(
        "run/resume.py",
        'if not _is_report_of(record["corpus"], corpus):\n        raise TextError(',
        "if not record:\n        raise TextError(",
        "run/test_resume.py::test_resume_refuses_another_corpus_without_a_model",
    ),
    "the state is not saved before the first step": Mutant(
        "run/training.py",
        "        if not self._resumes:\n",
        "        if not self.output:\n",
        "run/test_resume.py::test_forced_run_that_diverges_goes_back_to_its_own_start[8]",
    ),
    "a run that has ended does not say so": Mutant(
        "run/training.py",
        "            self._run.ended = True\n",
        "            self._run.ended = False\n",
        "run/test_resume.py::test_model_of_unfinished_run_is_not_called_finished",
    ),
    "divergence goes back once a process": Mutant(
        "run/resume.py",
        '        record.get("diverged", record["slowed"] is not None),\n',
        "        False,\n",
        "run/test_resume.py::test_divergence_goes_back_once_across_resumes",
    ),
    "a gradient that is not finite is stepped with": Mutant(
        "training/trainer.py",
        "if isfinite(chunk.loss) and isfinite(length):",
        "if isfinite(chunk.loss):",
        "training/test_trainer.py::test_gradient_that_is_not_finite_is_never_stepped_with",
    ),
    "a signal that is to be ignored is taken": Mutant(
        "cli/signals.py",
        "if handler != signal.SIG_IGN:",
        "if number:",
        "cli/test_commands.py::test_train_ignores_signals_that_the_shell_ignores",
    ),
}


def run(package: Path, *tests: str) -> int:
    """The exit code of pytest on some tests of a package that lies elsewhere."""
    names = [str(TESTS / test) for test in tests]
    options = [
        "-x",
        "-m",
        "",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(TESTS.parent),
        "-c",
        str(TESTS.parent / "pyproject.toml"),
    ]
    return subprocess.run(
        [sys.executable, "-P", "-m", "pytest", *options, *names],
        env=os.environ | {"PYTHONPATH": str(package.parent), "PYTHONSAFEPATH": "1"},
        cwd=package.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ).returncode


def test_every_mutant_is_caught(tmp_path: Path) -> None:
    began = time.monotonic()
    package = tmp_path / "rnncli"
    shutil.copytree(PACKAGE, package)
    assert run(package, *dict.fromkeys(mutant.test for mutant in MUTANTS.values())) == 0, "they fail without one"
    survived = []
    for name, mutant in MUTANTS.items():
        path = package / mutant.file
        text = path.read_text()
        assert text.count(mutant.old) == 1, name
        path.write_text(text.replace(mutant.old, mutant.new))
        if run(package, mutant.test) != 1:
            survived.append(name)
        path.write_text(text)
    print(f"\n{len(MUTANTS)} mutants, {len(MUTANTS) - len(survived)} caught; {time.monotonic() - began:.0f} s")
    assert not survived
