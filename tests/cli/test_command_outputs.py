"""What commands do to files that exist, as users run them."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from spacy.language import Language
from spacy.tokens import DocBin
from toy_pipelines import TEXTS, make_examples

GOLD = "".join(
    f'{{"text": "Find bars in Zürich {i}", "spans": [[13, 19, "地点"]]}}\n' for i in range(60)
)
COMMANDS = ("check", "report", "suggest", "calibrate", "annotate", "adapt-encoder", "init")
PATIENCE = 300


class Files:
    """A pipeline, annotated texts and raw texts, which no command may change."""

    def __init__(self, folder: Path, model: Path, teacher: Language) -> None:
        self.folder = folder
        self.model = folder / "model"
        shutil.copytree(model, self.model)
        self.gold = folder / "gold.jsonl"
        self.gold.write_text(GOLD, encoding="utf8")
        self.dev = folder / "dev.spacy"
        docs = [example.reference for example in make_examples(teacher)]
        DocBin(docs=docs).to_disk(self.dev)
        self.raw = folder / "raw" / "raw.txt"
        self.raw.parent.mkdir()
        self.raw.write_text("\n".join(TEXTS), encoding="utf8")
        self.before = self.content()

    def content(self) -> dict[str, bytes]:
        known = [self.model, self.gold, self.dev, self.raw]
        paths = [p for path in known for p in (path, *path.rglob("*")) if p.is_file()]
        return {str(path): path.read_bytes() for path in paths}

    def command(self, name: str, output: Path) -> list[str]:
        """A command that would write a place, whatever is there."""
        model, out = str(self.model), str(output)
        arguments = {
            "check": [str(self.gold), "--output", out, "--overwrite"],
            "report": [model, str(self.dev), "-o", out, "--overwrite"],
            "suggest": [model, "--raw", str(self.raw.parent), "-o", out, "--overwrite"],
            "calibrate": [model, str(self.dev), "--dry-run", "--diagram", out, "--overwrite"],
            "annotate": [model, str(self.raw.parent), out, "--overwrite"],
            "adapt-encoder": [model, str(self.raw.parent), "--output", out, "--overwrite"],
            "init": [out, "--labelled", str(self.gold), "--raw", str(self.raw.parent)],
        }
        return [sys.executable, "-m", "spacy", "halfree", name, *arguments[name]]


@pytest.fixture
def files(tmp_path: Path, model: Path, teacher: Language) -> Files:
    (tmp_path / "files").mkdir()
    return Files(tmp_path / "files", model, teacher)


def run(command: list[str], **options: object) -> tuple[int, str]:
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, **options)
    return result.returncode, " ".join((result.stdout + result.stderr).split())


@pytest.mark.parametrize("name", COMMANDS)
def test_inputs_and_pipelines_are_never_written(files: Files, name: str) -> None:
    endings = {"suggest": ".jsonl", "calibrate": ".png", "annotate": ".spacy"}
    ending = endings.get(name, "")
    link = files.folder / f"link{ending}"
    link.symlink_to(files.raw.parent if name in ("adapt-encoder", "init") else files.gold)
    places = [files.model / f"new{ending}", files.raw.parent / f"new{ending}"]
    if name in ("check", "init"):
        places.append(link)
    if name == "check":
        # its only input is the gold file
        places.remove(files.raw.parent / f"new{ending}")
    if name in ("report", "calibrate"):
        places = [files.model / f"new{ending}", files.model / "config.cfg", files.dev]
    for place in places:
        code, printed = run(files.command(name, place))
        assert code == 1, printed
        assert "[H065]" in printed or "[H098]" in printed
        assert "Traceback" not in printed
    assert files.content() == files.before


@pytest.mark.parametrize("name", ["check", "report", "suggest", "calibrate"])
def test_existing_files_need_overwrite(files: Files, name: str, tmp_path: Path) -> None:
    if name == "calibrate":
        pytest.importorskip("matplotlib")
    output = tmp_path / {"suggest": "a.jsonl", "calibrate": "a.png"}.get(name, "a")
    output.write_text("old")
    command = files.command(name, output)
    code, printed = run([word for word in command if word != "--overwrite"])
    assert code == 1
    assert "[H024]" in printed
    assert output.read_text() == "old"
    code, printed = run(command)
    assert code == 0, printed
    assert output.read_bytes() != b"old"
    assert files.content() == files.before


def limit_files() -> None:
    """As a full disk: files cannot grow."""
    # not on every system
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))


@pytest.mark.parametrize("name", ["check", "report", "suggest", "calibrate", "annotate", "init"])
def test_a_failure_to_write(files: Files, name: str, tmp_path: Path) -> None:
    if name == "calibrate":
        pytest.importorskip("matplotlib")
    bad = '{"text": "Find bars", "spans": [[0, 3, "A"]]}\n'
    files.gold.write_text(GOLD + bad * 10, encoding="utf8")
    ending = {"suggest": ".jsonl", "calibrate": ".png", "annotate": ".spacy"}.get(name, "")
    places = [(tmp_path / f"new{ending}", {"preexec_fn": limit_files})]
    (tmp_path / "file").write_text("text")
    places.append((tmp_path / "file" / f"new{ending}", {}))
    for place, options in places:
        code, printed = run(files.command(name, place), **options)
        assert code == 1, printed
        assert "[H100]" in printed
        assert "Traceback" not in printed
        assert not place.exists() if place.parent.is_dir() else True


def test_suggestions_onto_their_inputs(files: Files) -> None:
    labelled = files.folder / "labelled.jsonl"
    labelled.write_text(GOLD, encoding="utf8")
    raw = files.folder / "raw.jsonl"
    raw.write_text("".join(f'{{"text": "{text}"}}\n' for text in TEXTS), encoding="utf8")
    command = [sys.executable, "-m", "spacy", "halfree", "suggest", str(files.model)]
    command += ["--raw", str(raw), "--labelled", str(labelled), "--overwrite", "-o"]
    before = labelled.read_bytes(), raw.read_bytes()
    for output in (raw, labelled):
        code, printed = run([*command, str(output)])
        assert code == 1, printed
        assert "[H065]" in printed
    assert (labelled.read_bytes(), raw.read_bytes()) == before


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, "check") for kind in ("closed", "full", "reader closed")),
        *(("closed", name) for name in COMMANDS if name not in ("check", "adapt-encoder")),
    ],
)
def test_what_cannot_be_printed(files: Files, kind: str, name: str, tmp_path: Path) -> None:
    if kind == "full" and not Path("/dev/full").exists():
        pytest.skip("no device that is full")
    if name == "calibrate":
        pytest.importorskip("matplotlib")
    ending = {"suggest": ".jsonl", "calibrate": ".png", "annotate": ".spacy"}.get(name, "")
    command = files.command(name, tmp_path / f"new{ending}")
    if kind == "closed":
        options: dict = {"preexec_fn": lambda: os.close(1)}
        result = subprocess.run(command, stderr=subprocess.PIPE, timeout=PATIENCE, **options)
    elif kind == "full":
        with open("/dev/full", "w") as full:
            result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
    else:
        reader, writer = os.pipe()
        os.close(reader)
        result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=PATIENCE)
        os.close(writer)
    printed = result.stderr.decode()
    assert result.returncode == 1, printed
    assert "[H101]" in printed
    assert "Traceback" not in printed
    assert "Exception ignored" not in printed


PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


def obey_permissions() -> None:
    """Before the command starts: root loses what lets it pass over permissions."""
    if os.getuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError("capabilities cannot be dropped")


@pytest.mark.parametrize("name", ["check", "report", "suggest", "calibrate", "annotate", "init"])
def test_a_folder_that_is_read_only(files: Files, name: str, tmp_path: Path) -> None:
    if name == "calibrate":
        pytest.importorskip("matplotlib")
    bad = '{"text": "Find bars", "spans": [[0, 3, "A"]]}\n'
    files.gold.write_text(GOLD + bad, encoding="utf8")
    ending = {"suggest": ".jsonl", "calibrate": ".png", "annotate": ".spacy"}.get(name, "")
    folder = tmp_path / "read only"
    folder.mkdir()
    folder.chmod(0o555)
    try:
        code, printed = run(
            files.command(name, folder / f"new{ending}"), preexec_fn=obey_permissions
        )
    finally:
        folder.chmod(0o755)
    assert code == 1, printed
    assert "[H100]" in printed
    assert "Traceback" not in printed
    assert not list(folder.iterdir())


@pytest.mark.parametrize("name", ["annotate", "suggest", "init"])
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_folder_that_cannot_be_listed(
    files: Files, name: str, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It is named, and the command refuses to go on without its texts."""
    secret = files.raw.parent / "secret"
    inner = secret / "more"
    inner.mkdir(parents=True)
    (inner / "more.txt").write_text("Another text")
    if kind == "link":
        secret = files.folder / "elsewhere"
        (files.raw.parent / "secret").rename(secret)
        (files.raw.parent / "link").symlink_to(secret / "more")
    output = tmp_path_factory.mktemp("out")
    secret.chmod(0o000)
    try:
        ending = {"suggest": ".jsonl", "annotate": ".spacy"}.get(name, "")
        code, printed = run(
            files.command(name, output / f"new{ending}"), preexec_fn=obey_permissions, cwd=output
        )
    finally:
        secret.chmod(0o755)
    assert code == 1, printed
    assert "[H102]" in printed
    assert ("secret" if kind == "folder" else "link") in printed.replace(" ", "")
    assert not list(output.glob("new*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["check", "report", "suggest", "calibrate", "annotate"])
def test_two_at_once(files: Files, name: str) -> None:
    """Of two commands with one new output, one writes it, and the other one is refused."""
    suffix = {"report": ".html", "calibrate": ".svg", "annotate": ".spacy"}.get(name, ".jsonl")
    output = files.folder / "new" / f"out{suffix}"
    command = [own for own in files.command(name, output) if own != "--overwrite"]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    codes = [process.returncode for process in processes]
    assert sorted(codes) == [0, 1], printed
    refused = printed[codes.index(1)]
    assert any(f"[{number}]" in refused for number in ("H024", "H048", "H051", "H147"))
    expected = {output.name, *([f"{output.name}.manifest.json"] if name == "annotate" else [])}
    assert {path.name for path in output.parent.iterdir()} == expected
