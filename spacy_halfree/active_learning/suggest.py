"""From a pool of raw texts to those that should be labelled next."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from ..data.annotated_texts import find_annotated_files
from ..data.inputs import find_inputs
from ..data.parts import Part, PartSource
from ..data.read_settings import ReadSettings
from ..data.records import InvalidRecord, Suggestion, text_of, without_white_space
from ..errors import Errors
from ..labelling.worker import Progress, TeacherWorker
from ..ranges import check, check_choice, check_count, check_seed, check_share, is_number
from .diversity import choose_diverse, embed_texts, normalize
from .scoring import PoolScorer
from .shortlist import Shortlist
from .uncertainty import MEASURES, UNITS, Measure, Unit

SHORTLIST = 5000
SHORTLIST_PER_SUGGESTION = 40
"""Of how many of the best texts by themselves the suggestions are chosen."""
DIGEST_SIZE = 16


@dataclass(frozen=True, kw_only=True)
class SuggestionSettings:
    """How texts are chosen.

    n: How many texts to suggest.
    measure, unit: What makes a text worth labelling, see `uncertainty`.
    diversity: How much likeness to a known text takes away, see `diversity.expected_gains`.
    max_similarity: Texts at least so alike to a labelled or suggested one are not suggested.
    seed: Decides between texts of equal gain.
    max_bad: How many records may be unusable before the run is stopped.
    reading: How to read labelled texts, where they leave a choice.
    """

    n: int = 50
    measure: Measure = "entropy"
    unit: Unit = "text"
    diversity: float = 1.0
    max_similarity: float = 0.8
    seed: int = 0
    max_bad: int = 1000
    reading: ReadSettings = field(default_factory=ReadSettings)

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for a setting out of range."""
        check_choice(MEASURES, measure=self.measure)
        check_choice(UNITS, unit=self.unit)
        check_count(n=self.n)
        check_count(0, max_bad=self.max_bad)
        is_valid = is_number(self.diversity) and 0 <= self.diversity < math.inf
        check("diversity", self.diversity, is_valid, "a number, 0 or more")
        check_share(max_similarity=self.max_similarity)
        check_seed(self.seed)


@dataclass(frozen=True)
class Suggestions:
    """The texts to label next.

    texts: The texts, in the order of choice. Fewer than asked for if there are no more that differ
        from each other and from what is labelled.
    n_read: How many raw texts were read.
    n_labelled: How many of them are labelled already.
    labels: The models' labels.
    """

    texts: list[Suggestion]
    n_read: int
    n_labelled: int
    labels: tuple[str, ...]


def suggest(
    worker: TeacherWorker,
    raw: str | Path,
    labelled: Sequence[str | Path] = (),
    *,
    settings: SuggestionSettings | None = None,
    on_progress: Progress | None = None,
    on_invalid: Callable[[InvalidRecord], object] | None = None,
) -> Suggestions:
    """Choose the raw texts that are most worth labelling next.

    worker: The models; several decode with the mean of their distributions. They are unloaded at
        the end.
    raw: A file or folder of raw texts, as a path or URI.
    labelled: Files of texts that are labelled already, as `read_annotated_texts` takes them.
    settings: How texts are chosen.
    on_progress: Is called with the number of texts tagged since the last call.
    on_invalid: Is called with each record that cannot be used, raw or labelled.
    RAISES: ValueError, OSError, ImportError for files and models that cannot be used; (H083) if a
        single model is to disagree, (H085) if there is nothing to suggest, (H086) if too many
        records cannot be used.
    """
    settings = settings or SuggestionSettings()
    if settings.measure == "disagreement" and len(worker.models) < 2:
        raise ValueError(Errors.H083.format(model=worker.models[0]))
    invalid = InvalidRecords(settings.max_bad, on_invalid)
    try:
        paths = [Path(path) for path in labelled]
        return _suggest(worker, str(raw), paths, settings, on_progress, invalid)
    finally:
        worker.close()


def _suggest(
    worker: TeacherWorker,
    raw: str,
    labelled: Sequence[Path],
    settings: SuggestionSettings,
    on_progress: Progress | None,
    invalid: "InvalidRecords",
) -> Suggestions:
    pool = Pool(worker, raw, read_labelled(labelled, settings.reading, invalid), invalid)
    known = embed_texts(pool.labelled)
    score = PoolScorer(worker, settings.measure, settings.unit, known, settings.diversity)
    size = max(SHORTLIST, SHORTLIST_PER_SUGGESTION * settings.n)
    shortlist = Shortlist(size, settings.seed)
    for part in pool.new_parts():
        found, failed = score(part.records, shortlist.least_gain, on_progress)
        for i, reason in failed.items():
            invalid.add(InvalidRecord(part.file_name, part.lines[i], reason))
        shortlist.add(found)
    candidates = shortlist.best()
    chosen, gains = choose_diverse(
        np.array([candidate.score for candidate in candidates], dtype=np.float64),
        embed_texts([candidate.text for candidate in candidates]),
        known,
        settings.n,
        diversity=settings.diversity,
        max_similarity=settings.max_similarity,
    )
    if not len(chosen):
        raise ValueError(
            Errors.H085.format(path=raw, n_texts=pool.n_read, n_labelled=pool.n_labelled)
        )
    pairs = zip(chosen.tolist(), gains.tolist(), strict=True)
    texts = [replace(candidates[i], gain=gain) for i, gain in pairs]
    return Suggestions(texts, pool.n_read, pool.n_labelled, tuple(worker.tagger.labels))


@dataclass
class InvalidRecords:
    """Counts records that cannot be used, and stops when there are too many.

    most: How many there may be.
    on_invalid: Is called with each.
    """

    most: int
    on_invalid: Callable[[InvalidRecord], object] | None = None
    n: int = field(default=0, init=False)

    def add(self, record: InvalidRecord) -> None:
        """Count a record.

        RAISES: ValueError (H086) if it is one too many.
        """
        self.n += 1
        if self.on_invalid is not None:
            self.on_invalid(record)
        if self.n > self.most:
            raise ValueError(Errors.H086.format(n_bad=self.n, max_bad=self.most))


def read_labelled(
    paths: Sequence[Path], reading: ReadSettings, invalid: InvalidRecords
) -> list[str]:
    """The texts that are labelled already, or that somebody has rejected.

    paths: The files.
    reading: How to read them, where they leave a choice.
    invalid: Counts records that cannot be used.
    """
    texts = []
    for file in find_annotated_files(paths, reading):
        # no span is used: none needs a warning, however it is counted
        settings = replace(reading, offsets="code-points")
        for _, record in replace(file, settings=settings).read():
            if isinstance(record, InvalidRecord):
                invalid.add(record)
            elif record.text:
                texts.append(record.text)
    return texts


@dataclass
class Pool:
    """Raw texts, without those that are labelled.

    worker: The models that read them.
    raw: The file or folder.
    labelled: The texts that are labelled.
    invalid: Counts records that cannot be used.
    n_read, n_labelled: How many texts have been read, and how many of them are labelled.
    """

    worker: TeacherWorker
    raw: str
    labelled: list[str]
    invalid: InvalidRecords
    n_read: int = field(default=0, init=False)
    n_labelled: int = field(default=0, init=False)

    def new_parts(self) -> Iterator[Part]:
        """Read the texts part by part, without those that are labelled or have come before."""
        labelled = {without_white_space(normalize(text)) for text in self.labelled}
        seen: set[bytes] = set()
        max_length = min(nlp.max_length for nlp in self.worker.load())
        source = PartSource(find_inputs(self.raw), max_length, self.worker.texts_in_a_part)
        for part in source.parts():
            for record in part.bad:
                self.invalid.add(record)
            new = []
            for i, text in enumerate(map(text_of, part.records)):
                self.n_read += 1
                digest = blake2b(text.encode(), digest_size=DIGEST_SIZE).digest()
                if without_white_space(normalize(text)) in labelled:
                    self.n_labelled += 1
                elif digest not in seen:
                    seen.add(digest)
                    new.append(i)
            if new:
                yield replace(
                    part,
                    records=[part.records[i] for i in new],
                    lines=[part.lines[i] for i in new],
                )
