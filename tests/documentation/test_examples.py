"""Every Python example in README and docs runs; every config example resolves."""

import importlib
import json
import re
from pathlib import Path

import pytest
import spacy
from code_blocks import PAGES, ROOT, blocks, page_name, parameters
from spacy.language import Language
from spacy.util import registry
from thinc.api import Config, Model


def test_there_are_examples() -> None:
    assert parameters("python")
    assert parameters("ini")


def test_no_block_goes_by_another_name() -> None:
    """So that none is left out."""
    pages = {
        page_name(page)
        for page in PAGES
        for language in ("sh", "py")
        for _ in blocks(page, language)
    }
    # tests of their own: test_tutorial.py, test_serving.py, test_spark.py and test_faq.py
    assert pages == {
        *("docs/tutorial.md", "docs/how_to_serve.md", "docs/scaling.md", "docs/faq.md"),
    }
    for language in ("shell", "console", "pycon", "cfg", "toml"):
        assert not parameters(language)


@pytest.mark.parametrize("code", parameters("python"))
def test_python_examples_run(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runs an example; a line `# prints: ...` in it states what it prints."""
    if "presidio" in code:
        pytest.importorskip("presidio_anonymizer")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "example", "exec"), {"__name__": "__main__"})
    promised = re.findall(r"^# prints: (.*)$", code, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == promised


def test_every_setting_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    spacy.blank("en").add_pipe("halfree_tagger")
    defaults = Language.get_factory_meta("halfree_tagger").default_config
    for setting, value in defaults.items():
        (default,) = re.findall(rf"^\| `{setting}` \| (.*?) \|", readme, re.MULTILINE)
        if isinstance(value, (bool, float, str, list)):
            assert default == f"`{json.dumps(value)}`", setting


@pytest.mark.parametrize("code", parameters("ini"))
def test_config_examples_resolve(code: str) -> None:
    if code.startswith("[components"):
        sections = "[components]\n\n[components.halfree_tagger]\n\n"
        config = Config().from_str(sections + code)
        model = registry.resolve(config["components"]["halfree_tagger"])["model"]
        assert isinstance(model, Model)
        return
    if code.startswith("[nlp"):
        # what it names is registered by the page's file of functions
        assert Config().from_str(code)["nlp"]["tokenizer"]
        return
    config = Config().from_str("[system]\nseed = 0\n\n[corpora]\n\n" + code).interpolate()
    resolved = registry.resolve({"corpora": config["corpora"]})
    assert callable(resolved["corpora"]["train"])


def test_accuracy_tables_are_the_measured_ones() -> None:
    pytest.importorskip("matplotlib")
    from benchmarks import report

    tables = report.make_tables(report.ResultFiles().below(ROOT))
    for page in report.PAGES:
        text = (ROOT / page).read_text(encoding="utf8")
        assert "<!-- table: " in text
        assert report.fill_page(text, tables) == text


@pytest.mark.parametrize(
    ("page", "name", "figures", "script"),
    [
        ("README.md", "results", "addresses", "summarize_addresses"),
        (
            "docs/sentinel_teachers.md",
            "hallucinations",
            "hallucinations",
            "summarize_hallucinations",
        ),
    ],
)
def test_tables_are_the_measured_ones(page: str, name: str, figures: str, script: str) -> None:
    """A table is what the summary prints of the figures that were kept."""
    summary = importlib.import_module(f"benchmarks.{script}")
    path = ROOT / "benchmarks" / "results" / f"{figures}.json"
    reports = json.loads(path.read_text(encoding="utf8"))
    assert len({report["seed"] for report in reports}) >= 3
    text = (ROOT / page).read_text(encoding="utf8")
    shown = text.split(f"<!-- {name}: ")[1].split("-->\n", 1)[1].split(f"<!-- /{name} -->")[0]
    assert shown == summary.make_table(reports)


def test_guarantees_are_held_by_tests_that_exist() -> None:
    """Each line of the table names tests by their file and function."""
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf8")
    page = page.split("## What each seam keeps")[0]
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`" in line]
    named = [re.findall(r"`([\w/]+\.py)::(\w+)`", row) for row in rows]
    assert len(rows) > 20
    assert all(named)
    for file, function in {test for tests in named for test in tests}:
        code = (ROOT / "tests" / file).read_text(encoding="utf8")
        assert re.search(rf"^def {function}\(", code, re.MULTILINE), f"{file}::{function}"
