"""Label files of texts, whatever stops it on the way and whichever engine does it."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..data.inputs import InputFile, find_inputs, local_inputs, local_path
from ..data.parts import PartSource
from ..data.records import InvalidRecord
from ..errors import Errors
from ..outputs import check_place
from .decision import Decision, OutputState, decide
from .engines.local import run_locally
from .existing import look_at, refuse
from .journal import Journal
from .manifest import Manifest, TeacherRecord, hash_inputs
from .places import check_kind, check_places, manifest_path
from .publication import publish, put_back_former
from .shards import SHARD_FORMATS, ShardTask, Summary
from .worker import Progress, TeacherWorker

Engine = Callable[[PartSource, ShardTask, Progress], Iterable[Summary]]
"""Labels all parts, and gives what has become of each as soon as it is finished."""


@dataclass(frozen=True, kw_only=True)
class LabellingSettings:
    """How files are labelled.

    shard_format: What shards are: "spacy", for `spacy train`, or "parquet", for tables.
    max_bad: How many records may be unusable before the run is stopped.
    on_gpu: Whether the teachers compute on a GPU. This is written to the manifest; the engine and
        the worker choose the device.
    """

    shard_format: str = "spacy"
    max_bad: int = 1000
    on_gpu: bool = False

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for another format."""
        if self.shard_format not in SHARD_FORMATS:
            expected = f"in {tuple(SHARD_FORMATS)}"
            raise ValueError(
                Errors.H013.format(
                    setting="shard_format", expected=expected, value=self.shard_format
                )
            )


@dataclass(frozen=True, kw_only=True)
class LabelledFiles:
    """What has become of files of texts.

    output: The file or folder with soft labels, behind all links.
    n_texts: How many texts it has.
    n_known: How many of them were finished before.
    bad: What could not be used, in the order of the input.
    """

    output: Path
    n_texts: int
    n_known: int
    bad: Sequence[InvalidRecord]


class LabellingEvents:
    """Is told how far a run is. These methods do nothing: override those that you need."""

    def on_start(self, n_known: int, dropped: Mapping[str, int]) -> None:
        """Called when the teachers are loaded, before anything is labelled.

        n_known: How many texts are finished already.
        dropped: How many were finished of files that have changed since, by the files' names.
        """

    def on_progress(self, n_texts: int) -> None:
        """Called while texts are labelled.

        n_texts: How many texts were labelled since the last call.
        """

    def on_end(self, bad: Sequence[InvalidRecord], n_texts: int, parts_folder: Path | None) -> None:
        """Called when a run that has started ends, whatever has stopped it.

        bad: What could not be used so far, in the order of the input.
        n_texts: How many texts are finished.
        parts_folder: Where they are kept to be gone on from; None if there is nothing to go on
            from, as when the output is complete.
        """


def label_files(
    worker: TeacherWorker,
    texts: str,
    output: Path,
    *,
    settings: LabellingSettings | None = None,
    resume: bool = False,
    overwrite: bool = False,
    engine: Engine = run_locally,
    events: LabellingEvents | None = None,
) -> LabelledFiles:
    """Label files of texts for a student to learn from.

    The output appears only once it is complete. What is finished is kept beside it until then: the
    same call with `resume` goes on after whatever has stopped it, and ends with the same bytes.

    worker: The teachers. They are closed at the end.
    texts: A file or folder of texts, as a path or URI.
    output: The file to write, which ends in `.spacy`; or a folder for many files.
    settings: How texts are labelled; the defaults if None.
    resume: Whether to go on where a run was stopped, if there was one.
    overwrite: Whether an existing output may be replaced, and parts that cannot be gone on from
        removed.
    engine: What carries parts to workers: `run_locally`, or a `RayEngine`.
    events: Is told how far the run is.
    RETURNS: What has become of the texts.
    RAISES: ValueError, OSError, ImportError for an input, teachers, an output or parts of a former
        run that cannot be used; ValueError (H020) if there is no text, (H053) if the input has
        changed meanwhile, (H055) if too much of it cannot be used, (H059) if the engine has left
        something out; OSError (H024, H052, H060, H061) if something else is in the output's place
        by now.
    """
    settings = settings or LabellingSettings()
    events = events or LabellingEvents()
    read = [local_path(texts), *map(Path, worker.models)]
    output = check_places(output, settings.shard_format, inputs=read, overwrite=overwrite)
    # what can be refused is refused before anything is read
    refuse(decide(look_at(output), resume=resume, overwrite=overwrite), output)
    files = find_inputs(texts)
    check_place(output, inputs=local_inputs(files))
    try:
        journal = Journal(output, make_manifest(worker, files, settings))
        found = look_at(output, journal.manifest)
        decision = decide(found, resume=resume, overwrite=overwrite)
        refuse(decision, output, journal.manifest)
        if decision is Decision.DONE:
            journal.remove()
            labelled = read_labelled(output)
            events.on_start(labelled.n_known, {})
            events.on_end(labelled.bad, labelled.n_texts, None)
            return labelled
        start(journal, decision)
        may_replace = overwrite or found.output is not OutputState.NONE
        if may_replace:
            journal.allow_replacing()
        n_known = journal.n_texts
        try:
            events.on_start(n_known, journal.dropped)
            label_parts(
                worker,
                files,
                journal,
                texts=texts,
                settings=settings,
                engine=engine,
                on_progress=events.on_progress,
            )
            # what has come to the output's place since the start must not be lost
            if output.exists() and not may_replace:
                raise FileExistsError(Errors.H024.format(path=output))
            check_kind(output)
            publish(journal, settings.shard_format)
        finally:
            has_parts = journal.leave()
            events.on_end(journal.bad, journal.n_texts, journal.folder if has_parts else None)
    finally:
        worker.close()
    return LabelledFiles(output=output, n_texts=journal.n_texts, n_known=n_known, bad=journal.bad)


def make_manifest(
    worker: TeacherWorker, files: Sequence[InputFile], settings: LabellingSettings
) -> Manifest:
    """Note what labelled texts come from. Reads all files, and loads the teachers."""
    worker.forget_what_has_changed()
    teachers = zip(worker.load(), worker.hashes(), strict=True)
    tagger = worker.tagger
    return Manifest(
        input_sha256=hash_inputs(files),
        teachers=[TeacherRecord.of(nlp, sha256) for nlp, sha256 in teachers],
        target=tagger.target,
        tags=list(tagger.scheme.tag_names),
        settings={
            "component": worker.component,
            "top_k": worker.top_k,
            "batch_size": worker.batch_size,
            "precision": worker.precision,
            "gpu": settings.on_gpu,
            "format": settings.shard_format,
        },
        texts_in_a_part=worker.texts_in_a_part,
    )


def start(journal: Journal, decision: Decision) -> None:
    """Begin, or go on, as was decided."""
    if decision is Decision.RESUME:
        journal.resume()
        return
    if decision is Decision.BEGIN_ANEW:
        put_back_former(journal.output)
        journal.remove()
    journal.begin()


def read_labelled(output: Path) -> LabelledFiles:
    """What was labelled already: all of it."""
    manifest = json.loads(manifest_path(output).read_text("utf8"))
    n_texts = manifest["counts"]["texts"]
    bad = [InvalidRecord(**own) for own in manifest["bad"]]
    return LabelledFiles(output=output, n_texts=n_texts, n_known=n_texts, bad=bad)


def label_parts(
    worker: TeacherWorker,
    files: Sequence[InputFile],
    journal: Journal,
    *,
    texts: str,
    settings: LabellingSettings,
    engine: Engine,
    on_progress: Progress,
) -> None:
    """Label the parts that are not finished.

    worker: The teachers.
    files: The files of texts.
    journal: What is finished.
    texts: What messages call the files.
    settings: How texts are labelled.
    engine: What carries parts to workers.
    on_progress: Is called with the number of texts tagged since the last call.
    RAISES: ValueError (H053) if the input has changed meanwhile, (H055) if too much of it cannot be
        used, (H059) if the engine has left something out.
    """
    max_length = min(nlp.max_length for nlp in worker.load())
    source = PartSource(files, max_length, worker.texts_in_a_part, journal.finished)
    checked = replace(worker, sha256=worker.hashes())
    task = ShardTask(checked, journal.shards.absolute(), settings.shard_format)
    check_bad(journal, texts, settings.max_bad)
    for summary in engine(source, task, on_progress):
        journal.keep(summary)
        check_bad(journal, texts, settings.max_bad)
    missing = journal.missing()
    if missing:
        raise ValueError(Errors.H059.format(parts=", ".join(missing[:10])))
    if hash_inputs(files) != journal.manifest.input_sha256:
        raise ValueError(Errors.H053.format(path=texts))


def check_bad(journal: Journal, texts: str, max_bad: int) -> None:
    """RAISES: ValueError (H055) if too many records cannot be used."""
    n_bad = journal.n_bad
    if n_bad > max_bad:
        raise ValueError(Errors.H055.format(n_bad=n_bad, path=texts, max_bad=max_bad))
