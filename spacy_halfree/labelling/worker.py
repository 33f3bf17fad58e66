"""Teachers for any engine: made of plain settings, loaded once in each process that labels."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import spacy
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.tokens import Doc

from ..distill.annotate import annotate, find_tagger, part_size
from ..distill.ensemble import make_members
from ..errors import Errors
from ..pipeline.precision import Precision, compute_with
from ..pipeline.tagger import HalfreeTagger
from .manifest import hash_pipeline
from .records import LabelledRecord, Record, to_input, to_labelled

Progress = Callable[[int], object]


@dataclass(frozen=True)
class TeacherWorker:
    """Labels records with one teacher, or with the mean of several.

    A worker is a handful of settings, which can be pickled; the teachers are loaded when they are
    first needed, and once in a process, however many equal workers come to it.

    models: The teachers' pipelines: folders, or names of packages.
    component: The tagger's name, if a pipeline has several.
    top_k: Keep only so many tags per word; all if None.
    batch_size: How many texts are tagged at a time.
    precision: In which type torch models compute: "float32", "bfloat16" or "int8".
    gpu_id: The GPU, or -1 for the CPU.
    sha256: What the pipelines must have as their hashes, if that is to be checked.
    """

    models: tuple[str, ...]
    component: str | None = None
    top_k: int | None = None
    batch_size: int = 64
    precision: Precision = "float32"
    gpu_id: int = -1
    # equal workers share their teachers, checked or not
    sha256: tuple[str, ...] = field(default=(), compare=False)

    def load(self) -> list[Language]:
        """The teachers, which are loaded unless this process has them already.

        RAISES: OSError if there is no such pipeline; ValueError (H021, H022, H027) if one has no
            tagger, (H040) if they tag other labels, (H013, H042) if they cannot compute like that,
            (H057) if they are others than where the work was given out.
        """
        return _load(self).pipelines

    def find_taggers(self) -> list[HalfreeTagger]:
        """The teachers' taggers."""
        return [find_tagger(nlp, self.component) for nlp in self.load()]

    @property
    def texts_in_a_part(self) -> int:
        """How many records are best given at a time."""
        return part_size(self.batch_size)

    def __call__(self, records: Sequence[Record]) -> list[LabelledRecord]:
        """Label records.

        records: Texts, at most `texts_in_a_part` of them for the outcome to be the same to the
            last bit however often, and in whatever company, they come.
        RETURNS: For each record what the teachers say, or why they fail.
        """
        with self.annotated(records) as (docs, failed):
            spans_key = self.find_taggers()[0].spans_key
            labelled = iter([to_labelled(doc, spans_key) for doc in docs])
            found = [
                LabelledRecord(error=failed[i]) if i in failed else next(labelled)
                for i in range(len(records))
            ]
        for record, own in zip(records, found, strict=True):
            if "id" in record:
                own["id"] = record["id"]
        return found

    @contextmanager
    def annotated(
        self, records: Sequence[Record], on_progress: Progress | None = None
    ) -> Iterator[tuple[list[Doc], dict[int, str]]]:
        """Annotate records; what the vocabulary learns from them is forgotten at the end.

        records: Texts.
        on_progress: Is called with the number of texts tagged since the last call.
        RETURNS: A context with the docs of those records that the teachers could annotate, which
            must not be used after it; and why they failed at others, by the records' places.
        """
        with ExitStack() as zones:
            for nlp in self.load():
                zones.enter_context(nlp.memory_zone())
            yield self._annotate_what_can_be(records, on_progress)

    def _annotate_what_can_be(
        self, records: Sequence[Record], on_progress: Progress | None
    ) -> tuple[list[Doc], dict[int, str]]:
        try:
            return self._annotate(records, on_progress), {}
        except Exception:
            failed = {
                i: reason
                for i, record in enumerate(records)
                if (reason := self._why_it_fails(record)) is not None
            }
            if not failed:
                # no record is to blame: in other company each is annotated
                raise
        rest = [record for i, record in enumerate(records) if i not in failed]
        return (self._annotate(rest, on_progress) if rest else []), failed

    def _why_it_fails(self, record: Record) -> str | None:
        try:
            self._annotate([record], None)
        except Exception as error:
            return f"fails in the teachers' pipelines ({type(error).__name__}: {error})"
        return None

    def _annotate(self, records: Sequence[Record], on_progress: Progress | None) -> list[Doc]:
        teachers = self.load()
        texts = [to_input(record, teachers[0].vocab) for record in records]
        return list(
            annotate(
                teachers,
                texts,
                component=self.component,
                top_k=self.top_k,
                batch_size=self.batch_size,
                on_progress=on_progress,
            )
        )


@dataclass(frozen=True)
class LoadedTeachers:
    """Teachers, and what makes them compute as they were asked to, as long as it is there."""

    pipelines: list[Language]
    precision: AbstractContextManager[None]


@lru_cache(maxsize=1)
def _load(worker: TeacherWorker) -> LoadedTeachers:
    setup_gpu(worker.gpu_id, silent=True)
    pipelines = [spacy.load(model) for model in worker.models]
    for nlp, expected in zip(pipelines, worker.sha256, strict=False):
        if hash_pipeline(nlp) != expected:
            raise ValueError(Errors.H057.format(path=nlp.path))
    taggers = [find_tagger(nlp, worker.component) for nlp in pipelines]
    names = [tagger.name for tagger in taggers]
    make_members(list(zip(pipelines, names, strict=True)))
    precision = compute_with(worker.precision, pipelines)
    precision.__enter__()
    return LoadedTeachers(pipelines, precision)
