"""Files that a small teacher labels, and what has come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import spacy
from spacy.tokens import DocBin

from spacy_halfree.data.output_manifest import manifest_path
from spacy_halfree.data.parts import PartSource
from spacy_halfree.data.records import InvalidRecord
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.label_files import (
    Engine,
    LabelledFiles,
    LabellingEvents,
    LabellingSettings,
    label_files,
)
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import Progress, TeacherWorker

Write = Callable[[str, int], Path]
TEXTS_IN_A_PART = 256


class Noted(LabellingEvents):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.n_known = self.n_texts = self.n_ends = 0
        self.dropped: Mapping[str, int] = {}
        self.progress: list[int] = []
        self.bad: Sequence[InvalidRecord] = ()
        self.parts_folder: Path | None = None

    def on_start(self, n_known: int, dropped: Mapping[str, int]) -> None:
        self.n_known, self.dropped = n_known, dropped

    def on_progress(self, n_texts: int) -> None:
        self.progress.append(n_texts)

    def on_end(self, bad: Sequence[InvalidRecord], n_texts: int, parts_folder: Path | None) -> None:
        self.n_ends += 1
        self.bad, self.n_texts, self.parts_folder = bad, n_texts, parts_folder


def no_progress(_: int) -> None:
    pass


def label(
    teacher: Path | TeacherWorker,
    texts: Path | str,
    output: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    engine: Engine = run_locally,
    events: LabellingEvents | None = None,
    **settings: object,
) -> LabelledFiles:
    """Label files in parts of `TEXTS_IN_A_PART`, unless a whole worker is given."""
    if isinstance(teacher, Path):
        teacher = TeacherWorker((str(teacher),), batch_size=4)
    return label_files(
        teacher,
        str(texts),
        output,
        settings=LabellingSettings(**settings),  # type: ignore[arg-type]
        resume=resume,
        overwrite=overwrite,
        engine=engine,
        events=events,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """The shards of an output, and its manifest."""
    shards = {path.name: path.read_bytes() for path in folder.iterdir()}
    return shards | {"manifest": manifest_path(folder).read_bytes()}


def texts_of(folder: Path) -> list[str]:
    vocab = spacy.blank("en").vocab
    return [
        doc.text
        for path in sorted(folder.glob("*.spacy"))
        for doc in DocBin().from_disk(path).get_docs(vocab)
    ]


def stop_after(n_parts: int) -> Engine:
    """An engine that fails after some parts, or when all are finished."""

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        for number, summary in enumerate(run_locally(source, task, on_progress)):
            if number == n_parts:
                break
            yield summary
        raise OSError("power failed")

    return engine
