"""Labelling files of texts, whatever stops it on the way and whichever engine does it."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from ..data.docbin import MANIFEST
from ..data.inputs import InputFile, find_inputs, is_uri, local_inputs, local_path
from ..data.parts import PartSource
from ..data.records import InvalidRecord
from ..errors import Errors
from ..outputs import check_place
from .manifest import Manifest, TeacherRecord, hash_inputs
from .output import FORMER, JOURNAL, PartedOutput, manifest_path, parts_folder
from .shard_formats import SHARD_FORMATS
from .shards import ShardTask, Summary
from .worker import Progress, TeacherWorker

Engine = Callable[[PartSource, ShardTask, Progress], Iterable[Summary]]
"""Labels all parts, and gives what has become of each as soon as it is finished."""
OTHER_SUFFIXES = {".txt", ".json", ".jsonl", ".gz", ".csv", *(f".{own}" for own in SHARD_FORMATS)}
"""Of outputs that were meant to be files of another kind."""
REPLACES = "replaces"
"""A file that is there as soon as a run may replace an output."""
DIGEST = re.compile(r"[0-9a-f]{12}")
"""The name of a folder of shards until the output is complete, see `manifest.digest_of`."""
SHARD = re.compile(rf"\d{{5,}}-\d{{6,}}\.({'|'.join(SHARD_FORMATS)})")


@dataclass
class LabellingJob:
    """Files of texts, and the output that is to become of them.

    worker: The teachers.
    input_location: A file or folder of texts, as a path or URI.
    output_path: A file `.spacy`, or a folder of shards.
    shard_format: What shards are: one of `SHARD_FORMATS`.
    on_gpu: Whether the teachers compute on a GPU.
    max_bad: How many records may be unusable before the run is stopped.
    """

    worker: TeacherWorker
    input_location: str
    output_path: Path
    shard_format: str = "spacy"
    on_gpu: bool = False
    max_bad: int = 1000
    may_replace: bool = field(default=False, init=False)
    """Whether an output that is there when all is finished may be replaced."""

    def check_output(self, *, resume: bool, overwrite: bool) -> None:
        """Refuse an output that cannot be written, or must not be.

        resume, overwrite: As those of `start`.
        RAISES: ValueError, OSError (H013, H023, H024, H052, H060, H061, H065, H066, H088).
        """
        # a path has lost one of the slashes
        if is_uri(str(self.output_path).replace(":/", "://", 1)):
            raise ValueError(Errors.H066.format(path=self.output_path))
        # not beside a link, but where it leads to
        self.output_path = path = self.output_path.resolve()
        if self.shard_format not in SHARD_FORMATS:
            expected = f"in {tuple(SHARD_FORMATS)}"
            raise ValueError(
                Errors.H013.format(setting="--format", expected=expected, value=self.shard_format)
            )
        read = [local_path(self.input_location), *map(Path, self.worker.models)]
        for place in (path, parts_folder(path), manifest_path(path)):
            check_place(place, inputs=read)
        # only shards of docs can be joined to a file
        is_joined = (path.suffix, self.shard_format) == (".spacy", "spacy")
        if path.suffix in OTHER_SUFFIXES and not is_joined:
            raise ValueError(Errors.H023.format(path=path))
        check_kind(path)
        parts = parts_folder(path)
        if parts.exists() and not is_parts_folder(parts):
            raise FileExistsError(Errors.H103.format(path=parts))
        manifest = manifest_path(path)
        if manifest.is_dir():
            raise FileExistsError(Errors.H103.format(path=manifest))
        is_beside = manifest.is_file() and not path.exists()
        if is_beside and not overwrite and not is_manifest(manifest):
            raise FileExistsError(Errors.H024.format(path=manifest))
        # a run that is to go on may have been stopped when all was done but tidying up
        if path.exists() and not overwrite and not (resume and was_allowed(path)):
            raise FileExistsError(Errors.H024.format(path=path))

    @cached_property
    def files(self) -> list[InputFile]:
        """The files of texts."""
        return find_inputs(self.input_location)

    @cached_property
    def output(self) -> PartedOutput:
        """The output, and what it is to come from."""
        worker = self.worker
        worker.forget_what_has_changed()
        teachers = zip(worker.load(), worker.hashes(), strict=True)
        tagger = worker.tagger
        settings = {
            "component": worker.component,
            "top_k": worker.top_k,
            "batch_size": worker.batch_size,
            "precision": worker.precision,
            "gpu": self.on_gpu,
            "format": self.shard_format,
        }
        manifest = Manifest(
            hash_inputs(self.files),
            [TeacherRecord.of(nlp, sha256) for nlp, sha256 in teachers],
            tagger.target,
            list(tagger.scheme.tag_names),
            settings,
            worker.texts_in_a_part,
        )
        return PartedOutput(self.output_path, manifest, self.shard_format)

    def start(self, *, resume: bool, overwrite: bool) -> int:
        """Begin, or go on where an earlier run was stopped.

        resume, overwrite: As those of `PartedOutput.start`.
        RETURNS: How many texts are labelled already.
        RAISES: ValueError, OSError, ImportError for an input, a pipeline, an output or what a
            former run has left that cannot be used.
        """
        self.check_output(resume=resume, overwrite=overwrite)
        check_place(self.output_path, inputs=local_inputs(self.files))
        self.may_replace = overwrite or self.output_path.exists()
        if resume and self.output.n_complete is not None:
            return self.output.n_complete
        if self.output_path.exists() and not overwrite and not self.output.folder.exists():
            if resume and (differences := self.output.completed_otherwise):
                names = ", ".join(differences)
                raise ValueError(Errors.H049.format(folder=self.output_path, names=names))
            raise FileExistsError(Errors.H024.format(path=self.output_path))
        self.output.start(resume=resume, overwrite=overwrite)
        if self.may_replace:
            (self.output.folder / REPLACES).touch()
        return self.output.n_texts

    def run(self, engine: Engine, on_progress: Progress) -> int:
        """Label what is not finished, and put the output in its place.

        engine: What carries parts to workers.
        on_progress: Is called with the number of texts tagged since the last call.
        RETURNS: How many texts the output has.
        RAISES: ValueError (H020) if there is no text, (H053) if the input has changed meanwhile,
            (H055) if too much of it cannot be used, (H059) if the engine has left something out;
            OSError (H024, H052, H060, H061) if something else is in the output's place by now.
        """
        output = self.output
        n_complete = output.n_complete
        if n_complete is not None:
            output.remove_parts()
            return n_complete
        teachers = self.worker.load()
        source = PartSource(
            self.files,
            min(nlp.max_length for nlp in teachers),
            self.worker.texts_in_a_part,
            output.finished,
        )
        worker = replace(self.worker, sha256=self.worker.hashes())
        task = ShardTask(worker, output.shards.absolute(), self.shard_format)
        self._check_bad()
        for summary in engine(source, task, on_progress):
            output.keep(summary)
            self._check_bad()
        missing = output.missing(len(self.files))
        if missing:
            raise ValueError(Errors.H059.format(parts=", ".join(missing[:10])))
        if hash_inputs(self.files) != output.manifest.input_sha256:
            raise ValueError(Errors.H053.format(path=self.input_location))
        # what has come to the output's place since the start must not be lost
        if self.output_path.exists() and not self.may_replace:
            raise FileExistsError(Errors.H024.format(path=self.output_path))
        check_kind(self.output_path)
        # if this is stopped now, the output in its place is its own
        (output.folder / REPLACES).touch()
        output.complete()
        return output.n_texts

    def bad_records(self) -> list[InvalidRecord]:
        """What could not be used so far, in the order of the input."""
        return [bad for own in self.output.ordered for bad in own.bad]

    def _check_bad(self) -> None:
        n_bad = self.output.n_bad
        if n_bad > self.max_bad:
            raise ValueError(
                Errors.H055.format(n_bad=n_bad, path=self.input_location, max_bad=self.max_bad)
            )


def check_kind(path: Path) -> None:
    """RAISES: OSError (H052, H060, H061) if something else is there than such an output."""
    if path.suffix == ".spacy" and path.is_dir():
        raise IsADirectoryError(Errors.H052.format(path=path))
    if path.suffix != ".spacy" and path.is_file():
        raise NotADirectoryError(Errors.H061.format(path=path))
    names = [own.name for own in path.iterdir()] if path.is_dir() else []
    if not all(name == MANIFEST or SHARD.fullmatch(name) for name in names):
        raise FileExistsError(Errors.H060.format(path=path))


def was_allowed(output: Path) -> bool:
    """Whether a run that was stopped may replace an output, or has written it itself."""
    manifest = manifest_path(output)
    return (parts_folder(output) / REPLACES).exists() or (
        manifest.is_file() and is_manifest(manifest)
    )


def is_parts_folder(path: Path) -> bool:
    """Whether a folder holds what such a run has finished, or nothing yet: it will be removed."""
    known = {MANIFEST, JOURNAL, FORMER, REPLACES}
    # a link would be renamed, and not what it leads to
    return (
        path.is_dir()
        and not path.is_symlink()
        and all(
            own.name in known or own.name.startswith(f".{MANIFEST}") or DIGEST.fullmatch(own.name)
            for own in path.iterdir()
        )
    )


def is_manifest(path: Path) -> bool:
    """Whether a file says what an output was made from."""
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(content, dict) and "input_sha256" in content
