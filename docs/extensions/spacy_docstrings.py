"""A griffe extension that reads docstrings in spaCy's style, which griffe does not know.

    docs: The docs.
    tags (n_words, int64): A tag for each word.
    RETURNS (n_words x n_tags, float32): The distributions.
    YIELDS: Something, for generators.
    RAISES: ValueError (H013) for a setting out of range; OSError if there is no such file.

What it finds becomes sections, which mkdocstrings renders as tables, with the types and defaults
of the signature. Shapes and dtypes, which no signature has, are put before the text.
"""

import re
from collections.abc import Iterator
from typing import Any

from griffe import (
    Attribute,
    Class,
    DocstringAttribute,
    DocstringParameter,
    DocstringRaise,
    DocstringReturn,
    DocstringSection,
    DocstringSectionAttributes,
    DocstringSectionParameters,
    DocstringSectionRaises,
    DocstringSectionReturns,
    DocstringSectionText,
    DocstringSectionYields,
    DocstringYield,
    Expr,
    ExprSubscript,
    Extension,
    Function,
    Module,
    Object,
)

ENTRY = re.compile(
    r"(?P<names>\w+(?:, \w+)*)(?: \((?P<shape>[^:]*)\))?(?::(?: (?P<text>.*))?|(?<=\))\.)$"
)
"""The first line of what is said about an argument, or about what comes back (perhaps its shape
alone)."""
KEYWORDS = ("RETURNS", "YIELDS", "RAISES")
EXCEPTION = r"(?:\w+\.)*(?:[A-Z]\w*)?(?:Error|Exit)"
JOINED = "(?:, | or | and )"
RAISED = re.compile(rf"(?:^|[,;] (?:and |or )?)({EXCEPTION}(?:{JOINED}{EXCEPTION})*)(?=[ ,;.]|$)")
"""One or more names of exceptions that are told about together."""
NUMBER = re.compile(r"\b([HW]\d{3})\b")
ITERATORS = ("Iterator", "Iterable", "Generator")

Entry = tuple[str, str, str]
"""A name, a shape ("" if there is none), and the text."""


def read_docstring(text: str, names: set[str]) -> tuple[list[str], list[Entry]]:
    """Part a docstring into its paragraphs and its entries.

    text: The docstring, without indentation.
    names: The names of arguments or attributes; a line that begins with another one is text.
    RETURNS: The lines that are text, and the entries in their order.
    """
    lines: list[str] = []
    entries: list[Entry] = []
    is_in_entry = False
    for line in text.splitlines():
        match = ENTRY.match(line)
        if match and set(match["names"].split(", ")) <= {*names, *KEYWORDS}:
            entries += [
                (name, match["shape"] or "", match["text"] or "")
                for name in match["names"].split(", ")
            ]
            is_in_entry = True
            n_names = len(match["names"].split(", "))
        elif is_in_entry and line.startswith(" "):
            entries[-n_names:] = [
                (name, shape, f"{told} {line.strip()}") for name, shape, told in entries[-n_names:]
            ]
        else:
            is_in_entry = False
            lines.append(line)
    return lines, entries


def read_raises(text: str) -> Iterator[tuple[str, str]]:
    """The exceptions of a `RAISES:` entry, each with when it is raised.

    text: "ValueError (H013) for a setting out of range; OSError if there is no such file."
    YIELDS: ("ValueError", "(H013) for a setting out of range") and so on.
    """
    matches = list(RAISED.finditer(text))
    if not matches or matches[0].start() > 0:
        # none that has a name
        yield "Exception", text.rstrip(".")
        return
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for match, end in zip(matches, ends, strict=True):
        for name in re.split(JOINED, match[1]):
            yield name, text[match.end() : end].strip(" ,;.")


def link_numbers(text: str) -> str:
    """Let numbers of messages lead to the page of all messages."""
    return NUMBER.sub(r"[\1][]", text)


def describe(shape: str, text: str) -> str:
    """A text behind the shape and dtype that it is about."""
    return f"`({shape})` {text}".strip() if shape else text


def yielded(annotation: str | Expr | None) -> str | Expr | None:
    """What a generator of this type yields."""
    if isinstance(annotation, ExprSubscript) and annotation.canonical_name in ITERATORS:
        return annotation.slice
    return annotation


def find_names(obj: Object) -> dict[str, Any]:
    """What a docstring may tell about: a function's parameters, a class' attributes.

    RETURNS: By name, griffe's parameter or attribute.
    """
    if isinstance(obj, Function):
        return {parameter.name: parameter for parameter in obj.parameters}
    if not isinstance(obj, Class):
        return {}
    initializer = obj.members.get("__init__")
    found: dict[str, Any] = find_names(initializer) if isinstance(initializer, Function) else {}
    attributes = {
        name: member for name, member in obj.members.items() if isinstance(member, Attribute)
    }
    # an attribute that is merely set to an argument has no type of its own
    return found | {
        name: own for name, own in attributes.items() if own.annotation or name not in found
    }


def make_sections(obj: Object) -> list[DocstringSection]:
    """The sections of an object's docstring.

    obj: A module, class, function or attribute that has one.
    """
    assert obj.docstring is not None
    known = find_names(obj)
    lines, entries = read_docstring(obj.docstring.value, set(known))
    sections: list[DocstringSection] = []
    if text := "\n".join(lines).strip():
        sections.append(DocstringSectionText(text))
    told = [(known[name], describe(shape, text)) for name, shape, text in entries if name in known]
    attributes = [
        DocstringAttribute(own.name, annotation=own.annotation, description=text)
        for own, text in told
        if isinstance(own, Attribute)
    ]
    parameters = [
        DocstringParameter(
            own.name,
            annotation=own.annotation,
            description=text,
            value=None if own.default is None else str(own.default),
        )
        for own, text in told
        if not isinstance(own, Attribute)
    ]
    if attributes:
        sections.append(DocstringSectionAttributes(attributes))
    if parameters:
        sections.append(DocstringSectionParameters(parameters))
    returns = obj.returns if isinstance(obj, Function) else getattr(obj, "annotation", None)
    for name, shape, text in entries:
        if name == "RETURNS":
            section = DocstringReturn(
                name="", annotation=returns, description=describe(shape, text)
            )
            sections.append(DocstringSectionReturns([section]))
        elif name == "YIELDS":
            own = DocstringYield(
                name="", annotation=yielded(returns), description=describe(shape, text)
            )
            sections.append(DocstringSectionYields([own]))
        elif name == "RAISES":
            raised = [
                DocstringRaise(annotation=error, description=link_numbers(when))
                for error, when in read_raises(text)
            ]
            sections.append(DocstringSectionRaises(raised))
    return sections


def walk(obj: Object) -> Iterator[Object]:
    """An object and all that is defined in it, but not what it imports.

    obj: A module or a class, or what is in one.
    """
    yield obj
    if isinstance(obj, Module | Class):
        for member in obj.members.values():
            if isinstance(member, Object):
                yield from walk(member)


class SpacyDocstrings(Extension):
    """Puts sections in the place of what griffe has made of docstrings."""

    def on_package(self, *, pkg: Module, **kwargs: Any) -> None:
        """Griffe calls this when a package is loaded, all names and types in it being known.

        pkg: The package.
        """
        for obj in walk(pkg):
            if obj.docstring is not None:
                # it would be parsed when it is first asked for
                obj.docstring.__dict__["parsed"] = make_sections(obj)
