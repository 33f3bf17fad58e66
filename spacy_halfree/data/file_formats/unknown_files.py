"""Files that cannot be read, as far as they are recognized, and what to do with them.

No command is advised that cannot read the file: spaCy's `convert` reads none of these as they are.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from .column_layout import describe_columns
from .file_format import Head, is_value_on_lines
from .json_values import JSON_SUFFIXES, LINES_SUFFIXES, printable, show

MOST_KEYS = 10
"""So many keys of unknown objects are told."""
Test = Callable[[Head], bool]


class Known(NamedTuple):
    """A kind of files that cannot be read.

    looks_like: What it is.
    test: Tells whether a file is of this kind.
    advice: What to do with it.
    """

    looks_like: str
    test: Test
    advice: str


def suffix(*suffixes: str) -> Test:
    """A test of a file's suffix."""
    return lambda head: head.suffix in suffixes


def pattern(expression: str) -> Test:
    """A test whether a file's beginning matches; `^` and `$` match at each line."""
    compiled = re.compile(expression, flags=re.MULTILINE)
    return lambda head: compiled.search(head.text) is not None


def keys(*names: str) -> Test:
    """A test whether a JSON file has an object with some keys."""
    wanted = set(names)
    return lambda head: any(isinstance(own, dict) and wanted <= set(own) for own in head.values)


def both(*tests: Test) -> Test:
    """Whether all of some tests succeed."""
    return lambda head: all(test(head) for test in tests)


def no_suffix_of_json(head: Head) -> bool:
    """Whether a file is not called JSON."""
    return head.suffix not in JSON_SUFFIXES


def is_list_of_objects(value: Any) -> bool:
    """Whether a value is a list of objects."""
    return isinstance(value, list) and bool(value) and all(isinstance(own, dict) for own in value)


def first_value(test: Callable[[Any], bool]) -> Test:
    """A test of the first value in a JSON file."""
    return lambda head: bool(head.values) and test(head.values[0])


def is_table_of_columns(value: Any) -> bool:
    """Whether a value is a table with an object or a list for each column, or split into parts."""
    match value:
        case {"columns": list(), "data": list()}:
            return True
        case {"tokens": [list(), *_] | dict()} | {"text": [str(), *_] | dict()}:
            return True
    return False


def folder_with(*names: str) -> Test:
    """A test whether a folder holds a file of one of some names."""
    return lambda head: any((head.source.path / name).is_file() for name in names)


def sentences_of_pair(head: Head) -> bool:
    """Whether a file is the first one of the pair `seq.in` and `seq.out`."""
    return head.source.path.name.endswith("seq.in")


def tags_behind_words(head: Head) -> bool:
    """Whether the first line with several words has a tag behind each, as in `to/O Rome/CITY`."""
    for line in head.text.splitlines():
        words = line.split()
        if len(words) < 3:
            continue
        # other columns of words, such as an intent, may follow
        ends = [re.split("[/_:#]", word)[1:] for word in words]
        return sum(bool(end and end[-1]) for end in ends) >= len(words) / 2
    return False


def either(*tests: Test) -> Test:
    """Whether one of some tests succeeds."""
    return lambda head: any(test(head) for test in tests)


TAG = r"(?:O|[BIMELSUW]-\S+)"
"""A tag in a regular expression."""
AS_LINES = (
    "Write a line of JSON for each text, with offsets as Python counts: "
    '{"text": "Oslo", "spans": [{"start": 0, "end": 4, "label": "CITY"}]}.'
)
AS_COLUMNS = (
    "Write a `.tsv` file with a word, a tab and its IOB tag on each line, and an empty line after "
    "each sentence."
)
AS_PARQUET = "Write it with `dataset.to_parquet`, which keeps the names of classes."
PYTHON_PAIRS = r"""\A\s*(?:\w+\s*=\s*)?\[\s*(?:\(\s*['"]|\[\s*')"""
"""The beginning of a list of pairs in Python, which is no JSON."""
FOR_RAW = "To give `init` raw texts, use `--raw`."
KNOWN: tuple[Known, ...] = (
    Known("an empty file", lambda head: head.is_empty, "Check that it is complete."),
    Known(
        "a data set that Hugging Face's `save_to_disk` wrote",
        either(suffix(".arrow"), folder_with("dataset_info.json", "dataset_dict.json")),
        f"Load its folder with `datasets.load_from_disk`. {AS_PARQUET}",
    ),
    Known("a folder", lambda head: head.source.path.is_dir(), "Name the files in it."),
    Known("a spreadsheet", suffix(".xlsx", ".xls", ".ods", ".numbers"), AS_COLUMNS),
    Known(
        "a document or an image, which has no spans of characters",
        suffix(".pdf", ".docx", ".doc", ".odt", ".rtf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"),
        "Export its annotation from the tool that it was annotated with.",
    ),
    Known(
        "a pickle, which is not opened because it may run code",
        suffix(".pkl", ".pickle", ".joblib", ".pt"),
        f"Load it where it was made. {AS_LINES}",
    ),
    Known(
        "Python code, which is not run",
        either(suffix(".py", ".ipynb"), pattern(PYTHON_PAIRS)),
        "Write its pairs of texts and entities to a `.json` file with `json.dump`.",
    ),
    Known(
        "a database",
        either(suffix(".db", ".sqlite", ".sqlite3"), pattern(r"\ASQLite format 3")),
        "Export the texts from its tool: `prodigy db-out DATASET > texts.jsonl` for Prodigy.",
    ),
    Known("a Parquet table without lists of words and tags", suffix(".parquet"), AS_LINES),
    Known(
        "an archive or a compressed file",
        suffix(".tar", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".zip"),
        "Unpack it. Only `.zip` and `.gz` are read as they are, also one inside the other.",
    ),
    Known("audio that is transcribed in ELAN or Praat", suffix(".eaf", ".textgrid"), AS_LINES),
    Known("binary data", pattern("\0"), "Export the texts as JSON or as text."),
    Known(
        "standoff of BioNLP",
        suffix(".a1", ".a2"),
        "Its entities are lines of brat: name it `.ann`, with its `.txt` beside it.",
    ),
    Known(
        "the old JSON of UIMA CAS",
        keys("_context", "_views"),
        "Export it as UIMA CAS JSON 0.4.0 or as UIMA CAS XMI.",
    ),
    Known(
        "an answer of Label Studio's API",
        either(keys("tasks", "total"), keys("annotation", "project", "action")),
        "Export the project in Label Studio as JSON.",
    ),
    Known(
        "records of Argilla's API or of Argilla 1",
        either(keys("fields", "responses"), keys("items", "total")),
        "Load them with Argilla 2, and write `dataset.records.to_list(flatten=True)` as JSON.",
    ),
    Known(
        "patterns that find spans, without texts",
        keys("label", "pattern"),
        "Annotate texts with them, and export these.",
    ),
    Known("rows of Hugging Face's data set viewer", keys("features", "rows"), AS_PARQUET),
    Known(
        "a table with a value for each column",
        first_value(is_table_of_columns),
        "Write one row on each line, as pandas does with `to_json(orient='records', lines=True)`.",
    ),
    Known("a document of tagtog", keys("annotatable", "entities"), AS_LINES),
    Known(
        "training data of Rasa",
        either(keys("rasa_nlu_data"), pattern(r"^nlu:|^## intent:")),
        AS_LINES,
    ),
    Known("an app of LUIS", keys("luis_schema_version", "utterances"), AS_LINES),
    Known("a project of Azure AI Language", keys("projectFileVersion", "assets"), AS_LINES),
    Known("an intent of Dialogflow", keys("data", "isTemplate"), AS_LINES),
    Known("a data set of Snips", keys("intents", "entities", "language"), AS_LINES),
    Known(
        "the manifest of an output of `annotate`",
        keys("input_sha256", "teachers"),
        "Name the output itself, without `.manifest.json`.",
    ),
    Known("a manifest of SageMaker Ground Truth", pattern('"groundtruth/text-span"'), AS_LINES),
    Known(
        "annotations for Amazon Comprehend, which do not contain their texts",
        pattern(r"\AFile,Line,Begin Offset,End Offset,Type"),
        AS_LINES,
    ),
    Known(
        "training data of Vertex AI or AutoML",
        either(keys("textSegmentAnnotations"), keys("text_snippet", "annotations")),
        AS_LINES,
    ),
    Known("an export of Labelbox", keys("data_row", "projects"), AS_LINES),
    Known(
        "an export of Dataturks, whose spans include their last character",
        keys("content", "annotation"),
        AS_LINES,
    ),
    Known("an export of Kili", pattern('"jsonResponse"'), AS_LINES),
    Known(
        "questions and answers as in SQuAD",
        either(keys("context", "question"), pattern('"qas"')),
        AS_LINES,
    ),
    Known(
        "conversations, which have no spans of characters",
        either(keys("messages"), keys("conversations")),
        AS_LINES,
    ),
    Known(
        "training data of GLiNER2, which does not say where in a text its entities are",
        keys("input", "output"),
        AS_LINES,
    ),
    Known(
        "texts that are encoded for a model and hold no words",
        keys("input_ids"),
        f"Use the data set before it was encoded. {AS_PARQUET}",
    ),
    Known(
        "a Hugging Face data set as CSV, which cuts long lists",
        pattern(r"\A[^\n]*\b(?:tokens|words),[^\n]*tags"),
        AS_PARQUET,
    ),
    Known(
        "JSON without a value on each line",
        either(is_value_on_lines, both(suffix(*LINES_SUFFIXES), first_value(is_list_of_objects))),
        "Give it a name that ends in `.json`.",
    ),
    Known(
        "JSON with another name",
        both(no_suffix_of_json, pattern(r"\A\s*(?:\[\s*)?[\[{]\s*[\"{\[]")),
        "Give it a name that ends in `.jsonl` if it has a value on each line, or else in `.json`.",
    ),
    Known("a table of comma-separated values", suffix(".csv"), AS_COLUMNS),
    Known("training data of OpenNLP", pattern(r"<START(:[\w-]+)?> [^\n]* <END>"), AS_LINES),
    Known("HTML or XML", pattern(r"\A\s*<[!?a-zA-Z]"), AS_LINES),
    Known("texts of PubTator", pattern(r"\A\S+\|t\|"), AS_LINES),
    Known("trees of NLTK", pattern(r"\A\s*\(S\s"), AS_COLUMNS),
    Known(
        "sentences and their tags on lines or in files of their own",
        either(pattern(rf"\A(?:[^\n]+\n)?{TAG}(?:[ \t]+{TAG})+$"), sentences_of_pair),
        AS_COLUMNS,
    ),
    Known(
        "sentences with their tags and other columns",
        pattern(rf"\A[^\t\n]+\t{TAG}(?: +{TAG})+"),
        AS_COLUMNS,
    ),
    Known("text with tags behind its words", tags_behind_words, AS_COLUMNS),
    Known(
        "text with tags around its entities",
        pattern(r"<([A-Za-z_]+)>[^<>\n]+</\1>|\[[^][\n]+\]\(\w+\)|\[[A-Z]{2,} [^][\n]+\]"),
        AS_LINES,
    ),
    Known(
        "text without annotation",
        suffix(".txt", ".md", ".text", ""),
        FOR_RAW,
    ),
)
"""Kinds of files, the first one that fits is told."""


def describe_unknown(head: Head) -> str:
    """What a file looks like, and what to do with it.

    head: The beginning of the file.
    RETURNS: A sentence or two.
    """
    is_text = "\0" not in head.text
    if is_text and (columns := describe_columns(head.text)):
        return columns
    for known in KNOWN:
        if known.test(head):
            return f"It looks like {known.looks_like}. {known.advice}"
    names = dict.fromkeys(name for own in head.values if isinstance(own, dict) for name in own)
    if names and set(names) <= {"id", "text", "meta"}:
        return f"It looks like texts without annotation. {FOR_RAW}"
    if names:
        first = printable(", ".join(islice(names, MOST_KEYS)))
        return f"It is JSON whose objects have these keys: {first}. {AS_LINES}"
    if head.values:
        return f"It is JSON with values such as {show(head.values[0])}. {AS_LINES}"
    return "Its format is not recognized."
