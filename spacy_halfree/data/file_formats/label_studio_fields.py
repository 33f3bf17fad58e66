"""Which text of Label Studio's tasks is read, if their data have several.

JSON exports name the object of the labelling interface that a region belongs to, and JSON-MIN the
control; no export says which field of the data this shows. It usually has the field's name. The
texts that come with regions tell more.
"""

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ...errors import Errors, Warnings
from ..records import RecordError
from .json_values import show
from .label_studio_regions import LABELS, MOST_SHOWN, Result
from .label_studio_tasks import Task

logger = logging.getLogger("spacy.halfree")
TEXT = "text"
"""The usual name of the text."""
LINK = re.compile(
    r"""
    \s* (?:
        /(data|storage-data)/ [^\n]* | /tasks/\d+/(resolve|presign)/ [^\n]*
        | https?:// \S+ | data: [\w.+-]+/[\w.+-]+ [;,] \S*
        | [a-z][a-z0-9+.-]* :// ( \S+ | [^\n]+ \.\w{1,5} )
    ) \s*
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""A place of a file: an upload, a web address, or an object in a cloud."""
LONGEST_LINK = 4096


def describe_content(value: Any) -> str:
    """What is in the place of a text, if it is none, such as "a link"; otherwise ""."""
    if isinstance(value, dict | list):
        return "an object"
    if type(value) is int:
        # Label Studio's import reads columns of digits as numbers, and its editor shows these
        return ""
    if not isinstance(value, str):
        return "not a string"
    if len(value) <= LONGEST_LINK and LINK.fullmatch(value):
        return "a link"
    return ""


@dataclass
class FieldCounts:
    """What a file says about its fields.

    n_tasks: In how many annotated tasks each field is; 0 if only in others.
    n_strings: In how many of them it is a string.
    n_without_content: In how many of them it is a link or an object, or another value.
    examples: Of each field, such a value.
    places: How often the regions of each name stand in which fields, by the texts that come with
        them. Regions without a text are in none.
    others: The number of other parts of annotations, by name and type.
    are_rows: Whether regions of one name may belong to several fields.
    """

    n_tasks: Counter[str] = field(default_factory=Counter)
    n_strings: Counter[str] = field(default_factory=Counter)
    n_without_content: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Any] = field(default_factory=dict)
    places: defaultdict[str, Counter[frozenset[str]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    others: Counter[tuple[str, str]] = field(default_factory=Counter)
    are_rows: bool = False

    def add(self, task: Task) -> None:
        """Count what a task has."""
        self.are_rows |= task.is_row
        is_annotated = bool(task.annotations)
        found: set[str] = set()
        for result in chain(*task.annotations):
            if result.is_region:
                fields = fields_of(result, task.data)
                self.places[result.name][fields] += 1
                found |= fields
            else:
                self.others[result.name, result.kind or "parts without a type"] += 1
        for key, value in task.data.items():
            self.n_tasks[key] += is_annotated
            self.n_strings[key] += isinstance(value, str)
            if is_annotated and key not in found and describe_content(value):
                self.n_without_content[key] += 1
                self.examples.setdefault(key, value)

    def forget_controls(self) -> None:
        """Take the names of controls for no fields. Rows without regions have them, too."""
        for name in self.places:
            for counted in (self.n_tasks, self.n_strings, self.n_without_content):
                counted.pop(name, None)


def fields_of(result: Result, data: dict[str, Any]) -> frozenset[str]:
    """The fields in which a region stands, by the text that comes with it."""
    return frozenset(key for key, value in data.items() if result.stands_in(value))


@dataclass(frozen=True)
class TextField:
    """The text that is read.

    name: The name of its field; None if nothing tells which one it is.
    homes: The fields to which regions belong, by the regions' name, see `find_homes`.
    """

    name: str | None
    homes: dict[str, frozenset[str]]

    def find_text(self, data: dict[str, Any]) -> str:
        """The text of a task.

        RAISES: RecordError if there is none.
        """
        if self.name is None:
            strings = ", ".join(key for key, value in data.items() if isinstance(value, str))
            raise RecordError(
                f"has no string called '{TEXT}' in its data (its strings: {strings or 'none'}); "
                "use `--field` to choose the text"
            )
        text = data.get(self.name)
        if text is None:
            raise RecordError(f"has no text under '{self.name}' in its data")
        if type(text) is int:
            return str(text)
        if not isinstance(text, str):
            raise RecordError(
                f"has {show(text)} under '{self.name}' in its data: the text is "
                f"{describe_content(text)}; export with content"
            )
        return text

    def check_content(self, text: str, results: Iterable[Result]) -> None:
        """RAISES: RecordError if a text is a link, unless regions show that it is the content."""
        if describe_content(text) and not any(
            result.is_region and result.stands_in(text) for result in results
        ):
            raise RecordError(
                f"has {text[:MOST_SHOWN]!r} under '{self.name}' in its data: the text is a link; "
                "export with content"
            )

    def has(self, result: Result, data: dict[str, Any]) -> bool:
        """Whether a region belongs to this text.

        RAISES: RecordError if it may belong to another one as well.
        """
        homes = self.homes[result.name]
        if len(homes) == 1 or (homes and self.name not in homes):
            return self.name in homes
        found = fields_of(result, data) & homes
        if len(found) == 1:
            return self.name in found
        homes = homes or frozenset(key for key, value in data.items() if isinstance(value, str))
        raise RecordError(
            f"has a region {show(result.value)}, but nothing says to which text it belongs: "
            f"{', '.join(sorted(found or homes))}; export as JSON, or use `--field` "
            "to choose the text"
        )

    def has_other(self, result: Result) -> bool:
        """Whether a region that cannot be read belongs to this text, or to no other one."""
        if result.name in self.homes:
            return self.name in self.homes[result.name]
        return result.name == self.name or not self.homes

    def has_place(self, result: Result, text: str) -> bool:
        """Whether a part that is no region belongs to a place in this text."""
        if result.name in self.homes:
            return self.name in self.homes[result.name]
        return not isinstance(result.value.get("text"), str) or result.stands_in(text)


def choose_field(tasks: Iterable[Task], chosen: str | None, path: str) -> TextField:
    """Choose the text that is read: the one with the most regions, unless another one is named.

    A warning (W028) tells if others have regions, too; another one (W029) which parts of
    annotations are not read.

    tasks: The tasks of a file.
    chosen: The name of its field, or that of the object of the labelling interface that shows it.
    path: The file's name.
    RAISES: ValueError (H113) if there is no such field, (H114) if there are links or objects
        instead of texts.
    """
    counts = FieldCounts()
    for task in tasks:
        counts.add(task)
    if counts.are_rows:
        counts.forget_controls()
    homes = {name: find_homes(name, counts) for name in counts.places}
    n_regions = count_regions(counts, homes)
    if chosen is not None and chosen not in counts.n_tasks:
        own = homes.get(chosen, frozenset())
        if len(own) != 1:
            names = ", ".join(dict.fromkeys([*counts.n_tasks, *homes])) or "nothing"
            raise ValueError(Errors.H113.format(path=path, field=chosen, names=names))
        (chosen,) = own
    if chosen is not None and len(homes) == 1 and not has_evidence(counts):
        homes = dict.fromkeys(homes, frozenset([chosen]))
    most = max(n_regions, key=lambda key: (n_regions[key], key == TEXT), default=None)
    text = TextField(chosen or most or find_only_text(counts), homes)
    _check_contents(counts, text.name, path)
    _tell_what_is_not_read(counts, text, n_regions, path)
    return text


def has_evidence(counts: FieldCounts) -> bool:
    """Whether any region stands in one text alone."""
    return any(len(fields) == 1 for places in counts.places.values() for fields in places)


def _tell_what_is_not_read(
    counts: FieldCounts, text: TextField, n_regions: Counter[str], path: str
) -> None:
    others = ", ".join(f"'{key}' ({n})" for key, n in n_regions.items() if key != text.name)
    if others:
        n = n_regions[str(text.name)]
        logger.warning(Warnings.W028.format(path=path, field=text.name, n=n, others=others))
    parts: Counter[str] = Counter()
    for (name, kind), n in counts.others.items():
        # others are refused
        if not (kind.endswith(LABELS) and text.has_other(Result(name, kind, {}))):
            parts[kind] += n
    if parts:
        listed = ", ".join(f"{kind} ({n})" for kind, n in parts.items())
        logger.warning(Warnings.W029.format(path=path, parts=listed))


def find_homes(name: str, counts: FieldCounts) -> frozenset[str]:
    """Find the fields to which regions belong.

    name: The regions' name.
    counts: Where they stand.
    RETURNS: The fields: several if a control belongs to several texts, or if nothing tells which
        one it is; none if nothing tells anything.
    """
    places = counts.places[name]
    # a row has the names of controls, which may belong to several texts
    alone = frozenset(key for fields in places if len(fields) == 1 for key in fields)
    if counts.are_rows and len(alone) > 1:
        return alone
    known = name if name in counts.n_tasks else None
    found: Counter[str] = Counter()
    for fields, n in places.items():
        found.update(dict.fromkeys(fields, n))
    if not found:
        n_strings = sum(n > 0 for n in counts.n_strings.values())
        if known is None and (len(counts.places) == 1 or n_strings == 1):
            known = find_only_text(counts)
        return frozenset() if known is None else frozenset([known])
    most = max(found.values())
    best = frozenset(key for key, n in found.items() if n == most)
    # a region may stand in another text by chance
    if known is not None and (known in best or 2 * most < sum(places.values())):
        return frozenset([known])
    return best


def find_only_text(counts: FieldCounts) -> str | None:
    """The field called `text`, or the only one with strings."""
    if TEXT in counts.n_tasks:
        return TEXT
    strings = [key for key, n in counts.n_strings.items() if n]
    return strings[0] if len(strings) == 1 else None


def count_regions(counts: FieldCounts, homes: dict[str, frozenset[str]]) -> Counter[str]:
    """Count the regions of each field. Where it is not clear, they count for each."""
    found: Counter[str] = Counter()
    for name, places in counts.places.items():
        for fields, n in places.items():
            own = homes[name] if len(homes[name]) == 1 else fields & homes[name]
            found.update(dict.fromkeys(sorted(own, key=lambda key: (key != TEXT, key)), n))
    return found


def _check_contents(counts: FieldCounts, name: str | None, path: str) -> None:
    if name is None or counts.n_without_content[name] < max(counts.n_tasks[name], 1):
        return
    if any(kind.endswith(LABELS) for _, kind in counts.others):
        # regions of images, dialogues and other things are named with their tasks
        return
    example = counts.examples[name]
    raise ValueError(
        Errors.H114.format(
            path=path,
            n=counts.n_tasks[name],
            field=name,
            what=describe_content(example),
            example=show(example),
        )
    )
