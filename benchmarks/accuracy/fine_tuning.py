"""Other ways to fine-tune a teacher, as settings of its config: what some levers try.

Importing this registers them with spaCy. Whoever changes what one of them does gives it a new
version: cells know it by its name alone.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry
from thinc.api import Optimizer
from thinc.types import FloatsXd

from spacy_halfree.models.label_names import split_name

Reader = Callable[[Language], Iterable[Example]]
ENCODER_PARAMETER = re.compile(r"(?:embeddings\.|encoder\.layer\.(\d+)\.)")


class LayerwiseOptimizer(Optimizer):
    """Adam with a learning rate for each layer of a BERT-like encoder.

    Rates that fall from layer to layer are Howard and Ruder's discriminative fine-tuning (2018,
    arXiv 1801.06146); that a head should learn first is from Kumar et al. 2022 (arXiv 2202.10054).
    """

    def __init__(
        self, *, decay: float, waits: int, warmup_steps: int, n_layers: int, **settings: Any
    ) -> None:
        """Make an optimizer.

        Args:
            decay: what the learning rate is multiplied with from a layer to the one below it.
            waits: the steps in which the encoder learns nothing.
            warmup_steps: the steps after these in which its learning rate rises to its own.
            n_layers: the encoder's layers.
            settings: those of `thinc.api.Optimizer`.
        """
        super().__init__(**settings)
        self.decay = decay
        self.waits = waits
        self.warmup_steps = warmup_steps
        self.n_layers = n_layers
        self.n_steps = 0

    def step_schedules(self) -> None:
        """Go on to the next step."""
        super().step_schedules()
        self.n_steps += 1

    def scale(self, name: str) -> float:
        """What the learning rate of a parameter of this name is multiplied with."""
        found = ENCODER_PARAMETER.match(name)
        if found is None:
            return 1.0
        depth = -1 if found[1] is None else int(found[1])
        scale = self.decay ** (self.n_layers - 1 - depth)
        if self.waits:
            scale *= min(max(self.n_steps - self.waits, 0) / self.warmup_steps, 1.0)
        return float(scale)

    def __call__(
        self, key: Any, weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> tuple[FloatsXd, FloatsXd]:
        """Update weights; see `thinc.api.Optimizer`."""
        return super().__call__(key, weights, gradient, lr_scale=lr_scale * self.scale(key[1]))


@registry.optimizers("halfree_benchmarks.LayerwiseAdam.v1")
def create_layerwise_optimizer(
    learn_rate: Any,
    beta1: float,
    beta2: float,
    eps: float,
    L2: float,
    L2_is_weight_decay: bool,
    grad_clip: float,
    use_averages: bool,
    decay: float = 1.0,
    waits: int = 0,
    warmup_steps: int = 30,
    n_layers: int = 6,
) -> Optimizer:
    """`LayerwiseOptimizer`, with the settings of `Adam.v1` before its own."""
    return LayerwiseOptimizer(
        decay=decay,
        waits=waits,
        warmup_steps=warmup_steps,
        n_layers=n_layers,
        learn_rate=learn_rate,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        L2=L2,
        L2_is_weight_decay=L2_is_weight_decay,
        grad_clip=grad_clip,
        use_averages=use_averages,
    )


@registry.callbacks("halfree_benchmarks.LabelNames.v1")
def create_label_names() -> Callable[[Language], None]:
    """Starts an aligned decoder's rows of labels from what the encoder makes of their names, as
    widely spread as the random ones that they replace."""

    def start_from_names(nlp: Language) -> None:
        tagger: Any = nlp.get_pipe("halfree_tagger")
        (decoder,) = (shim._model for shim in tagger.model.get_ref("head").shims)
        names = read_names(nlp, tagger.labels)
        labels = slice(tagger.scheme.offset, tagger.scheme.n_tags)
        with torch.no_grad():
            for table in (decoder.tag_embedding.weight, decoder.output.weight):
                table[labels] = names * (table[labels].std() / names.std())

    return start_from_names


def read_names(nlp: Language, labels: Sequence[str]) -> torch.Tensor:
    """What an encoder makes of labels' names.

    Args:
        nlp: a pipeline with a component `transformer`.
        labels: at least two different labels.

    Returns:
        The mean of the encoder's states of each name's pieces, less the mean over all names
        (n_labels x width, float32).
    """
    component: Any = nlp.get_pipe("transformer")
    encoder, tokenizer = component.model.transformer, component.model.tokenizer
    names = [" ".join(split_name(label)) for label in labels]
    read = tokenizer(names, return_tensors="pt", padding=True, return_special_tokens_mask=True)
    is_piece = 1 - read.pop("special_tokens_mask").unsqueeze(2)
    was_training = encoder.training
    encoder.eval()
    with torch.no_grad():
        states = encoder(**read).last_hidden_state
    encoder.train(was_training)
    means = (states * is_piece).sum(dim=1) / is_piece.sum(dim=1)
    return means - means.mean(dim=0)


@registry.readers("halfree_benchmarks.MaskedWords.v1")
def create_masked_words(
    source: Reader, share_of_texts: float = 0.5, share: float = 0.2, seed: int = 0
) -> Callable[[Language], Iterator[Example]]:
    """A reader that hides some words, which an encoder adapted to the texts has learned to guess.

    Args:
        source: a reader of examples.
        share_of_texts: the probability that words of a text are hidden.
        share: the probability that a word of such a text is.
        seed: for the draws.

    Returns:
        A reader of as many examples, with the same spans.
    """

    def read(nlp: Language) -> Iterator[Example]:
        generator = random.Random(seed)
        for example in source(nlp):
            if generator.random() < share_of_texts:
                yield hide_words(example.reference, share, generator)
            else:
                yield example

    return read


def hide_words(doc: Doc, share: float, generator: random.Random) -> Example:
    """An annotated doc with BERT's mask in the place of some of its words."""
    words = ["[MASK]" if generator.random() < share else token.text for token in doc]
    spaces = [bool(token.whitespace_) for token in doc]
    hidden = Doc(doc.vocab, words=words, spaces=spaces)
    hidden.set_ents([Span(hidden, ent.start, ent.end, ent.label) for ent in doc.ents])
    return Example(Doc(doc.vocab, words=words, spaces=spaces), hidden)
