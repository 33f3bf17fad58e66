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


def parts_folder(output: Path) -> Path:
    """Where the parts of a file are until it is complete."""
    return output.with_name(f"{output.name}.parts")


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
        return parts_folder(self.output)

    def part(self, number: int) -> Path:
        """A part's file. What it comes from stands in its name: no run takes another's."""
        return self.folder / f"{number:06}-{self.manifest.digest}.spacy"

    def start(self, *, resume: bool, overwrite: bool) -> int:
        """Begin, or go on where an earlier run was stopped.

        resume: Whether to go on, if there are parts of the same input, teachers and settings.
        overwrite: Whether to begin anew otherwise.
        RETURNS: How many parts are finished.
        RAISES: FileExistsError (H048) if there are parts, and neither was said; ValueError (H049)
            if they come from something else, and only to go on was said.
        """
        manifest = self.folder / MANIFEST
        # a run that was stopped before it could say what it is leaves nothing else
        if self.folder.exists() and self._holds_parts():
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
        self.folder.mkdir(parents=True, exist_ok=True)
        write_at_once(manifest, self.manifest.to_json().encode())
        return 0

    def _count_finished(self) -> int:
        number = 0
        while self.part(number).exists():
            number += 1
        return number

    def write_part(self, number: int, docs: Sequence[Doc]) -> None:
        """Keep the docs of a part.

        RAISES: FileNotFoundError (H051) if another run has taken the parts away.
        """
        if not self.folder.exists():
            raise FileNotFoundError(Errors.H051.format(folder=self.folder))
        write_at_once(self.part(number), make_bin(docs).to_bytes())

    def complete(self, n_parts: int) -> int:
        """Join the parts into the file, and remove them.

        n_parts: How many there are.
        RETURNS: How many docs it holds.
        RAISES: ValueError (H019) if a part cannot be read, (H020) if there are no docs;
            FileNotFoundError (H051) if another run has taken a part away.
        """
        joined = DocBin(store_user_data=True)
        for number in range(n_parts):
            path = self.part(number)
            try:
                joined.merge(DocBin(store_user_data=True).from_disk(path))
            except FileNotFoundError as error:
                raise FileNotFoundError(Errors.H051.format(folder=self.folder)) from error
            except Exception as error:
                reason = f"{error} Delete it, and say `--resume`"
                raise ValueError(Errors.H019.format(path=path, reason=reason)) from error
        if not len(joined):
            raise ValueError(Errors.H020)
        write_at_once(self.output, joined.to_bytes())
        self.remove_parts()
        return len(joined)

    def remove_parts(self) -> None:
        """Remove the parts, all at once for whoever looks for them."""
        removed = self.folder.with_name(f".{self.folder.name}.removed")
        shutil.rmtree(removed, ignore_errors=True)
        self.folder.rename(removed)
        shutil.rmtree(removed)

    def leave(self) -> bool:
        """Leave an incomplete file, keeping what is finished.

        RETURNS: Whether there is anything to go on from.
        """
        if self._count_finished():
            return True
        # what others may have put there meanwhile stays
        if self.folder.exists() and not self._holds_parts():
            self.remove_parts()
        return False

    def _holds_parts(self) -> bool:
        return any(path.suffix == ".spacy" for path in self.folder.iterdir())
