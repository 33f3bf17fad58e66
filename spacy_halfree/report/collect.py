"""From annotated docs to plain figures: what pipelines find in them, and how fast."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import minibatch

from ..errors import Errors
from ..evaluation.reliability import Reliability
from ..pipeline.pipelines import pipe_instead
from ..pipeline.tagger import HalfreeTagger
from ..tagging.layers import Annotation, Layer
from .comparison import Pair, compare
from .tables import Confusion, LabelScores, count_confusion, score_labels

Confidences = dict[Annotation, float | None]
"""What was found, and how sure the tagger is; None for what another component has set."""


@dataclass
class System:
    """A pipeline that is reported on.

    name: What the report calls it.
    nlp: The pipeline.
    tagger: Its tagger.
    seconds: How long it has taken over all texts so far.
    n_words: How many words these had, white space not counted.
    """

    name: str
    nlp: Language
    tagger: HalfreeTagger
    seconds: float = 0.0
    n_words: int = 0

    def tag(self, texts: list[str], batch_size: int) -> list[Confidences]:
        """Tag texts, taking the time, and return what was found in each."""
        start = perf_counter()
        docs = list(pipe_instead(self.nlp, self.tagger.name, texts, batch_size, self._write))
        self.seconds += perf_counter() - start
        self.n_words += sum(not token.is_space for doc in docs for token in doc)
        return [
            {own.annotation: own.confidence for own in self.tagger.layer.predictions(doc)}
            for doc in docs
        ]

    def _write(self, docs: list[Doc]) -> None:
        tagger = self.tagger
        # the only place where the confidence in a single tag is stored
        store_probs = not tagger.layer.has_spans
        scores = tagger.predict(docs)
        tagger.write(docs, scores, threshold=tagger.threshold, store_probs=store_probs)


@dataclass(frozen=True)
class TextResult:
    """A text and what was found in it.

    number: The number of the doc in its file, from 1 on.
    text: The text.
    gold: What is annotated.
    found: What the model has found.
    pairs: Both, compared.
    teacher_found: What the teacher has found, if there is one.
    teacher_pairs: The annotation and what the teacher has found, compared.
    disagreements: Where the teacher (as `gold`) and the model (as `found`) differ.
    """

    number: int
    text: str
    gold: frozenset[Annotation]
    found: Confidences
    pairs: list[Pair]
    teacher_found: Confidences | None = None
    teacher_pairs: list[Pair] = field(default_factory=list)
    disagreements: list[Pair] = field(default_factory=list)

    @property
    def n_errors(self) -> int:
        """How much is wrong."""
        return sum(pair.kind not in ("correct", "unknown") for pair in self.pairs)


@dataclass(frozen=True)
class SystemFigures:
    """What is told of a pipeline.

    name: What the report calls it.
    scores: Precision and recall.
    confusion: What it takes for what.
    reliability: How sure it was of what it has found, where the annotation is known; None if it
        has found nothing, or what it has found has no confidence.
    words_per_second: From raw text, one process; None if this was not to be told.
    size: Bytes on disk; None if it was not loaded from there.
    """

    name: str
    scores: LabelScores
    confusion: Confusion
    reliability: Reliability | None
    words_per_second: float | None
    size: int | None


@dataclass(frozen=True)
class Figures:
    """All that a report tells.

    data_name: What the report calls the file of annotated texts.
    layer: What is tagged.
    language, direction: The texts' language ("en") and the direction it is written in ("ltr").
    texts: The texts, those with the most errors first.
    n_left_out: How many texts of the file are not annotated with what is tagged.
    model, teacher: The pipelines.
    """

    data_name: str
    layer: Layer
    language: str
    direction: str
    texts: list[TextResult]
    n_left_out: int
    model: SystemFigures
    teacher: SystemFigures | None = None


def collect(
    model: System,
    docs: Iterable[Doc],
    data_name: str,
    *,
    teacher: System | None = None,
    batch_size: int = 64,
    with_speed: bool = True,
    on_progress: Callable[[int], object] | None = None,
) -> Figures:
    """Let pipelines tag annotated texts, and compare.

    model: The pipeline that is reported on.
    docs: The annotated texts; those without annotation for the tagger's target are left out.
    data_name: What the report calls them.
    teacher: A pipeline to compare it with.
    batch_size: How many texts are tagged at a time.
    with_speed: Whether to tell how fast the pipelines were.
    on_progress: Is called with the number of texts that have been tagged since the last call.
    RAISES: ValueError (H044) if no text is annotated, (H070) if the teacher tags something else.
    """
    systems = [model] if teacher is None else [model, teacher]
    if teacher is not None and teacher.tagger.target != model.tagger.target:
        raise ValueError(
            Errors.H070.format(
                teacher=teacher.name,
                teacher_target=teacher.tagger.target,
                model=model.name,
                target=model.tagger.target,
            )
        )
    n_left_out = 0

    def annotated() -> Iterator[tuple[int, Doc]]:
        nonlocal n_left_out
        for number, doc in enumerate(docs, start=1):
            if model.tagger.layer.is_annotated(doc):
                yield number, doc
            else:
                n_left_out += 1

    texts: list[TextResult] = []
    for batch in minibatch(annotated(), batch_size):
        raw = [doc.text for _, doc in batch]
        if not texts:
            # what is loaded or computed once is not part of the speed
            for system in systems:
                system.tag(raw, batch_size)
                system.seconds, system.n_words = 0.0, 0
        found = [system.tag(raw, batch_size) for system in systems]
        for (number, doc), *of_text in zip(batch, *found, strict=True):
            texts.append(compare_text(model.tagger.layer, number, doc, *of_text))
        if on_progress is not None:
            on_progress(len(batch))
    if not texts:
        raise ValueError(Errors.H044.format(name=model.tagger.name))
    writing_system = model.nlp.vocab.writing_system
    return Figures(
        data_name,
        model.tagger.layer,
        model.nlp.lang or "",
        writing_system.get("direction", "ltr"),
        # sorting is stable: the file's order otherwise
        sorted(texts, key=lambda text: -text.n_errors),
        n_left_out,
        summarize(model, ((text.pairs, text.found) for text in texts), with_speed),
        None
        if teacher is None
        else summarize(
            teacher, ((text.teacher_pairs, text.teacher_found or {}) for text in texts), with_speed
        ),
    )


def compare_text(
    layer: Layer,
    number: int,
    doc: Doc,
    found: Confidences,
    teacher_found: Confidences | None = None,
) -> TextResult:
    """Compare what was found in a text with its annotation.

    layer: What of the annotation counts.
    number: The text's number.
    doc: The annotated text.
    found, teacher_found: What the model and the teacher have found.
    """
    gold, unknown = frozenset(layer.annotations(doc)), layer.unknown(doc)
    pairs = compare(gold, found.keys(), unknown)
    if teacher_found is None:
        return TextResult(number, doc.text, gold, found, pairs)
    both = compare(teacher_found.keys(), found.keys())
    return TextResult(
        number,
        doc.text,
        gold,
        found,
        pairs,
        teacher_found,
        compare(gold, teacher_found.keys(), unknown),
        [pair for pair in both if pair.kind != "correct"],
    )


def summarize(
    system: System, results: Iterable[tuple[list[Pair], Confidences]], with_speed: bool
) -> SystemFigures:
    """Put together what is told of a pipeline.

    system: The pipeline, which has tagged all texts.
    results: Of each text, what was found compared with the annotation, and how sure it was.
    with_speed: Whether to tell how fast it was.
    """
    results = list(results)
    pairs = [pair for own, _ in results for pair in own]
    sure = [
        (confidence, pair.kind == "correct")
        for own, confidences in results
        for pair in own
        if pair.found is not None
        and pair.kind != "unknown"
        and (confidence := confidences[pair.found]) is not None
    ]
    reliability = None
    if sure:
        confidences, is_right = zip(*sure, strict=True)
        reliability = Reliability(np.array(confidences), np.array(is_right))
    speed = system.n_words / system.seconds if with_speed and system.n_words else None
    return SystemFigures(
        system.name,
        score_labels(pairs),
        count_confusion(pairs),
        reliability,
        speed,
        size_on_disk(system.nlp.path),
    )


def size_on_disk(folder: Path | None) -> int | None:
    """The bytes of all files in a folder."""
    if folder is None:
        return None
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
