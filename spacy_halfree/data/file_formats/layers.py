"""Layers of annotation in documents of DKPro, WebAnno and INCEpTION: types with features.

A document has layers for words, sentences and lemmas, and for what people annotate. The spans to
learn from are in one of them, with their labels in one of its features.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import Errors
from .remarks import BY_FIELD, warn_of_ignored

SENTENCE = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Sentence"
NAMED_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
VALUE = "value"
"""The usual feature of the label."""
OF_WORDS = (
    "uima.",
    *(
        f"de.tudarmstadt.ukp.dkpro.core.api.{part}."
        for part in ("segmentation", "lexmorph", "syntax", "metadata")
    ),
)
"""How the names of types begin whose annotations are of documents, sentences or single words."""


@dataclass(frozen=True, order=True)
class Layer:
    """A feature of a type of annotations.

    type: The name of the type.
    feature: The name of the feature.
    """

    type: str
    feature: str

    def __str__(self) -> str:
        return f"{self.type}:{self.feature}"

    @property
    def is_of_words(self) -> bool:
        """Whether it describes words or documents, not spans."""
        return self.type.startswith(OF_WORDS)

    def is_called(self, name: str) -> bool:
        """Whether a name, `TYPE` or `TYPE:FEATURE`, is its own. The type may be a short name."""
        type_name, _, feature = name.partition(":")
        return has_name(self.type, type_name) and feature in ("", self.feature)


def has_name(type_name: str, name: str) -> bool:
    """Whether a type has a name, which may be the short one."""
    return name in (type_name, type_name.rpartition(".")[2])


def choose_layer(path: str, counts: Mapping[Layer, int], name: str | None) -> Layer | None:
    """Choose the layer of the spans: named entities, unless another one is named.

    A warning (W035) tells which other layers are there.

    path: The file.
    counts: The layers that the file has, and their numbers of annotations.
    name: The name of a layer, see `Layer.is_called`. None for named entities.
    RETURNS: The layer; None if there are named entities in none of them.
    RAISES: ValueError (H124) if there is no layer of the name, or several, or other ones than named
        entities only.
    """
    wanted = name or NAMED_ENTITY
    found = [layer for layer in counts if layer.is_called(wanted)]
    # the usual feature, if the name leaves a choice
    found = [layer for layer in found if layer.feature == VALUE] or found
    others = {own: n for own, n in counts.items() if not own.is_of_words and own not in found}
    problem = ""
    if len(found) > 1:
        problem = f"it has several layers of the name '{wanted}'"
    elif not found and name and not has_name(NAMED_ENTITY, name.partition(":")[0]):
        problem = f"it has no layer of the name '{name}'"
    elif not found and not name and others:
        problem = "it has no named entities, but other annotations"
    if problem:
        # `NamedEntity` stands for no spans in a file that has none
        names = [*map(str, sorted(found if len(found) > 1 else counts)), NAMED_ENTITY]
        every = ", ".join(dict.fromkeys(names))
        raise ValueError(Errors.H124.format(path=path, problem=problem, names=every))
    chosen = str(found[0]) if found else None
    warn_of_ignored(path, chosen, {str(layer): n for layer, n in others.items()}, BY_FIELD)
    return found[0] if found else None
