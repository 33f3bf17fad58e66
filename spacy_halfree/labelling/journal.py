"""Keep the finished parts of an output beside it until it is complete."""

import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..data.derived_files import JOURNAL
from ..data.output_manifest import MANIFEST, read_manifest
from ..data.parts import part_name
from ..data.records import InvalidRecord
from ..errors import Errors
from ..files import partial_folder, write_at_once
from .manifest import Manifest, digest_of
from .places import REPLACES, parts_folder
from .shards import Summary


@dataclass
class Journal:
    """The finished parts of an output, and the folder that holds them.

    output: A file `.spacy`, or a folder of shards.
    manifest: What the output is made from.
    summaries: The finished parts, by name.
    dropped: For each input file that has changed, how many finished texts were discarded.
    n_texts, n_bad: How many texts the finished parts have, and how many records in them could not
        be used.
    is_new: Whether this run began without parts of another.
    """

    output: Path
    manifest: Manifest
    summaries: dict[str, Summary] = field(default_factory=dict, init=False)
    dropped: dict[str, int] = field(default_factory=dict, init=False)
    n_texts: int = field(default=0, init=False)
    n_bad: int = field(default=0, init=False)
    is_new: bool = field(default=False, init=False)

    @property
    def folder(self) -> Path:
        """The folder of parts."""
        return parts_folder(self.output)

    @cached_property
    def shards(self) -> Path:
        """The folder of the shards. Its name depends on the manifest, so that no run uses the
        shards of a different one."""
        return self.folder / self.manifest.digest

    @property
    def path(self) -> Path:
        """The file with a line for each finished part."""
        return self.folder / JOURNAL

    @property
    def ordered(self) -> list[Summary]:
        """The finished parts, in the order of the input."""
        return [self.summaries[name] for name in sorted(self.summaries)]

    @property
    def bad(self) -> list[InvalidRecord]:
        """The records that could not be used so far, in the order of the input."""
        return [bad for own in self.ordered for bad in own.bad]

    @property
    def finished(self) -> dict[int, frozenset[int]]:
        """For the number of each input file, the numbers of its finished parts."""
        numbers: dict[int, set[int]] = {}
        for summary in self.summaries.values():
            numbers.setdefault(summary.file, set()).add(summary.number)
        return {file: frozenset(own) for file, own in numbers.items()}

    def begin(self) -> None:
        """Begin without finished parts.

        RAISES: FileExistsError (H147) if another run has begun since this one looked.
        """
        if self.folder.exists() and not self.path.exists():
            # a run that was stopped before it wrote a journal has finished nothing
            self.remove()
        with partial_folder(self.folder) as partial:
            (partial / self.shards.name).mkdir()
            write_at_once(partial / MANIFEST, self.manifest.to_json().encode())
            (partial / JOURNAL).touch()
            try:
                partial.rename(self.folder)
            except OSError as error:
                if self.folder.exists():
                    raise FileExistsError(Errors.H147.format(path=self.output)) from error
                raise
        self.is_new = True

    def resume(self) -> None:
        """Use what a stopped run has finished, except for input files that have changed.

        RAISES: ValueError, OSError (H155), ValueError (H156) if its manifest cannot be read.
        """
        written = read_manifest(self.folder / MANIFEST, is_complete=False)
        changed = self.manifest.changed_files(written)
        if changed:
            self._take_over(digest_of(written.text), changed)
        self.shards.mkdir(exist_ok=True)
        for summary in self._read(self.shards):
            self._add(summary)

    def _take_over(self, digest: str, changed: set[int]) -> None:
        """Keep only the parts of files that have not changed.

        digest: The digest of the stopped run's manifest.
        changed: The numbers of the files that have changed.
        """
        former = self.folder / digest
        if not former.exists():
            # an earlier attempt to resume was stopped after the folder was renamed
            former = self.shards
        files = list(self.manifest.input_sha256)
        kept = []
        for own in self._read(former):
            if own.file in changed:
                name = files[own.file]
                self.dropped[name] = self.dropped.get(name, 0) + own.texts
            else:
                kept.append(own)
        names_kept = {own.name for own in kept}
        write_at_once(self.path, "".join(f"{own.to_json()}\n" for own in kept).encode())
        if former.exists():
            for shard in former.iterdir():
                if shard.stem not in names_kept:
                    shard.unlink()
            # this does nothing if an earlier attempt has renamed it
            former.rename(self.shards)
        self._write_manifest()

    def _write_manifest(self) -> None:
        write_at_once(self.folder / MANIFEST, self.manifest.to_json().encode())

    def _read(self, shards: Path) -> list[Summary]:
        """Read which parts are finished and need not be labelled again.

        shards: The folder of the shards.
        """
        there = {path.stem for path in shards.iterdir()} if shards.exists() else set()
        found = []
        for line in self.path.read_text("utf8", errors="replace").splitlines():
            try:
                summary = Summary.from_json(line)
            except ValueError:
                # the run was stopped while it wrote this line
                continue
            # where the teachers failed, the text need not have been the reason: try again
            if not summary.n_failed and (summary.name in there or not summary.texts):
                found.append(summary)
        return found

    def allow_replacing(self) -> None:
        """Allow this run, and one that resumes it, to replace an existing output.

        RAISES: FileNotFoundError (H051) if another run has removed the parts.
        """
        self._check_shards()
        (self.folder / REPLACES).touch()

    def keep(self, summary: Summary) -> None:
        """Record that a part is finished.

        summary: The part's summary; its shard must exist.
        RAISES: FileNotFoundError (H051) if another run has removed the parts.
        """
        self._check_shards()
        # begin with a line break: the last line may have been cut off
        with self.path.open("a", encoding="utf8") as journal:
            journal.write(f"\n{summary.to_json()}")
        self._add(summary)

    def _check_shards(self) -> None:
        if not self.shards.exists():
            raise FileNotFoundError(Errors.H051.format(folder=self.folder))

    def _add(self, summary: Summary) -> None:
        # a part may arrive twice if its first worker was thought to be dead
        if summary.name not in self.summaries:
            self.n_texts += summary.texts
            self.n_bad += len(summary.bad)
        self.summaries[summary.name] = summary

    def missing(self) -> list[str]:
        """List the parts that are not finished.

        RETURNS: The names, as far as they are known. If the last part of a file is missing, this
            includes only the first part after those that are finished.
        """
        missing = []
        last = {own.file: own.number for own in self.summaries.values() if own.is_last}
        finished = self.finished
        for file in range(len(self.manifest.input_sha256)):
            own = finished.get(file, frozenset())
            n_parts = last.get(file, max(own, default=-1) + 1) + 1
            missing += [part_name(file, number) for number in range(n_parts) if number not in own]
        return missing

    def remove(self) -> None:
        """Remove the parts. The folder disappears in one step."""
        removed = self.folder.with_name(f".{self.folder.name}.removed")
        # what a run that was stopped here has left
        shutil.rmtree(removed, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(removed)
            shutil.rmtree(removed)

    def leave(self) -> bool:
        """Stop: keep finished parts, and remove the folder if this run began it and finished none.

        RETURNS: Whether there is anything to resume.
        """
        if not self.shards.exists():
            return False
        if self.n_texts:
            return True
        if self.is_new:
            self.remove()
        return not self.is_new
