"""The manifest of an output of `annotate`: where it is, and reading it.

It is beside the output, as `OUTPUT.manifest.json`: polars, DuckDB and Hugging Face's `datasets`
take every file in a folder of Parquet files for a table. Earlier versions wrote it into the folder,
and so does a run while it moves the folder, so that no folder is ever without its manifest.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Errors
from .file_formats.json_values import show
from .records import InvalidRecord

MANIFEST = "_manifest.json"
"""The name of a manifest in a folder: of the parts of a run, or of an earlier version's output."""
BESIDE = ".manifest.json"
"""What the name of a manifest beside an output ends in."""
FORMAT_VERSION = 1
Test = Callable[[Any], bool]


@dataclass(frozen=True, kw_only=True)
class WrittenManifest:
    """A manifest that was read and checked.

    path: Its file.
    text: What the file holds.
    values: The same, parsed: see `labelling.manifest.Manifest`, and `counts` and `bad` of a
        complete output.
    """

    path: Path
    text: str
    values: dict[str, Any]

    @property
    def n_shards(self) -> int:
        """How many shards a complete output has."""
        return int(self.values["counts"]["shards"])

    @property
    def n_texts(self) -> int:
        """How many texts a complete output has."""
        return int(self.values["counts"]["texts"])

    @property
    def shard_format(self) -> str:
        """The format of the shards."""
        return str(self.values["settings"].get("format", "spacy"))

    @property
    def bad(self) -> list[InvalidRecord]:
        """The records of a complete output that could not be used."""
        return [
            InvalidRecord(own["file"], own["line"], own["reason"]) for own in self.values["bad"]
        ]


def manifest_path(output: Path) -> Path:
    """The place of an output's manifest: beside it. output: A file, or a folder of shards."""
    # `with_name` fails at the root of a file system
    return output.parent / f"{output.name}{BESIDE}"


def read_manifest_of(output: Path) -> WrittenManifest | None:
    """Read the manifest of a complete output.

    output: A file, or a folder of shards.
    RETURNS: The manifest in the folder, or else the one beside the output; None if there is none.
    RAISES: ValueError, OSError as `read_manifest`.
    """
    # a link's target has the manifest beside it
    output = output.resolve()
    # one in a folder belongs to its shards; another beside it may be left from before
    for path in [*([output / MANIFEST] if output.is_dir() else []), manifest_path(output)]:
        try:
            return read_manifest(path, is_complete=True)
        except FileNotFoundError:
            continue
    return None


def read_manifest(path: Path, *, is_complete: bool) -> WrittenManifest:
    """Read a manifest.

    path: The file.
    is_complete: Whether it is that of a complete output, with counts, or else that of parts.
    RETURNS: The manifest. Its keys have values of the right types.
    RAISES: OSError (H155) if the file cannot be read, FileNotFoundError (H155) if there is none;
        ValueError (H155) if it is damaged or incomplete, (H156) if it has another version.
    """
    try:
        text = _read_file(path).decode("utf8")
        values = _parse(text)
        _check_version(values, path)
        for name, expected, test in [*PARTS_KEYS, *(OUTPUT_KEYS if is_complete else [])]:
            _check_key(values, name, expected, test)
    except OSError as error:
        message = Errors.H155.format(path=path, reason=error.strerror or error)
        raise type(error)(message) from error
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8"
        raise ValueError(Errors.H155.format(path=path, reason=reason)) from error
    except RecursionError as error:
        reason = "its values are nested too deeply"
        raise ValueError(Errors.H155.format(path=path, reason=reason)) from error
    except WrongContentError as error:
        raise ValueError(Errors.H155.format(path=path, reason=error)) from error
    return WrittenManifest(path=path, text=text, values=values)


class WrongContentError(Exception):
    """A manifest does not hold what it must. The message says what is wrong."""


def _read_file(path: Path) -> bytes:
    # opening a pipe would wait until somebody writes to it
    if path.exists() and not path.is_file():
        raise OSError("it is not a file")
    return path.read_bytes()


def _parse(text: str) -> Any:
    if not text.strip():
        raise WrongContentError("it is empty")
    try:
        return json.loads(text)
    # an integer of too many digits is a plain ValueError
    except ValueError as error:
        raise WrongContentError(f"it is not JSON, or was cut off: {error}") from error


def _check_version(values: Any, path: Path) -> None:
    if not isinstance(values, dict):
        raise WrongContentError(f"it must hold an object, but holds {show(values)}")
    version = values.get("format_version")
    if is_count(version) and version != FORMAT_VERSION:
        raise ValueError(Errors.H156.format(path=path, version=version, known=FORMAT_VERSION))


def _check_key(values: Any, name: str, expected: str, test: Test) -> None:
    value = values
    for key in name.split("."):
        if key not in value:
            raise WrongContentError(f"the key '{name}' is missing")
        value = value[key]
    if not test(value):
        raise WrongContentError(f"the key '{name}' must be {expected}, but is {show(value)}")


def is_count(value: Any) -> bool:
    """Whether a value is a whole number of 0 or more."""
    # True is an int
    return type(value) is int and value >= 0


def is_string(value: Any) -> bool:
    """Whether a value is a string."""
    return isinstance(value, str)


def is_scalar(value: Any) -> bool:
    """Whether a value is neither a list nor an object."""
    return not isinstance(value, list | dict)


def object_of(test: Test) -> Test:
    """A test for an object whose values pass another test."""
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def list_of(test: Test) -> Test:
    """A test for a list whose items pass another test."""
    return lambda value: isinstance(value, list) and all(map(test, value))


def is_teacher(value: Any) -> bool:
    """Whether a value describes a teacher."""
    return object_of(is_string)(value) and {"name", "version", "sha256"} <= set(value)


def is_invalid_record(value: Any) -> bool:
    """Whether a value describes a record that could not be used."""
    return (
        isinstance(value, dict)
        and is_string(value.get("file"))
        and is_count(value.get("line"))
        and is_string(value.get("reason"))
    )


def is_settings(value: Any) -> bool:
    """Whether a value holds a run's settings."""
    return object_of(is_scalar)(value) and is_string(value.get("format", ""))


PARTS_KEYS: list[tuple[str, str, Test]] = [
    ("format_version", "a whole number", is_count),
    ("input_sha256", "an object of strings", object_of(is_string)),
    ("teachers", "a list of objects with a name, version and sha256", list_of(is_teacher)),
    ("target", "a string", is_string),
    ("tags", "a list of strings", list_of(is_string)),
    ("settings", "an object of simple values", is_settings),
    ("texts_in_a_part", "a whole number", is_count),
    ("versions", "an object of strings", object_of(is_string)),
]
"""The keys of every manifest, what each must be, and a test for it."""
OUTPUT_KEYS: list[tuple[str, str, Test]] = [
    ("counts", "an object of whole numbers", object_of(is_count)),
    ("counts.shards", "a whole number", is_count),
    ("counts.texts", "a whole number", is_count),
    ("bad", "a list of objects with a file, line and reason", list_of(is_invalid_record)),
]
"""The further keys of a complete output's manifest."""
