"""Teachers for any engine: made of plain settings, loaded once in each process that labels."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.tokens import Doc

from ..custom_code import import_code
from ..data.records import Record, to_input
from ..distill.teachers import Teachers, part_size
from ..errors import Errors
from ..models.precision import PRECISIONS, Precision
from ..pipeline.pipelines import load_pipeline
from ..pipeline.tagger import HalfreeTagger
from ..ranges import check, check_choice, check_count
from .labelled_records import LabelledRecord, to_labelled
from .manifest import hash_pipeline

Progress = Callable[[int], object]
MOST_THAT_MAY_FAIL = 0.5
"""Share of the texts of a part; where more fail, the teachers are tried at a harmless one."""
HARMLESS = Record(text="This is a sentence.")


@dataclass(frozen=True)
class TeacherWorker:
    """Labels records with one teacher, or with the mean of several.

    A worker is a handful of settings, which can be pickled. The teachers are loaded when they are
    first needed, and once in a process, however many equal workers come to it. They stay until
    another worker needs others, or until `close`.

    models: The teachers' pipelines: folders, or names of packages. A single one may be a string.
    component: The tagger's name, if a pipeline has several.
    top_k: Keep only so many tags per word; all if None.
    batch_size: How many texts are tagged at a time.
    precision: In which type torch models compute: "float32", "bfloat16" or "int8".
    gpu_id: The GPU, or -1 for the CPU.
    sha256: What `hashes` must be, if that is to be checked.
    code: A Python file with registered functions that the pipelines need. Each process that loads
        them imports it first.
    """

    models: Sequence[str]
    _: KW_ONLY
    component: str | None = None
    top_k: int | None = None
    batch_size: int = 64
    precision: Precision = "float32"
    gpu_id: int = -1
    # equal workers share their teachers, checked or not
    sha256: tuple[str, ...] = field(default=(), compare=False)
    code: str | None = None

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for a setting out of range."""
        # a single name is no sequence of letters
        models = [self.models] if isinstance(self.models, str | Path) else self.models
        object.__setattr__(self, "models", tuple(map(str, models)))
        object.__setattr__(self, "code", None if self.code is None else str(self.code))
        check("models", self.models, len(self.models) > 0, "one pipeline or several")
        check_count(top_k=self.top_k, batch_size=self.batch_size)
        check_count(-1, gpu_id=self.gpu_id)
        check_choice(PRECISIONS, precision=self.precision)

    def load(self) -> list[Language]:
        """The teachers, which are loaded unless this process has them already.

        RAISES: OSError if there is no such pipeline; ValueError (H021, H022, H027) if one has no
            tagger, (H040) if they tag other labels, (H013, H042) if they cannot compute like that,
            (H057) if their files or the code differ from those that the run was started with,
            (H127) if the code cannot be imported.
        """
        return self.teachers().pipelines

    def teachers(self) -> Teachers:
        """The teachers, ready to annotate; see `load`."""
        return self._loaded().teachers

    def hashes(self) -> tuple[str, ...]:
        """The SHA-256 of each teacher's files, as they were when it was loaded, and of any code."""
        return self._loaded().sha256

    def close(self) -> None:
        """Let go of the teachers, if this process has loaded them."""
        LOADED.close(self)

    def _loaded(self) -> "LoadedTeachers":
        loaded = LOADED.get(self)
        if self.sha256 and loaded.sha256 != self.sha256:
            # they may have been trained anew since this process has loaded them
            self.close()
            loaded = LOADED.get(self)
        if self.sha256:
            paths = [*self.models, *([self.code] if self.code else [])]
            pairs = zip(paths, loaded.sha256, self.sha256, strict=True)
            for path, found, expected in pairs:
                if found != expected:
                    raise ValueError(Errors.H057.format(path=path))
        return loaded

    def forget_what_has_changed(self) -> None:
        """Load the teachers again when they are next needed, if their files have changed."""
        loaded = LOADED.get(self)
        if hash_teachers(loaded.teachers.pipelines, self.code) != loaded.sha256:
            self.close()

    @property
    def tagger(self) -> HalfreeTagger:
        """The first teacher's tagger."""
        return self.teachers().members[0].tagger

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
            layer = self.tagger.layer
            labelled = iter([to_labelled(doc, layer) for doc in docs])
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
            # try one at a time, to find the records that fail
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
        teachers = self.teachers()
        texts = [to_input(record, teachers.pipelines[0].vocab) for record in records]
        return list(
            teachers.annotate(
                texts, top_k=self.top_k, batch_size=self.batch_size, on_progress=on_progress
            )
        )


@dataclass(frozen=True)
class LoadedTeachers:
    """Teachers, and the SHA-256 of the files of each, and of any code that they need."""

    teachers: Teachers
    sha256: tuple[str, ...]


class TeacherStore:
    """The teachers that this process has loaded: those of one worker at a time."""

    def __init__(self) -> None:
        self._worker: TeacherWorker | None = None
        self._loaded: LoadedTeachers | None = None

    def get(self, worker: TeacherWorker) -> LoadedTeachers:
        """The teachers of a worker. Those of another one are closed."""
        if self._loaded is None or self._worker != worker:
            self._close()
            self._loaded = load_teachers(worker)
            self._worker = worker
        return self._loaded

    def close(self, worker: TeacherWorker) -> None:
        """Close the teachers of a worker, if they are loaded."""
        if self._worker == worker:
            self._close()

    def _close(self) -> None:
        if self._loaded is not None:
            self._loaded.teachers.close()
        self._loaded = self._worker = None


LOADED = TeacherStore()


def load_teachers(worker: TeacherWorker) -> LoadedTeachers:
    """Load the teachers of a worker."""
    setup_gpu(worker.gpu_id, silent=True)
    import_code(worker.code)
    pipelines = [load_pipeline(model) for model in worker.models]
    teachers = Teachers(pipelines, component=worker.component, precision=worker.precision)
    return LoadedTeachers(teachers, hash_teachers(pipelines, worker.code))


def hash_teachers(pipelines: Sequence[Language], code: str | None) -> tuple[str, ...]:
    """The SHA-256 of the files of each teacher, and of the code as it is imported, if any."""
    return (*map(hash_pipeline, pipelines), *([import_code(code)] if code else []))
