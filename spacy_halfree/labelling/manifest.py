"""What labelled texts came from: input, teachers and settings, as they must be to go on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from spacy.language import Language

from ..data.inputs import InputFile
from ..data.output_manifest import FORMAT_VERSION, WrittenManifest
from ..files import hash_folder

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


def hash_pipeline(nlp: Language) -> str:
    """The SHA-256 of all files of a pipeline; of none if it was not loaded from disk."""
    return hash_folder(nlp.path) if nlp.path else ""


@dataclass(frozen=True, kw_only=True)
class TeacherRecord:
    """A teacher's pipeline. name, version: From its meta data. sha256: Of all its files."""

    name: str
    version: str
    sha256: str

    @classmethod
    def of(cls, nlp: Language, sha256: str) -> "TeacherRecord":
        """Record a pipeline whose files had this hash when it was loaded."""
        name = f"{nlp.meta['lang']}_{nlp.meta['name']}"
        return cls(name=name, version=nlp.meta["version"], sha256=sha256)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What the bytes of the labelled texts depend on.

    input_sha256: Of each file with texts, by its name.
    teachers: The teachers, in order.
    target: What they tag.
    tags: The tags whose distributions there are, in the order of the first teacher's.
    settings: The command's options.
    texts_in_a_part: The most texts of a part.
    versions: Of the packages that compute.
    format_version: Of this file.
    """

    input_sha256: dict[str, str]
    teachers: list[TeacherRecord]
    target: str
    tags: list[str]
    settings: dict[str, Any]
    texts_in_a_part: int
    versions: dict[str, str] = field(default_factory=installed_versions)
    format_version: int = FORMAT_VERSION

    def to_json(self, **more: Any) -> str:
        """This as JSON. **more: What is to stand there, too."""
        return json.dumps(asdict(self) | more, indent=2)

    @cached_property
    def digest(self) -> str:
        """A few digits that stand for all of this."""
        return digest_of(self.to_json())

    def differences(self, written: WrittenManifest) -> list[str]:
        """In what a manifest that was written before differs.

        written: The other manifest.
        RETURNS: The names of what differs, as `settings.top_k`.
        """
        values = json.loads(self.to_json())
        # what else stands there (counts, say) is of no account
        others = flatten({key: written.values.get(key) for key in values})
        own = flatten(values)
        return [name for name in (own | others) if own.get(name) != others.get(name)]

    def changed_files(self, written: WrittenManifest) -> set[int]:
        """Find the input files that have changed since a manifest was written.

        written: The other manifest.
        RETURNS: The files' numbers. Empty if anything else has changed, or all files have.
        """
        differences = self.differences(written)
        files = list(self.input_sha256)
        changed = {i for i, name in enumerate(files) if f"input_sha256.{name}" in differences}
        # with other files, or in another order, parts would have other names
        if len(changed) < len(differences) or len(changed) == len(files):
            return set()
        return changed if list(written.values["input_sha256"]) == files else set()


def flatten(value: Any, name: str = "") -> dict[str, Any]:
    """What stands in nested objects, by names with dots; lists are taken as they are."""
    if not isinstance(value, dict):
        return {name: value} if name else {}
    found: dict[str, Any] = {}
    for key, own in value.items():
        found |= flatten(own, f"{name}.{key}" if name else key)
    return found


def digest_of(manifest: str) -> str:
    """A few digits that stand for a manifest. manifest: Its JSON."""
    return hashlib.sha256(manifest.encode()).hexdigest()[:12]


def hash_inputs(files: Sequence[InputFile]) -> dict[str, str]:
    """The SHA-256 of each file, by its name."""
    return {file.name: file.sha256() for file in files}
