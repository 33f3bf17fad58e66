"""Tasks of Label Studio: those of JSON exports, and the rows of JSON-MIN, CSV and TSV exports.

A row has the task's data, the regions of each control under the control's name, and
`annotation_id`, which is empty if nobody has annotated the task. Nothing tells to which text of
the data a region belongs.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...errors import Errors
from ..records import InvalidRecord, RecordError
from ..sources import Source
from .json_values import read_values, show
from .label_studio_regions import LABELS, Result

BOOKKEEPING = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"}
"""The keys of rows that are neither data nor regions."""
OF_EXPORTS = {"annotator", "annotation_id"}
"""The keys that every row has."""
OF_ANNOTATED = ("annotations", "completions", "predictions")
"""Keys of tasks that other objects with `data` lack."""
OF_TASKS = {
    *("id", "data", "meta", "created_at", "updated_at", "inner_id", "project", "overlap", "drafts"),
    *("updated_by", "file_upload", "is_labeled"),
}
"""The keys of tasks in which there is nothing else."""
DELIMITERS = (",", "\t", ";")
"""What separates cells: in CSV, in TSV, and after some spreadsheets."""
REGION = re.compile(r"""\[\{["'](start|end|text|labels)["']:""")
"""The beginning of a cell with regions."""
QUOTED_REGION = re.compile(r'"\[\{""(start|end|text|labels)"":')
"""The same in a row."""
MOST_DIGITS = 18
"""So many digits have offsets at most: Python refuses to read very long numbers."""
NOT_LABELLED = "not labelled in Label Studio"
SKIPPED = "skipped in Label Studio"


@dataclass(frozen=True)
class Task:
    """A task.

    data: What is annotated: texts and other values by their names.
    annotations: What each annotation consists of. Only those marked as ground truth if there are
        any.
    left_out: Why it has no annotation; "" if it has.
    is_row: Whether its results are named after controls, which may belong to several fields.
    """

    data: dict[str, Any]
    annotations: tuple[tuple[Result, ...], ...] = ()
    left_out: str = ""
    is_row: bool = False


def is_task(value: Any) -> bool:
    """Whether a value is a task as in JSON exports: other tools have objects with `data`, too."""
    if not has_data(value):
        return False
    is_untouched = type(value.get("id")) is int and OF_TASKS.issuperset(value)
    return is_untouched or not value.keys().isdisjoint(OF_ANNOTATED)


def has_data(value: Any) -> bool:
    """Whether a value has what is annotated."""
    return isinstance(value, dict) and isinstance(value.get("data"), dict)


def is_row(value: Any) -> bool:
    """Whether a value is a row of a JSON-MIN export. Old ones may have no `annotation_id`."""
    if not isinstance(value, dict):
        return False
    return value.keys() >= OF_EXPORTS or any(
        has_regions(own) and any(LABELS in region and "start" in region for region in own)
        for own in value.values()
    )


def has_regions(value: Any) -> bool:
    """Whether a value is a list of regions as in a row."""
    return isinstance(value, list) and bool(value) and all(map(region_kind, value))


def region_kind(value: Any) -> str:
    """The type of a region in a row: the key of its labels or choices; "" if it is no region."""
    if not isinstance(value, dict):
        return ""
    keys = [key for key, own in value.items() if isinstance(own, list)]
    kind = next((key for key in keys if key.endswith(LABELS)), "")
    # a region may have no label
    is_place = type(value.get("start")) is int and type(value.get("end")) is int
    is_place &= "label" not in value
    return kind or (next(iter(keys), LABELS) if is_place else "")


def to_task(value: Any) -> Task:
    """Read a task or a row.

    RAISES: RecordError if it is neither.
    """
    if has_data(value):
        return read_task(value)
    if not isinstance(value, dict):
        raise RecordError("is not a task of Label Studio, which is an object")
    return read_row(value)


def read_task(task: dict[str, Any]) -> Task:
    """Read a task of a JSON export. Predictions and drafts are no annotation."""
    data = task["data"]
    # the name of annotations before version 1.0
    found = task.get("annotations", task.get("completions")) or []
    if not found:
        return Task(data, left_out=NOT_LABELLED)
    if not isinstance(found, list):
        raise RecordError("has annotations that are not a list; export it as JSON")
    if not all(isinstance(annotation, dict) for annotation in found):
        raise RecordError("has only the numbers of its annotations; export it as JSON")
    kept = [annotation for annotation in found if not annotation.get("was_cancelled")]
    if not kept:
        return Task(data, left_out=SKIPPED)
    kept = [annotation for annotation in kept if annotation.get("ground_truth")] or kept
    if not all(isinstance(annotation.get("result"), list) for annotation in kept):
        raise RecordError("has an annotation without a list under 'result'; export it as JSON")
    return Task(data, tuple(tuple(map(to_result, own["result"])) for own in kept))


def to_result(result: dict[str, Any]) -> Result:
    """Read a part of an annotation. Relations have neither a value nor an object."""
    kind, value = result.get("type", ""), result.get("value", {})
    if not isinstance(kind, str) or not isinstance(value, dict):
        raise RecordError(f"has {show(result)}, which is not a region")
    if kind == LABELS and "startOffset" not in value:
        bounds = {key: to_offset(value[key]) for key in ("start", "end") if key in value}
        value = {**value, **bounds}
    return Result(str(result.get("to_name", "")), kind, value)


def to_offset(offset: Any) -> Any:
    """An offset as a number, if a program has written it as digits or as a decimal fraction."""
    is_digits = isinstance(offset, str) and offset.isdecimal() and len(offset) <= MOST_DIGITS
    is_whole = isinstance(offset, float) and offset.is_integer()
    return int(offset) if is_digits or is_whole else offset


def read_row(row: dict[str, Any]) -> Task:
    """Read a row.

    RAISES: RecordError if it is none.
    """
    regions = {key: value for key, value in row.items() if has_regions(value)}
    if not (is_row(row) or "id" in row):
        raise RecordError("is neither a task nor a row of Label Studio")
    data = {key: row[key] for key in row if key not in BOOKKEEPING and key not in regions}
    if row.get("annotation_id", 0) is None:
        return Task(data, left_out=NOT_LABELLED, is_row=True)
    results = tuple(
        Result(key, region_kind(region), region) for key, own in regions.items() for region in own
    )
    return Task(data, (results,), is_row=True)


def find_delimiter(head: str) -> str | None:
    """What separates the cells of a CSV or TSV export, by its header.

    head: The beginning of the file.
    RETURNS: The delimiter; None if it is no such export.
    """
    first = head.lstrip("\ufeff").split("\n", 1)[0]
    for delimiter in DELIMITERS:
        header = set(split_row(first, delimiter) or ())
        if header >= OF_EXPORTS or ("id" in header and QUOTED_REGION.search(head)):
            return delimiter
    return None


def read_rows(source: Source) -> Iterator[tuple[int, Any]]:
    """Read the values of an export: tasks or rows, of JSON, CSV or TSV.

    source: The file. Which one it is shows its header; the server calls TSV exports `.csv`.
    YIELDS: The number of the line in which it begins, or of the value in a list, and the value; an
        `InvalidRecord` for one that cannot be read.
    RAISES: ValueError (H046) if the file cannot be read.
    """
    delimiter = find_delimiter(source.head())
    if delimiter is None:
        yield from read_values(source)
        return
    rows = _read_cells(source, delimiter)
    _, header = next(rows)
    if isinstance(header, InvalidRecord):
        reason = f"its header {header.reason}"
        raise ValueError(Errors.H046.format(path=source.name, reason=reason))
    for number, cells in rows:
        if isinstance(cells, InvalidRecord):
            yield number, cells
        elif len(cells) != len(header):
            reason = f"has {len(cells)} cells, but the header has {len(header)}"
            yield number, InvalidRecord(source.name, number, reason)
        else:
            yield _to_row(source, number, header, cells)


def _to_row(
    source: Source, number: int, header: list[str], cells: list[str]
) -> tuple[int, dict[str, Any] | InvalidRecord]:
    row: dict[str, Any] = {}
    for key, cell in zip(header, cells, strict=True):
        row[key] = cell
        # lists and objects of the data are JSON in their cells
        if cell.startswith(('[{"', '{"', "[{'")):
            try:
                row[key] = json.loads(cell)
            except (ValueError, RecursionError):
                if REGION.match(cell):
                    reason = (
                        f"has regions under '{key}' that are not valid JSON: spreadsheets cut "
                        "long cells, and pandas changes quotation marks; use the export as "
                        "Label Studio wrote it"
                    )
                    return number, InvalidRecord(source.name, number, reason)
    # versions before 1.0 have no such column
    if row.get("annotation_id") == "":
        row["annotation_id"] = None
    return number, row


def _read_cells(source: Source, delimiter: str) -> Iterator[tuple[int, list[str] | InvalidRecord]]:
    """The cells of each row, and the line in which it begins. Empty lines are skipped."""
    parts: list[bytes] = []
    first, is_quoted = 1, False
    with source.open() as file:
        for number, line in enumerate(file, start=1):
            first = first if parts else number
            parts.append(line)
            # an odd number of quotation marks leaves a cell open; its line ends are content
            is_quoted ^= line.count(b'"') % 2 == 1
            if not is_quoted:
                row, parts = b"".join(parts), []
                if row.strip():
                    yield first, _split_line(source, first, row, delimiter)
    if parts:
        reason = "has a cell with no quotation mark at its end; the file may be cut"
        yield first, InvalidRecord(source.name, first, reason)


def _split_line(
    source: Source, number: int, line: bytes, delimiter: str
) -> list[str] | InvalidRecord:
    try:
        row = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return InvalidRecord(source.name, number, f"is not UTF-8: {error}")
    cells = split_row(row, delimiter)
    if cells is None:
        reason = "has a cell with quotation marks that is not quoted itself"
        return InvalidRecord(source.name, number, reason)
    return cells


def split_row(row: str, delimiter: str) -> list[str] | None:
    """The cells of a row; None if it is not well formed.

    The module `csv` refuses long cells, unless a limit is changed for the whole process.
    """
    pattern = cell_pattern(delimiter)
    row = row.removesuffix("\n").removesuffix("\r")
    cells: list[str] = []
    place = 0
    while (match := pattern.match(row, place)) is not None:
        quoted, bare = match.groups()
        cells.append(bare if quoted is None else quoted.replace('""', '"'))
        place = match.end()
        if place == len(row):
            return cells
        if row[place] != delimiter:
            return None
        place += 1
    return None


@lru_cache(maxsize=len(DELIMITERS))
def cell_pattern(delimiter: str) -> re.Pattern[str]:
    """The pattern of a cell: its content in quotation marks, or without."""
    return re.compile(rf'"([^"]*(?:""[^"]*)*)"|([^"{delimiter}]*)')
