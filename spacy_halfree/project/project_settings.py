"""What a new project is asked to be."""

import json
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

from ..data.tokenizers import DEFAULT_LANG, find_lang
from ..errors import Errors
from ..ranges import check_choice, check_count, check_seed
from .names import find_variable_path

Teacher = Literal["aligned", "t5"]
TEACHERS = get_args(Teacher)
DEFAULT_ENCODERS = {
    "aligned": "sentence-transformers/all-MiniLM-L6-v2",
    "t5": "google-t5/t5-base",
}
"""On the Hugging Face hub; the first is the one of docs/benchmarks.md. Both have read English."""
STUDENT = "student_first_order.cfg"
"""The config of the student."""
HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
DEFAULT_SHARE = 0.2
ENOUGH_FOR_TEST = 300
"""With fewer labelled texts, none is kept for testing unless asked for."""


LARGEST_SEED = 10**9 - 1
"""Teachers put a digit before the seed, and what they get must be a seed, too."""


@dataclass(frozen=True, kw_only=True)
class ProjectSettings:
    """How a project trains.

    lang: The language, as spaCy abbreviates it; "" for that of the tokenizer, or English.
    teacher: What the teachers are made of: an encoder with an aligned decoder, or a T5.
    encoder: The folder of the encoder (for "t5": of the encoder-decoder), or its name on the
        Hugging Face hub; "" for the default.
    seed: Of the split and of training.
    gpu_id: The GPU to train on; -1 for the CPU.
    tokenizer: Where the tokenizer is taken from: a config, or a pipeline's folder or name; "" for
        the language's own.
    code: A Python file with registered functions, which is copied into the project; "" for none.
    """

    lang: str = ""
    teacher: Teacher = "aligned"
    encoder: str = ""
    seed: int = 0
    gpu_id: int = -1
    tokenizer: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        """Settle the language and the encoder.

        RAISES: ValueError (H013) for another teacher or a number out of range, (H078) if the
            default encoder has not read the language, (H096) if the encoder is neither a folder nor
            can be a name, (H128) if the tokenizer cannot be read or has another language, (H148) if
            the encoder's folder has a name that spaCy would change.
        """
        check_choice(TEACHERS, teacher=self.teacher)
        check_seed(self.seed, LARGEST_SEED)
        check_count(-1, gpu_id=self.gpu_id)
        lang = find_lang(self.lang or None, self.tokenizer or None)
        encoder = self.encoder or DEFAULT_ENCODERS[self.teacher]
        if not self.encoder and lang != DEFAULT_LANG:
            raise ValueError(Errors.H078.format(encoder=encoder, lang=lang))
        if Path(encoder).is_dir():
            encoder = find_variable_path(Path(encoder))
        elif not HUB_NAME.fullmatch(encoder):
            raise ValueError(Errors.H096.format(encoder=encoder))
        object.__setattr__(self, "lang", lang)
        object.__setattr__(self, "encoder", encoder)

    @property
    def encoder_is_folder(self) -> bool:
        """Whether the encoder lies on this machine."""
        return Path(self.encoder).is_dir()

    @property
    def teachers(self) -> tuple[str, ...]:
        """The teachers' names: three, or one of those that take long to train."""
        return ("teacher",) if self.teacher == "t5" else ("teacher", "teacher_2", "teacher_3")

    @property
    def configs(self) -> tuple[str, ...]:
        """The configs that the project needs."""
        return (f"teacher_{self.teacher}.cfg", STUDENT)


LARGEST_SEED = 10**9 - 1
"""Teachers put a digit before the seed, and what they get must be a seed, too."""


@dataclass(frozen=True)
class UnfitHeads:
    """A number of attention heads that does not divide an encoder's width.

    config: The name of the config that has it.
    width: The width.
    heads: The number in the config.
    """

    config: str
    width: int
    heads: int

    @property
    def fitting(self) -> int:
        """The largest number below it that does."""
        return next(n for n in range(self.heads, 0, -1) if self.width % n == 0)


def find_unfit_heads(settings: ProjectSettings) -> UnfitHeads | None:
    """Compare the width of an encoder on disk with the config of the teachers.

    settings: How the project trains.
    RETURNS: What does not fit; None if it does, or if nothing is known of the encoder.
    """
    config = settings.configs[0]
    path = Path(settings.encoder) / "config.json"
    if settings.teacher != "aligned" or not path.is_file():
        return None
    try:
        width = json.loads(path.read_text(encoding="utf8")).get("hidden_size")
    except (OSError, ValueError, AttributeError):
        return None
    text = (resources.files(__package__) / "configs" / config).read_text(encoding="utf8")
    heads = int(re.findall(r"^heads = (\d+)$", text, re.MULTILINE)[0])
    if not isinstance(width, int) or width < 1 or width % heads == 0:
        return None
    return UnfitHeads(config, width, heads)


def package_name(project: str) -> str:
    """A name for the trained pipeline that Python and pip accept.

    project: The project's name.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", project.lower())
    return f"{plain.lstrip('0123456789_').rstrip('_')}_tagger".lstrip("_")


def parse_size(setting: str, value: str | float, n_texts: int, least: int) -> int:
    """A number of texts that was given as a number or as a share.

    setting: The option's name, for messages.
    value: A whole number, or a share such as 0.2.
    n_texts: How many texts there are.
    least: The smallest number that makes sense.
    RETURNS: The number; of a share that is not 0 at least 1.
    RAISES: ValueError (H013) if it is neither.
    """
    value = str(value)
    if re.fullmatch(r"[0-9]{1,9}", value) and least <= int(value) < n_texts:
        return int(value)
    if re.fullmatch(r"0?\.[0-9]*[1-9][0-9]*", value):
        return max(1, round(float(value) * n_texts))
    expected = f"a number from {least} to {n_texts - 1}, or a share between 0 and 1"
    raise ValueError(Errors.H013.format(setting=setting, expected=expected, value=value))


def choose_sizes(
    dev: str | float | None, test: str | float | None, n_texts: int
) -> tuple[int, int]:
    """How many texts to tune and to test on.

    dev, test: What was asked for; None for a fifth each, and for no test texts if there are few.
    n_texts: How many different texts are labelled.
    RAISES: ValueError (H013) if that is no size.
    """
    default = str(DEFAULT_SHARE)
    n_dev = parse_size("--dev", default if dev is None else dev, n_texts, least=1)
    if test is None:
        test = default if n_texts >= ENOUGH_FOR_TEST else "0"
    return n_dev, parse_size("--test", test, n_texts, least=0)
