"""Files of the previous version load and give the same (see `make_files.py`).

Tags and spans are equal, and confidences within 1e-6. Bytes are not compared with what another
machine has computed: the last bits of a matrix product depend on the processor.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from commands import plain, run_command
from spacy.cli.train import train
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import registry
from thinc.api import Config
from weasel.cli.run import project_run

FILES = Path(__file__).resolve().parent / "files"
EXPECTED: dict[str, Any] = json.loads((FILES / "expected.json").read_text("utf8"))
TEXTS: list[str] = EXPECTED["texts"]
PIPELINES = list(EXPECTED["pipelines"])
TAGGER = "halfree_tagger"
SOFT_LABELS = "halfree_soft_labels"
TOLERANCE = 1e-6
HALF_STEP = 2**-10
"""The largest relative distance between a number and the next one, in half precision."""
PACKAGES = (
    *("spacy-halfree", "spacy", "thinc", "numpy"),
    *("torch", "transformers", "tokenizers", "spacy-transformers"),
)
"""Whose versions stand in a manifest, in this order."""
BATCH = ("--batch-size", "4")
TWO = ("pipelines/ents", "pipelines/ents_2")
TINY = {
    f"components.{TAGGER}.model.tok2vec.{name}": value
    for name, value in {"width": 6, "depth": 1, "embed_size": 40, "maxout_pieces": 2}.items()
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the files, which a test may change."""
    return shutil.copytree(FILES, tmp_path / "files")


def run_in_subprocess(*arguments: object) -> tuple[int, str]:
    """Run `python -m spacy halfree ...` in a process of its own; see `run_command`."""
    command = [sys.executable, "-m", "spacy", "halfree", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf8")
    return done.returncode, plain(done.stdout + done.stderr)


def assert_close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


def assert_same_soft_labels(docs: Sequence[Doc], expected: Sequence[dict[str, Any]]) -> None:
    """Check the texts and soft labels of docs.

    Distributions are kept in half precision. A last bit that differs before they are rounded may
    rarely lead to the next number: at most one number in 30 may differ by more than the tolerance,
    and then by one step.
    """
    found = [soft_labels(doc) for doc in docs]
    assert [exact(own) for own in found] == [exact(own) for own in expected]
    numbers, others = (
        np.concatenate([np.ravel(one["probabilities"]) for one in all_of]).astype(np.float64)
        for all_of in (found, expected)
    )
    np.testing.assert_allclose(numbers, others, rtol=HALF_STEP, atol=TOLERANCE)
    assert np.mean(np.abs(numbers - others) > TOLERANCE) <= 1 / 30


def soft_labels(doc: Doc) -> dict[str, Any]:
    """A doc's text and soft labels, as they stand in the expected values."""
    stored = {key: np.asarray(value).tolist() for key, value in doc.user_data[SOFT_LABELS].items()}
    return {"text": doc.text} | stored


def exact(labelled: dict[str, Any]) -> dict[str, Any]:
    return {key: labelled[key] for key in ("text", "version", "target", "labels", "tags")}


def read_docs(paths: Path | Iterable[Path]) -> list[Doc]:
    """The docs of `.spacy` files, in order."""
    vocab = spacy.blank("xx").vocab
    bins = [DocBin(store_user_data=True).from_disk(path) for path in as_paths(paths)]
    return [doc for docs in bins for doc in docs.get_docs(vocab)]


def as_paths(paths: Path | Iterable[Path]) -> list[Path]:
    if not isinstance(paths, Path):
        return list(paths)
    return sorted(paths.glob("*.spacy")) if paths.is_dir() else [paths]


def annotation(doc: Doc) -> list[list[int | str]]:
    return [[ent.start, ent.end, ent.label_] for ent in doc.ents]


def contents(path: Path) -> dict[str, bytes]:
    """The files of an output."""
    found = path.iterdir() if path.is_dir() else path.parent.glob(f"{path.name}*")
    return {own.name: own.read_bytes() for own in found if own.is_file()}


def installed_versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def write_versions(manifest: Path, versions: dict[str, str]) -> None:
    """Change the versions in a manifest, and the name of the folder that depends on it."""
    before = manifest.read_bytes()
    content = json.loads(before) | {"versions": versions}
    ending = b"\n" if before.endswith(b"\n") else b""
    after = json.dumps(content, indent=2).encode() + ending
    manifest.write_bytes(after)
    shards = manifest.parent / hashlib.sha256(before).hexdigest()[:12]
    if shards.exists():
        shards.rename(manifest.parent / hashlib.sha256(after).hexdigest()[:12])


def versions_that_differ(manifest: Path) -> list[str]:
    """The names of versions in a manifest that are not the installed ones."""
    written = json.loads(manifest.read_text("utf8"))["versions"]
    installed = installed_versions()
    names = [*installed, *(name for name in written if name not in installed)]
    return [f"versions.{name}" for name in names if written.get(name) != installed.get(name)]


def check_pipeline(nlp: Language, name: str) -> None:
    """Check all that a pipeline says about the texts."""
    expected = EXPECTED["pipelines"][name]
    tagger: Any = nlp.get_pipe(TAGGER)
    assert list(tagger.labels) == expected["labels"]
    assert tagger.cfg["calibration"] == expected["calibration"]
    assert_close(tagger.marginals([nlp.make_doc(text) for text in TEXTS]), expected["marginals"])
    for doc, own in zip(nlp.pipe(TEXTS), expected["docs"], strict=True):
        spans = doc.spans.get("sc", doc.ents)
        assert [token.text for token in doc] == own["words"]
        assert [token.tag_ for token in doc] == own["tags"]
        assert [[span.start, span.end, span.label_] for span in spans] == own["spans"]
        assert_close([span._.confidence for span in spans], own["confidences"])
        for token, probabilities in zip(doc, own["tag_probs"], strict=True):
            assert_close(list((token._.tag_probs or {}).values()), probabilities)


@pytest.mark.parametrize("name", PIPELINES)
def test_pipelines_say_the_same(name: str, tmp_path: Path) -> None:
    """As they were saved, and saved again."""
    nlp = spacy.load(FILES / "pipelines" / name)
    check_pipeline(nlp, name)
    nlp.to_disk(tmp_path / "again")
    check_pipeline(spacy.load(tmp_path / "again"), name)
    check_pipeline(spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes()), name)


@pytest.mark.parametrize("name", PIPELINES)
def test_config_keys_stay(name: str) -> None:
    path = FILES / "pipelines" / name
    written = Config().from_disk(path / "config.cfg")["components"][TAGGER]
    found = spacy.load(path).config["components"][TAGGER]
    assert {key: found.get(key) for key in written} == written


@pytest.mark.parametrize("names", EXPECTED["soft_labels"])
def test_teachers_give_the_same_soft_labels(names: str, tmp_path: Path) -> None:
    teachers = [FILES / "pipelines" / name for name in names.split("+")]
    output = tmp_path / "soft.spacy"
    code, printed = run_command("annotate", *teachers, FILES / "texts", output)
    assert code == 0, printed
    assert_same_soft_labels(read_docs(output), EXPECTED["soft_labels"][names])


@pytest.mark.parametrize(("output", "names"), [("shards", "ents"), ("soft.spacy", "ents+ents_2")])
def test_finished_shards_are_read(output: str, names: str) -> None:
    reader = registry.readers.get("halfree.ShardedCorpus.v1")(path=FILES / "finished" / output)
    docs = [example.reference for example in reader(spacy.blank("xx"))]
    assert_same_soft_labels(docs, EXPECTED["soft_labels"][names])
    found = EXPECTED["pipelines"]["ents"]["docs"]
    spans = {text: own["spans"] for text, own in zip(TEXTS, found, strict=True)}
    # on these texts, the second teacher agrees with the first
    assert [annotation(doc) for doc in docs] == [spans[doc.text] for doc in docs]


def test_finished_tables_are_read() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    (path,) = (FILES / "finished" / "tables").glob("*.parquet")
    rows = parquet.read_table(path).to_pylist()
    expected = EXPECTED["soft_labels"]["ents"][: len(rows)]
    assert [row["text"] for row in rows] == [own["text"] for own in expected]
    for row, own in zip(rows, expected, strict=True):
        names = ["O", "I", *own["labels"]]
        assert row["tags"] == [names[tag] for tag in own["tags"]]


def reader_of(path: str) -> dict[str, Any]:
    return {"@readers": "halfree.ShardedCorpus.v1", "path": str(FILES / path)}


READERS = {
    "shards": reader_of("finished/shards"),
    "file": reader_of("finished/soft.spacy"),
    "mixed": {
        "@readers": "halfree.MixedCorpus.v1",
        "sources": {
            "gold": reader_of("project/corpus/gold.spacy"),
            "soft": reader_of("finished/shards"),
        },
        "weights": {"gold": 2.0, "soft": 1.0},
    },
}


@pytest.mark.parametrize("reader", READERS)
def test_students_learn_from_finished_shards(reader: str, tmp_path: Path) -> None:
    """With the config of a project."""
    path = FILES / "project" / "configs" / "student_first_order.cfg"
    config = Config().from_disk(path, interpolate=False)
    config["corpora"]["train"] = READERS[reader]
    config.to_disk(tmp_path / "student.cfg")
    overrides = {
        "paths.dev": str(FILES / "project" / "corpus" / "dev.spacy"),
        "nlp.lang": "xx",
        "training.max_steps": 2,
    }
    train(tmp_path / "student.cfg", tmp_path / "out", overrides=overrides | TINY)
    student: Any = spacy.load(tmp_path / "out" / "model-last").get_pipe(TAGGER)
    assert set(student.labels) == set(EXPECTED["pipelines"]["ents"]["labels"])


FINISHED = {
    "shards": (("pipelines/ents",), "texts", "shards/_manifest.json", ()),
    "soft.spacy": (TWO, "texts", "soft.spacy.manifest.json", ()),
    "tables": (
        ("pipelines/ents",),
        "texts/a.txt",
        "tables/_manifest.json",
        ("--format", "parquet"),
    ),
}
"""Teachers, input, manifest and options of each output."""


@pytest.mark.parametrize("output", FINISHED)
def test_finished_outputs_are_kept(output: str, files: Path) -> None:
    """With `--resume` they stay; anything else is refused."""
    if output == "tables":
        pytest.importorskip("pyarrow")
    teachers, texts, manifest, options = FINISHED[output]
    write_versions(files / "finished" / manifest, installed_versions())
    path = files / "finished" / output
    before = contents(path)
    command = ("annotate", *(files / own for own in teachers), files / texts, path, *options)
    code, printed = run_command(*command)
    assert (code, "[H024]" in printed) == (1, True)
    code, printed = run_command(*command, "--resume")
    assert code == 0, printed
    assert "texts are finished already" in printed
    assert contents(path) == before


@pytest.mark.parametrize("output", FINISHED)
def test_finished_outputs_are_replaced(output: str, files: Path) -> None:
    """With `--overwrite`; then the manifest is beside a folder, no longer in it."""
    if output == "tables":
        pytest.importorskip("pyarrow")
    teachers, texts, manifest, options = FINISHED[output]
    path = files / "finished" / output
    command = ("annotate", *(files / own for own in teachers), files / texts, path, *options)
    code, printed = run_command(*command, "--overwrite")
    assert code == 0, printed
    beside = files / "finished" / f"{output}.manifest.json"
    assert (files / "finished" / manifest).exists() == (files / "finished" / manifest == beside)
    assert json.loads(beside.read_text("utf8"))["versions"] == installed_versions()
    if path.is_dir():
        assert {own.suffix for own in path.iterdir()} <= {".spacy", ".parquet"}


@pytest.mark.parametrize("output", ["shards", "tables"])
def test_the_manifest_can_be_moved_out_of_a_folder(output: str, files: Path) -> None:
    """As the docs advise, so that the folder can be read as a table."""
    if output == "tables":
        pytest.importorskip("pyarrow")
    teachers, texts, manifest, options = FINISHED[output]
    path = files / "finished" / output
    write_versions(files / "finished" / manifest, installed_versions())
    (path / "_manifest.json").rename(files / "finished" / f"{output}.manifest.json")
    command = ("annotate", *(files / own for own in teachers), files / texts, path, *options)
    code, printed = run_command(*command, "--resume")
    assert code == 0, printed
    assert "texts are finished already" in printed


INTERRUPTED = {
    "soft.spacy": (("pipelines/ents",), "many.txt", 256),
    "shards": (TWO, "texts", 4),
}
"""Teachers, input, and how many texts are finished."""


def command_for(files: Path, output: str, place: str) -> tuple[object, ...]:
    """The command of an interrupted job, with another place for its output."""
    teachers, texts, _ = INTERRUPTED[output]
    return ("annotate", *(files / own for own in teachers), files / texts, files / place, *BATCH)


@pytest.mark.parametrize("output", INTERRUPTED)
def test_interrupted_jobs_resume(output: str, files: Path) -> None:
    """They end with what an uninterrupted run makes."""
    manifest = files / "interrupted" / f"{output}.parts" / "_manifest.json"
    write_versions(manifest, installed_versions())
    command = command_for(files, output, f"interrupted/{output}")
    code, printed = run_in_subprocess(*command, "--resume")
    assert code == 0, printed
    assert f"{INTERRUPTED[output][2]} texts are finished already" in printed
    assert not manifest.parent.exists()
    code, printed = run_command(*command_for(files, output, output))
    assert code == 0, printed
    docs, others = read_docs(files / "interrupted" / output), read_docs(files / output)
    assert_same_soft_labels(docs, [soft_labels(doc) for doc in others])
    assert [annotation(doc) for doc in docs] == [annotation(doc) for doc in others]


@pytest.mark.parametrize("output", INTERRUPTED)
def test_interrupted_jobs_resume_or_are_refused(output: str, files: Path) -> None:
    """As they are: with the versions that they were made with."""
    manifest = files / "interrupted" / f"{output}.parts" / "_manifest.json"
    differences = versions_that_differ(manifest)
    code, printed = run_command(*command_for(files, output, f"interrupted/{output}"), "--resume")
    if differences:
        assert (code, "[H049]" in printed) == (1, True)
        # lines may be broken at hyphens
        assert ",".join(differences) in printed.replace(" ", "")
    else:
        assert code == 0, printed
        assert f"{INTERRUPTED[output][2]} texts are finished already" in printed


def test_another_version_is_refused(files: Path) -> None:
    """The message names what differs and what to do, and doing it helps."""
    manifest = files / "interrupted" / "shards.parts" / "_manifest.json"
    write_versions(manifest, installed_versions() | {"thinc": "8.0.0"})
    command = command_for(files, "shards", "interrupted/shards")
    code, printed = run_command(*command, "--resume")
    assert (code, "[H049]" in printed) == (1, True)
    assert "has changed since: versions.thinc." in printed
    assert "`--overwrite`" in printed
    code, printed = run_command(*command)
    assert (code, "[H048]" in printed) == (1, True)
    code, printed = run_command(*command, "--overwrite")
    assert code == 0, printed
    assert len(read_docs(files / "interrupted" / "shards")) == 9


def test_a_project_goes_on(files: Path) -> None:
    """Its own commands label with teachers and train a student."""
    project = files / "project"
    for teacher, name in {"teacher": "ents", "teacher_2": "ents_2", "teacher_3": "ents"}.items():
        shutil.copytree(files / "pipelines" / name, project / "training" / teacher / "model-best")
    project_run(project, "annotate", capture=True)
    assert len(read_docs(project / "corpus" / "soft.spacy")) == 12
    project_run(project, "train-student", overrides={"vars.student_steps": 2}, capture=True)
    student: Any = spacy.load(project / "training" / "student" / "model-best")
    assert set(student.get_pipe(TAGGER).labels) == set(EXPECTED["pipelines"]["ents"]["labels"])


@pytest.mark.parametrize("name", ["student_first_order.cfg", "teacher_aligned.cfg"])
def test_what_configs_name_is_registered(name: str) -> None:
    pytest.importorskip("spacy_transformers")
    config = Config().from_disk(FILES / "project" / "configs" / name, interpolate=False)
    named = list(registered_names(config))
    assert any(own.startswith("halfree.") for _, own in named)
    missing = [(kind, own) for kind, own in named if not registry.has(kind, own)]
    assert not missing


def registered_names(section: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """The kind and name of all that a config has registered functions for."""
    for key, value in section.items():
        if isinstance(value, dict):
            yield from registered_names(value)
        elif key.startswith("@"):
            yield key[1:], value


TOOLS = {"prodigy": "jsonl", "doccano": "jsonl", "label-studio": "json"}


def read_suggestions(path: Path) -> list[dict[str, Any]]:
    content = path.read_text("utf8")
    if path.suffix == ".json":
        found: list[dict[str, Any]] = json.loads(content)
        return found
    return [json.loads(line) for line in content.splitlines()]


def without_floats(value: Any, floats: list[float]) -> Any:
    """A value with its floats taken out into a list."""
    if isinstance(value, dict):
        return {key: without_floats(own, floats) for key, own in value.items()}
    if isinstance(value, list):
        return [without_floats(own, floats) for own in value]
    if isinstance(value, float):
        floats.append(value)
        return None
    return value


@pytest.mark.parametrize("tool", TOOLS)
def test_the_same_is_suggested(tool: str, tmp_path: Path) -> None:
    path = FILES / "suggestions" / f"{tool}.{TOOLS[tool]}"
    output = tmp_path / path.name
    models = [FILES / own for own in TWO]
    options = ("--raw", FILES / "texts", "--output", output, "--n", 4, "--format", tool)
    code, printed = run_command("suggest", *models, *options)
    assert code == 0, printed
    found: list[float] = []
    expected: list[float] = []
    same = without_floats(read_suggestions(path), expected)
    assert without_floats(read_suggestions(output), found) == same
    # they have four digits
    np.testing.assert_allclose(found, expected, rtol=0, atol=1.5e-4)


@pytest.mark.parametrize("tool", ["prodigy", "doccano"])
def test_suggestions_are_read_as_labelled_texts(tool: str, tmp_path: Path) -> None:
    path = FILES / "suggestions" / f"{tool}.{TOOLS[tool]}"
    options = ("--raw", FILES / "texts", "--labelled", path, "--output", tmp_path / "more.jsonl")
    code, printed = run_command("suggest", FILES / TWO[0], *options)
    assert code == 0, printed
    suggested = {own["text"] for own in read_suggestions(tmp_path / "more.jsonl")}
    labelled = {own["text"] for own in read_suggestions(path)}
    assert (len(labelled), labelled & suggested) == (4, set())
    assert "4 of 9 raw texts are labelled already" in printed
