"""Tests of fetching, with archives made on the spot instead of downloads."""

import hashlib
import io
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from fetch import ARTEFACTS, Artefact, FetchError, Member, fetch, main
from typer.testing import CliRunner

CONTENTS = {"pack/data/a.txt": b"alpha", "pack/data/b.txt": b"beta", "pack/code.py": b"evil"}


def make_archive(path: Path) -> None:
    """Write the contents to a wheel or a source archive."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as wheel:
            for name, content in CONTENTS.items():
                wheel.writestr(zipfile.ZipInfo(name), content)
        return
    with tarfile.open(path, "w:gz") as source:
        for name, content in CONTENTS.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            source.addfile(info, io.BytesIO(content))


def member(path: str) -> Member:
    """Describe a file of the archive."""
    content = CONTENTS[path]
    return Member(path, hashlib.md5(content).hexdigest(), hashlib.sha256(content).hexdigest())


Package = tuple[Artefact, Callable[[Artefact, Path], Path], list[Path]]


@pytest.fixture(params=["pack-1.0.whl", "pack-1.0.tar.gz"])
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Package:
    """Give an artefact, a stand-in for the download, and the list of what it downloaded."""
    archive = tmp_path / "index" / request.param
    archive.parent.mkdir()
    make_archive(archive)
    artefact = Artefact(
        requirement="pack==1.0",
        pip_options=(),
        archive=archive.name,
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        members=(member("pack/data/a.txt"), member("pack/data/b.txt")),
    )
    downloads: list[Path] = []

    def download(artefact: Artefact, folder: Path) -> Path:
        path = folder / artefact.archive
        path.write_bytes(archive.read_bytes())
        downloads.append(path)
        return path

    return artefact, download, downloads


def listing(folder: Path) -> list[str]:
    """List all files below a folder but those of the stand-in index."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if "index" not in path.parts
    )


def test_only_the_members_are_written_and_only_once(package: Package, tmp_path: Path) -> None:
    artefact, download, downloads = package
    dest = tmp_path / "assets" / "pack"
    assert fetch(artefact, dest, download)
    assert listing(tmp_path) == ["assets", "assets/pack", "assets/pack/a.txt", "assets/pack/b.txt"]
    assert (dest / "a.txt").read_bytes() == b"alpha"
    assert not fetch(artefact, dest, download)
    assert len(downloads) == 1


def test_only_what_is_absent_is_replaced(package: Package, tmp_path: Path) -> None:
    artefact, download, _ = package
    dest = tmp_path / "pack"
    fetch(artefact, dest, download)
    before = (dest / "b.txt").stat().st_ino
    (dest / "a.txt").unlink()
    assert fetch(artefact, dest, download)
    assert (dest / "a.txt").read_bytes() == b"alpha"
    assert (dest / "b.txt").stat().st_ino == before


def test_a_present_file_with_a_wrong_sum_is_reported_and_replaced(
    package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    artefact, download, _ = package
    dest = tmp_path / "pack"
    dest.mkdir()
    (dest / "a.txt").write_bytes(b"alp")
    assert fetch(artefact, dest, download)
    assert (dest / "a.txt").read_bytes() == b"alpha"
    report = capsys.readouterr().err
    assert "a.txt: wrong SHA256" in report
    assert artefact.members[0].sha256 in report
    assert hashlib.sha256(b"alp").hexdigest() in report


@pytest.mark.parametrize("wrong", ["archive", "sha256", "md5"])
def test_a_wrong_sum_leaves_nothing_behind(wrong: str, package: Package, tmp_path: Path) -> None:
    artefact, download, _ = package
    actual, bad = artefact.sha256, "0" * 64
    if wrong == "archive":
        artefact = replace(artefact, sha256=bad)
    else:
        last = artefact.members[1]
        actual, bad = getattr(last, wrong), bad[: len(getattr(last, wrong))]
        last = replace(last, **{wrong: bad})
        artefact = replace(artefact, members=(artefact.members[0], last))
    with pytest.raises(FetchError, match=rf"\[S001\].*expected {bad}, actual {actual}"):
        fetch(artefact, tmp_path / "pack", download)
    assert listing(tmp_path) == []


def test_an_interrupted_download_leaves_nothing_behind(package: Package, tmp_path: Path) -> None:
    artefact, download, _ = package

    def interrupted(artefact: Artefact, folder: Path) -> Path:
        download(artefact, folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(artefact, tmp_path / "pack", interrupted)
    assert listing(tmp_path) == []


def test_a_member_which_is_not_in_the_archive(package: Package, tmp_path: Path) -> None:
    artefact, download, _ = package
    artefact = replace(artefact, members=(Member("pack/data/c.txt", "", ""),))
    with pytest.raises(FetchError, match=r"cannot read pack/data/c\.txt"):
        fetch(artefact, tmp_path / "pack", download)
    assert listing(tmp_path) == []


def test_command_line(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact, download, _ = package
    fetch(artefact, tmp_path / "pack", download)
    monkeypatch.setitem(ARTEFACTS, "pack", artefact)
    app = typer.Typer()
    app.command()(main)
    outcome = CliRunner().invoke(app, ["pack", str(tmp_path / "pack")])
    assert outcome.exit_code == 0, outcome.output
    assert "Nothing was downloaded" in outcome.output
    assert artefact.members[0].md5 in outcome.output

    def fail(command: list[str], **_: object) -> object:
        assert command[1:4] == ["-m", "pip", "download"]
        return subprocess.CompletedProcess(command, 1, "", "no such package")

    monkeypatch.setattr(subprocess, "run", fail)
    outcome = CliRunner().invoke(app, ["pack", str(tmp_path / "other")])
    assert outcome.exit_code == 1
    assert "pack==1.0: pip download ended with status 1" in outcome.output
    assert "no such package" in outcome.output
    assert not (tmp_path / "other").exists()
    outcome = CliRunner().invoke(app, ["unknown", str(tmp_path / "other")])
    assert outcome.exit_code == 1
    assert "unknown: no such artefact" in outcome.output


@pytest.mark.parametrize("artefact", ARTEFACTS.values(), ids=list(ARTEFACTS))
def test_the_table_is_sound(artefact: Artefact) -> None:
    names = [entry.name for entry in artefact.members]
    assert len(names) == len(set(names))
    assert not any(name.endswith((".py", ".bin", ".pkl")) for name in names)
    assert len(artefact.sha256) == 64
    assert all((len(entry.md5), len(entry.sha256)) == (32, 64) for entry in artefact.members)
