"""Train one system in one run, and measure what it reaches."""

import contextlib
import os
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import spacy
from spacy.cli.train import train
from spacy.language import Language
from spacy.scorer import get_ner_prf
from spacy.tokens import DocBin
from spacy.training import Example
from thinc.api import Config

from benchmarks.origin import CODE, find_commit, processor_name
from spacy_halfree.cli.annotate import PrintedEvents
from spacy_halfree.distill.teachers import annotate
from spacy_halfree.labelling.label_files import label_files
from spacy_halfree.labelling.worker import TeacherWorker

from .finished import FinishedTraining, read_finished, write_finished
from .pool import write_part
from .results import Cell, config_hash, folder_of
from .systems import System
from .workspace import Run, adapt_encoder, locked

PACKAGES = ("spacy-halfree", "spacy", "thinc", "torch", "transformers", "spacy-transformers")


def run_cell(run: Run, system: System) -> Cell:
    """Train a system and whatever it needs, and score it.

    Args:
        run: the draw.
        system: what to train.

    Returns:
        The finished cell.
    """
    # first, because a config may be edited while this runs
    recipe = config_hash(system)
    run.prepare()
    if system.is_token_classification:
        from .token_classification import run_token_classification

        folder, finished, scores = run_token_classification(run, system)
        megabytes, seconds = size_in_megabytes(folder), finished.seconds
    else:
        members = (system,) if system.trained else system.teachers
        trained = [train_system(run, member) for member in members]
        finished = trained[0][1]
        seconds = sum(training.seconds for _, training in trained)
        megabytes = sum(size_in_megabytes(folder) for folder, _ in trained)
        pipelines = [spacy.load(folder) for folder, _ in trained]
        scores = {split: score(pipelines, path) for split, path in run.files.items()}
    test = scores["test"]
    return Cell(
        corpus=run.corpus,
        system=system.name,
        shots=int(run.shots) if run.shots.isdigit() else run.shots,
        seed=run.seed,
        precision=round(100 * test["ents_p"], 2),
        recall=round(100 * test["ents_r"], 2),
        f1=round(100 * test["ents_f"], 2),
        dev_f1=round(100 * scores["dev"]["ents_f"], 2),
        train_seconds=round(seconds, 1),
        words_per_second=round(test["speed"]),
        megabytes=round(megabytes, 2),
        threads=int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
        config_hash=recipe,
        versions={name: version(name) for name in PACKAGES},
        commit=finished.commit,
        processor=finished.processor,
    )


def train_system(run: Run, system: System) -> tuple[Path, FinishedTraining]:
    """Train a pipeline, unless it is there.

    Args:
        run: the draw.
        system: what to train.

    Returns:
        The pipeline's folder, and what is known of its training.
    """
    folder = folder_of(run, system)
    with locked(folder):
        finished = read_finished(folder)
        if finished is None:
            finished = train_anew(run, system, folder)
    return folder / "model-best", finished


def train_anew(run: Run, system: System, folder: Path) -> FinishedTraining:
    """Train a pipeline, whatever stands in its folder."""
    commit = find_commit(CODE)
    config = training_config(run, system)
    folder.mkdir(parents=True, exist_ok=True)
    config.to_disk(folder / "config.cfg")
    # not by the clock: other trainings run beside this one
    start = time.process_time()
    with (folder / "train.log").open("w") as log, contextlib.redirect_stdout(log):
        train(folder / "config.cfg", folder)
    seconds = round(time.process_time() - start, 1)
    finished = FinishedTraining(seconds, commit, processor_name())
    write_finished(folder, finished)
    return finished


def training_config(run: Run, system: System) -> Config:
    """The config that a system is trained with; what it learns from is there then."""
    assert system.config is not None
    texts = run.texts / "gold.spacy" if system.learns == "gold" else annotate_pool(run, system)
    paths = {
        "train": str(texts),
        "gold": str(run.texts / "gold.spacy"),
        "dev": str(run.texts / "dev.spacy"),
    }
    if system.encoder_steps is not None:
        paths["encoder"] = str(adapt_encoder(run, system.encoder_steps, system.masked_share))
    changes = system.changes | {
        "paths": paths,
        "system": {"seed": run.seed + system.seed_offset},
    }
    return Config().from_disk(system.config, interpolate=False).merge(changes)


def annotate_pool(run: Run, system: System) -> Path:
    """Let a system's teachers label the pool, unless they have, and take its part of it."""
    hashes = "-".join(config_hash(teacher) for teacher in system.teachers)
    output = run.training / f"soft-{hashes}.spacy"
    with locked(output):
        if not output.exists():
            folders = [train_system(run, teacher)[0] for teacher in system.teachers]
            texts = str(run.texts / "pool.txt")
            # what is left of a recipe that has changed has another name
            label_files(
                TeacherWorker(tuple(str(folder) for folder in folders)),
                texts,
                output,
                resume=True,
                overwrite=True,
                events=PrintedEvents(texts),
            )
        if system.pool is None:
            return output
        part = output.with_name(f"{output.stem}-{system.pool.name}.spacy")
        if not part.exists():
            write_part(output, system.pool, part)
    return part


def read_examples(nlp: Language, path: Path) -> list[Example]:
    """Annotated docs, each with the doc that the pipeline's tokenizer makes of its text."""
    docs = DocBin().from_disk(path).get_docs(nlp.vocab)
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def score(pipelines: Sequence[Language], path: Path) -> dict[str, Any]:
    """Score a pipeline, or the mean of several, on annotated texts."""
    examples = read_examples(pipelines[0], path)
    start = time.perf_counter()
    if len(pipelines) == 1:
        return pipelines[0].evaluate(examples, batch_size=64)
    docs = list(annotate(pipelines, [example.predicted for example in examples]))
    seconds = time.perf_counter() - start
    pairs = zip(docs, examples, strict=True)
    scores = get_ner_prf([Example(doc, example.reference) for doc, example in pairs])
    return scores | {"speed": sum(map(len, docs)) / seconds}


def size_in_megabytes(path: Path) -> float:
    """Size of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
