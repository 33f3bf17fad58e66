"""The encoder's adaptation: it learns, goes on after being killed, and refuses empty files."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("accelerate")
transformers = pytest.importorskip("transformers")

COMMAND = [sys.executable, "-m", "spacy", "halfree", "adapt-encoder"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapt")
    words = ["north", "south", "street", "avenue", "one", "two", "three"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "encoder")
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    transformers.BertModel(config).save_pretrained(folder / "encoder")
    texts = [f"{n} {d} {s}" for n in words[4:] for d in words[:2] for s in words[2:4]]
    (folder / "pool.txt").write_text("\n".join(texts), encoding="utf8")
    return folder


def adapt(folder: Path, output: str, *options: str, texts: str = "pool.txt") -> str:
    command = [*COMMAND, str(folder / "encoder"), str(folder / texts)]
    done = subprocess.run(
        [*command, "--output", str(folder / output), "--learn-rate", "0.01", *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 or texts != "pool.txt", done.stderr
    return done.stdout + done.stderr


def test_it_learns_and_leaves_an_encoder(folder: Path) -> None:
    adapt(folder, "adapted", "--steps", "100", "--batch-size", "12")
    losses = [e["loss"] for e in json.loads((folder / "adapted/adaptation.json").read_text())]
    assert losses[-1] < losses[0]
    encoder = transformers.AutoModel.from_pretrained(folder / "adapted")
    assert encoder.config.hidden_size == 16
    assert (folder / "adapted" / "model.safetensors").is_file()
    assert not list(folder.glob("adapted.checkpoints*"))


def test_a_killed_run_is_gone_on_with(folder: Path) -> None:
    options = ["--steps", "600", "--save-every", "20", "--batch-size", "4"]
    command = [*COMMAND, str(folder / "encoder"), str(folder / "pool.txt")]
    process = subprocess.Popen(
        [*command, "--output", str(folder / "killed"), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # the file that the Trainer writes last into a checkpoint
    while process.poll() is None and not list(folder.glob("killed.*/*/trainer_state.json")):
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not (folder / "killed").exists()
    done = subprocess.run(
        [*command, "--output", str(folder / "killed"), *options], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Went on from" in done.stdout
    assert (folder / "killed" / "model.safetensors").is_file()


def test_no_text_is_refused(folder: Path) -> None:
    (folder / "empty.txt").write_text("\n \n", encoding="utf8")
    assert "H081" in adapt(folder, "none", texts="empty.txt")
    assert not (folder / "none").exists()
