"""Other ways to fine-tune a teacher, as settings of its config: what the levers try.

Importing this registers them with spaCy.
"""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry
from thinc.api import Optimizer
from thinc.types import FloatsXd

from spacy_halfree.models.label_names import split_name

ENCODER_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")
ENCODER_EMBEDDINGS = "embeddings."


class LayerwiseOptimizer(Optimizer):
    """Adam with a learning rate for each layer of a BERT-like encoder, as in ULMFiT's
    discriminative fine-tuning (Howard and Ruder 2018, arXiv 1801.06146).

    decay: What the learning rate is multiplied with from a layer to the one below it.
    waits: Steps in which the encoder learns nothing, so that what stands behind it learns to use
        it first (Kumar et al. 2022, arXiv 2202.10054).
    n_layers: The encoder's layers.
    settings: Those of `thinc.api.Optimizer`.
    """

    def __init__(self, *, decay: float, waits: int, n_layers: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.decay = decay
        self.waits = waits
        self.n_layers = n_layers
        self.n_steps = 0

    def step_schedules(self) -> None:
        """Go on to the next step."""
        super().step_schedules()
        self.n_steps += 1

    def scale(self, name: str) -> float:
        """What the learning rate of a parameter is multiplied with."""
        layer = ENCODER_LAYER.search(name)
        if layer is None and not name.startswith(ENCODER_EMBEDDINGS):
            return 1.0
        if self.n_steps < self.waits:
            return 0.0
        depth = int(layer[1]) if layer else -1
        return float(self.decay ** (self.n_layers - 1 - depth))

    def __call__(
        self, key: Any, weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> tuple[FloatsXd, FloatsXd]:
        """Update weights; see `thinc.api.Optimizer`."""
        return super().__call__(key, weights, gradient, lr_scale=lr_scale * self.scale(str(key[1])))


@registry.optimizers("halfree_benchmarks.LayerwiseAdam.v1")
def create_layerwise_optimizer(
    learn_rate: Any, decay: float = 1.0, waits: int = 0, n_layers: int = 6
) -> Optimizer:
    """Adam as in our configs, with `LayerwiseOptimizer`'s learning rates."""
    return LayerwiseOptimizer(
        decay=decay,
        waits=waits,
        n_layers=n_layers,
        learn_rate=learn_rate,
        L2=0.01,
        grad_clip=1.0,
        use_averages=False,
    )


@registry.callbacks("halfree_benchmarks.LabelNames.v1")
def create_label_names(scale: float = 1.0) -> Callable[[Language], None]:
    """Starts an aligned decoder's rows of labels from what the encoder makes of their names.

    scale: Spread of these rows, as a multiple of that of the random ones that they replace.
    """

    def start_from_names(nlp: Language) -> None:
        tagger = nlp.get_pipe("halfree_tagger")
        decoder = tagger.model.get_ref("head").shims[0]._model  # type: ignore[attr-defined]
        names = read_names(nlp, tagger.labels)  # type: ignore[attr-defined]
        with torch.no_grad():
            labels = slice(tagger.scheme.offset, tagger.scheme.n_tags)  # type: ignore[attr-defined]
            for table in (decoder.tag_embedding.weight, decoder.output.weight):
                table[labels] = names * (scale * table[labels].std() / names.std())

    return start_from_names


def read_names(nlp: Language, labels: tuple[str, ...]) -> torch.Tensor:
    """What the encoder makes of labels' names: the mean of its states (n_labels x width), less
    what all names have in common."""
    transformer = nlp.get_pipe("transformer").model  # type: ignore[attr-defined]
    texts = [" ".join(split_name(label)).lower() for label in labels]
    read = transformer.tokenizer(texts, return_tensors="pt", padding=True)
    encoder = transformer.transformer.eval()
    with torch.no_grad():
        states = encoder(**read).last_hidden_state
    encoder.train()
    mask = read["attention_mask"].unsqueeze(2)
    means = (states * mask).sum(dim=1) / mask.sum(dim=1)
    return means - means.mean(dim=0)


@registry.readers("halfree_benchmarks.MaskedWords.v1")
def create_masked_words(
    source: Any, share: float = 0.15, seed: int = 0, mask: str = "[MASK]"
) -> Any:
    """A reader that hides some words of a corpus' texts, which the encoder has learned to guess.

    Args:
        source: a reader of examples.
        share: the probability that a word is hidden.
        seed: for the draws.
        mask: what stands in the place of a hidden word.
    """

    def read(nlp: Language) -> Iterator[Example]:
        generator = random.Random(seed)
        for example in source(nlp):
            reference = example.reference
            words = [mask if generator.random() < share else token.text for token in reference]
            spaces = [bool(token.whitespace_) for token in reference]
            hidden = Doc(nlp.vocab, words=words, spaces=spaces)
            hidden.set_ents([Span(hidden, e.start, e.end, e.label) for e in reference.ents])
            yield Example(Doc(nlp.vocab, words=words, spaces=spaces), hidden)

    return read
