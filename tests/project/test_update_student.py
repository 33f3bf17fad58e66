"""`configs/student_update.cfg` trains an old student on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.cli.train import train
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_halfree.data.docbin import write_docs
from spacy_halfree.distill.teachers import annotate

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
CITIES = ("rome", "paris", "oslo")


def gold_doc(nlp: Language, city: str, label: str = "CITY") -> Doc:
    doc = nlp.make_doc(f"a table in {city} please")
    doc.set_ents([doc.char_span(11, 11 + len(city), label=label)])
    return doc


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student of a few steps, gold texts, and texts that it has labelled itself."""
    path = tmp_path_factory.mktemp("update")
    nlp = spacy.blank("en")
    DocBin(docs=[gold_doc(nlp, city) for city in CITIES]).to_disk(path / "gold.spacy")
    paths = {name: str(path / "gold.spacy") for name in ("paths.train", "paths.dev")}
    overrides = {**paths, "training.max_steps": 20, "training.eval_frequency": 10}
    train(CONFIGS / "student_first_order.cfg", path / "student", overrides=overrides)
    student = spacy.load(path / "student" / "model-best")
    docs = annotate([student], [f"where to go in {city}" for city in CITIES])
    write_docs(docs, path / "soft.spacy")
    return path


def overrides_for(folder: Path, **others: object) -> dict[str, object]:
    return {
        "paths.student": str(folder / "student" / "model-best"),
        "paths.gold": str(folder / "gold.spacy"),
        "paths.soft": str(folder / "soft.spacy"),
        "paths.dev": str(folder / "gold.spacy"),
        "training.max_steps": 2,
        "training.eval_frequency": 1,
        **others,
    }


def weights(path: Path) -> dict[tuple[str, str], np.ndarray]:
    model = spacy.load(path).get_pipe("halfree_tagger").model
    return {
        (f"{i} {node.name}", name): node.get_param(name)
        for i, node in enumerate(model.walk())
        for name in node.param_names
        if node.has_param(name)
    }


def update(folder: Path, output: Path, **others: object) -> Path:
    overrides = overrides_for(folder, **others)
    train(CONFIGS / "student_update.cfg", output, overrides=overrides)
    return output / "model-last"


def test_it_starts_from_the_old_student(folder: Path, tmp_path: Path) -> None:
    nothing = {"learn_rate": 0.0, "L2": 0.0, "use_averages": False}
    settings = {f"training.optimizer.{name}": value for name, value in nothing.items()}
    still = update(folder, tmp_path, **settings)
    old = weights(folder / "student" / "model-best")
    new = weights(still)
    assert old.keys() == new.keys()
    assert all(np.array_equal(old[key], new[key]) for key in old)


def test_it_learns(folder: Path, tmp_path: Path) -> None:
    updated = update(folder, tmp_path, **{"training.max_steps": 30, "training.eval_frequency": 15})
    nlp = spacy.load(updated)
    assert nlp.get_pipe("halfree_tagger").labels == ("CITY",)
    old = weights(folder / "student" / "model-best")
    assert any(not np.array_equal(old[key], value) for key, value in weights(updated).items())
    assert [ent.text for ent in nlp("a table in oslo please").ents] == ["oslo"]


def test_labels_cannot_change(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.spacy"
    DocBin(docs=[gold_doc(spacy.blank("en"), "rome", "TOWN")]).to_disk(other)
    with pytest.raises(ValueError, match=r"\[H003\].*TOWN"):
        update(folder, tmp_path / "out", **{"paths.gold": str(other)})
    tagger = spacy.load(folder / "student" / "model-best").get_pipe("halfree_tagger")
    with pytest.raises(ValueError, match=r"\[H002\]"):
        tagger.add_label("TOWN")
