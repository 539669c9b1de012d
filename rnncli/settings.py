"""The settings of a model, each declared once: checks, command-line options and documentation read the declarations."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, Self

from .errors import UsageError

ENDS = ("time", "epochs")  # settings that end the training of a network; one of them is set and the other None
# Settings that have an effect where `hidden` is 0, and n-grams alone are trained.
WITHOUT_NETWORK = tuple("tokenizer case sentences vocabulary_size min_count rules hidden ngrams seed".split())
OLD_NAMES = {"members": "ensemble_size", "slow": "leaky"}  # in files of older versions
OF_THE_TIME = "fitted to the text and the time"  # what help texts give as a default


def choice(choices: str, help_text: str, default: str = "") -> dict[str, Any]:
    """Declares a setting that is one of several words; `default` is for help texts where the dataclass has none."""
    return {"choices": tuple(choices.split()), "help": help_text, "default": default, "option": ""}


def number(least: float, most: float, help_text: str, default: str = "", option: str | None = "") -> dict[str, Any]:
    """Declares a setting that is a number from `least` to `most`, a whole one if `most` is an int.

    default  for help texts where the dataclass has none
    option   of `rnncli train`, where it is not named as the setting is; None: there is none
    """
    return {"least": least, "most": most, "help": help_text, "default": default, "option": option}


TOKENIZER = choice(
    "words dictionary whitespace chars",
    "words: words of any language, punctuation apart; Han and Hiragana by character, Thai, Lao, Khmer and Burmese by "
    "clusters of letters, Tibetan by syllable. dictionary: these in words of a dictionary; takes "
    "pip install 'rnncli[dictionary]'. whitespace: text that is tokenized already. chars: characters.",
)
CASE = choice(
    "fold keep",
    "fold: words that differ in case alone are one word, shown in its usual form. keep: they are several words.",
    "fold; keep for chars",
)
SENTENCES = choice(
    "auto lines wrapped",
    "lines: one sentence a line. wrapped: sentences within hard-wrapped prose. auto: detected from the text.",
)
RULES = number(
    1,
    2,
    "Version of the rules for words, spaces and sentences. There is no option: a model keeps those of its training.",
    option=None,
)
VOCABULARY_SIZE = number(3, 10**7, "Largest vocabulary, <eos> and <unk> included.")
MIN_COUNT = number(
    1, 10**9, "Words that occur less often are unknown.", "2; 1 for a text that is short or that has <unk>"
)

HIDDEN = number(0, 10**5, "Units of the state; 0: no network, n-grams alone, in seconds.", OF_THE_TIME)
ENSEMBLE_SIZE = number(1, 64, "Train N networks and average their scores (ensemble).", OF_THE_TIME, option="--ensemble")
CELL = choice(
    "elman gru lstm",
    "How the state goes on. elman: a simple recurrent network. gru, lstm: gates decide what it keeps.",
    OF_THE_TIME,
)
EMBEDDING = choice(
    "own tied",
    "How words enter. own: each has a row of its own for reading, which learns fast. tied: it enters by the row that "
    "foresees it, which learns from both; for gru and lstm.",
    OF_THE_TIME,
)
ACTIVATION = choice("tanh relu", "Nonlinearity of the state of an Elman network.")
NGRAMS = number(0, 9, "Words of the longest n-grams that are counted and predict beside the network; 0: none.")
LEAKY = number(0, 1.0, "Share of leaky (slowly changing) units; 0 gives a plain Elman network.")

BATCH = number(1, 10**5, "Parts of the text that are read side by side.", "32; fewer for a short text")
BPTT = number(1, 10**5, "Steps that the gradient goes back in time.")
TIME = number(
    0.1, 1e8, "Time for the whole command: 90s, 5m, 1h. Network and training are fitted to it.", "fitted to the text"
)
EPOCHS = number(1, 10**6, "Passes over the text; give this or --time.", "none")
LEARNING_RATE = number(1e-9, 1e3, "Peak learning rate.", f"{OF_THE_TIME}; 1 for sgd")
DROPOUT = number(0, 0.95, "Share of the state's units that are hidden from the output in training.", OF_THE_TIME)
DROPOUT_UNITS = number(0, 0.95, "Share of the input's units that are hidden.", "fitted to --dropout")
DROPOUT_WORDS = number(0, 0.95, "Share of the words read that are hidden.", "fitted to --dropout")
DROPOUT_RECURRENT = number(0, 0.95, "Share of the weights from state to state that are hidden.", OF_THE_TIME)
CLIP = number(1e-9, 1e9, "Largest norm of a gradient; a longer one is scaled down to it.")
OPTIMIZER = choice("adam sgd", "Update rule.")
SOFTMAX = choice(
    "auto exact sampled",
    "In training. exact: over all words. sampled: over frequent words, the text's own and a random sample. "
    "auto: sampled for a large vocabulary.",
)
SHARDS = number(
    1,
    1024,
    "Parts of a batch that go through time on threads of their own. There is no option: it changes the last bits of a "
    "result, and more parts than by default pay only beyond four cores.",
    "2; 1 for an ensemble",
    option=None,
)
SEED = number(0, 2**63 - 1, "Seed of all randomness; same seed, same model.")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a text is read and how its network is trained. `run.recipe.fitted` completes a user's choices.

    Raises UsageError for a value that its declaration does not allow. NumPy's scalars become Python's.
    """

    # reading
    tokenizer: str = field(default="words", metadata=TOKENIZER)
    case: str = field(metadata=CASE)
    sentences: str = field(default="auto", metadata=SENTENCES)
    vocabulary_size: int = field(default=10_000, metadata=VOCABULARY_SIZE)
    min_count: int = field(metadata=MIN_COUNT)

    rules: int = field(default=2, metadata=RULES)

    # the network
    hidden: int = field(metadata=HIDDEN)
    ensemble_size: int = field(metadata=ENSEMBLE_SIZE)
    cell: str = field(metadata=CELL)
    embedding: str = field(metadata=EMBEDDING)
    activation: str = field(default="tanh", metadata=ACTIVATION)
    leaky: float = field(default=0.5, metadata=LEAKY)

    # beside the network
    ngrams: int = field(default=5, metadata=NGRAMS)

    # training
    batch: int = field(metadata=BATCH)
    bptt: int = field(default=35, metadata=BPTT)
    time: float | None = field(metadata=TIME)
    epochs: int | None = field(metadata=EPOCHS)
    learning_rate: float = field(metadata=LEARNING_RATE)
    dropout: float = field(metadata=DROPOUT)
    dropout_units: float = field(metadata=DROPOUT_UNITS)
    dropout_words: float = field(metadata=DROPOUT_WORDS)
    dropout_recurrent: float = field(metadata=DROPOUT_RECURRENT)
    clip: float = field(default=1.0, metadata=CLIP)
    optimizer: str = field(default="adam", metadata=OPTIMIZER)
    softmax: str = field(default="auto", metadata=SOFTMAX)
    shards: int = field(metadata=SHARDS)
    seed: int = field(default=1, metadata=SEED)

    def __post_init__(self) -> None:
        for name in DECLARATIONS:
            object.__setattr__(self, name, checked(name, getattr(self, name)))
        if self.ngrams == 1:
            raise UsageError("ngrams: 1 is not 0, for none, or a number from 2 to 9")
        if not self.hidden and not self.ngrams:
            raise UsageError(
                "hidden and ngrams: both are 0, so that neither a network nor n-grams would predict. "
                "Leave out --hidden 0 or --ngrams 0"
            )
        if self.hidden and (self.time is None) == (self.epochs is None):
            raise UsageError("training ends by time or by epochs: give one of them")

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> Self:
        """Restores saved settings; names of older versions are known. Raises UsageError and TypeError."""
        before: dict[str, Any] = {"rules": 1, "ngrams": 0, "cell": "elman", "embedding": "own"}
        return cls(**before | {OLD_NAMES.get(name, name): value for name, value in saved.items()})


DECLARATIONS: dict[str, Field[Any]] = {declared.name: declared for declared in fields(Settings)}


def option_of(name: str) -> str | None:
    """Returns the command-line option of a setting; None if it has none."""
    option: str | None = DECLARATIONS[name].metadata["option"]
    return "--" + name.replace("_", "-") if option == "" else option


def default_of(name: str) -> str:
    """Returns what help texts give as the default of a setting."""
    declared = DECLARATIONS[name]
    return str(declared.metadata["default"] if declared.default is MISSING else declared.default)


def checked_choices(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a user's choices as plain Python objects. Raises UsageError for one that no setting allows."""
    if unknown := choices.keys() - DECLARATIONS.keys():
        raise UsageError(f"{', '.join(sorted(unknown))}: no such setting")
    return {name: checked(name, value) for name, value in choices.items()}


def checked(name: str, value: Any) -> Any:
    """Returns a setting's value as a plain Python object. Raises UsageError if its declaration does not allow it."""
    declared = DECLARATIONS[name].metadata
    if value is None and name in ENDS:
        return None
    if "choices" not in declared:
        return checked_number(name, value, declared["least"], declared["most"])
    if not isinstance(value, str) or value not in declared["choices"]:
        raise UsageError(f"{name}: {value!r} is not one of {', '.join(declared['choices'])}")
    return str(value)


def checked_number(name: str, value: Any, least: float, most: float) -> Any:
    """Returns a number as int or float. Raises UsageError unless it is from `least` to `most`, and whole for an int."""
    whole = isinstance(most, int)
    is_number = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        raise UsageError(f"{name}: {value!r} is not a {'whole ' if whole else ''}number from {least} to {most}")
    return int(value) if whole or isinstance(value, int) else float(value)
