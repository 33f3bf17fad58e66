"""What is finished of an output: kept beside it until it is complete."""

import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..data.docbin import MANIFEST
from ..data.parts import part_name
from ..data.records import InvalidRecord
from ..errors import Errors
from ..files import write_at_once
from .manifest import Manifest, digest_of
from .places import JOURNAL, REPLACES, parts_folder
from .shards import Summary


@dataclass
class Journal:
    """The parts of an output that are finished, and the folder in which they stand.

    output: A file `.spacy`, or a folder of shards. It appears only once it is complete.
    manifest: What all its parts come from.
    summaries: The parts that are finished, by their names.
    dropped: How many texts were finished of files that have changed since, by the files' names.
    n_texts, n_bad: How many texts the parts have, and how many records that could not be used.
    is_new: Whether there was nothing to go on from.
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
        """Where what is finished stands until the output is complete."""
        return parts_folder(self.output)

    @cached_property
    def shards(self) -> Path:
        """The folder of the shards. What they come from stands in its name: no run takes
        another's."""
        return self.folder / self.manifest.digest

    @property
    def path(self) -> Path:
        """The file with a line for each part that is finished."""
        return self.folder / JOURNAL

    @property
    def ordered(self) -> list[Summary]:
        """The parts that are finished, in the order of the input."""
        return [self.summaries[name] for name in sorted(self.summaries)]

    @property
    def bad(self) -> list[InvalidRecord]:
        """What could not be used so far, in the order of the input."""
        return [bad for own in self.ordered for bad in own.bad]

    @property
    def finished(self) -> dict[int, frozenset[int]]:
        """The numbers of the parts that are finished, by their files' places."""
        numbers: dict[int, set[int]] = {}
        for summary in self.summaries.values():
            numbers.setdefault(summary.file, set()).add(summary.number)
        return {file: frozenset(own) for file, own in numbers.items()}

    def begin(self) -> None:
        """Begin with nothing finished."""
        self.is_new = True
        self.shards.mkdir(parents=True, exist_ok=True)
        self._write_manifest()
        self.path.touch()

    def resume(self) -> None:
        """Go on with what a stopped run has finished of files that are as they were."""
        written = (self.folder / MANIFEST).read_text("utf8")
        changed = self.manifest.changed_files(written)
        if changed:
            self._take_over(digest_of(written), changed)
        self.shards.mkdir(exist_ok=True)
        for summary in self._read(self.shards):
            self._add(summary)

    def _take_over(self, digest: str, changed: set[int]) -> None:
        """Keep what has come of files that have not changed.

        digest: Of the manifest of the run that was stopped.
        changed: The places of the files that have changed.
        """
        former = self.folder / digest
        if not former.exists():
            # a first try to go on was stopped behind the renaming
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
            # onto itself, if a first try has renamed it
            former.rename(self.shards)
        self._write_manifest()

    def _write_manifest(self) -> None:
        write_at_once(self.folder / MANIFEST, self.manifest.to_json().encode())

    def _read(self, shards: Path) -> list[Summary]:
        """What is finished, and need not be done again.

        shards: The folder of the shards.
        """
        there = {path.stem for path in shards.iterdir()} if shards.exists() else set()
        found = []
        for line in self.path.read_text("utf8").splitlines():
            try:
                summary = Summary.from_json(line)
            except (ValueError, TypeError):
                # the run was stopped while it wrote this
                continue
            # what teachers have failed at may have been for another reason than the text
            if not summary.n_failed and (summary.name in there or not summary.texts):
                found.append(summary)
        return found

    def allow_replacing(self) -> None:
        """Note that this run, and one that resumes it, may replace an output in its place.

        RAISES: FileNotFoundError (H051) if another run has taken the parts away.
        """
        self._check_shards()
        (self.folder / REPLACES).touch()

    def keep(self, summary: Summary) -> None:
        """Note that a part is finished.

        summary: What has become of it; its shard is there.
        RAISES: FileNotFoundError (H051) if another run has taken the parts away.
        """
        self._check_shards()
        # a line that was cut off stays one bad line
        with self.path.open("a", encoding="utf8") as journal:
            journal.write(f"\n{summary.to_json()}")
        self._add(summary)

    def _check_shards(self) -> None:
        if not self.shards.exists():
            raise FileNotFoundError(Errors.H051.format(folder=self.folder))

    def _add(self, summary: Summary) -> None:
        # the same part may come twice, from a worker that was taken for dead
        if summary.name not in self.summaries:
            self.n_texts += summary.texts
            self.n_bad += len(summary.bad)
        self.summaries[summary.name] = summary

    def missing(self) -> list[str]:
        """The names of parts that are not finished.

        RETURNS: The names, as far as they are known: of a file whose last part is missing, the
            part behind the last one that is there.
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
        """Remove the parts, all at once for whoever looks for them."""
        if not self.folder.exists():
            return
        removed = self.folder.with_name(f".{self.folder.name}.removed")
        shutil.rmtree(removed, ignore_errors=True)
        self.folder.rename(removed)
        shutil.rmtree(removed)

    def leave(self) -> bool:
        """Leave an incomplete output, keeping what is finished, and what was gone on from.

        RETURNS: Whether there is anything to go on from.
        """
        if not self.shards.exists():
            return False
        if self.n_texts:
            return True
        if self.is_new:
            self.remove()
        return not self.is_new
