"""Labelling with fewer bits a number: nearly the same, and nothing stays changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.training import Example
from thinc.api import Adam, fix_random_seed
from toy_pipelines import LABELS, TEXTS, make_examples, make_nlp, train

from spacy_halfree.distill.teachers import annotate
from spacy_halfree.models.precision import PRECISIONS, torch_shims
from spacy_halfree.pipeline.pipelines import compute_with
from spacy_halfree.tagging.soft_labels import KEY

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("spacy_transformers")
tiny_encoder = pytest.importorskip("tiny_encoder")

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "teacher_aligned.cfg"
REDUCED = [precision for precision in PRECISIONS if precision != "float32"]


@pytest.fixture(scope="module")
def with_encoder(tmp_path_factory: pytest.TempPathFactory) -> Language:
    """A pretrained encoder and an aligned decoder, which have learned a little."""
    fix_random_seed(0)
    folder = tmp_path_factory.mktemp("precision") / "encoder"
    tiny_encoder.write_encoder(folder)
    config = spacy.util.load_config(CONFIG, {"paths.encoder": str(folder)}, interpolate=True)
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    examples = [Example(nlp.make_doc(e.text), e.reference) for e in make_examples(nlp, "ents")]
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.003)
    for _ in range(20):
        nlp.update(examples, sgd=optimizer)
    return nlp


def probabilities(nlp: Language, precision: str = "float32") -> np.ndarray:
    docs = annotate(nlp, TEXTS, precision=precision)  # type: ignore[arg-type]
    return np.concatenate([doc.user_data[KEY]["probabilities"] for doc in docs])


def encoder_and_decoder(nlp: Language) -> list[Any]:
    return [shim for name in nlp.pipe_names for shim in torch_shims(nlp.get_pipe(name).model)]


@pytest.mark.parametrize("most_in_blocks", [0, 100])
@pytest.mark.parametrize("precision", REDUCED)
def test_nearly_the_same(
    with_encoder: Language,
    precision: str,
    most_in_blocks: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Step by step, as many texts are decoded, and in blocks, as few are."""
    decoder = encoder_and_decoder(with_encoder)[-1]._model
    monkeypatch.setattr(decoder, "most_in_blocks", most_in_blocks)
    exact = probabilities(with_encoder)
    assert np.ptp(exact, axis=0).max() > 0.1, "an untrained model proves nothing"
    reduced = probabilities(with_encoder, precision)
    np.testing.assert_allclose(reduced.astype("f").sum(axis=1), 1.0, atol=5e-3)
    assert 0 < np.abs(reduced - exact).max() < 0.1
    # nothing is left of it
    np.testing.assert_array_equal(probabilities(with_encoder), exact)


@pytest.mark.parametrize("precision", REDUCED)
def test_decoder_and_encoder_are_both_reduced(with_encoder: Language, precision: str) -> None:
    shims = encoder_and_decoder(with_encoder)
    assert len(shims) == 2
    before = [shim._model for shim in shims]
    with compute_with(precision, [with_encoder, with_encoder]):  # type: ignore[arg-type]
        for shim, module in zip(shims, before, strict=True):
            if precision == "int8":
                kinds = {type(layer).__module__ for layer in shim._model.modules()}
                assert any("quantized" in kind for kind in kinds)
            else:
                assert shim._model is module
                assert "forward" in vars(module)
    assert [shim._model for shim in shims] == before
    assert not any("forward" in vars(module) for module in before)


@pytest.mark.parametrize("precision", REDUCED)
def test_nothing_stays_changed_when_the_reader_stops(
    with_encoder: Language, precision: str
) -> None:
    exact = probabilities(with_encoder)
    docs = annotate(with_encoder, TEXTS, batch_size=1, precision=precision)  # type: ignore[arg-type]
    next(docs)
    docs.close()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(probabilities(with_encoder), exact)


@pytest.mark.parametrize("first", PRECISIONS)
@pytest.mark.parametrize("second", PRECISIONS)
def test_labelling_twice_at_a_time(with_encoder: Language, first: str, second: str) -> None:
    exact = probabilities(with_encoder)
    one = annotate(with_encoder, TEXTS, precision=first)  # type: ignore[arg-type]
    two = annotate(with_encoder, TEXTS, precision=second)  # type: ignore[arg-type]
    next(one)
    if first == second == "float32":
        next(two)
    else:
        with pytest.raises(ValueError, match=rf"\[H094\].*{second} while it labels in {first}"):
            next(two)
    one.close()  # type: ignore[attr-defined]
    two.close()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(probabilities(with_encoder), exact)
    # afterwards, each of them can have its turn
    assert len(probabilities(with_encoder, second)) == len(exact)
    np.testing.assert_array_equal(probabilities(with_encoder), exact)


@pytest.mark.parametrize(("most_in_blocks", "block"), [(0, 1), (4, 1), (4, 8), (4, 40)])
def test_tags_fit_scores_though_later_words_have_a_say(most_in_blocks: int, block: int) -> None:
    """Quantized layers scale inputs by the largest of all, those of words guessed wrong, too."""
    from spacy_halfree.models.torch.aligned_decoder import AlignedDecoder, DecoderSizes
    from spacy_halfree.models.torch.reduced_precision import quantized

    n_words, n_tags = 40, 41
    transitions = torch.rand(n_tags + 1, n_tags) > 0.2
    for seed in range(10):
        torch.manual_seed(seed)
        sizes = {"width": 64, "layers": 1, "heads": 4, "hidden_factor": 2}
        decoder = AlignedDecoder(DecoderSizes(**sizes, n_tags=n_tags, window=64, margin=4))
        torch.nn.init.normal_(decoder.tag_embedding.weight, std=2.0)
        decoder.most_in_blocks, decoder.block = most_in_blocks, block
        for module in (decoder.eval(), quantized(decoder)):
            logits, previous_tags, tags = module(
                torch.randn(n_words, 64),
                lengths=np.array([n_words]),
                transitions=transitions,
                allowed=None,
                previous_tags=None,
            )
            legal = logits.masked_fill(~transitions[previous_tags], -torch.inf)
            assert torch.equal(legal.argmax(dim=1), tags)


def test_a_forward_method_of_its_own_comes_back(with_encoder: Language) -> None:
    module = encoder_and_decoder(with_encoder)[0]._model
    own = module.forward
    module.forward = own
    try:
        for precision in REDUCED:
            with compute_with(precision, [with_encoder]):  # type: ignore[arg-type]
                pass
            assert vars(module)["forward"] is own
    finally:
        del module.forward


@pytest.mark.parametrize("precision", PRECISIONS)
def test_without_torch_it_is_all_the_same(precision: str) -> None:
    nlp, _ = make_nlp("first_order", "ents", labels=LABELS)
    train(nlp, make_examples(nlp, "ents"), 3)
    np.testing.assert_array_equal(probabilities(nlp, precision), probabilities(nlp))


def test_another_precision_is_refused(with_encoder: Language) -> None:
    with pytest.raises(ValueError, match=r"\[H013\].*precision.*bfloat16.*int4"):
        list(annotate(with_encoder, TEXTS, precision="int4"))  # type: ignore[arg-type]


@pytest.mark.gpu
def test_int8_is_for_cpus(with_encoder: Language) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    for shim in encoder_and_decoder(with_encoder):
        shim.to_device("gpu", 0)
    with pytest.raises(ValueError, match="H042"), compute_with("int8", [with_encoder]):
        pass
