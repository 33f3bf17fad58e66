"""A teacher's encoder is saved by spacy-transformers through torch: no code in it runs either."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.training import Example
from test_loading_errors import Payload
from thinc.api import fix_random_seed
from toy_pipelines import make_examples

torch = pytest.importorskip("torch")
pytest.importorskip("spacy_transformers")
tiny_encoder = pytest.importorskip("tiny_encoder")

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "teacher_aligned.cfg"


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved pipeline of an encoder and an aligned decoder."""
    fix_random_seed(0)
    folder = tmp_path_factory.mktemp("teacher")
    tiny_encoder.write_encoder(folder / "encoder")
    settings = {"paths.encoder": str(folder / "encoder")}
    config = spacy.util.load_config(CONFIG, settings, interpolate=True)
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    examples = [Example(nlp.make_doc(e.text), e.reference) for e in make_examples(nlp, "ents")]
    nlp.initialize(lambda: examples)
    nlp.to_disk(folder / "nlp")
    return folder / "nlp"


def replace_state(value: object, payload: bytes) -> object:
    """The same message, with a payload in the place of the encoder's weights."""
    if isinstance(value, dict):
        return {
            key: payload if key == "state" else replace_state(item, payload)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [replace_state(item, payload) for item in value]
    if isinstance(value, bytes) and b"\xa5state" in value:
        return srsly.msgpack_dumps(replace_state(srsly.msgpack_loads(value), payload))
    return value


def test_a_pickle_in_the_encoder_does_not_run(teacher: Path, tmp_path: Path) -> None:
    weights = teacher / "transformer" / "model"
    trap = tmp_path / "ran"
    whole = weights.read_bytes()
    plain, zipped = pickle.dumps(Payload(trap)), tmp_path / "state.pt"
    torch.save({"state": Payload(trap)}, zipped)
    for payload in (plain, zipped.read_bytes()):
        damaged = srsly.msgpack_dumps(replace_state(srsly.msgpack_loads(whole), payload))
        assert payload in damaged
        weights.write_bytes(damaged)
        with pytest.raises(Exception, match=r"(?i)weights.only|unpickl|pickle"):
            spacy.load(teacher)
        assert not trap.exists()
    weights.write_bytes(whole)
    assert spacy.load(teacher).pipe_names == ["transformer", "halfree_tagger"]
