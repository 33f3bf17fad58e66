"""What annotated texts came from: input, teachers and settings, as they must be to go on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spacy.language import Language

from ..files import hash_file, hash_folder

PACKAGES = (
    *("spacy-halfree", "spacy", "thinc", "numpy"),
    *("torch", "transformers", "tokenizers", "spacy-transformers"),
)


def installed_versions() -> dict[str, str]:
    """The versions of what computes; packages that are not installed are left out."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True)
class TeacherRecord:
    """A teacher's pipeline. name, version: From its meta data. sha256: Of all its files."""

    name: str
    version: str
    sha256: str

    @classmethod
    def of(cls, nlp: Language) -> "TeacherRecord":
        """Record a pipeline that was loaded from disk."""
        name = f"{nlp.meta['lang']}_{nlp.meta['name']}"
        return cls(name, nlp.meta["version"], hash_folder(nlp.path) if nlp.path else "")


@dataclass(frozen=True)
class Manifest:
    """What the bytes of the annotated texts depend on.

    input_sha256: Of the file with the texts.
    teachers: The teachers, in order.
    settings: The command's options.
    texts_in_a_part: How many texts each part holds.
    versions: Of the packages that compute.
    """

    input_sha256: str
    teachers: list[TeacherRecord]
    settings: dict[str, Any]
    texts_in_a_part: int
    versions: dict[str, str] = field(default_factory=installed_versions)

    @classmethod
    def of(
        cls,
        input_path: Path,
        teachers: Sequence[Language],
        settings: dict[str, Any],
        texts_in_a_part: int,
    ) -> "Manifest":
        """Record a run that is about to start."""
        records = [TeacherRecord.of(nlp) for nlp in teachers]
        return cls(hash_file(input_path), records, settings, texts_in_a_part)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @property
    def digest(self) -> str:
        """A few digits that stand for all of this."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def differences(self, written: str) -> list[str]:
        """In what a manifest that was written before differs.

        written: The JSON of the other manifest.
        RETURNS: The names of what differs; all of them if it cannot be read.
        """
        own = json.loads(self.to_json())
        try:
            other = json.loads(written)
        except ValueError:
            other = None
        if not isinstance(other, dict):
            other = {}
        return [key for key, value in own.items() if other.get(key) != value]
