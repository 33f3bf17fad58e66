"""A `.spacy` file that comes to be part by part, so that a run that was stopped can go on."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.tokens import Doc, DocBin

from ..errors import Errors
from ..files import write_at_once
from .doc_files import make_bin
from .manifest import Manifest

MANIFEST = "manifest.json"


@dataclass
class PartedFile:
    """A file, and beside it the parts that are finished, until it is complete.

    output: The file, which appears only once it is complete.
    manifest: What all its parts come from.
    """

    output: Path
    manifest: Manifest

    @property
    def folder(self) -> Path:
        """Where the parts are."""
        return self.output.with_name(f"{self.output.name}.parts")

    def part(self, number: int) -> Path:
        return self.folder / f"{number:06}.spacy"

    def start(self, *, resume: bool, overwrite: bool) -> int:
        """Begin, or go on where an earlier run was stopped.

        resume: Whether to go on, if there are parts of the same input, teachers and settings.
        overwrite: Whether to begin anew otherwise.
        RETURNS: How many parts are finished.
        RAISES: FileExistsError (H048) if there are parts, and neither was said; ValueError (H049)
            if they come from something else, and only to go on was said.
        """
        manifest = self.folder / MANIFEST
        if self.folder.exists():
            written = manifest.read_text("utf8") if manifest.exists() else ""
            differences = self.manifest.differences(written)
            if resume and not differences:
                return self._count_finished()
            if not resume and not overwrite:
                raise FileExistsError(Errors.H048.format(folder=self.folder))
            if not overwrite:
                raise ValueError(
                    Errors.H049.format(folder=self.folder, names=", ".join(differences))
                )
            self.remove_parts()
        self.folder.mkdir(parents=True)
        write_at_once(manifest, self.manifest.to_json().encode())
        return 0

    def _count_finished(self) -> int:
        number = 0
        while self.part(number).exists():
            number += 1
        return number

    def write_part(self, number: int, docs: Sequence[Doc]) -> None:
        """Keep the docs of a part."""
        write_at_once(self.part(number), make_bin(docs).to_bytes())

    def complete(self) -> int:
        """Join the parts into the file, and remove them.

        RETURNS: How many docs it holds.
        RAISES: ValueError (H019) if a part cannot be read, (H020) if there are no docs.
        """
        joined = DocBin(store_user_data=True)
        for number in range(self._count_finished()):
            path = self.part(number)
            try:
                joined.merge(DocBin(store_user_data=True).from_disk(path))
            except Exception as error:
                raise ValueError(Errors.H019.format(path=path, reason=error)) from error
        if not len(joined):
            raise ValueError(Errors.H020)
        write_at_once(self.output, joined.to_bytes())
        self.remove_parts()
        return len(joined)

    def remove_parts(self) -> None:
        """Remove the parts, the manifest first: without it nothing goes on from what is left."""
        (self.folder / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self.folder)

    def leave(self) -> bool:
        """Leave an incomplete file, keeping what is finished.

        RETURNS: Whether there is anything to go on from.
        """
        if not self.folder.exists():
            return False
        if self._count_finished():
            return True
        self.remove_parts()
        return False
