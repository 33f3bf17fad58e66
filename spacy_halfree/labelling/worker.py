"""Teachers for any engine: made of plain settings, loaded once in each process that labels."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import spacy
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.tokens import Doc

from ..data.records import Record, to_input
from ..distill.annotate import annotate, find_tagger, part_size
from ..distill.ensemble import make_members
from ..errors import Errors
from ..pipeline.precision import Precision, compute_with
from ..pipeline.tagger import HalfreeTagger
from .labelled_records import LabelledRecord, to_labelled
from .manifest import hash_pipeline

Progress = Callable[[int], object]
MOST_THAT_MAY_FAIL = 0.5
"""Share of the texts of a part; where more fail, the teachers are tried at a harmless one."""
HARMLESS = Record(text="This is a sentence.")


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
        return self._loaded().pipelines

    def hashes(self) -> tuple[str, ...]:
        """The SHA-256 of each teacher's files, as they were when it was loaded."""
        return self._loaded().sha256

    def _loaded(self) -> "LoadedTeachers":
        loaded = _load(self)
        if self.sha256 and loaded.sha256 != self.sha256:
            # they may have been trained anew since this process has loaded them
            _load.cache_clear()
            loaded = _load(self)
        if self.sha256:
            pairs = zip(loaded.pipelines, loaded.sha256, self.sha256, strict=True)
            for nlp, found, expected in pairs:
                if found != expected:
                    raise ValueError(Errors.H057.format(path=nlp.path))
        return loaded

    def forget_what_has_changed(self) -> None:
        """Load the teachers anew when they are needed, if their files are others by now."""
        loaded = _load(self)
        if tuple(map(hash_pipeline, loaded.pipelines)) != loaded.sha256:
            _load.cache_clear()

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
        RAISES: ValueError (H063) if they fail at whatever they are given.
        """
        with self.annotated(records) as (docs, failed):
            spans_key = self.find_taggers()[0].spans_key
            labelled = iter([to_labelled(doc, spans_key) for doc in docs])
        found = []
        for i, record in enumerate(records):
            if i not in failed:
                own = next(labelled)
            elif "words" in record:
                own = LabelledRecord(error=failed[i], words=record["words"])
            else:
                own = LabelledRecord(error=failed[i], text=record["text"])
            if "id" in record:
                own["id"] = record["id"]
            found.append(own)
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
        RAISES: ValueError (H063) if they fail at whatever they are given.
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
            # who is to blame is found out one by one
            docs: list[Doc] = []
            failed = {}
            for i, record in enumerate(records):
                try:
                    docs += self._annotate([record], None)
                except Exception as own:
                    failed[i] = f"fails in the teachers' pipelines ({type(own).__name__}: {own})"
            if len(failed) > len(records) * MOST_THAT_MAY_FAIL:
                self._check_teachers(len(failed))
            return docs, failed

    def _check_teachers(self, n_failed: int) -> None:
        try:
            self._annotate([HARMLESS], None)
        except Exception as error:
            # not the texts are to blame, but a device that is gone, or the teacher
            message = Errors.H063.format(n_failed=n_failed, reason=error)
            raise ValueError(message) from error

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
    """Teachers, and what makes them compute as they were asked to, as long as it is there.

    pipelines: The teachers.
    sha256: Of the files of each.
    precision: Lets them compute in another type.
    """

    pipelines: list[Language]
    sha256: tuple[str, ...]
    precision: AbstractContextManager[None]


@lru_cache(maxsize=1)
def _load(worker: TeacherWorker) -> LoadedTeachers:
    setup_gpu(worker.gpu_id, silent=True)
    pipelines = [spacy.load(model) for model in worker.models]
    taggers = [find_tagger(nlp, worker.component) for nlp in pipelines]
    names = [tagger.name for tagger in taggers]
    make_members(list(zip(pipelines, names, strict=True)))
    precision = compute_with(worker.precision, pipelines)
    precision.__enter__()
    return LoadedTeachers(pipelines, tuple(map(hash_pipeline, pipelines)), precision)
