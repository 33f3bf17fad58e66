"""The encoder's adaptation: it learns, goes on after being killed, and loses no encoder."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import run_command
from tiny_encoder import write_encoder

from spacy_halfree.models.adaptation import adapt_encoder
from spacy_halfree.models.adaptation_settings import AdaptationSettings

torch = pytest.importorskip("torch")
pytest.importorskip("accelerate")
transformers = pytest.importorskip("transformers")

COMMAND = [sys.executable, "-m", "spacy", "halfree", "adapt-encoder"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapt")
    words = ["north", "south", "street", "avenue", "one", "two", "three"]
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    write_encoder(folder / "encoder", words, **sizes)
    texts = [f"{n} {d} {s}" for n in words[4:] for d in words[:2] for s in words[2:4]]
    (folder / "pool.txt").write_text("\n".join(texts), encoding="utf8")
    return folder


def run(*arguments: object, fails: bool) -> str:
    """The command inside this process; all that it printed, on one line."""
    code, output = run_command("adapt-encoder", *arguments)
    assert (code != 0) == fails, output
    return output


def adapt(
    folder: Path, output: str, *options: str, texts: str = "pool.txt", fails: bool = False
) -> str:
    return run(
        *(folder / "encoder", folder / texts, "--output", folder / output),
        *("--learn-rate", "0.01", *options),
        fails=fails,
    )


def test_what_is_masked_is_what_is_learned_from(folder: Path) -> None:
    losses = {}
    for share in ("0.1", "0.9"):
        adapt(folder, f"masked_{share}", "--steps", "2", "--masked-share", share)
        log = json.loads((folder / f"masked_{share}" / "adaptation.json").read_text())
        losses[share] = [entry["loss"] for entry in log]
    # the same seed, texts and encoder
    assert losses["0.1"] != losses["0.9"]


def test_it_learns_and_leaves_an_encoder(folder: Path) -> None:
    adapt(folder, "adapted", "--steps", "100", "--batch-size", "12")
    losses = [e["loss"] for e in json.loads((folder / "adapted/adaptation.json").read_text())]
    assert losses[-1] < losses[0]
    encoder = transformers.AutoModel.from_pretrained(folder / "adapted")
    assert encoder.config.hidden_size == 16
    assert (folder / "adapted" / "model.safetensors").is_file()
    assert not list(folder.glob("adapted.checkpoints*"))
    assert not list(folder.glob(".adapted*"))


def test_an_encoder_that_cannot_be_loaded(folder: Path) -> None:
    nowhere = folder / "no encoder"
    (nowhere / "of ours").mkdir(parents=True)
    printed = run(nowhere, folder / "pool.txt", "--output", folder / "from_nowhere", fails=True)
    assert "[H095]" in printed
    assert "`project.yml`" in printed
    assert not (folder / "from_nowhere").exists()


def test_weights_are_read_from_safetensors_alone(folder: Path) -> None:
    older = folder / "older"
    model = transformers.AutoModel.from_pretrained(folder / "encoder")
    model.save_pretrained(older, safe_serialization=False)
    transformers.AutoTokenizer.from_pretrained(folder / "encoder").save_pretrained(older)
    assert (older / "pytorch_model.bin").is_file()
    printed = run(older, folder / "pool.txt", "--output", folder / "from_older", fails=True)
    assert "[H095]" in printed
    assert "save_pretrained" in printed


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
    assert "H081" in adapt(folder, "none", texts="empty.txt", fails=True)
    assert not (folder / "none").exists()


def test_an_encoder_is_replaced_only_if_asked_for(folder: Path) -> None:
    output = folder / "kept"
    output.mkdir()
    # an empty folder holds nothing to lose
    adapt(folder, "kept", "--steps", "1")
    first = (output / "model.safetensors").read_bytes()
    assert "[H024]" in adapt(folder, "kept", "--steps", "2", fails=True)
    assert (output / "model.safetensors").read_bytes() == first
    (output / "old.json").write_text("of the former one", encoding="utf8")
    adapt(folder, "kept", "--steps", "2", "--overwrite")
    assert (output / "model.safetensors").read_bytes() != first
    assert not (output / "old.json").exists()
    assert not list(folder.glob(".kept*"))
    itself = [output, folder / "pool.txt", "--output", output, "--overwrite"]
    assert "[H065]" in run(*itself, fails=True)
    assert (output / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("output", "options", "number"),
    [
        ("pool.txt", [], "H091"),
        ("pool.txt", ["--overwrite"], "H091"),
        ("encoder", [], "H024"),
        # the pretrained encoder, and whatever else was not written by this command
        ("encoder", ["--overwrite"], "H092"),
        (".", ["--overwrite"], "H092"),
    ],
)
def test_the_output_is_looked_at_first(
    folder: Path, output: str, options: list[str], number: str
) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    # not even a file that cannot be read is read
    assert f"[{number}]" in adapt(folder, output, *options, texts="none.txt", fails=True)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def settings(steps: int) -> AdaptationSettings:
    return AdaptationSettings(
        steps=steps,
        batch_size=4,
        learn_rate=0.01,
        masked_share=0.3,
        max_length=128,
        save_every=100,
        seed=0,
        gpu_id=-1,
    )


@pytest.mark.parametrize(("half", "last"), [(".saved_0.", "checkpoint-4"), ("checkpoint-4", None)])
def test_a_stop_while_saving_leaves_no_half_encoder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, half: str, last: str | None
) -> None:
    """Neither of the encoder itself, nor a checkpoint that could not be gone on from."""
    output = folder / f"saved_{0 if last else 1}"
    save = transformers.PreTrainedTokenizerBase.save_pretrained
    texts = (folder / "pool.txt").read_text(encoding="utf8").splitlines()

    # both have weights when their tokenizer is saved
    def fail(self: Any, place: Path | str, *args: Any, **kwargs: Any) -> Any:
        if Path(place).name.startswith(half):
            raise OSError("no space left")
        return save(self, place, *args, **kwargs)

    with monkeypatch.context() as own:
        own.setattr(transformers.PreTrainedTokenizerBase, "save_pretrained", fail)
        with pytest.raises(OSError, match="no space left"):
            adapt_encoder(str(folder / "encoder"), texts, output, settings(4))
    assert not output.exists()
    assert not list(folder.glob(".saved*"))
    found = adapt_encoder(str(folder / "encoder"), texts, output, settings(4))
    assert (found and Path(found).name) == last
    assert json.loads((output / "adaptation.json").read_text())
    transformers.AutoTokenizer.from_pretrained(output)
    transformers.AutoModel.from_pretrained(output)


def test_what_has_come_during_the_training_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = folder / "late"
    texts = (folder / "pool.txt").read_text(encoding="utf8").splitlines()

    def train(*args: object, **kwargs: object) -> None:
        output.mkdir()
        (output / "mine.txt").write_text("mine", encoding="utf8")

    monkeypatch.setattr(transformers.Trainer, "train", train)
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        adapt_encoder(str(folder / "encoder"), texts, output, settings(1))
    assert [path.name for path in output.iterdir()] == ["mine.txt"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_refused(folder: Path) -> None:
    before = sorted(folder.iterdir())
    printed = adapt(folder, "gpu", "--gpu-id", "0", fails=True)
    assert "was not written" in printed
    assert "Cannot use GPU" in printed or "No GPU devices detected" in printed
    assert sorted(folder.iterdir()) == before


def test_one_gpu_is_used_of_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spacy_halfree.models.torch.masked_words import OneDeviceArguments

    current = []
    # what the Trainer's own arguments say where there are four
    first = property(lambda self: torch.device("cuda", 0))
    monkeypatch.setattr(transformers.TrainingArguments, "device", first)
    monkeypatch.setattr(transformers.TrainingArguments, "n_gpu", property(lambda self: 4))
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    arguments = OneDeviceArguments(output_dir=str(tmp_path), report_to=[], gpu_id=2)
    assert arguments.device == torch.device("cuda", 2)
    assert arguments.n_gpu == 1
    assert arguments.train_batch_size == arguments.per_device_train_batch_size
    assert set(current) == {2}


@pytest.mark.parametrize("n_bytes", [16, 4096, 16384])
def test_a_failure_to_write(folder: Path, n_bytes: int) -> None:
    """As on a disk that fills up while small files, a checkpoint or the encoder are saved."""
    resource = pytest.importorskip("resource")

    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))

    output = folder / f"full{n_bytes}"
    result = subprocess.run(
        [
            *COMMAND,
            *map(str, (folder / "encoder", folder / "pool.txt", "--output", output)),
            *("--steps", "2"),
        ],
        capture_output=True,
        text=True,
        preexec_fn=limit_files,
    )
    printed = " ".join((result.stdout + result.stderr).split())
    assert result.returncode == 1, printed
    assert "[H100]" in printed
    assert "Traceback" not in printed
    assert not output.exists()


@pytest.mark.parametrize("name", ["notes.md", "model/config.cfg"])
def test_other_files_in_an_adapted_encoder_are_kept(folder: Path, name: str) -> None:
    output = f"with_{Path(name).stem}"
    adapt(folder, output, "--steps", "1")
    mine = folder / output / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    assert "[H104]" in adapt(folder, output, "--steps", "1", "--overwrite", fails=True)
    assert mine.read_text() == "mine"


def test_two_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one neither trains on in the first one's checkpoints nor removes them."""
    from spacy_halfree.models.torch.masked_words import MaskedWordsTrainer

    train, others = MaskedWordsTrainer.train, []

    def start_another(trainer: Any, **options: Any) -> Any:
        others.append(adapt(folder, "at_once", "--steps", "2", fails=True))
        return train(trainer, **options)

    monkeypatch.setattr(MaskedWordsTrainer, "train", start_another)
    adapt(folder, "at_once", "--steps", "2")
    assert len(others) == 1
    assert "[H147]" in others[0]
    assert (folder / "at_once" / "adaptation.json").is_file()
    assert not list(folder.glob("at_once.*"))
