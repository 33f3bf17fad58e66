"""Small things to measure."""

from pathlib import Path

import pytest
import spacy


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
    from tiny_projects import copy_project, write_split

    from benchmarks.accuracy.finished import FinishedTraining, write_finished
    from benchmarks.accuracy.results import config_hash
    from benchmarks.accuracy.workspace import Run
    from benchmarks.speed.systems import find_system

    copy_project(tmp_path, "configs", "scripts", "benchmarks")
    for split, size in (("train", 110), ("valid", 60), ("test", 8)):
        texts = [f"play song{i} now" for i in range(size)]
        write_split(tmp_path / "assets" / "snips", split, texts, "O B-song O")
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
