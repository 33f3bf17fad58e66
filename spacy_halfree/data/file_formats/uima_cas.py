"""UIMA CAS, as XMI and as JSON (0.4.0), of DKPro, INCEpTION and others, through `dkpro-cassis`.

A document is read as its sentences if it has any, or as one text. Offsets are UTF-16 units, which
`dkpro-cassis` converts. XMI needs the types of its annotations: they stand in `TypeSystem.xml`
beside the document or in its archive. Those that are missing are derived from the document, and
nothing is known of their inheritance.
"""

import io
import re
import warnings
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import Errors
from ...memory import check_memory
from ..read_settings import ReadSettings
from ..records import Annotation, InvalidRecord, LabelledSpan, NumberedRecord
from ..sources import HEAD, Source
from .file_format import AnnotationFormat, Head
from .layers import NAMED_ENTITY, SENTENCE, VALUE, Layer, choose_layer
from .remarks import warn_of_ignored, warn_of_left_out
from .uima_types import (
    ANNOTATION,
    STRUCTURES,
    add_types,
    complete_json,
    find_type_system,
    scan_xml,
)

if TYPE_CHECKING:
    from cassis import Cas

XMI = "http://www.omg.org/XMI"
PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)", re.DOTALL)
"""What may stand before the root of XML."""
DECLARATION = re.compile(r"<\?xml\s.*?\?>", re.DOTALL)
ROOT = re.compile(r"\s*<[^<>!?]*>")
"""The start tag of the root."""
OFFSET = re.compile(r"\[(-?\d+)\]")
"""The offset in a warning of `dkpro-cassis`."""
PYTHON_NAMES = {"self": "self_", "type": "type_"}
"""Features that `dkpro-cassis` calls otherwise."""
OWN_NAMES = {name: own for own, name in PYTHON_NAMES.items()}


@dataclass(frozen=True)
class Document:
    """A document with its spans, before it is split into sentences.

    text: The text.
    sentences: The starts of sentences.
    spans: The spans; the label of those without one is "".
    """

    text: str
    sentences: tuple[int, ...]
    spans: tuple[LabelledSpan, ...]


def recognize(head: Head) -> bool:
    """Whether a file is a CAS in XMI or in JSON."""
    root = ROOT.match(head.text, start_of_root(head.text))
    return (root is not None and XMI in root[0]) or any(map(has_structures, head.values))


def start_of_root(text: str) -> int:
    """Where the root of XML starts, if a text is XML."""
    place = 0
    while match := PROLOG.match(text, place):
        place = match.end()
    return place


def without_prolog(content: bytes) -> bytes:
    """XML without comments before its root, which `dkpro-cassis` cannot read."""
    # a character for each byte
    head = content[:HEAD].decode("latin-1")
    declaration = DECLARATION.match(head)
    kept = declaration.end() if declaration else 0
    return content[:kept] + content[max(kept, start_of_root(head)) :]


def has_structures(value: Any) -> bool:
    """Whether a value has feature structures: a list, or an object in older files."""
    return isinstance(value, dict) and isinstance(value.get(STRUCTURES), list | dict)


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a document, numbered by its sentences.

    Warnings tell which other layers there are (W035), and which annotations have no label (W036).

    source: The file.
    settings: Names the layer.
    YIELDS: The sentences.
    RAISES: ImportError (H054) if `dkpro-cassis` is not installed, ValueError (H046) if the file
        cannot be read, (H124) if the layer must be chosen.
    """
    cas = load(source)
    layer = choose_layer(source.name, count_layers(cas), settings.field)
    documents = find_documents(cas, layer, source)
    found = [annotation for own in documents for annotation in split_sentences(own)]
    yield from enumerate(found, start=1)
    if not found:
        yield 1, InvalidRecord(source.name, 1, "has no text")


def find_documents(cas: "Cas", layer: Layer | None, source: Source) -> list[Document]:
    """Find the texts of a CAS that have spans, or the first text if none has any.

    Warnings tell which other texts there are (W035), and which spans have no label (W036).
    """
    found = {
        view.sofa.sofaID: to_document(cas.get_view(view.sofa.sofaID), layer)
        for view in cas.views
        if view.sofa.sofaString
    }
    kept = {name: own for name, own in found.items() if own.spans} or dict(list(found.items())[:1])
    others = {f"the text of the view '{name}'": 1 for name in found if name not in kept}
    warn_of_ignored(source.name, f"the text of the view '{next(iter(kept), '')}'", others)
    nameless = [
        repr(own.text[span.start : span.end])
        for own in kept.values()
        for span in own.spans
        if not span.label
    ]
    warn_of_left_out(source.name, "have no label", nameless)
    return list(kept.values())


def load(source: Source) -> "Cas":
    """Load a document.

    RAISES: ImportError (H054) if `dkpro-cassis` is not installed, ValueError (H046) if the file
        cannot be read, or has offsets outside of its text.
    """
    try:
        import cassis
    except ImportError as error:
        raise ImportError(
            Errors.H054.format(what=source.name, package="dkpro-cassis", extra="formats")
        ) from error
    content = source.read_bytes().removeprefix(BOM_UTF8)
    with warnings.catch_warnings():
        # offsets outside of the text, or inside of a character, are only warned of
        warnings.filterwarnings("error", message="Not mapping", category=UserWarning)
        # names that Python reserves
        warnings.filterwarnings("ignore", message="Trying to add feature")
        types = find_type_system(source)
        try:
            if content.lstrip().startswith((b"{", b"[")):
                return cassis.load_cas_from_json(complete_json(content, types), types)
            add_types(scan_xml(content), types)
            return cassis.load_cas_from_xmi(io.BytesIO(without_prolog(content)), types)
        except UserWarning as error:
            offset = " ".join(OFFSET.findall(str(error)))
            reason = f"it has the offset {offset}, inside a character or outside of the text"
            raise ValueError(Errors.H046.format(path=source.name, reason=reason)) from error
        # the libraries raise errors of many kinds
        except Exception as error:
            check_memory(error, source.name)
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(Errors.H046.format(path=source.name, reason=reason)) from error


def count_layers(cas: "Cas") -> Counter[Layer]:
    """Count the annotations of a document by type and by feature with strings.

    Annotations of types that are named entities, too, are counted as such.
    """
    counts: Counter[Layer] = Counter()
    for view in cas.views:
        for structure in cas.get_view(view.sofa.sofaID).select_all():
            if not is_annotation(structure):
                continue
            name = structure.type.name
            if is_instance(structure, NAMED_ENTITY):
                # its label may be missing
                counts[Layer(NAMED_ENTITY, VALUE)] += 1
            for feature in structure.type.all_features:
                feature_name = OWN_NAMES.get(feature.name, feature.name)
                if string_of(structure, feature_name):
                    layer = Layer(name, feature_name)
                    counts[layer] += layer != Layer(NAMED_ENTITY, VALUE)
    return counts


def is_annotation(structure: Any) -> bool:
    """Whether a feature structure has a place in a text."""
    return is_instance(structure, ANNOTATION)


def is_instance(structure: Any, name: str) -> bool:
    """Whether a feature structure is of a type, or of one that inherits from it."""
    own = structure.type
    while own is not None and own.name != name:
        own = own.supertype
    return own is not None


def string_of(structure: Any, feature: str) -> str:
    """The value of a feature; "" if it has none, or none that is a string."""
    # feature structures have methods, too, and one of them is called `value`
    value = getattr(structure, PYTHON_NAMES.get(feature, feature), None)
    return value if isinstance(value, str) else ""


def to_document(view: "Cas", layer: Layer | None) -> Document:
    """Take the text, the sentences and the spans of a view."""
    structures = [own for own in view.select_all() if is_annotation(own)]
    spans = [
        LabelledSpan(own.begin, own.end, string_of(own, layer.feature))
        for own in structures
        if layer is not None and is_instance(own, layer.type)
    ]
    sentences = {own.begin for own in structures if is_instance(own, SENTENCE)}
    return Document(str(view.sofa_string), tuple(sorted(sentences)), tuple(spans))


def split_sentences(document: Document) -> Iterator[Annotation]:
    """Split a document where its sentences start.

    document: The document.
    YIELDS: The sentences, without white space around them. Sentences that a span joins are one.
    """
    text = document.text
    spans = sorted(document.spans, key=lambda span: span.start)
    first = i = begin = furthest = 0
    for cut in (*document.sentences, len(text) + 1):
        while i < len(spans) and spans[i].start < cut:
            furthest = max(furthest, spans[i].end)
            i += 1
        if furthest <= cut:
            if found := cut_out(text, begin, min(cut, len(text)), spans[first:i]):
                yield found
            first, begin = i, cut


def cut_out(text: str, start: int, end: int, spans: Sequence[LabelledSpan]) -> Annotation | None:
    """Make an annotation of a part of a text.

    text: The text.
    start, end: The part. White space around it is left out, unless a span has it.
    spans: The spans in the part. Those without a label are left out, and their words count as not
        annotated.
    RETURNS: The annotation; None if there are no words.
    """
    part = text[start:end]
    end = max([start + len(part.rstrip()), *(span.end for span in spans)])
    start = min([start + len(part) - len(part.lstrip()), *(span.start for span in spans)])
    if start >= end:
        return None
    return Annotation(
        text[start:end],
        tuple(
            LabelledSpan(span.start - start, span.end - start, span.label)
            for span in spans
            if span.label
        ),
        unknown=tuple((span.start - start, span.end - start) for span in spans if not span.label),
    )


CAS = AnnotationFormat(
    name="uima-cas",
    title=".xmi or .json of UIMA CAS (DKPro, INCEpTION)",
    suffixes=(".xmi", ".json"),
    options=("--field",),
    recognize=recognize,
    read=read,
)
