"""Pipelines around a tagger: finding it, running what is before and behind it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import Errors
from ..models.precision import Precision, reduced_precision
from .tagger import HalfreeTagger


def load_pipeline(model: str | Path) -> Language:
    """Load a pipeline as `spacy.load` does.

    model: The name of an installed package, or a folder.
    RAISES: ImportError (H178) if it needs spacy-transformers, which is not installed; what
        `spacy.load` raises.
    """
    try:
        return spacy.load(model)
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        is_named = "'transformer'" in reason or "spacy-transformers." in reason
        if is_named and find_spec("spacy_transformers") is None:
            raise ImportError(Errors.H178.format(model=model, reason=reason)) from error
        raise


def find_tagger(nlp: Language, name: str | None = None) -> HalfreeTagger:
    """The tagger of a pipeline.

    nlp: The pipeline.
    name: The component's name, if there are several.
    RAISES: ValueError (H021, H022, H027) if there is none, several and no name, or none of that
        name.
    """
    taggers = [pipe for pipe in nlp.pipe_names if isinstance(nlp.get_pipe(pipe), HalfreeTagger)]
    names = [pipe for pipe in taggers if name in (None, pipe)]
    if len(names) == 1:
        return nlp.get_pipe(names[0])  # type: ignore[return-value]
    path = nlp.path or nlp.meta["name"]
    if not taggers:
        raise ValueError(Errors.H021.format(path=path, pipes=", ".join(nlp.pipe_names) or "none"))
    if not names:
        raise ValueError(Errors.H027.format(path=path, name=name, pipes=", ".join(taggers)))
    raise ValueError(Errors.H022.format(path=path, pipes=", ".join(names)))


def pipe_before(
    nlp: Language, name: str, texts: Iterable[str | Doc], batch_size: int
) -> Iterator[Doc]:
    """Run the components before one. The pipeline itself is not changed.

    nlp: The pipeline.
    name: The component's name.
    texts: Texts, or docs with the pipeline's vocabulary.
    batch_size: How many texts a component gets at a time.
    """
    names = nlp.pipe_names
    return nlp.pipe(texts, batch_size=batch_size, disable=names[names.index(name) :])


def pipe_behind(nlp: Language, name: str, docs: Iterable[Doc], batch_size: int) -> Iterator[Doc]:
    """Run the components behind one. The pipeline itself is not changed.

    nlp: The pipeline.
    name: The component's name.
    docs: Docs for which it has run.
    batch_size: How many docs a component gets at a time.
    """
    names = nlp.pipe_names
    return nlp.pipe(docs, batch_size=batch_size, disable=names[: names.index(name) + 1])


def pipe_instead(
    nlp: Language,
    name: str,
    texts: Iterable[str | Doc],
    batch_size: int,
    tag: Callable[[list[Doc]], None],
) -> Iterator[Doc]:
    """Run a pipeline in which a function does the work of one component.

    nlp: The pipeline, which is not changed.
    name: The component's name.
    texts: Texts, or docs with the pipeline's vocabulary.
    batch_size: How many texts are tagged at a time.
    tag: Tags docs in place.
    YIELDS: The docs, in order.
    """

    def tagged() -> Iterator[Doc]:
        docs = pipe_before(nlp, name, texts, batch_size)
        while batch := list(islice(docs, batch_size)):
            tag(batch)
            yield from batch

    return pipe_behind(nlp, name, tagged(), batch_size)


def compute_with(
    precision: Precision, pipelines: Sequence[Language]
) -> AbstractContextManager[None]:
    """Let all torch modules of pipelines compute in a precision, encoders included.

    precision: "float32", "bfloat16" or "int8".
    pipelines: The pipelines.
    RETURNS: A context, after which they are as they were.
    RAISES: ValueError (H013, H042, H094) on entering it, if they cannot compute like that.
    """
    models = [
        getattr(component, "model", None) for nlp in pipelines for _, component in nlp.pipeline
    ]
    return reduced_precision([model for model in models if isinstance(model, Model)], precision)
