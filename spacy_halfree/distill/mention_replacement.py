"""More texts from few: entities replaced by others with the same label."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..ranges import check_count, check_positive, check_seed, check_share

Reader = Callable[[Language], Iterable[Example]]
Mentions = dict[str, list[str]]


def create_mention_replacement(
    source: Any, variants: int = 10, share: float = 0.5, seed: int = 0
) -> Reader:
    """Registered as `halfree.MentionReplacement.v1`: adds variants of annotated texts to a corpus.

    In a variant each entity is replaced, with some probability, by one of the same label from
    anywhere in the corpus, as in Dai and Adel 2020 (arXiv 2010.11683). A model then sees labels in
    more surroundings than about a hundred texts have. Texts with missing annotation get no
    variants, and neither do entities that do not align with the tokens of the new text.

    source: A reader of gold examples, e.g. `spacy.Corpus.v1`.
    variants: How many variants of each text.
    share: The probability that an entity is replaced, 0 to 1.
    seed: For the draws.
    RETURNS: A reader that yields every example, followed by its variants.
    RAISES: ValueError (H013) for a setting out of range.
    """
    check_count(variants=variants)
    check_positive(share=share)
    check_share(share=share)
    check_seed(seed)

    def read(nlp: Language) -> Iterator[Example]:
        generator = random.Random(seed)
        examples = list(source(nlp))
        mentions = gather_mentions(example.reference for example in examples)
        for example in examples:
            yield example
            if not example.reference.ents or has_missing_entities(example.reference):
                continue
            for _ in range(variants):
                variant = replace_mentions(nlp, example.reference, mentions, share, generator)
                if variant is not None:
                    yield Example(nlp.make_doc(variant.text), variant)

    return read


def gather_mentions(docs: Iterable[Doc]) -> Mentions:
    """The texts of all entities, by label; as often as they occur."""
    mentions: Mentions = {}
    for doc in docs:
        for ent in doc.ents:
            mentions.setdefault(ent.label_, []).append(ent.text)
    return mentions


def has_missing_entities(doc: Doc) -> bool:
    """Whether it is not known for some token if it is part of an entity."""
    return any(token.ent_iob == 0 for token in doc)


def replace_mentions(
    nlp: Language, doc: Doc, mentions: Mentions, share: float, generator: random.Random
) -> Doc | None:
    """A text in which some entities are replaced.

    nlp: The pipeline whose tokenizer makes the new doc.
    doc: The annotated doc.
    mentions: What entities may be replaced by.
    share: The probability that an entity is replaced.
    generator: For the draws.
    RETURNS: The annotated new doc; None if its entities do not align with its tokens.
    """
    text, spans, position = "", [], 0
    for ent in doc.ents:
        replaced = generator.random() < share
        mention = generator.choice(mentions[ent.label_]) if replaced else ent.text
        text += doc.text[position : ent.start_char]
        spans.append((len(text), len(text) + len(mention), ent.label_))
        text += mention
        position = ent.end_char
    variant = nlp.make_doc(text + doc.text[position:])
    ents = [variant.char_span(start, end, label=label) for start, end, label in spans]
    if any(ent is None for ent in ents):
        return None
    variant.set_ents([ent for ent in ents if ent is not None])
    return variant
