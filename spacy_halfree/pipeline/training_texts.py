"""What training texts have: labels, and soft labels where a component is to learn from them."""

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spacy.training import Example

from ..errors import Warnings
from ..tagging.layers import Layer
from ..tagging.soft_labels import has_soft_labels, soft_label_names

logger = logging.getLogger("spacy.halfree")
N_TEXTS = 500
"""If so many texts in a row have no soft labels, hardly any text has them."""


@dataclass
class TrainingTexts:
    """What was found in training texts.

    n_texts: How many there are.
    n_soft: How many of them have soft labels.
    labels: The labels of all, of their soft labels where they have any that are used.
    """

    n_texts: int = 0
    n_soft: int = 0
    labels: set[str] = field(default_factory=set)


def read_labels(examples: Iterable[Example], layer: Layer, *, soft: bool) -> TrainingTexts:
    """Read the labels of training texts.

    examples: The texts.
    layer: The annotation layer.
    soft: Whether soft labels are used where a text has them.
    """
    found = TrainingTexts()
    for example in examples:
        found.n_texts += 1
        if soft and has_soft_labels(example.reference):
            found.n_soft += 1
            found.labels.update(soft_label_names(example.reference))
        else:
            found.labels |= layer.labels(example.reference)
    return found


def read_until_soft(examples: Iterable[Example]) -> TrainingTexts:
    """Read training texts up to the first one with soft labels, and none of their labels.

    examples: The texts.
    """
    found = TrainingTexts()
    for example in examples:
        found.n_texts += 1
        if has_soft_labels(example.reference):
            found.n_soft = 1
            break
    return found


def tell_of_no_soft_labels(
    name: str, found: TrainingTexts, config: Mapping[str, Any], *, is_asked_for: bool
) -> None:
    """Tell that a component learns from annotation alone, unless some text has soft labels.

    name: The component's name.
    found: What was found in its training texts.
    config: The pipeline's config, interpolated; empty if it is not known.
    is_asked_for: Whether soft labels were asked for, so that a warning (W054) is due, rather than
        a line in the log.
    """
    if found.n_soft or not found.n_texts:
        return
    if not is_asked_for:
        message = "Component '%s' learns from annotation: no training text has soft labels"
        logger.info(message, name)
        return
    sources = list(find_paths(config))
    where = f" They were read from {', '.join(sources)}." if sources else ""
    message = Warnings.W054.format(name=name, n_texts=found.n_texts, where=where)
    warnings.warn(message, stacklevel=3)


def find_paths(config: Mapping[str, Any]) -> Iterator[str]:
    """The files that training texts are read from, each with the section that names it.

    config: A pipeline's config, interpolated.
    """
    corpus = config.get("training", {}).get("train_corpus")
    section: Any = config
    for part in str(corpus).split("."):
        section = section.get(part) if isinstance(section, Mapping) else None
    sections = [(str(corpus), section)]
    while sections:
        name, section = sections.pop(0)
        if not isinstance(section, Mapping):
            continue
        if section.get("path"):
            yield f"{section['path']} ([{name}])"
        sections += [(f"{name}.{key}", value) for key, value in section.items()]


class SoftLabelWatch:
    """Watches the texts that a component is trained on that was not initialized before.

    This is the case after `nlp.resume_training`, or if a config gives the component a `source`: it
    never gets all texts at once, only those of each update.
    """

    def __init__(self) -> None:
        self.found = TrainingTexts()
        self.is_over = False

    def __call__(self, name: str, examples: Iterable[Example]) -> None:
        """Look at the texts of an update; a warning (W054) tells once if none has had soft labels.

        name: The component's name.
        examples: The texts.
        """
        if self.is_over:
            return
        for example in examples:
            self.found.n_texts += 1
            self.found.n_soft += has_soft_labels(example.reference)
        self.is_over = self.found.n_soft > 0 or self.found.n_texts >= N_TEXTS
        if self.is_over:
            tell_of_no_soft_labels(name, self.found, {}, is_asked_for=True)
