"""What docs/faq.md says of spaCy's commands and of other tools."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
import srsly
from code_blocks import ROOT, blocks
from spacy.cli.apply import apply
from spacy.cli.evaluate import evaluate
from spacy.cli.package import generate_readme
from spacy.cli.train import train as train_pipeline
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.util import load_config

PAGE = ROOT / "docs" / "faq.md"
TEXT = "Rome for ten"
STREAMLIT = ["spacy-streamlit==1.0.6", "streamlit==1.67.0"]


def train(name: str = "halfree_tagger") -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger", name=name)
    examples = [Example.from_dict(nlp.make_doc(TEXT), {"entities": [(0, 4, "CITY")]})]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    return nlp


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faq") / "student"
    train().to_disk(path)
    return path


@pytest.mark.parametrize(("suffix", "n_docs"), [("txt", 1), ("jsonl", 2)])
def test_apply_makes_one_doc_of_a_text_file(
    suffix: str, n_docs: int, student: Path, tmp_path: Path
) -> None:
    texts = [TEXT, "Oslo for two"]
    (tmp_path / "texts.txt").write_text("\n".join(texts), encoding="utf8")
    srsly.write_jsonl(tmp_path / "texts.jsonl", [{"text": text} for text in texts])
    found = tmp_path / "found.spacy"
    apply(tmp_path / f"texts.{suffix}", found, str(student), "text", batch_size=1, n_process=1)
    docs = list(DocBin().from_disk(found).get_docs(spacy.blank("en").vocab))
    assert len(docs) == n_docs
    assert docs[0].ents[0]._.confidence == pytest.approx(
        spacy.load(student)(docs[0].text).ents[0]._.confidence, abs=1e-5
    )


@pytest.mark.parametrize("name", ["halfree_tagger", "ner"])
def test_the_readme_of_a_package(name: str) -> None:
    nlp = train(name)
    readme = generate_readme({**nlp.meta, "performance": {"halfree_f": 0.75}})
    assert f"| **`{name}`** | `CITY` |" in readme
    assert "| `HALFREE_F` | 75.00 |" in readme


@pytest.mark.parametrize("name", ["halfree_tagger", "ner"])
def test_evaluate_draws_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nlp = train(name)
    nlp.to_disk(tmp_path / "student")
    DocBin(docs=[nlp(TEXT)]).to_disk(tmp_path / "dev.spacy")
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    evaluate(str(tmp_path / "student"), tmp_path / "dev.spacy", displacy_path=drawn, silent=False)
    assert "as HTML" in capsys.readouterr().out
    assert not list(drawn.iterdir())


@pytest.mark.parametrize("more", [{}, {"ents_p": 0.0, "ents_r": 0.0, "ents_f": 0.0}])
def test_scores_of_training_are_those_that_have_a_weight(
    more: dict[str, float], tmp_path: Path
) -> None:
    """Of which the figures of model cards are taken."""
    DocBin(docs=[train()(TEXT)]).to_disk(tmp_path / "gold.spacy")
    config = load_config(ROOT / "configs" / "student_first_order.cfg")
    if more:
        config["training"]["score_weights"] = more
    config.to_disk(tmp_path / "student.cfg")
    overrides = {
        **{"paths.train": str(tmp_path / "gold.spacy"), "paths.dev": str(tmp_path / "gold.spacy")},
        **{"training.max_steps": 1, "training.eval_frequency": 1},
    }
    train_pipeline(tmp_path / "student.cfg", tmp_path / "out", overrides=overrides)
    performance = spacy.load(tmp_path / "out" / "model-last").meta["performance"]
    assert "halfree_f" in performance
    assert {score for score in performance if score.startswith("ents_")} == more.keys()


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the tools, too, and what is installed here."""
    folder = tmp_path_factory.mktemp("tools")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    (own,) = folder.glob("lib/python*/site-packages")
    (own / "here.pth").write_text("\n".join(site.getsitepackages()), encoding="utf8")
    pip = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *STREAMLIT], check=True)
    # it asks for a typer that is too old for us, and works with ours
    subprocess.run([*pip, "--no-deps", "spacy-huggingface-hub==0.0.10"], check=True)
    return python


def run_tool(python: Path, code: str, folder: Path) -> list[str]:
    """Run a script with the tools. RETURNS: The lines that it prints after `> `."""
    # Streamlit reads the source of functions
    script = folder / "script.py"
    script.write_text(code, encoding="utf8")
    result = subprocess.run(
        [python, "-W", "ignore", script],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    return [line[2:] for line in result.stdout.splitlines() if line.startswith("> ")]


MODEL_CARD = """
from pathlib import Path
from spacy_huggingface_hub.push import _create_model_card
for line in _create_model_card("en_student", Path("student")).splitlines():
    print(">", line)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["halfree_tagger", "ner"])
@pytest.mark.parametrize("has_figures", [False, True])
def test_model_cards(name: str, has_figures: bool, tools: Path, tmp_path: Path) -> None:
    nlp = train(name)
    scores = {"halfree_f": 1.0}
    if has_figures:
        scores |= {"ents_p": 1.0, "ents_r": 1.0, "ents_f": 1.0}
    nlp.meta["performance"] = scores
    nlp.to_disk(tmp_path / "student")
    card = run_tool(tools, MODEL_CARD, tmp_path)
    assert ("- token-classification" in card) == (name == "ner")
    assert ("      name: NER" in card) == has_figures


VISUALIZE = """
from streamlit.testing.v1 import AppTest


def app(color):
    import spacy_streamlit

    spacy_streamlit.visualize(["student"], "Rome for ten", visualizers=["ner"], color=color)


def run(color):
    at = AppTest.from_function(app, args=(color,), default_timeout=300).run()
    for error in at.exception:
        print(">", error.value.splitlines()[0])
    print(">", any("CITY</span>" in own.value for own in at.markdown))


# the first page with a colour alone fails, as it changes the settings
run(None)
run("#09A3D5")
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["halfree_tagger", "ner"])
def test_streamlit_asks_for_ner(name: str, tools: Path, tmp_path: Path) -> None:
    train(name).to_disk(tmp_path / "student")
    *errors, found, no_attribute, coloured = run_tool(tools, VISUALIZE, tmp_path)
    assert coloured == "False"
    assert "experimental_rerun" in no_attribute
    if name == "ner":
        assert (errors, found) == ([], "True")
    else:
        assert found == "False"
        assert "[E001] No component 'ner'" in errors[0]


SHOW = """
import sys
from streamlit.testing.v1 import AppTest

at = AppTest.from_file("app.py", default_timeout=300).run()
print(">", [own.value for own in (*at.exception, *at.warning)])
print(">", "".join(own.value for own in at.markdown).replace("\\n", " "))
"""


@pytest.mark.slow
def test_streamlit_shows_confidence(tools: Path, tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "py")
    (tmp_path / "app.py").write_text(block.code, encoding="utf8")
    nlp = train()
    nlp.to_disk(tmp_path / "student")
    (ent,) = nlp(TEXT).ents
    told, shown = run_tool(tools, SHOW, tmp_path)
    assert told == "[]"
    assert f">CITY {int(100 * ent._.confidence) / 100:.2f}</span>" in shown
