"""Entities and their confidence for Presidio, which finds and anonymizes personal data."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from .errors import Errors, Warnings
from .pipeline.pipelines import load_pipeline
from .pipeline.tagger import HalfreeTagger
from .tagging.confidence import span_confidence
from .tagging.layers import SpanGroupLayer

try:
    from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
except ImportError as error:
    raise ImportError(
        Errors.H054.format(
            what="spacy_halfree.presidio", package="presidio-analyzer", extra="presidio"
        )
    ) from error

MAPPING = "model_to_presidio_entity_mapping"
LOCATIONS = (
    *("ADDRESS", "CITY", "COUNTRY", "FAC", "STATE", "STREET"),
    # the parts of addresses in `project.yml`
    *("AddressNumber", "AddressNumberPrefix", "AddressNumberSuffix", "BuildingName", "CornerOf"),
    *("IntersectionSeparator", "LandmarkName", "OccupancyIdentifier", "OccupancyType"),
    *("PlaceName", "StateName", "StreetName", "StreetNamePostDirectional"),
    *("StreetNamePostModifier", "StreetNamePostType", "StreetNamePreDirectional"),
    *("StreetNamePreModifier", "StreetNamePreType", "SubaddressIdentifier", "SubaddressType"),
    *("USPSBoxGroupID", "USPSBoxGroupType", "USPSBoxID", "USPSBoxType", "ZipCode", "ZipPlus4"),
)
PRESIDIO_ENTITIES: dict[str, str] = {
    **dict.fromkeys(LOCATIONS, "LOCATION"),
    "DATE_TIME": "DATE_TIME",
    # as Presidio's own recognizer of e-mail addresses calls them
    "EMAIL": "EMAIL_ADDRESS",
    "EMAIL_ADDRESS": "EMAIL_ADDRESS",
    "NRP": "NRP",
    "ORGANIZATION": "ORGANIZATION",
    "PHONE_NUMBER": "PHONE_NUMBER",
    "Recipient": "PERSON",
}
"""Labels and their Presidio entities, over those of Presidio's `NerModelConfiguration`."""


class HalfreeNlpEngine(SpacyNlpEngine):
    """Runs pipelines for Presidio's `AnalyzerEngine`, with the confidence of each entity as score.

    Presidio's own engine for spaCy gives every entity the same score. This one gives
    `span._.confidence`, and `default_score` where there is none: to entities of other components.
    It downloads nothing, and it leaves the choice of the device to `spacy.prefer_gpu`.

    The entities are those in `doc.ents` and in the span groups of taggers whose target is "spans".
    """

    engine_name = "halfree"
    is_available = True

    def __init__(
        self,
        models: Sequence[Mapping[str, Any]],
        ner_model_configuration: NerModelConfiguration | None = None,
    ) -> None:
        """Make an engine. Presidio loads the pipelines when it needs them.

        models: A pipeline for each language, as
            `{"lang_code": "en", "model_name": PIPELINE}`: a folder, the name of an installed
            pipeline, or a `Language`.
        ner_model_configuration: Presidio's settings. A `model_to_presidio_entity_mapping` extends
            the default mapping, `PRESIDIO_ENTITIES`.
        RAISES: ValueError (H164) for a language without a pipeline, or with two.
        """
        check_models(models)
        settings = NerModelConfiguration()
        mapping = {**getattr(settings, MAPPING), **PRESIDIO_ENTITIES}
        if ner_model_configuration is not None:
            settings = ner_model_configuration
            if MAPPING in settings.model_fields_set:
                mapping.update(getattr(settings, MAPPING) or {})
        # the caller's settings stay as they are
        super().__init__(list(models), settings.model_copy(update={MAPPING: mapping}))

    def load(self) -> None:
        """Load the pipelines, and find out which labels they have.

        Labels that differ from one in the mapping by case alone go with it. Any other label
        without a mapping becomes a Presidio entity of its own name, with a warning (W057).

        RAISES: OSError (E050) if a pipeline does not exist. None is downloaded.
        """
        mapping: dict[str, str] = getattr(self.ner_model_configuration, MAPPING)
        pipelines: dict[str, Language] = {}
        for model in self.models:
            language, pipeline = model["lang_code"], model["model_name"]
            nlp = pipeline if isinstance(pipeline, Language) else load_pipeline(pipeline)
            pipelines[language] = nlp
            labels = [label for label in entity_labels(nlp) if not self._is_ignored(label)]
            unknown = [label for label in labels if self._entity(label) is None]
            if unknown:
                warn_of_labels(unknown, language, "They are reported under these names")
            mapping.update({label: self._entity(label) or label for label in labels})
        self.nlp = pipelines

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Run the pipeline of a language on a text.

        text: The text.
        language: A language of the engine.
        RETURNS: What Presidio's recognizers read: entities, scores, tokens and lemmas.
        RAISES: ValueError (H165) if there is no pipeline for the language.
        """
        return self._artifacts(self._pipeline(language)(text), language)

    def process_batch(
        self,
        texts: Iterable[Any],
        language: str,
        batch_size: int = 1,
        n_process: int = 1,
        as_tuples: bool = False,
    ) -> Iterator[tuple[Any, ...]]:
        """Run the pipeline of a language on texts, in batches.

        texts: The texts; other values are turned into texts. With `as_tuples`, pairs of a text and
            any context.
        language: A language of the engine.
        batch_size: How many texts a component gets at a time. Presidio's default is 1; with 256,
            small pipelines are several times as fast.
        n_process: The number of processes.
        as_tuples: Whether the texts come with a context.
        YIELDS: The text and its artifacts, and with `as_tuples` the context.
        RAISES: ValueError (H165) if there is no pipeline for the language.
        """
        pairs = texts if as_tuples else ((text, None) for text in texts)
        docs = self._pipeline(language).pipe(
            ((str(text), context) for text, context in pairs),
            as_tuples=True,
            batch_size=batch_size,
            n_process=n_process,
        )
        for doc, context in docs:
            found = (doc.text, self._artifacts(doc, language))
            yield (*found, context) if as_tuples else found

    def is_stopword(self, word: str, language: str) -> bool:
        """Whether a word is a stop word of a language."""
        return bool(self._pipeline(language).vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        """Whether a word is punctuation."""
        return bool(self._pipeline(language).vocab[word].is_punct)

    def get_nlp(self, language: str) -> Language:
        """The pipeline of a language, for instance for its memory zone.

        RAISES: ValueError (H165) if there is none.
        """
        return self._pipeline(language)

    def _pipeline(self, language: str) -> Language:
        if self.nlp is None:
            self.load()
        if language not in self.nlp:
            raise ValueError(
                Errors.H165.format(language=language, languages=", ".join(sorted(self.nlp)))
            )
        pipeline: Language = self.nlp[language]
        return pipeline

    def _entity(self, label: str) -> str | None:
        """The Presidio entity of a label; None if no mapping knows it."""
        mapping: dict[str, str] = getattr(self.ner_model_configuration, MAPPING)
        return mapping.get(label, mapping.get(label.upper()))

    def _is_ignored(self, label: str) -> bool:
        ignored = self.ner_model_configuration.labels_to_ignore or ()
        return label in ignored or self._entity(label) in ignored

    def _artifacts(self, doc: Doc, language: str) -> NlpArtifacts:
        """What Presidio's recognizers read of a doc."""
        entities: list[Span] = []
        scores: list[float] = []
        unknown: list[str] = []
        for span in found_spans(doc):
            if self._is_ignored(span.label_):
                continue
            entity = self._entity(span.label_)
            if entity is None:
                unknown.append(span.label_)
            entity = entity or span.label_
            # a span of its own: a label that is changed in a span group changes there, too
            entities.append(Span(doc, span.start, span.end, label=entity))
            scores.append(self._score(span, entity))
        if unknown:
            outcome = "No component says that it writes them, so Presidio does not report them"
            warn_of_labels(sorted(set(unknown)), language, outcome)
        return NlpArtifacts(
            entities=entities,
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            # words that Presidio looks for around an entity; without a lemmatizer, as they stand
            lemmas=[token.lemma_ or token.text for token in doc],
            nlp_engine=self,
            language=language,
            scores=scores,
        )

    def _score(self, span: Span, entity: str) -> float:
        settings = self.ner_model_configuration
        confidence = span_confidence(span)
        score: float = settings.default_score if confidence is None else confidence
        if entity in (settings.low_score_entity_names or ()):
            score *= settings.low_confidence_score_multiplier
        return score


def check_models(models: Sequence[Mapping[str, Any]]) -> None:
    """RAISES: ValueError (H164) for a language without a pipeline, or with two."""
    if not models:
        raise ValueError(Errors.H164.format(problem="there is none"))
    languages: list[str] = []
    for number, model in enumerate(models, 1):
        missing = [name for name in ("lang_code", "model_name") if not model.get(name)]
        if missing:
            raise ValueError(Errors.H164.format(problem=f"number {number} has no `{missing[0]}`"))
        languages.append(model["lang_code"])
        if languages.count(languages[-1]) > 1:
            raise ValueError(
                Errors.H164.format(problem=f"the language '{languages[-1]}' has two pipelines")
            )


def entity_labels(nlp: Language) -> list[str]:
    """The labels of all components that find entities, in the order of the pipeline."""
    labels: dict[str, None] = {}
    for name in nlp.pipe_names:
        component = nlp.get_pipe(name)
        if isinstance(component, HalfreeTagger):
            finds_entities = component.layer.has_spans
        else:
            finds_entities = "doc.ents" in nlp.get_pipe_meta(name).assigns
        if finds_entities:
            labels.update(dict.fromkeys(nlp.pipe_labels.get(name, [])))
    return list(labels)


def found_spans(doc: Doc) -> Iterator[Span]:
    """A doc's entities, and the spans that taggers have written to groups."""
    yield from doc.ents
    for key, group in doc.spans.items():
        place = SpanGroupLayer(key).place
        yield from (span for span in group if span.id_ == place)


def warn_of_labels(labels: Sequence[str], language: str, outcome: str) -> None:
    """Warn (W057) of labels for which Presidio has no entity."""
    names = ", ".join(repr(label) for label in labels)
    warnings.warn(
        Warnings.W057.format(labels=names, language=language, outcome=outcome), stacklevel=3
    )
