"""From a pool of raw texts to those that should be labelled next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np

from ..data.annotated_texts import read_annotated_texts
from ..data.inputs import find_inputs
from ..data.parts import Part, PartSource
from ..data.records import InvalidRecord, Suggestion, text_of, without_white_space
from ..errors import Errors
from ..labelling.worker import Progress, TeacherWorker
from .diversity import choose_diverse, embed_texts, normalize
from .scoring import PoolScorer
from .shortlist import Shortlist
from .uncertainty import MEASURES, UNITS, Measure, Unit

SHORTLIST = 5000
SHORTLIST_PER_SUGGESTION = 40
"""Of how many of the best texts by themselves the suggestions are chosen."""
DIGEST_SIZE = 16


@dataclass(frozen=True)
class SuggestionSettings:
    """How texts are chosen.

    n: How many texts to suggest.
    measure, unit: What makes a text worth labelling, see `uncertainty`.
    diversity: How much likeness to a known text takes away, see `diversity.expected_gains`.
    max_similarity: Texts at least so alike to a labelled or suggested one are not suggested.
    seed: Decides between texts of equal gain.
    max_bad: How many records may be unusable before the run is stopped.
    """

    n: int = 50
    measure: Measure = "entropy"
    unit: Unit = "text"
    diversity: float = 1.0
    max_similarity: float = 0.8
    seed: int = 0
    max_bad: int = 1000

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for another measure or unit."""
        choices: list[tuple[str, str, tuple[str, ...]]] = [
            ("--score", self.measure, MEASURES),
            ("--per", self.unit, UNITS),
        ]
        for setting, value, known in choices:
            if value not in known:
                expected = f"one of {', '.join(known)}"
                raise ValueError(
                    Errors.H013.format(setting=setting, expected=expected, value=value)
                )


@dataclass
class SuggestionJob:
    """A pool of raw texts, and the choice of those to label next.

    worker: The models; several decode with the mean of their distributions.
    input_location: A file or folder of raw texts, as a path or URI.
    labelled: Files of texts that are labelled already, as `read_annotated_texts` takes them.
    settings: How texts are chosen.
    bad: What could not be used so far, raw and labelled.
    n_read: How many raw texts have been read.
    n_labelled: How many of them are labelled already.
    """

    worker: TeacherWorker
    input_location: str
    labelled: Sequence[Path] = ()
    settings: SuggestionSettings = SuggestionSettings()
    bad: list[InvalidRecord] = field(default_factory=list, init=False)
    n_read: int = field(default=0, init=False)
    n_labelled: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """RAISES: ValueError (H083) if a single model is to disagree."""
        if self.settings.measure == "disagreement" and len(self.worker.models) < 2:
            raise ValueError(Errors.H083.format(model=self.worker.models[0]))

    @cached_property
    def labelled_texts(self) -> list[str]:
        """The texts that are labelled already, or that somebody has looked at and decided against.

        Lines that are none are noted in `bad`.
        """
        texts = []
        nlp = self.worker.load()[0]
        for path in self.labelled:
            with nlp.memory_zone():
                # no span is used: none needs a warning, however it is counted
                for record in read_annotated_texts(path, nlp, offsets="code-points"):
                    if isinstance(record, InvalidRecord):
                        self._set_aside(record)
                    elif record.text:
                        texts.append(record.text)
        return texts

    def run(self, on_progress: Progress | None = None) -> list[Suggestion]:
        """Read and score the pool, and choose.

        on_progress: Is called with the number of texts tagged since the last call.
        RETURNS: The suggestions, in the order of choice: fewer than asked for if there are no more
            that differ from each other and from what is labelled.
        RAISES: ValueError, OSError, ImportError for files and models that cannot be used; (H085) if
            there is nothing to suggest, (H086) if too many records cannot be used.
        """
        own = self.settings
        known = embed_texts(self.labelled_texts)
        score = PoolScorer(self.worker, own.measure, own.unit, known, own.diversity)
        size = max(SHORTLIST, SHORTLIST_PER_SUGGESTION * own.n)
        shortlist = Shortlist(size, own.seed)
        for part in self._new_parts():
            found, failed = score(part.records, shortlist.least_gain, on_progress)
            for i, reason in failed.items():
                self._set_aside(InvalidRecord(part.file_name, part.lines[i], reason))
            shortlist.add(found)
        candidates = shortlist.best()
        chosen, gains = choose_diverse(
            np.array([candidate.score for candidate in candidates], dtype=np.float64),
            embed_texts([candidate.text for candidate in candidates]),
            known,
            own.n,
            diversity=own.diversity,
            max_similarity=own.max_similarity,
        )
        if not len(chosen):
            raise ValueError(
                Errors.H085.format(
                    path=self.input_location, n_texts=self.n_read, n_labelled=self.n_labelled
                )
            )
        pairs = zip(chosen.tolist(), gains.tolist(), strict=True)
        return [replace(candidates[i], gain=gain) for i, gain in pairs]

    def _new_parts(self) -> Iterator[Part]:
        """The parts of the pool, without texts that are labelled or have come before."""
        labelled = {without_white_space(normalize(text)) for text in self.labelled_texts}
        seen: set[bytes] = set()
        max_length = min(nlp.max_length for nlp in self.worker.load())
        source = PartSource(
            find_inputs(self.input_location), max_length, self.worker.texts_in_a_part
        )
        for part in source.parts():
            for bad in part.bad:
                self._set_aside(bad)
            new = []
            for i, record in enumerate(part.records):
                self.n_read += 1
                text = text_of(record)
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

    def _set_aside(self, bad: InvalidRecord) -> None:
        self.bad.append(bad)
        max_bad = self.settings.max_bad
        if len(self.bad) > max_bad:
            raise ValueError(Errors.H086.format(n_bad=len(self.bad), max_bad=max_bad))
