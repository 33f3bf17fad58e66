"""The whole workflow on a tiny split and a tiny encoder; and that it skips what is done."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
import srsly
from tiny_projects import ROOT, copy_project, write_split
from weasel.cli.run import project_run

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("spacy_transformers")
pytest.importorskip("usaddress")

VARS = {
    "shots": 12,
    "n_dev": 6,
    "n_test": 10,
    "n_pool": 20,
    "encoder_steps": 4,
    "teacher_steps": 4,
    "student_steps": 6,
    "student_gold_steps": 6,
    "student_gold_eval_frequency": 3,
    "tiny_gold": 12,
    "tiny_steps": 4,
}
RUN = Path("addresses/12/seed1")
CORPORA = ("snips", "atis", "mit_restaurant", "mit_movie", "mit_movie_trivia")
STREETS = ("Oak", "Main", "Elm", "Lake Shore", "Maple", "Hill", "Park", "Mill")
TYPES = ("St", "Ave.", "Road", "Drive")
PLACES = (("Chicago", "IL"), ("Ames", "IA"), ("New York", "NY"))


def address_xml(i: int) -> str:
    """One address in the corpus' format, with labels."""
    place, state = PLACES[i % len(PLACES)]
    street = STREETS[i % len(STREETS)]
    words = [
        f"<AddressNumber>{100 + 7 * i}</AddressNumber>",
        *(f"<StreetName>{word}</StreetName>" for word in street.split()),
        f"<StreetNamePostType>{TYPES[i % len(TYPES)]},</StreetNamePostType>",
        *(f"<PlaceName>{word}</PlaceName>" for word in place.split()),
        f"<StateName>{state}</StateName>",
    ]
    return f"<AddressString>{' '.join(words)}</AddressString>"


def write_addresses(path: Path, numbers: range) -> None:
    body = "".join(address_xml(i) for i in numbers)
    path.write_text(f"<AddressCollection>{body}</AddressCollection>", encoding="utf8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with tiny assets in place of the real ones."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "project.yml", folder)
    copy_project(folder, "benchmarks", "configs", "scripts")
    addresses = folder / "assets" / "addresses"
    addresses.mkdir()
    write_addresses(addresses / "labeled.xml", range(40))
    write_addresses(addresses / "openaddress_us_ia_linn.xml", range(100, 140))
    return folder


def workflow() -> list[str]:
    """The workflow's steps, but for the download."""
    config: dict[str, Any] = srsly.read_yaml(ROOT / "project.yml")
    steps = config["workflows"]["all"]
    assert steps[0] == "fetch"
    return steps[1:]


def run(project: Path, command: str, **variables: Any) -> None:
    """What `spacy project run` does; the steps themselves are processes of their own."""
    overrides = {f"vars.{name}": value for name, value in (VARS | variables).items()}
    project_run(project, command, overrides=overrides, capture=True)


@pytest.fixture(scope="module")
def finished(project: Path) -> Path:
    for command in workflow():
        run(project, command)
    return project


def test_results_name_every_system(finished: Path) -> None:
    metrics = finished / "metrics" / RUN
    report = json.loads((metrics / "results.json").read_text(encoding="utf8"))
    assert [result["system"] for result in report["results"]] == [
        "teacher",
        "student_gold",
        "student_hard",
        "student_soft",
        "crf_gold",
    ]
    for result in report["results"]:
        assert 0 <= result["f1"] <= 100
        assert result["words_per_second"] > 0
        assert f"| {result['system']} |" in (metrics / "results.md").read_text(encoding="utf8")


@pytest.fixture(scope="module")
def with_tiny_t5(project: Path) -> Path:
    """Another copy, because a step that is run with other settings counts as not done."""
    copy = project.with_name("tiny")
    shutil.copytree(project, copy)
    steps = srsly.read_yaml(ROOT / "project.yml")["workflows"]["tiny-t5"]
    assert steps[0] == "fetch"
    for command in steps[1:]:
        run(copy, command)
    return copy


def test_constrained_output_has_no_problems(with_tiny_t5: Path) -> None:
    paths = sorted((with_tiny_t5 / "metrics" / "tiny_t5" / "seed1").glob("*.json"))
    reports = [json.loads(path.read_text(encoding="utf8")) for path in paths]
    found = [(report["label_style"], report["loss"]) for report in reports]
    assert found == [("token", "both"), ("token", "lm"), ("token", "tags"), ("words", "lm")]
    for report in reports:
        constrained, free = report["results"]
        assert [constrained["decoding"], free["decoding"]] == ["constrained", "unconstrained"]
        assert constrained["any_problem"] == 0
        assert not any(constrained["problems"].values())
        # after four steps it writes nothing sensible
        assert free["any_problem"] == 100


def test_an_encoder_decoder_as_the_teacher(with_tiny_t5: Path) -> None:
    """From the same texts: T5 from a folder, its soft labels, and a student of these."""
    variables = {"run": "addresses/t5", "t5": "training/tiny_t5/seed1/t5"}
    for command in ("convert", "train-teacher-t5", "annotate-t5", "train-student", "package"):
        run(with_tiny_t5, command, **variables)
    training = with_tiny_t5 / "training" / "addresses" / "t5"
    teacher, student = (
        spacy.load(training / name / "model-best").get_pipe("halfree_tagger")
        for name in ("teacher", "student_soft")
    )
    assert teacher.model.name == "sentinel_seq2seq"
    assert student.labels == teacher.labels


@pytest.fixture(scope="module")
def with_corpus(project: Path) -> Path:
    """Another copy, with a tiny corpus of the form of SNIPS in which every text is another."""
    copy = project.with_name("corpus")
    shutil.copytree(project, copy)
    for split, size in (("train", 40), ("valid", 10), ("test", 10)):
        # no word without a label, so that even a teacher that hardly learns finds something
        texts = [f"song{i} {split}er{i}" for i in range(size)]
        write_split(copy / "assets" / "snips", split, texts, "B-song B-artist")
    steps = srsly.read_yaml(ROOT / "project.yml")["workflows"]["corpus"]
    assert steps[0] == "fetch-encoder"
    for command in steps[1:]:
        run(copy, command, corpus="snips", teacher_steps=150)
    return copy


def test_a_public_corpus(with_corpus: Path) -> None:
    place = Path("snips/12/seed1")
    report = json.loads((with_corpus / "metrics" / place / "results.json").read_text("utf8"))
    systems = [result["system"] for result in report["results"]]
    assert systems == ["teacher", "student_gold", "student_hard", "student_soft"]
    pool = (with_corpus / "corpus" / place / "pool.txt").read_text("utf8").splitlines()
    assert len(pool) == 40 - VARS["shots"]
    student = spacy.load(with_corpus / "training" / place / "student_soft" / "model-best")
    assert student.get_pipe("halfree_tagger").labels == ("artist", "song")
    (wheel,) = (with_corpus / "packages" / place).rglob("*.whl")
    assert wheel.name.startswith("en_snips_tagger-")


def test_a_student_with_an_encoder_gets_the_adapted_one(with_corpus: Path) -> None:
    run(with_corpus, "train-student", corpus="snips", student="student_aligned", student_steps=2)
    folder = with_corpus / "training" / "snips" / "12" / "seed1"
    config = spacy.util.load_config(folder / "student_soft" / "model-best" / "config.cfg")
    assert config["paths"]["encoder"] == "training/snips/12/seed1/encoder"
    assert (folder / "encoder" / "adaptation.json").exists()


def test_with_all_shots_there_is_a_pool_too(with_corpus: Path) -> None:
    for command in ("convert-corpus", "adapt-encoder"):
        run(with_corpus, command, corpus="snips", shots="all")
    texts = with_corpus / "corpus" / "snips" / "all" / "seed1"
    assert len((texts / "pool.txt").read_text("utf8").splitlines()) == 40
    assert (with_corpus / "training/snips/all/seed1/encoder/adaptation.json").exists()


@pytest.mark.parametrize(
    ("command", "corpus", "told"),
    [
        ("convert", "snips", r"\[S028\].*run corpus . --vars.corpus snips"),
        ("convert-corpus", "addresses", r"\[S027\].*--vars.corpus snips"),
        ("convert-corpus", "atis", r"\[S020\].*project assets --extra"),
    ],
)
def test_the_wrong_workflow_says_which_is_right(
    project: Path, command: str, corpus: str, told: str
) -> None:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "spacy", "project", "run", command, str(project)),
            *("--vars.corpus", corpus),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode
    assert re.search(told, ended.stderr), ended.stderr


def test_corpora_are_fetched_on_demand_and_verified() -> None:
    assets = srsly.read_yaml(ROOT / "project.yml")["assets"]
    corpora = [asset for asset in assets if asset.get("extra")]
    assert {Path(asset["dest"]).parent.name for asset in corpora} == set(CORPORA)
    for asset in corpora:
        assert asset["url"].startswith("https://")
        assert re.fullmatch("[0-9a-f]{32}", asset["checksum"])


def test_no_test_text_is_trained_on(finished: Path) -> None:
    corpus = finished / "corpus" / RUN
    test = {json.loads(line)["text"] for line in (corpus / "test.jsonl").open(encoding="utf8")}
    gold = {json.loads(line)["text"] for line in (corpus / "gold.jsonl").open(encoding="utf8")}
    pool = set((corpus / "pool.txt").read_text(encoding="utf8").splitlines())
    assert len(test) == VARS["n_test"]
    assert not test & (gold | pool)
    assert not gold & pool


def test_a_second_run_skips_what_is_done(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in workflow():
        run(finished, command)
        assert f"Skipping '{command}': nothing changed" in capsys.readouterr().out


def test_the_student_loads_without_its_teacher(finished: Path) -> None:
    folder = finished / "training" / RUN / "student_soft" / "model-best"
    nlp = spacy.load(folder)
    assert nlp.pipe_names == ["halfree_tagger"]
    labels = set(nlp.get_pipe("halfree_tagger").labels)
    doc = nlp("107 Oak St, Ames IA")
    assert {ent.label_ for ent in doc.ents} <= labels
    assert doc.has_annotation("ENT_IOB")


def test_the_wheel_is_small_and_needs_no_torch(finished: Path) -> None:
    (wheel,) = (finished / "packages").rglob("*.whl")
    assert wheel.stat().st_size < 8_000_000
    meta = next(iter((finished / "packages").rglob("meta.json")))
    requirements = json.loads(meta.read_text(encoding="utf8"))["requirements"]
    assert any(requirement.startswith("spacy-halfree") for requirement in requirements)
    assert not any("torch" in r or "transformers" in r for r in requirements)


def test_clean_removes_what_was_made_and_nothing_else(project: Path, finished: Path) -> None:
    copy = project.with_name("copy")
    shutil.copytree(project, copy)
    run(copy, "clean")
    assert not (copy / "training" / "addresses").exists()
    assert (copy / "assets" / "addresses" / "labeled.xml").is_file()
    assert (copy / "scripts").is_dir()
