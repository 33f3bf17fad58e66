"""WebAnno TSV 3.2 and 3.3, of WebAnno and INCEpTION.

A header names the layers of annotation and their features, which are columns. Each sentence has its
text, and a line for each word, and for each part of a word that is annotated by itself. Offsets are
UTF-16 units in the document, as Java counts. Sentences are read as texts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...errors import Errors
from ..offsets import offset_table
from ..read_settings import ReadSettings
from ..records import Annotation, InvalidRecord, LabelledSpan, NumberedRecord, RecordError
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .layers import Layer, choose_layer
from .remarks import warn_of_left_out

FORMAT = "#FORMAT=WebAnno TSV "
VERSIONS = ("3.2", "3.3")
OLD = re.compile(r"(?: ?# [\w.]+ \| .*\n)?#id=\d+\n#text=")
"""The beginning of versions 1 and 2, which have no offsets."""
SPAN_LAYER, LAYERS = "#T_SP=", ("#T_SP=", "#T_CH=", "#T_RL=")
TEXT, SENTENCE_ID = "#Text=", "#Sentence.id="
SLOT = "ROLE_"
"""How features begin that link to other annotations. Their targets are the next column."""
UNIT = re.compile(r"(\d+-\d+)(?:\.\d+)?\t(\d{1,18})-(\d{1,18})\t([^\t]*)(?:\t(.*))?", re.DOTALL)
"""The line of a word or of a part of it: its number, start, end, text, and columns."""
NONE, NO_VALUE = "_", "*"
STACKED = re.compile(r"(?:\\.|[^\\|])*", re.DOTALL)
"""One of several values in a column."""
IDENTIFIED = re.compile(r"((?:\\.|[^\\])*?)(?:\[(\d+)\])?", re.DOTALL)
"""A value and the number of its annotation, which several words or values share."""
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {"t": "\t", "n": "\n", "f": "\f", "r": "\r", "b": "\b", "\\": "\\"}
Mark = tuple[str, str]
"""A label, and the number of its annotation in the document; "" for none."""


@dataclass(frozen=True)
class Unit:
    """A word, or a part of one.

    word: The number of the sentence, and that of the word: "1-2".
    start, end: Its place in the document, in UTF-16 units.
    form: Its text.
    columns: The values of the features.
    """

    word: str
    start: int
    end: int
    form: str
    columns: tuple[str, ...]


@dataclass
class Sentence:
    """A sentence as it stands in the file.

    line: Its first line, counted from 1.
    lines: The lines of its text.
    units: Its words and their parts.
    problem: Why it cannot be read; "" if it can.
    """

    line: int
    lines: list[str] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    problem: str = ""

    @property
    def text(self) -> str:
        return "\n".join(map(unescape_text, self.lines))

    @property
    def start(self) -> int:
        """Where its text starts in the document, in UTF-16 units."""
        before = self.text.partition(self.units[0].form)[0]
        return self.units[0].start - len_utf16(before)


def recognize(head: Head) -> bool:
    """Whether a file begins as the format demands, in this version or an older one."""
    return head.text.startswith(FORMAT) or OLD.match(head.text) is not None


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a document, sentence by sentence, numbered by their first lines.

    Sentences that a span joins are one text. Warnings tell which other layers there are (W035), and
    which annotations have no label (W036).

    source: The file.
    settings: Names the layer.
    YIELDS: The sentences.
    RAISES: ValueError (H046) if the file cannot be read, (H124) if the layer must be chosen, (H126)
        if it has another version of the format.
    """
    lines = source.read_text().split("\n")
    is_old = not lines[0].startswith(FORMAT)
    if is_old and not OLD.match("\n".join(lines[:3])):
        reason = f"it does not begin with '{FORMAT}'"
        raise ValueError(Errors.H046.format(path=source.name, reason=reason))
    version = "1 or 2" if is_old else lines[0].removeprefix(FORMAT).strip()
    if version not in VERSIONS:
        raise ValueError(Errors.H126.format(path=source.name, version=version))
    columns = find_columns(lines)
    sentences = parse_sentences(lines, len(columns))
    numbers = {layer: i for i, layer in enumerate(columns) if layer is not None}
    counts = {layer: count(sentences, i) for layer, i in numbers.items()}
    layer = choose_layer(source.name, counts, settings.field)
    column = None if layer is None else numbers[layer]
    nameless: list[str] = []
    for joined in join(sentences, column):
        try:
            annotation = to_annotation(joined, column)
        except RecordError as error:
            for sentence in joined:
                yield sentence.line, InvalidRecord(source.name, sentence.line, str(error))
        else:
            nameless += (repr(annotation.text[slice(*bounds)]) for bounds in annotation.unknown)
            yield joined[0].line, annotation
    warn_of_left_out(source.name, "have no label", nameless)


def find_columns(lines: Sequence[str]) -> list[Layer | None]:
    """The layers of the columns by the header; None for columns that have no labels of spans."""
    columns: list[Layer | None] = []
    for line in lines:
        if line.startswith(TEXT):
            break
        if not line.startswith(LAYERS):
            continue
        name, *features = line.rstrip("\r").removeprefix(SPAN_LAYER).split("|")
        is_target = False
        for feature in features or [""]:
            is_label = line.startswith(SPAN_LAYER) and not (is_target or feature.startswith(SLOT))
            columns.append(Layer(name, feature) if is_label else None)
            is_target = feature.startswith(SLOT)
    return columns


def parse_sentences(lines: Sequence[str], n_columns: int) -> list[Sentence]:
    """Parse the sentences of a file.

    lines: The lines of the file.
    n_columns: The number of columns that the header names.
    RETURNS: The sentences. Those with lines that do not fit have a problem.
    """
    sentences: list[Sentence] = []
    is_inside = False
    for number, line in enumerate(lines, start=1):
        line = line.removesuffix("\r")
        if line.startswith(TEXT):
            if not is_inside or sentences[-1].units:
                sentences.append(Sentence(number))
            sentences[-1].lines.append(line.removeprefix(TEXT))
            is_inside = True
        elif not line or line.startswith(SENTENCE_ID):
            is_inside = False
        elif sentences:
            unit = parse_unit(line, n_columns)
            if unit is not None and is_inside:
                sentences[-1].units.append(unit)
            else:
                sentences[-1].problem = sentences[-1].problem or (
                    f"has a line {number} ({line[:40]!r}) that is not a word of a sentence with "
                    f"{n_columns} columns behind it"
                )
    return sentences


def parse_unit(line: str, n_columns: int) -> Unit | None:
    """Parse the line of a word or of a part of it; None if it is none."""
    match = UNIT.fullmatch(line)
    if match is None:
        return None
    word, start, end, form, rest = match.groups()
    columns = tuple((rest or "").split("\t"))
    # a tab follows each of them
    columns = columns[:-1] if columns[-1] == "" else columns
    return Unit(word, int(start), int(end), form, columns) if len(columns) == n_columns else None


def unescape_text(line: str) -> str:
    """Undo the escapes in a line of text. Control characters are escaped by a backslash alone."""
    return ESCAPED.sub(
        lambda match: ESCAPES.get(match[1], match[1] if match[1] < " " else match[0]), line
    )


def unescape_value(value: str) -> str:
    """Undo the escapes in the value of a feature, of which more characters are escaped."""
    return ESCAPED.sub(lambda match: {"t": "\t", "n": "\n"}.get(match[1], match[1]), value)


def marks_of(unit: Unit, column: int) -> list[Mark]:
    """The annotations of a word in a column. The label of those without one is ""."""
    content = unit.columns[column]
    if content == NONE:
        return []
    found = []
    place = 0
    while place <= len(content):
        match = STACKED.match(content, place)
        value = match[0] if match else ""
        place += len(value) + 1
        parts = IDENTIFIED.fullmatch(value)
        label, number = (parts[1], parts[2]) if parts else (value, None)
        found.append(("" if label == NO_VALUE else unescape_value(label), number or ""))
    return found


def count(sentences: Sequence[Sentence], column: int) -> int:
    """Count the annotations in a column."""
    marks = [
        mark for sentence in sentences for unit in sentence.units for mark in marks_of(unit, column)
    ]
    numbered = {mark for mark in marks if mark[1]}
    return len(numbered) + sum(not number for _, number in marks)


def join(sentences: Sequence[Sentence], column: int | None) -> Iterator[list[Sentence]]:
    """Join sentences that an annotation in a column has in common."""
    joined: list[Sentence] = []
    for sentence in sentences:
        if joined and not edge_marks(joined[-1], -1, column) & edge_marks(sentence, 0, column):
            yield joined
            joined = []
        joined.append(sentence)
    if joined:
        yield joined


def edge_marks(sentence: Sentence, i: int, column: int | None) -> set[Mark]:
    """The numbered annotations of the first or the last word of a sentence, i = 0 or -1."""
    if column is None or not sentence.units:
        return set()
    word = sentence.units[i].word
    units = (unit for unit in sentence.units if unit.word == word)
    return {mark for unit in units for mark in marks_of(unit, column) if mark[1]}


def to_annotation(joined: Sequence[Sentence], column: int | None) -> Annotation:
    """Make a text of one or several sentences.

    joined: The sentences.
    column: The column of the labels, if there is one.
    RETURNS: The text. Annotations without a label are not annotated parts of it.
    RAISES: RecordError if a sentence has a problem, or if its words do not stand where they should.
    """
    text = ""
    bounds: dict[tuple[Mark, int], tuple[int, int]] = {}
    for sentence in joined:
        if sentence.problem or not sentence.units:
            raise RecordError(sentence.problem or "has no words")
        # no file has the white space between sentences
        n_spaces = sentence.start - joined[0].start - len_utf16(text)
        if n_spaces < 0:
            raise RecordError("starts before the sentence in front of it ends")
        text += " " * n_spaces
        for unit, (start, end) in zip(sentence.units, find_units(sentence), strict=True):
            for mark in () if column is None else marks_of(unit, column):
                # without a number, an annotation has one word
                key = mark, 0 if mark[1] else len(bounds) + 1
                first, last = bounds.get(key, (len(text) + start, len(text) + end))
                bounds[key] = min(first, len(text) + start), max(last, len(text) + end)
        text += sentence.text
    return Annotation(
        text,
        tuple(LabelledSpan(*own, label) for ((label, _), _), own in bounds.items() if label),
        unknown=tuple(own for ((label, _), _), own in bounds.items() if not label),
    )


def find_units(sentence: Sentence) -> list[tuple[int, int]]:
    """Where the words of a sentence stand in its text, in code points.

    RAISES: RecordError if another text stands there.
    """
    text, origin = sentence.text, sentence.start
    table = offset_table(text, "utf-16")
    found = []
    for unit in sentence.units:
        place = table.to_code_points(unit.start - origin, unit.end - origin)
        if place is None or text[slice(*place)] != unit.form:
            raise RecordError(
                f"has a word {unit.word} that is said to be {unit.form!r}, which does not stand "
                f"from {unit.start} to {unit.end} (in UTF-16 units, from {origin} on)"
            )
        found.append(place)
    return found


def len_utf16(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


WEBANNO = AnnotationFormat(
    name="webanno",
    title=".tsv of WebAnno or INCEpTION (WebAnno TSV 3)",
    suffixes=(".tsv",),
    options=("--field",),
    recognize=recognize,
    read=read,
)
