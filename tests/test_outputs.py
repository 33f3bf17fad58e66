"""The rule for outputs: never an input, never part of a pipeline, never replaced unasked."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from spacy_halfree.data.inputs import find_inputs, local_inputs
from spacy_halfree.outputs import check_output_file, check_place, hold, write_output


def make_pipeline(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("meta.json", "config.cfg"):
        (folder / name).write_text("{}")
    return folder


@pytest.mark.parametrize("kind", ["itself", "symbolic link", "hard link", "link to its folder"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_an_output_is_never_an_input(tmp_path: Path, kind: str, overwrite: bool) -> None:
    source = tmp_path / "in" / "gold.jsonl"
    source.parent.mkdir()
    source.write_text("text")
    output = tmp_path / "out.jsonl"
    if kind == "itself":
        output = source
    elif kind == "symbolic link":
        output.symlink_to(source)
    elif kind == "hard link":
        os.link(source, output)
    else:
        (tmp_path / "folder").symlink_to(source.parent)
        output = tmp_path / "folder" / "gold.jsonl"
    with pytest.raises(ValueError, match=r"\[H065\]"):
        check_output_file(output, inputs=[None, source], overwrite=overwrite)
    assert source.read_text() == "text"


def test_an_output_is_not_inside_of_an_input_folder(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(ValueError, match=r"\[H065\]"):
        check_place(tmp_path / "raw" / "new" / "out.jsonl", inputs=[tmp_path / "raw"])
    with pytest.raises(ValueError, match=r"\[H088\]"):
        check_place(tmp_path, inputs=[tmp_path / "raw"])


@pytest.mark.parametrize("name", ["config.cfg", "ner/model", "report.html", ""])
def test_an_output_is_never_part_of_a_pipeline(tmp_path: Path, name: str) -> None:
    pipeline = make_pipeline(tmp_path / "model")
    (tmp_path / "link").symlink_to(pipeline)
    for folder in (pipeline, tmp_path / "link"):
        with pytest.raises(ValueError, match=r"\[H098\].*model"):
            check_output_file(folder / name, overwrite=True)


def test_existing_files_need_overwrite(tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert check_output_file(output, overwrite=False) == output
    output.write_text("old")
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        check_output_file(output, overwrite=False)
    assert check_output_file(output, overwrite=True) == output


def test_folders_and_devices_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=r"\[H052\]"):
        check_output_file(tmp_path, overwrite=True)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"\[H099\]"):
        check_output_file(tmp_path / "pipe", overwrite=True)


def test_links_are_followed(tmp_path: Path) -> None:
    """The link stays, and what it leads to is written, whether it exists or not."""
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "file")
    check_output_file(tmp_path / "link", overwrite=False)
    write_output(tmp_path / "link", b"a", b"b", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "file").read_bytes() == b"ab"
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        check_output_file(tmp_path / "link", overwrite=False)


def test_a_file_that_has_come_meanwhile_is_kept(tmp_path: Path) -> None:
    output = tmp_path / "out"
    check_output_file(output, overwrite=False)
    output.write_text("of another process")
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        write_output(output, b"new", overwrite=False)
    assert output.read_text() == "of another process"


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match=r"\[H100\]"):
        write_output(tmp_path / "a", b"", overwrite=True)


@pytest.mark.parametrize("name", ["file/out", "x" * 300])
def test_what_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(OSError, match=r"\[H100\]"):
        write_output(tmp_path / name, b"new", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_files_behind_links_in_an_input_folder(tmp_path: Path) -> None:
    """What is read counts, wherever it is."""
    raw, disk = tmp_path / "raw", tmp_path / "disk"
    raw.mkdir()
    (disk / "more").mkdir(parents=True)
    (disk / "a.txt").write_text("text")
    (disk / "more" / "b.txt").write_text("text")
    (raw / "a.txt").symlink_to(disk / "a.txt")
    (raw / "more").symlink_to(disk / "more")
    read = [raw, *local_inputs(find_inputs(str(raw)))]
    for output in (disk / "a.txt", disk / "more" / "b.txt", disk / "more" / "new.jsonl"):
        with pytest.raises(ValueError, match=r"\[H065\]"):
            check_output_file(output, inputs=read, overwrite=True)
    check_output_file(disk / "new.jsonl", inputs=read, overwrite=False)


def test_hidden_folders_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "b.txt").write_text("text")
    assert [file.name for file in find_inputs(str(tmp_path))] == ["a.txt"]


def test_outputs_beside_an_input_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the file is an input, however its folder is named."""
    folder = tmp_path / "disk" / "sub"
    folder.mkdir(parents=True)
    (tmp_path / "disk" / "raw.txt").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    monkeypatch.chdir(folder)
    for location in ("../raw.txt", "../../link/raw.txt", str(tmp_path / "link" / "raw.txt")):
        read = local_inputs(find_inputs(location))
        check_place(Path("new.spacy"), inputs=read)
        check_place(tmp_path / "link" / "new.spacy", inputs=read)
        with pytest.raises(ValueError, match=r"\[H065\]"):
            check_place(tmp_path / "disk" / "raw.txt", inputs=read)


@pytest.mark.parametrize("overwrite", [True, False])
def test_of_several_writers_one_wins(tmp_path: Path, overwrite: bool) -> None:
    """Without `overwrite`, all others are refused; with it, the last one's content is whole."""

    def write(number: int) -> str:
        barrier.wait(60)
        try:
            write_output(output, str(number).encode() * 10_000, overwrite=overwrite)
        except FileExistsError as error:
            return str(error)[:6]
        return str(number)

    for i in range(20):
        output, barrier = tmp_path / "new" / f"file{i}", Barrier(3)
        with ThreadPoolExecutor(3) as threads:
            results = list(threads.map(write, range(3)))
        winners = [result for result in results if result != "[H024]"]
        assert len(winners) == (3 if overwrite else 1)
        assert output.read_bytes() in [winner.encode() * 10_000 for winner in winners]
    assert len(list((tmp_path / "new").iterdir())) == 20


def test_only_one_holds_a_folder(tmp_path: Path) -> None:
    with hold(tmp_path):
        with pytest.raises(FileExistsError, match=r"\[H147\]"), hold(tmp_path):
            pass
        with pytest.raises(FileExistsError, match=r"\[H147\]"), hold(tmp_path / "."):
            pass
    with hold(tmp_path):
        pass
