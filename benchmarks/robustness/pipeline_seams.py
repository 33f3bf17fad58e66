"""What pipelines go through, within spaCy and Python."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import spacy
from spacy.language import Language
from thinc.api import Config

from spacy_halfree.pipeline.tagger import HalfreeTagger

from .toy_docs import ENTITY_TAGGER, FACTS, SOFT_LABELS, SPAN_TAGGER, TEXT, compare, read_facts

PipelineSeam = Callable[[Language, Path], Language]
"""Takes a pipeline, which it may change, and an empty folder; gives back what has come through."""
HEADS = [
    *(head for fact, head in FACTS.items() if fact != SOFT_LABELS),
    "`threshold`",
    "calibration",
]


def compare_pipelines(before: Language, after: Language) -> list[str]:
    """What has become of what a pipeline writes, and of its settings: the cells of a row."""
    written = compare(read_facts(before(TEXT)), read_facts(after(TEXT)))
    cells = [cell for fact, cell in zip(FACTS, written, strict=True) if fact != SOFT_LABELS]
    old, new = find_entity_tagger(before), find_entity_tagger(after)
    for setting in ("threshold", "calibration"):
        is_kept = getattr(old, setting) == getattr(new, setting)
        cells.append("kept" if is_kept else "lost")
    return cells


def find_entity_tagger(nlp: Language) -> HalfreeTagger:
    """The tagger of entities, whatever it is called."""
    (tagger,) = (
        component
        for _, component in nlp.pipeline
        if isinstance(component, HalfreeTagger) and component.layer.name == "ents"
    )
    return tagger


def disk(nlp: Language, folder: Path) -> Language:
    """`nlp.to_disk` and `spacy.load`."""
    nlp.to_disk(folder / "pipeline")
    return spacy.load(folder / "pipeline")


def bytes_again(nlp: Language, folder: Path) -> Language:
    """`nlp.to_bytes`, and a pipeline of the same config."""
    return spacy.util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())


def sourced(nlp: Language, folder: Path) -> Language:
    """`add_pipe` with a source."""
    other = spacy.blank("en")
    for name in nlp.pipe_names:
        other.add_pipe(name, source=nlp)
    return other


def renamed(nlp: Language, folder: Path) -> Language:
    """`rename_pipe`, and saved under the new name."""
    nlp.rename_pipe(ENTITY_TAGGER, "ner")
    return disk(nlp, folder)


def assembled(nlp: Language, folder: Path) -> Language:
    """`spacy assemble` of a config that takes both taggers from a folder."""
    nlp.to_disk(folder / "pipeline")
    source = {"source": str(folder / "pipeline")}
    config = Config(
        {
            "nlp": {"lang": "en", "pipeline": [ENTITY_TAGGER, SPAN_TAGGER]},
            "components": {ENTITY_TAGGER: source, SPAN_TAGGER: source},
        }
    )
    config.to_disk(folder / "assemble.cfg")
    run_spacy("assemble", folder / "assemble.cfg", folder / "assembled")
    return spacy.load(folder / "assembled")


def packaged(nlp: Language, folder: Path) -> Language:
    """`spacy package --build wheel`, and the wheel as it is installed."""
    nlp.to_disk(folder / "pipeline")
    run_spacy("package", folder / "pipeline", folder, "--build", "wheel", "--name", "seams")
    (wheel,) = folder.glob("*/dist/*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    (data,) = (folder / "site").glob("en_seams/en_seams-*")
    return spacy.load(data)


def run_spacy(*arguments: object) -> None:
    """One of spaCy's commands, in a process of its own."""
    command = [sys.executable, "-m", "spacy", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


LIGHT_SEAMS: dict[str, PipelineSeam] = {
    "`nlp.to_disk()`, `spacy.load`": disk,
    "`nlp.to_bytes()`": bytes_again,
    "`pickle`": lambda nlp, _: pickle.loads(pickle.dumps(nlp)),
    "`copy.deepcopy(nlp)`": lambda nlp, _: copy.deepcopy(nlp),
    "`nlp.add_pipe(source=...)`": sourced,
    "`nlp.rename_pipe()`, `nlp.to_disk()`": renamed,
}
"""Seams that take no time."""
SLOW_SEAMS: dict[str, PipelineSeam] = {
    "`spacy assemble`": assembled,
    "`spacy package`, a wheel": packaged,
}
"""Seams with processes of their own."""
