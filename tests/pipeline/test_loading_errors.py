"""Damaged folders: a numbered error that names the place, and no code from the file is run."""

import contextlib
import pickle

import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Config
from toy_pipelines import architectures, make_nlp

from spacy_halfree.pipeline.serialization import (
    digest_labels,
    read_settings,
    read_weights,
    write_settings,
    write_weights,
)


@pytest.fixture
def folder(trained, tmp_path):
    def save(architecture, target="ents"):
        trained(architecture, target).to_disk(tmp_path / "nlp")
        return tmp_path / "nlp" / "halfree_tagger"

    return save


@pytest.fixture(scope="module")
def first_order_folder(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("first_order") / "nlp"
    trained("first_order", "ents").to_disk(path)
    return path / "halfree_tagger"


def assert_refused(component_folder, number):
    with pytest.raises(ValueError, match=rf"\[{number}\]") as caught:
        spacy.load(component_folder.parent)
    assert "halfree_tagger" in str(caught.value)
    if number == "H010":
        assert str(component_folder) in str(caught.value)


@architectures
def test_missing_weights(folder, architecture):
    path = folder(architecture)
    (path / "model").unlink()
    assert_refused(path, "H010")


@architectures
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999])
def test_truncated_weights(folder, architecture, kept):
    path = folder(architecture)
    content = (path / "model").read_bytes()
    (path / "model").write_bytes(content[: int(len(content) * kept)])
    assert_refused(path, "H010")


@architectures
@pytest.mark.parametrize("has_digests", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        b"\x00" * 100,
        b"no weights at all",
        srsly.msgpack_dumps({"nodes": []}),
        srsly.msgpack_dumps([1, 2, 3]),
        srsly.msgpack_dumps({"nodes": [], "attrs": [], "params": [], "shims": []}),
    ],
)
def test_garbage_weights(folder, architecture, content, has_digests):
    path = folder(architecture)
    if has_digests:
        save_weights(path, content)
    else:
        (path / "model").write_bytes(content)
    assert_refused(path, "H010")


def save_weights(path, content):
    """Write something in the weights' place, with digests that fit it."""
    cfg = read_settings(path / "cfg")
    write_weights(path / "model", content, digest_labels(cfg["target"], cfg["labels"]))


def test_weights_of_the_other_architecture(folder, trained):
    pytest.importorskip("torch")
    path = folder("first_order")
    save_weights(path, trained("aligned", "ents").get_pipe("halfree_tagger").model.to_bytes())
    assert_refused(path, "H010")


flipped_bits = given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))


@contextlib.contextmanager
def flipped(path, place, bit):
    """A file with one bit changed, for a while. place: As a share of the file's size."""
    content = path.read_bytes()
    damaged = bytearray(content)
    damaged[int(place * len(content))] ^= 1 << bit
    path.write_bytes(damaged)
    try:
        yield
    finally:
        path.write_bytes(content)


@flipped_bits
def test_a_flipped_bit_in_the_weights(first_order_folder, place, bit):
    """Each of them is found, in the weights as in the digests behind them."""
    _, tagger = make_nlp()
    with flipped(first_order_folder / "model", place, bit):
        with pytest.raises(ValueError, match=r"\[H0(10|50)\]") as caught:
            tagger.from_disk(first_order_folder)
        assert str(first_order_folder) in str(caught.value)


@flipped_bits
def test_a_flipped_bit_in_the_settings(first_order_folder, place, bit):
    """Each that changes what they say is found: labels, target, key of the spans, temperature."""
    _, tagger = make_nlp()
    path = first_order_folder / "cfg"
    settings = read_settings(path)
    refusal = ""
    with flipped(path, place, bit):
        try:
            tagger.from_disk(first_order_folder)
        except ValueError as error:
            refusal = str(error)
    if refusal:
        assert refusal.startswith("[H010]")
        assert str(first_order_folder) in refusal
    else:
        # white space between settings
        assert tagger.cfg == settings


@architectures
def test_weights_of_other_sizes(folder, architecture):
    """A config that asks for another shape."""
    path = folder(architecture)
    config = Config().from_disk(path.parent / "config.cfg")
    model = config["components"]["halfree_tagger"]["model"]
    if architecture == "sentinel":
        model["label_style"] = "words" if model["label_style"] == "token" else "token"
    else:
        model["tok2vec"]["width"] = 32
    config.to_disk(path.parent / "config.cfg")
    assert_refused(path, "H010")


def change_settings(path, **settings):
    """Settings of another pipeline, whole as such."""
    write_settings(path / "cfg", read_settings(path / "cfg") | settings)


def test_settings_changed_by_hand(folder):
    path = folder("first_order")
    settings = srsly.read_json(path / "cfg")
    srsly.write_json(path / "cfg", settings | {"calibration": 2.0})
    assert_refused(path, "H010")


def test_labels_in_another_order(folder):
    path = folder("first_order")
    labels = read_settings(path / "cfg")["labels"]
    change_settings(path, labels=labels[::-1])
    assert_refused(path, "H050")


@architectures
def test_damaged_bytes(trained, architecture):
    content = trained(architecture, "ents").get_pipe("halfree_tagger").to_bytes()
    _, tagger = make_nlp(architecture)
    with pytest.raises(ValueError, match=r"\[H010\].*bytes"):
        tagger.from_bytes(content[: len(content) // 2])


@architectures
@pytest.mark.parametrize("labels", [["one"], ["a", "b", "c", "d"], []])
def test_labels_of_another_pipeline(folder, architecture, labels):
    path = folder(architecture)
    change_settings(path, labels=labels)
    assert_refused(path, "H011")


def test_target_of_another_pipeline(folder):
    path = folder("first_order", "ents")
    change_settings(path, target="tags")
    assert_refused(path, "H011")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"labels": 5}', "\udc80"])
def test_damaged_settings(folder, content):
    path = folder("first_order")
    (path / "cfg").write_bytes(content.encode("utf8", "surrogateescape"))
    assert_refused(path, "H010")


@pytest.mark.parametrize(
    "settings", [{"labels": 5}, {"labels": [""]}, {"target": "sentences"}, {"calibration": 0.0}]
)
def test_impossible_settings(folder, settings):
    path = folder("first_order")
    change_settings(path, **settings)
    with pytest.raises(ValueError, match=r"\[H01[0-3]\]"):
        spacy.load(path.parent)


class Payload:
    """Pickled: writes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_payload_does_run_when_pickle_loads_it(tmp_path):
    pickle.loads(pickle.dumps(Payload(tmp_path / "ran"))).close()
    assert (tmp_path / "ran").exists()


@architectures
def test_pickle_in_the_weights_does_not_run(folder, tmp_path, architecture):
    path = folder(architecture)
    trap = tmp_path / "ran"
    payload = pickle.dumps(Payload(trap))
    whole = srsly.msgpack_loads(bytes(read_weights(path / "model")[0]))
    contents = [payload]
    for part in ("shims", "attrs", "params"):
        changed = dict(whole)
        changed[part] = _replace(whole[part], payload)
        contents.append(srsly.msgpack_dumps(changed))
    if architecture == "aligned":
        state = srsly.msgpack_dumps({"sizes": "{}", "state": payload})
        contents.append(srsly.msgpack_dumps(whole | {"shims": _replace(whole["shims"], state)}))
    for content in contents:
        save_weights(path, content)
        # whether the changed part is read at all is not the question here
        with contextlib.suppress(ValueError):
            spacy.load(path.parent)
        assert not trap.exists()
    assert len(contents) >= 4


def _replace(value, payload):
    """Every byte string in nested lists and dicts replaced."""
    if isinstance(value, (bytes, bytearray)):
        return payload
    if isinstance(value, (list, tuple)):
        return [_replace(item, payload) for item in value]
    if isinstance(value, dict):
        return {key: _replace(item, payload) for key, item in value.items()}
    return value
