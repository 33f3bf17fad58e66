"""Small things to measure."""

import shutil
from pathlib import Path

import pytest
import spacy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small tagger, not trained."""
    path = tmp_path_factory.mktemp("speed") / "pipeline"
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger", config={"labels": ["SONG"]})
    nlp.initialize()
    nlp.to_disk(path)
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a tiny corpus, in which spaCy's `ner` is there already."""
    from tiny_encoder import write_encoder

    from benchmarks.accuracy.finished import FinishedTraining, write_finished
    from benchmarks.accuracy.results import config_hash
    from benchmarks.accuracy.workspace import Run
    from benchmarks.speed.systems import find_system

    for name in ("configs", "scripts", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    write_encoder(tmp_path / "assets" / "minilm")
    corpus = tmp_path / "assets" / "snips"
    corpus.mkdir()
    for split, size in (("train", 110), ("valid", 60), ("test", 8)):
        texts = [f"play song{i} now" for i in range(size)]
        (corpus / f"{split}.seq.in").write_text("\n".join(texts), encoding="utf8")
        (corpus / f"{split}.seq.out").write_text("\n".join(["O B-song O"] * size), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    system = find_system("spacy_ner_gold")
    folder = Run("snips", "100", 1).training / f"{system.name}-{config_hash(system)}"
    nlp = spacy.blank("en")
    nlp.add_pipe("ner").add_label("song")
    nlp.initialize()
    folder.mkdir(parents=True)
    nlp.to_disk(folder / "model-best")
    write_finished(folder, FinishedTraining(1.0, None, "a processor"))
    return tmp_path
