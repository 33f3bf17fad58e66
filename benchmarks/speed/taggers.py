"""What is timed: systems of every kind behind one interface."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import spacy
from spacy.language import Language
from spacy.tokens import Doc

Inputs = Sequence[str] | Sequence[Doc]


class Tagger(Protocol):
    """A loaded system."""

    tokenises: bool
    """Whether it can also be timed on texts that are tokenised already."""

    def prepare(self, texts: Sequence[str]) -> Inputs:
        """Tokenise texts, which is not timed. Docs can be tagged once only."""

    def tag(self, inputs: Inputs, batch_size: int) -> None:
        """Tag texts, or what `prepare` made of them."""


class SpacyTagger:
    """A spaCy pipeline.

    Args:
        folder: its folder, or the name of its package.
        only: the one component that is to run; None for all.
    """

    tokenises = True

    def __init__(self, folder: str | Path, only: str | None = None) -> None:
        self.nlp: Language = spacy.load(folder)
        if only is not None:
            self.nlp.select_pipes(enable=only)

    def prepare(self, texts: Sequence[str]) -> list[Doc]:
        return [self.nlp.make_doc(text) for text in texts]

    def tag(self, inputs: Inputs, batch_size: int) -> None:
        for _ in self.nlp.pipe(inputs, batch_size=batch_size):
            pass


class HuggingFaceTagger:
    """Hugging Face's own pipeline for token classification.

    Args:
        folder: a folder with a model.
        tokenizer: a folder with its tokenizer.
        labels: the labels' names, for models that were saved without.
    """

    tokenises = False

    def __init__(
        self, folder: str | Path, tokenizer: str | Path, labels: Sequence[str] | None = None
    ) -> None:
        from transformers import pipeline

        self.pipeline: Any = pipeline(
            "token-classification",
            str(folder),
            tokenizer=str(tokenizer),
            # a word's label is that of its first piece, which the model was trained on
            aggregation_strategy="first",
            device="cpu",
        )
        if labels is not None:
            # without names, a pipeline cannot tell where an entity begins or goes on
            self.pipeline.model.config.id2label = dict(enumerate(labels))

    def prepare(self, texts: Sequence[str]) -> Inputs:
        raise NotImplementedError

    def tag(self, inputs: Inputs, batch_size: int) -> None:
        for _ in self.pipeline(list(inputs), batch_size=batch_size):
            pass

    def find_spans(self, text: str) -> list[tuple[int, int, str]]:
        """Where entities start and end in a text, and their labels."""
        found = self.pipeline(text)
        return [(own["start"], own["end"], own["entity_group"]) for own in found]


class AddressCrf:
    """The CRF of usaddress: from a text to its tokens' labels, one text at a time.

    Args:
        model: what scripts/crf_baseline.py trained.
    """

    tokenises = False

    def __init__(self, model: str | Path) -> None:
        import pycrfsuite
        import usaddress

        self.usaddress = usaddress
        self.tagger = pycrfsuite.Tagger()
        self.tagger.open(str(model))

    def prepare(self, texts: Sequence[str]) -> Inputs:
        raise NotImplementedError

    def tag(self, inputs: Inputs, batch_size: int) -> None:
        for text in inputs:
            words = self.usaddress.tokenize(text)
            if words:
                self.tagger.tag(self.usaddress.tokens2features(words))
