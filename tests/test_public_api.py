"""What `import spacy_halfree` offers, and what it costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import spacy_halfree

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    *("torch", "transformers", "pyarrow", "ray", "matplotlib", "spacy", "thinc", "numpy"),
    *("jinja2", "typer"),
)
FUNCTIONS = [name for name in spacy_halfree.__all__ if name != "__version__"]


def test_importing_the_package_is_light() -> None:
    code = f"import sys, spacy_halfree; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_name_is_found_and_has_a_docstring(name: str) -> None:
    found = getattr(spacy_halfree, name)
    assert found.__name__ == name
    assert found.__doc__
    assert found.__module__ == f"spacy_halfree.{spacy_halfree.MODULES[name]}"


def test_names_are_the_same_for_users_editors_and_type_checkers() -> None:
    tree = ast.parse(Path(spacy_halfree.__file__).read_text(encoding="utf8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name: node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == spacy_halfree.MODULES
    assert sorted(spacy_halfree.MODULES) == sorted(FUNCTIONS)
    assert set(spacy_halfree.__all__) <= set(dir(spacy_halfree))


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        spacy_halfree.no_such_name  # noqa: B018


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_name_is_documented(name: str) -> None:
    pages = (ROOT / "docs" / "reference").glob("*.md")
    reference = "".join(page.read_text(encoding="utf8") for page in pages)
    assert f"::: spacy_halfree.{spacy_halfree.MODULES[name]}.{name}\n" in reference
