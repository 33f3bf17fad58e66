"""Jobs of a small teacher, and what has come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import spacy
from spacy.tokens import DocBin

from spacy_halfree.data.parts import PartSource
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.job import LabellingJob
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import Progress, TeacherWorker

Write = Callable[[str, int], Path]
TEXTS_IN_A_PART = 256


def no_progress(_: int) -> None:
    pass


def make_job(teacher: Path, texts: Path, output: Path, **settings: object) -> LabellingJob:
    worker = TeacherWorker((str(teacher),), batch_size=4)
    return LabellingJob(worker, str(texts), output, **settings)  # type: ignore[arg-type]


def run(job: LabellingJob, *, resume: bool = False, overwrite: bool = False) -> int:
    job.start(resume=resume, overwrite=overwrite)
    return job.run(run_locally, no_progress)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def texts_of(folder: Path) -> list[str]:
    vocab = spacy.blank("en").vocab
    return [
        doc.text
        for path in sorted(folder.glob("*.spacy"))
        for doc in DocBin().from_disk(path).get_docs(vocab)
    ]


def stop_after(n_parts: int) -> Callable[[PartSource, ShardTask, Progress], Iterator[Summary]]:
    """An engine that fails after some parts."""

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        for number, summary in enumerate(run_locally(source, task, on_progress)):
            if number == n_parts:
                raise OSError("power failed")
            yield summary

    return engine
