"""Who imports what: read from the source, because thinc imports torch wherever it can."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import spacy_halfree

ROOT = Path(spacy_halfree.__file__).parent
PACKAGE = "spacy_halfree"
FILES = sorted(ROOT.rglob("*.py"))
BRIDGES = ("models/aligned_layer.py", "models/sentinel_layer.py")
TORCH = {"tokenizers", "peft", "torch", "safetensors", "transformers", "spacy_transformers"}
MAY_USE = {
    "cli": {
        *("serving", "project", "active_learning", "labelling", "report", "evaluation", "data"),
        *("models", "outputs", "custom_code", "ranges", "printable", "errors"),
    },
    "serving": {"data", "pipeline", "ranges", "custom_code", "errors", "about"},
    "project": {"ranges", "data", "outputs", "files", "custom_code", "errors"},
    "visualization": {"tagging", "errors"},
    "presidio": {"pipeline", "tagging", "errors"},
    "report": {
        *("evaluation", "data", "pipeline", "tagging", "outputs", "ranges", "errors", "about"),
    },
    "active_learning": {"ranges", "labelling", "distill", "data", "tagging", "types", "errors"},
    "labelling": {
        *("distill", "data", "pipeline", "models", "tagging", "outputs", "files", "ranges"),
        *("custom_code", "memory", "errors"),
    },
    "data": {"ranges", "tagging", "outputs", "files", "memory", "printable", "errors"},
    "evaluation": {"data", "pipeline", "tagging", "outputs", "types", "errors"},
    "distill": {
        *("ranges", "data", "pipeline", "models", "tagging", "files", "types", "memory"),
        *("errors", "about"),
    },
    "pipeline": {"ranges", "models", "losses", "tagging", "files", "types", "memory", "errors"},
    "models": {"ranges", "outputs", "files", "types", "memory", "errors"},
    "losses": {"types"},
    "tagging": {"ranges", "types", "errors"},
    "outputs": {"files", "errors"},
    "custom_code": {"files", "errors"},
    "ranges": {"errors"},
    "memory": {"errors"},
    "types": set(),
    "errors": {"printable"},
    "printable": set(),
    "files": set(),
    "about": set(),
    "__init__": {
        *("about", "active_learning", "data", "distill", "evaluation", "labelling", "models"),
        *("pipeline", "project", "report", "tagging", "visualization"),
    },
}
"""Which files and folders of the package each of them may import."""


def relative_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """The full names of all that a file imports, inside of functions too."""
    folder = [PACKAGE, *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def package(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def is_in(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def own_packages(path: Path) -> set[str]:
    """The parts of the package that a file imports."""
    own = [name.split(".")[1:] for name in imports(path) if is_in(name, PACKAGE)]
    known = {parts[0] if parts and parts[0] in MAY_USE else "__init__" for parts in own}
    return known - {package(path)}


@pytest.mark.parametrize("path", FILES, ids=relative_name)
def test_only_the_bridges_import_torch(path: Path) -> None:
    found = {module for module in imports(path) if module.split(".")[0] in TORCH}
    if not is_torch_side(path):
        assert not found


def is_torch_side(path: Path) -> bool:
    name = relative_name(path)
    return name in BRIDGES or name.startswith("models/torch/")


REACHES_TORCH = ("models/adaptation.py", "models/architectures.py", "models/precision.py")


def test_few_reach_the_bridges_and_only_lazily() -> None:
    names = ["models/torch", *(bridge.removesuffix(".py") for bridge in BRIDGES)]
    modules = [f"{PACKAGE}.{name.replace('/', '.')}" for name in names]
    for path in FILES:
        name = relative_name(path)
        if is_torch_side(path):
            continue
        reached = {
            imported
            for imported in imports(path)
            if any(is_in(imported, module) for module in modules)
        }
        if name not in REACHES_TORCH:
            assert not reached, name
            continue
        assert reached
        for statement in ast.parse(path.read_text(encoding="utf8")).body:
            if isinstance(statement, ast.ImportFrom):
                assert (statement.module or "").split(".")[0] not in (
                    *("aligned_layer", "sentinel_layer", "torch"),
                )
                imported = {alias.name for alias in statement.names}
                assert not imported & {"aligned_layer", "sentinel_layer"}


def test_the_docs_say_the_same() -> None:
    page = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf8")
    rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \| .* \| (.*) \|$", page, re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", uses)) for name, uses in rows}
    assert documented == {name: MAY_USE[name] - {"about"} for name in documented}
    assert set(MAY_USE) - set(documented) == {"types", "printable", "files", "about", "__init__"}


@pytest.mark.parametrize("path", FILES, ids=relative_name)
def test_dependencies_point_one_way(path: Path) -> None:
    assert package(path) in MAY_USE
    assert own_packages(path) <= MAY_USE[package(path)]


def test_packages_do_not_depend_on_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    for path in FILES:
        graph.setdefault(package(path), set()).update(own_packages(path) - {"__init__"})
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", sorted((ROOT / "tagging").glob("*.py")), ids=relative_name)
def test_tagging_knows_neither_pipelines_nor_models(path: Path) -> None:
    for name in imports(path):
        for forbidden in ("spacy.pipeline", "spacy.language", "spacy.ml"):
            assert not is_in(name, forbidden)
        assert name not in ("spacy.Language", "spacy")
        assert not is_in(name, "thinc") or is_in(name, "thinc.types")


def run(code: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


WITHOUT_TORCH = """
import sys
for name in ("torch", "safetensors", "transformers", "tokenizers"):
    sys.modules[name] = None

import numpy as np
from spacy.ml.models.tok2vec import build_hash_embed_cnn_tok2vec
from spacy.tokens import Doc
from spacy.vocab import Vocab
import spacy_halfree.pipeline.factory
from spacy_halfree.models.architectures import (
    build_aligned_seq2seq, build_first_order_tagger, build_sentinel_seq2seq
)
from spacy_halfree.tagging.batch import make_batch
from spacy_halfree.tagging.label_tags import LabelTags
from spacy_halfree.tagging.layers import EntityLayer
from spacy_halfree.tagging.soft_labels import scheme_of


def tok2vec():
    return build_hash_embed_cnn_tok2vec(
        width=8, depth=1, embed_size=50, window_size=1, maxout_pieces=2,
        subword_features=True, pretrained_vectors=None,
    )


vocab = Vocab()
scheme = scheme_of(("A",), "ents")
batch = make_batch([Doc(vocab, words=["a", "b"])], LabelTags(vocab.strings, scheme), EntityLayer())
model = build_first_order_tagger(tok2vec())
model.set_dim("nO", scheme.n_tags)
model.initialize(X=(batch, None))
loaded = build_first_order_tagger(tok2vec()).from_bytes(model.to_bytes())
assert np.allclose(loaded.predict((batch, None)).probabilities.sum(axis=1), 1)
for build in (lambda: build_aligned_seq2seq(tok2vec()), lambda: build_sentinel_seq2seq("t5")):
    try:
        build()
    except ImportError as error:
        assert "H016" in str(error)
    else:
        raise AssertionError("built without torch")
"""


def test_first_order_taggers_work_without_torch() -> None:
    run(WITHOUT_TORCH)
