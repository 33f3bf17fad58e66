"""The types of annotations in documents of UIMA, and what must be known before these are parsed."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from ...errors import Errors
from ..sources import TYPE_SYSTEM, Source
from .layers import VALUE

if TYPE_CHECKING:
    from cassis import TypeSystem

TYPES, STRUCTURES, VIEWS = "%TYPES", "%FEATURE_STRUCTURES", "%VIEWS"
"""Keys of documents in JSON."""
INITIAL_VIEW = "_InitialView"
ANNOTATION, TOP, STRING = "uima.tcas.Annotation", "uima.cas.TOP", "uima.cas.String"
BOOLEAN, LONG, DOUBLE = "uima.cas.Boolean", "uima.cas.Long", "uima.cas.Double"
ARRAY, NUMBERS = "uima.cas.StringArray", "uima.cas.IntegerArray"
NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
RANGES = {bool: BOOLEAN, int: LONG, float: DOUBLE}
"""The types of features by those of their values; strings, otherwise."""
INHERITED = ("begin", "end", "sofa")
"""The features of all annotations."""
Features = dict[str, dict[str, str]]
"""By the names of types, the names of their features and the types of these."""


def find_type_system(source: Source) -> "TypeSystem":
    """Load the type system beside a document, in its folder or in its archive.

    RETURNS: The type system; one of the types that UIMA knows if there is none.
    RAISES: ValueError (H046) if it cannot be read.
    """
    import cassis

    if source.member:
        with zipfile.ZipFile(source.path) as archive:
            names = archive.namelist()
        folder = PurePosixPath(source.member).parent
        beside = [
            Source(source.path, name) for name in names if PurePosixPath(name).parent == folder
        ]
    else:
        beside = [Source(path) for path in sorted(source.path.parent.iterdir())]
    for other in beside:
        if PurePosixPath(other.member or other.path.name).name.lower() == TYPE_SYSTEM:
            content = other.read_bytes()
            try:
                scan_xml(content)
                return cassis.load_typesystem(io.BytesIO(content))
            except Exception as error:
                raise ValueError(Errors.H046.format(path=other.name, reason=error)) from error
    return cassis.TypeSystem()


def scan_xml(content: bytes) -> Features:
    """Look through XML before it is parsed.

    content: The file.
    RETURNS: The types and features in it, if it is XMI.
    RAISES: ValueError if it has a document type, which could define entities; ExpatError if it is
        no XML.
    """
    found: Features = {}
    place: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        place.append(name)
        if len(place) == 2:
            features = found.setdefault(to_type_name(name), {})
            for key, value in attributes.items():
                # not `xmi:id`
                if " " not in key:
                    features[key] = widen(features.get(key), range_of_text(key, value))
        elif len(place) == 3:
            found[to_type_name(place[1])][name] = ARRAY

    def refuse(*_: Any) -> None:
        raise ValueError("it has a DOCTYPE, which no CAS needs, and which may define entities")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: place.pop()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        # with control characters, which XML 1.0 does not have
        if b'version="1.1"' in content[:100]:
            raise ValueError("it is XML 1.1; export it as XML 1.0 or JSON") from error
        raise
    return found


def range_of_text(feature: str, value: str) -> str:
    """The type of a feature of XMI, where references to other structures are numbers."""
    if feature == VALUE:
        return STRING
    if value in ("true", "false"):
        return BOOLEAN
    if NUMBER.fullmatch(value):
        return LONG
    return NUMBERS if all(map(NUMBER.fullmatch, value.split() or [""])) else STRING


def widen(known: str | None, new: str) -> str:
    """The type of a feature that has values of two types."""
    if known in (None, new):
        return new
    return NUMBERS if {known, new} == {LONG, NUMBERS} else STRING


def to_type_name(name: str) -> str:
    """The name of a type by that of its element, whose namespace is `http:///A/B.ecore`."""
    space, _, local = name.rpartition(" ")
    package = space.removeprefix("http:///").removesuffix(".ecore").replace("/", ".")
    return local if package in ("", "uima.noNamespace") else f"{package}.{local}"


def add_types(found: Mapping[str, Mapping[str, str]], types: "TypeSystem") -> None:
    """Add the types that a document has to a type system, but for those that it knows.

    found: The types and their features, see `scan_xml`.
    types: The type system.
    """
    for name, features in found.items():
        if types.contains_type(name, match_exactly=True):
            continue
        is_annotation = "begin" in features and "end" in features
        created = types.create_type(name, ANNOTATION if is_annotation else TOP)
        for feature, kind in features.items():
            if not (is_annotation and feature in INHERITED):
                types.create_feature(created, feature, kind)


def complete_json(content: bytes, types: "TypeSystem") -> str:
    """Add to a document what its readers require: views, and types that are not known.

    RAISES: ValueError if it is no JSON, has no feature structures, or has views that `dkpro-cassis`
        cannot read.
    """
    value = json.loads(content.decode("utf-8-sig"))
    if STRUCTURES not in value:
        raise ValueError(f"it has nothing under '{STRUCTURES}', as UIMA CAS JSON has")
    if others := [name for name in value.setdefault(VIEWS, {}) if name != INITIAL_VIEW]:
        raise ValueError(
            f"it has the view '{others[0]}', and dkpro-cassis reads other views than "
            f"'{INITIAL_VIEW}' from XMI only; export it as XMI"
        )
    structures = value[STRUCTURES]
    # older files have an object of them
    structures = list(structures.values() if isinstance(structures, dict) else structures)
    described = value.setdefault(TYPES, {})
    new = describe_types(
        own
        for own in structures
        if own["%TYPE"] not in described
        and not types.contains_type(own["%TYPE"], match_exactly=True)
    )
    described.update(new)
    return json.dumps(value)


def describe_types(structures: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Describe the types of feature structures as JSON does.

    structures: The feature structures.
    RETURNS: The types by name, without those that UIMA knows.
    """
    found: dict[str, dict[str, Any]] = {}
    for structure in structures:
        name = structure["%TYPE"]
        if name.startswith("uima.") or name.endswith("[]"):
            continue
        is_annotation = {"begin", "end"} <= structure.keys()
        new = {"%NAME": name, "%SUPER_TYPE": ANNOTATION if is_annotation else TOP}
        own = found.setdefault(name, new)
        for key, value in structure.items():
            feature = key.lstrip("@#")
            # of the type itself, or of all annotations
            if key.startswith(("%", "^")) or (is_annotation and feature in INHERITED):
                continue
            own[feature] = {"%NAME": feature, "%RANGE": range_of(key, value)}
    return found


def range_of(key: str, value: Any) -> str:
    """The type of a feature in JSON."""
    if key.startswith("@"):
        return TOP
    if key.startswith("#"):
        return DOUBLE
    return RANGES.get(type(value), STRING)
