"""What the installed distribution promises to spaCy."""

import sys
from importlib.metadata import distribution, metadata

import pytest
import spacy
from spacy.language import Language

import spacy_halfree

ENTRY_POINTS = [
    entry
    for entry in distribution("spacy-halfree").entry_points
    if entry.group.startswith("spacy_")
]
IDS = [f"{entry.group}-{entry.name}" for entry in ENTRY_POINTS]


def test_all_groups_are_there():
    assert {entry.group for entry in ENTRY_POINTS} == {
        "spacy_factories",
        "spacy_architectures",
        "spacy_misc",
        "spacy_readers",
        "spacy_scorers",
        "spacy_span_getters",
        "spacy_cli",
    }
    assert len(IDS) == len(set(IDS))


@pytest.mark.parametrize("entry", ENTRY_POINTS, ids=IDS)
def test_entry_point_loads(entry):
    assert callable(entry.load()) or entry.group == "spacy_cli"
    assert entry.value.startswith("spacy_halfree.")


@pytest.mark.parametrize("entry", ENTRY_POINTS, ids=IDS)
def test_spacy_finds_it(entry):
    group = entry.group.removeprefix("spacy_")
    if group == "span_getters":
        # the registry is theirs
        pytest.importorskip("spacy_transformers")
    if group == "factories":
        assert Language.has_factory(entry.name) or spacy.blank("en").has_factory(entry.name)
        meta = spacy.blank("en").get_factory_meta(entry.name)
        assert meta.factory == entry.name
    else:
        assert spacy.registry.get(group, entry.name) is entry.load()


def test_version():
    assert metadata("spacy-halfree")["Version"] == spacy_halfree.__version__


def test_package_is_typed_and_its_extras_are_named():
    files = {str(path) for path in distribution("spacy-halfree").files or ()}
    assert files
    assert {
        *("transformers", "sentinel", "lora", "ray", "formats", "presidio", "serve"),
        *("project", "docs", "dev"),
    } == set(metadata("spacy-halfree").get_all("Provides-Extra"))


def test_python_version_is_supported():
    assert metadata("spacy-halfree")["Requires-Python"]
    assert sys.version_info >= (3, 10)
