"""Label files of texts, in runs that can be stopped and resumed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..data.inputs import InputFile, find_inputs, local_inputs, local_path
from ..data.output_manifest import manifest_path, read_manifest_of
from ..data.parts import PartSource
from ..data.records import InvalidRecord
from ..errors import Errors
from ..outputs import check_place
from ..ranges import check_choice, check_count
from .decision import Decision, OutputState, decide
from .engines.local import run_locally
from .existing import look_at, refuse, warn_of_damage
from .journal import Journal
from .manifest import Manifest, TeacherRecord, hash_inputs
from .places import check_kind, check_places
from .publication import publish, settle
from .shard_formats import SHARD_FORMATS
from .shards import ShardTask, Summary
from .worker import Progress, TeacherWorker

Engine = Callable[[PartSource, ShardTask, Progress], Iterable[Summary]]
"""Labels all parts, and yields a summary of each as soon as it is finished."""


@dataclass(frozen=True, kw_only=True)
class LabellingSettings:
    """Settings of `label_files`.

    shard_format: The format of the files in an output folder: "spacy" (for `spacy train`) or
        "parquet" (for tables).
    max_bad: Stop when more records than this cannot be used.
    on_gpu: Whether the teachers run on a GPU. This is recorded in the manifest only: the worker
        and the engine choose the device.
    """

    shard_format: str = "spacy"
    max_bad: int = 1000
    on_gpu: bool = False

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for another format."""
        check_choice(SHARD_FORMATS, shard_format=self.shard_format)
        check_count(0, max_bad=self.max_bad)


@dataclass(frozen=True, kw_only=True)
class LabelledFiles:
    """The result of `label_files`.

    output: The file or folder with soft labels, with all links resolved.
    n_texts: How many texts it has.
    n_known: How many of them an earlier run had finished.
    bad: The records that could not be used, in the order of the input.
    """

    output: Path
    n_texts: int
    n_known: int
    bad: Sequence[InvalidRecord]


class LabellingEvents:
    """Reports the progress of `label_files`. The methods do nothing: override what you need."""

    def on_start(self, n_known: int, dropped: Mapping[str, int]) -> None:
        """Called once, before the first text is labelled.

        n_known: How many texts an earlier run has finished.
        dropped: For each input file that has changed since, how many finished texts are discarded.
        """

    def on_progress(self, n_texts: int) -> None:
        """Called while texts are labelled. n_texts: How many, since the last call."""

    def on_end(self, bad: Sequence[InvalidRecord], n_texts: int, parts_folder: Path | None) -> None:
        """Called once after `on_start`, also if an error or an interrupt has ended the run.

        bad: The records that could not be used so far, in the order of the input.
        n_texts: How many texts are finished.
        parts_folder: The folder from which the run can be resumed, or None if there is nothing to
            resume.
        """


def label_files(
    worker: TeacherWorker,
    texts: str | Path,
    output: str | Path,
    *,
    settings: LabellingSettings | None = None,
    resume: bool = False,
    overwrite: bool = False,
    engine: Engine = run_locally,
    events: LabellingEvents | None = None,
) -> LabelledFiles:
    """Label files of texts for a student to learn from.

    The output appears only once it is complete. Until then, finished parts are kept in a folder
    beside it. If the run is stopped, the same call with `resume=True` continues it, and writes the
    same bytes as a run that was not stopped.

    worker: The teachers. They are unloaded at the end.
    texts: A file or folder of texts, as a path or URI.
    output: The file to write, which ends in `.spacy`, or a folder for many files.
    settings: The settings, or None for the defaults.
    resume: Whether to continue a stopped run, if there is one.
    overwrite: Whether an existing output may be replaced, and parts of a stopped run removed.
    engine: What distributes the parts: `run_locally` or a `RayEngine`.
    events: Reports the progress.
    RETURNS: The output and what it holds.
    RAISES: ValueError, OSError or ImportError if the texts, the teachers, the output or the parts
        of a stopped run cannot be used; ValueError (H020) if there are no texts, (H053) if the
        input changes during the run, (H055) if too many records cannot be used, (H059) if the
        engine leaves out a part; OSError (H024, H052, H060, H061) if something appears in the
        output's place during the run, (H051) if another run removes the parts.
    """
    settings = settings or LabellingSettings()
    events = events or LabellingEvents()
    texts = str(texts)
    code = None if worker.code is None else Path(worker.code)
    read = [local_path(texts), *map(Path, worker.models), code]
    SHARD_FORMATS[settings.shard_format].check_installed()
    output = check_places(Path(output), settings.shard_format, inputs=read, overwrite=overwrite)
    # hashing the input and loading the teachers may take hours: refuse first
    refuse(decide(look_at(output), resume=resume, overwrite=overwrite), output)
    files = find_inputs(texts)
    check_place(output, inputs=local_inputs(files))
    try:
        journal = Journal(output, make_manifest(worker, files, settings))
        found = look_at(output, journal.manifest)
        decision = decide(found, resume=resume, overwrite=overwrite)
        refuse(decision, output, journal.manifest)
        if decision in (Decision.BEGIN, Decision.BEGIN_ANEW):
            warn_of_damage(output)
        start(journal, decision)
        if decision is Decision.DONE:
            labelled = read_labelled(output)
            events.on_start(labelled.n_known, {})
            events.on_end(labelled.bad, labelled.n_texts, None)
            return labelled
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
            # something may have been written there since the start
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
    """Describe what the output is made from. This loads the teachers and hashes the input."""
    worker.forget_what_has_changed()
    pipelines, hashes = worker.load(), worker.hashes()
    teachers = zip(pipelines, hashes[: len(pipelines)], strict=True)
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
            # tokens may depend on it; manifests without code have no such key
            **({"code": hashes[-1]} if worker.code else {}),
        },
        texts_in_a_part=worker.texts_in_a_part,
    )


def start(journal: Journal, decision: Decision) -> None:
    """Prepare the parts of a run that begins or resumes; tidy up after one that is done."""
    if decision is Decision.RESUME:
        journal.resume()
        return
    if decision is not Decision.BEGIN:
        settle(journal.output)
        journal.remove()
    if decision is not Decision.DONE:
        journal.begin()


def read_labelled(output: Path) -> LabelledFiles:
    """Read from its manifest what a complete output holds.

    RAISES: ValueError, OSError (H155), ValueError (H156) if the manifest cannot be read.
    """
    written = read_manifest_of(output)
    if written is None:
        raise FileNotFoundError(Errors.H155.format(path=manifest_path(output), reason="it is gone"))
    n_texts = written.n_texts
    return LabelledFiles(output=output, n_texts=n_texts, n_known=n_texts, bad=written.bad)


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
    """Label the parts that are not finished. Arguments and errors are those of `label_files`."""
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
