"""An output that appears only once it is complete, and beside it what is finished until then."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from spacy.tokens import DocBin

from ..data.docbin import MANIFEST
from ..data.parts import part_name
from ..errors import Errors
from ..files import sync_folder, write_at_once
from .manifest import Manifest, digest_of
from .shards import Summary

JOURNAL = "finished.jsonl"
FORMER = "former"


def parts_folder(output: Path) -> Path:
    """Where an output's shards are until all are there."""
    return output.with_name(f"{output.name}.parts")


def manifest_path(output: Path) -> Path:
    """The file that says what an output came from: in a folder of shards, or beside a file."""
    if output.suffix == ".spacy":
        return output.with_name(f"{output.name}.manifest.json")
    return output / MANIFEST


@dataclass
class PartedOutput:
    """A file or a folder of shards that is being made, part by part.

    output: A file `.spacy`, or a folder of shards. It appears only once it is complete.
    manifest: What all its parts come from.
    shard_format: What shards hold; "spacy" for a file.
    summaries: The parts that are finished, by their names.
    is_new: Whether there was nothing to go on from.
    dropped: How many texts were finished of files that have changed since, by the files' names.
    n_texts, n_bad: How many texts they have, and how many records that could not be used.
    """

    output: Path
    manifest: Manifest
    shard_format: str = "spacy"
    summaries: dict[str, Summary] = field(default_factory=dict, init=False)
    is_new: bool = field(default=False, init=False)
    dropped: dict[str, int] = field(default_factory=dict, init=False)
    n_texts: int = field(default=0, init=False)
    n_bad: int = field(default=0, init=False)

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
    def journal(self) -> Path:
        """The file with a line for each part that is finished."""
        return self.folder / JOURNAL

    def start(self, *, resume: bool, overwrite: bool) -> None:
        """Begin, or go on where an earlier run was stopped.

        resume: Whether to go on, if there are parts of the same input, teachers and settings.
        overwrite: Whether to begin anew otherwise.
        RAISES: FileExistsError (H048) if there are parts, and neither was said; ValueError (H049)
            if they come from something else, and only to go on was said.
        """
        manifest = self.folder / MANIFEST
        # a run that was stopped before it could say what it is leaves nothing else
        if self.journal.exists():
            written = manifest.read_text("utf8") if manifest.exists() else ""
            differences = self.manifest.differences(written)
            if resume and differences:
                differences = self._take_over(written, differences)
            if resume and not differences:
                self.shards.mkdir(exist_ok=True)
                for summary in self._read_journal():
                    self._add(summary)
                return
            if not resume and not overwrite:
                raise FileExistsError(Errors.H048.format(folder=self.folder))
            if not overwrite:
                raise ValueError(
                    Errors.H049.format(folder=self.folder, names=", ".join(differences))
                )
            self._put_back_former()
            self.remove_parts()
        self.is_new = True
        self.shards.mkdir(parents=True, exist_ok=True)
        write_at_once(manifest, self.manifest.to_json().encode())
        self.journal.touch()

    def _take_over(self, written: str, differences: list[str]) -> list[str]:
        """Keep what has come of files that are as they were, if other files alone have changed.

        written: The manifest of the run that was stopped.
        differences: In what it differs.
        RETURNS: In what it still differs: nothing, or all that it did.
        """
        files = list(self.manifest.input_sha256)
        changed = {
            place for place, name in enumerate(files) if f"input_sha256.{name}" in differences
        }
        former_files = list(json.loads(written)["input_sha256"]) if changed else []
        # with other files, or in another order, parts would have other names
        if len(changed) < len(differences) or len(changed) == len(files) or former_files != files:
            return differences
        digest = digest_of(written)
        if not (self.folder / digest).exists():
            # a first try to go on was stopped behind the renaming
            digest = self.manifest.digest
        found = self._read_journal(digest)
        kept = []
        for own in found:
            if own.file in changed:
                name = files[own.file]
                self.dropped[name] = self.dropped.get(name, 0) + own.texts
            else:
                kept.append(own)
        names_kept = {own.name for own in kept}
        write_at_once(self.journal, "".join(f"{own.to_json()}\n" for own in kept).encode())
        former = self.folder / digest
        if former.exists():
            for shard in former.iterdir():
                if shard.stem not in names_kept:
                    shard.unlink()
            # onto itself, if a first try has renamed it
            former.rename(self.shards)
        write_at_once(self.folder / MANIFEST, self.manifest.to_json().encode())
        return []

    def _put_back_former(self) -> None:
        """What a run has put aside that was stopped before its own output was there."""
        former = self.folder / FORMER
        if former.exists() and not self.output.exists():
            former.rename(self.output)

    def _read_journal(self, digest: str | None = None) -> list[Summary]:
        """What is finished, and need not be done again.

        digest: Of the manifest under which it was; of this one if None.
        """
        shards = self.folder / (digest or self.manifest.digest)
        there = {path.stem for path in shards.iterdir()} if shards.exists() else set()
        found = []
        for line in self.journal.read_text("utf8").splitlines():
            try:
                summary = Summary.from_json(line)
            except (ValueError, TypeError):
                # the run was stopped while it wrote this
                continue
            # what teachers have failed at may have been for another reason than the text
            if not summary.n_failed and (summary.name in there or not summary.texts):
                found.append(summary)
        return found

    @property
    def finished(self) -> dict[int, frozenset[int]]:
        """The numbers of the parts that are finished, by their files' places."""
        numbers: dict[int, set[int]] = {}
        for summary in self.summaries.values():
            numbers.setdefault(summary.file, set()).add(summary.number)
        return {file: frozenset(own) for file, own in numbers.items()}

    @property
    def n_complete(self) -> int | None:
        """How many texts there are, if the output is in its place already, made from the same (and
        perhaps of its parts something is left to tidy up); None otherwise."""
        manifest, left = manifest_path(self.output), self.folder / MANIFEST
        there = self.output.exists() and manifest.exists()
        if not there or self.shards.exists():
            return None
        written = manifest.read_text("utf8")
        if self.manifest.differences(written):
            return None
        if left.exists() and self.manifest.differences(left.read_text("utf8")):
            return None
        return int(json.loads(written)["counts"]["texts"])

    @property
    def completed_otherwise(self) -> list[str]:
        """In what the run differed that has made the output in its place; nothing if unknown."""
        manifest = manifest_path(self.output)
        return self.manifest.differences(manifest.read_text("utf8")) if manifest.exists() else []

    def keep(self, summary: Summary) -> None:
        """Note that a part is finished.

        summary: What has become of it; its shard is there.
        RAISES: FileNotFoundError (H051) if another run has taken the parts away.
        """
        if not self.shards.exists():
            raise FileNotFoundError(Errors.H051.format(folder=self.folder))
        # a line that was cut off stays one bad line
        with self.journal.open("a", encoding="utf8") as journal:
            journal.write(f"\n{summary.to_json()}")
        self._add(summary)

    def _add(self, summary: Summary) -> None:
        # the same part may come twice, from a worker that was taken for dead
        if summary.name not in self.summaries:
            self.n_texts += summary.texts
            self.n_bad += len(summary.bad)
        self.summaries[summary.name] = summary

    def missing(self, n_files: int) -> list[str]:
        """The names of parts that are not finished.

        n_files: How many files there are.
        RETURNS: The names, as far as they are known: of a file whose last part is missing, the
            part behind the last one that is there.
        """
        missing = []
        last = {own.file: own.number for own in self.summaries.values() if own.is_last}
        finished = self.finished
        for file in range(n_files):
            own = finished.get(file, frozenset())
            n_parts = last.get(file, max(own, default=-1) + 1) + 1
            missing += [part_name(file, number) for number in range(n_parts) if number not in own]
        return missing

    @property
    def ordered(self) -> list[Summary]:
        """The parts that are finished, in the order of the input."""
        return [self.summaries[name] for name in sorted(self.summaries)]

    def complete(self) -> None:
        """Put the output in its place, and remove the rest.

        RAISES: ValueError (H019) if a shard cannot be read, (H020) if there is no text;
            FileNotFoundError (H051) if another run has taken a shard away.
        """
        if not self.n_texts:
            raise ValueError(Errors.H020)
        if self.output.suffix == ".spacy":
            names = [f"{own.name}.{self.shard_format}" for own in self.ordered if own.texts]
            joined = join([self.shards / name for name in names])
            # a file that stands there meanwhile says nothing of another
            manifest_path(self.output).unlink(missing_ok=True)
            write_at_once(self.output, joined)
            write_at_once(manifest_path(self.output), self._final_manifest())
        else:
            self._move_folder()
        self.remove_parts()

    def _move_folder(self) -> None:
        names = {path.stem for path in self.shards.iterdir()} if self.shards.exists() else set()
        if any(own.texts and own.name not in names for own in self.summaries.values()):
            raise FileNotFoundError(Errors.H051.format(folder=self.folder))
        for stray in self.shards.glob(".*"):
            # half a shard of a process that was killed
            stray.unlink()
        write_at_once(self.shards / MANIFEST, self._final_manifest())
        if self.output.exists():
            self.output.rename(self.folder / FORMER)
        self.shards.rename(self.output)
        sync_folder(self.output.parent)

    def _final_manifest(self) -> bytes:
        ordered = self.ordered
        counts = {
            "shards": sum(own.texts > 0 for own in ordered),
            "texts": sum(own.texts for own in ordered),
            "words": sum(own.words for own in ordered),
            "spans": sum(own.spans for own in ordered),
            "bad": sum(len(own.bad) for own in ordered),
        }
        bad = [asdict(bad) for own in ordered for bad in own.bad]
        return f"{self.manifest.to_json(counts=counts, bad=bad)}\n".encode()

    def remove_parts(self) -> None:
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
        if any(summary.texts for summary in self.summaries.values()):
            return True
        if self.is_new:
            self.remove_parts()
        return not self.is_new


def join(shards: Iterable[Path]) -> bytes:
    """The docs of several shards as one file.

    shards: The files, in order.
    RETURNS: The file's content.
    RAISES: ValueError (H019) if one cannot be read; FileNotFoundError (H051) if it is not there.
    """
    joined = DocBin(store_user_data=True)
    for path in shards:
        try:
            joined.merge(DocBin(store_user_data=True).from_disk(path))
        except FileNotFoundError as error:
            raise FileNotFoundError(Errors.H051.format(folder=path.parent)) from error
        except Exception as error:
            reason = f"{error} Delete it, and use `--resume`"
            raise ValueError(Errors.H019.format(path=path, reason=reason)) from error
    return joined.to_bytes()
