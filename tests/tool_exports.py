"""What Label Studio and doccano export, and what must be read of it.

The exports are in `tests/data/exports/`. `tests/real_tools/` makes them: texts invented here are
imported, marked with the mouse in a browser, and exported by the running tools. The same
expectations hold for the stored files and for new ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from spacy.language import Language

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import AnnotatedText, Skipped

STORED = Path(__file__).parent / "data" / "exports"
LABELS = ("CITY", "PARTY")
Span = tuple[int, int, str]
"""Start and end in code points, and the label."""


@dataclass(frozen=True)
class Example:
    """A text and its spans, by their words.

    text: The text.
    words: Each word with its label; the number of its occurrence is behind a hash if it is not
        the first: "ha#2".
    places: Further spans, by their offsets.
    """

    text: str
    words: tuple[tuple[str, str], ...] = ()
    places: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans, in the order of `words` and `places`."""
        return (*((*self._find(word), label) for word, label in self.words), *self.places)

    def _find(self, word: str) -> tuple[int, int]:
        word, _, number = word.partition("#")
        start = -1
        for _ in range(int(number or 1)):
            start = self.text.index(word, start + 1)
        return start, start + len(word)

    @property
    def untouched(self) -> Example:
        """The text alone."""
        return Example(self.text)


EMOJI = Example(
    "Please 😀😀 a table in Rome for two 🍕 and Oslo",
    (("Rome", "CITY"), ("two", "PARTY"), ("Oslo", "CITY")),
)
LINE_ENDS = Example(
    "line one\r\nRome for\r\ntwo 🍕 Oslo", (("Rome", "CITY"), ("two", "PARTY"), ("Oslo", "CITY"))
)
BLANKS = Example("  leading blanks  Rome ", (("Rome", "CITY"),))
REPEATED = Example(
    "😀 ha ha cafe\u0301 in Oslo",
    (("ha#2", "PARTY"), ("cafe\u0301", "CITY"), ("Oslo", "CITY")),
)
FAMILY = Example(
    "family 👨\u200d👩\u200d👧 to e\u0301 Oslo for ten", (("Oslo", "CITY"), ("ten", "PARTY"))
)
NOTHING = Example("nothing to find here")
EXAMPLES = (EMOJI, LINE_ENDS, BLANKS, REPEATED, FAMILY, NOTHING)
"""Texts whose offsets depend on the unit, and what is marked in them."""
TWO_LINES = Example(
    "from New\nYork to New\r\nDelhi 😀 Rome",
    (("New\nYork", "CITY"), ("New\r\nDelhi", "CITY"), ("Rome", "PARTY")),
)
"""Spans that contain the end of a line. doccano's editor marks within a line only."""
PIECES = (
    *(
        "a",
        "b",
        "ha",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\\n",
        '"',
        "'",
        ",",
        "|",
        "&lt;",
        "<b>",
    ),
    *(
        "\u00e9",
        "e\u0301",
        "\u00df",
        "\u0915\u094d\u0937",
        "\u05d0",
        "\u200f",
        "\ufeff",
        "\u2028",
        "\x85",
    ),
    *("😀", "👨\u200d👩\u200d👧", "🇳🇴", "👍🏽", "\U00010400", "\u2764\ufe0f"),
)
"""What texts are made of at random: parts that tools have counted or changed wrongly."""


def random_examples(n: int, seed: int) -> list[Example]:
    """Texts of random pieces, of which some are marked.

    n: How many texts.
    seed: The same texts come from the same number.
    """
    rng = Random(seed)
    examples = []
    for _ in range(n):
        pieces = rng.choices(PIECES, k=rng.randint(3, 20))
        # neither empty nor white space only
        pieces.insert(rng.randrange(len(pieces)), "x")
        text = "".join(pieces)
        cuts = sorted(rng.sample(range(len(text) + 1), k=min(len(text), rng.randint(0, 3) * 2)))
        spans = zip(cuts[::2], cuts[1::2], strict=False)
        examples.append(Example(text, places=tuple((*own, rng.choice(LABELS)) for own in spans)))
    return examples


SKIPPED = Example("not sure about Lima")
UNTOUCHED = Example("nobody looked at Lisbon 😀")


MARKED = (*EXAMPLES, TWO_LINES)
TITLE = Example("Rome trip 😀", (("Rome", "CITY"),))
BODY = Example("We fly 😀 to Oslo for two", (("Oslo", "CITY"), ("two", "PARTY")))
SECOND_TITLE = Example("Oslo", (("Oslo", "CITY"),))
BODY_AGAIN = Example("see the title")
FILE = Example("We fly to Rome\r\nor 😀 to Oslo\n", (("Oslo", "CITY"),))
"""The content of a file that is a task as a whole."""


def only(example: Example, *words: str) -> Example:
    """An example with some of its words marked."""
    return Example(example.text, tuple(own for own in example.words if own[0] in words))


Spans = tuple[Span, ...] | tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Read:
    """What is read of a file.

    texts: Texts and their spans. Of formats that do not have the texts as they are: an empty text,
        and the words that are marked.
    skipped: How many records are left out, as nobody has annotated them.
    invalid: How many records cannot be used.
    """

    texts: tuple[tuple[str, Spans], ...]
    skipped: int = 0
    invalid: int = 0


@dataclass(frozen=True)
class Export:
    """A file that a tool has exported, and what must be read of it.

    name: The file.
    texts: The annotated texts in order.
    skipped, invalid: See `Read`.
    settings: How to read it, where it leaves a choice.
    has_offsets: Whether it has the texts as they are. If not, words are compared.
    """

    name: str
    texts: tuple[Example, ...] = ()
    skipped: int = 0
    invalid: int = 0
    settings: ReadSettings = field(default_factory=ReadSettings)
    has_offsets: bool = True

    def __str__(self) -> str:
        """The test's name."""
        given = [*self.settings.members, *filter(None, [self.settings.field])]
        given += ["skip empty"] if self.settings.skip_empty else []
        return " ".join([self.name, *given])

    @property
    def expected(self) -> Read:
        """What must be read."""
        texts = tuple(self._content(own.text, own.spans) for own in self.texts)
        return Read(texts, self.skipped, self.invalid)

    def read(self, folder: Path, nlp: Language) -> Read:
        """Read the file. folder: Where it is. nlp: Tokenizes the texts."""
        texts, skipped, invalid = [], 0, 0
        for record in read_annotated_texts(folder / self.name, nlp, self.settings):
            if isinstance(record, AnnotatedText):
                spans = [(span.start, span.end, span.label) for span in record.spans]
                texts.append(self._content(record.text, spans))
            elif isinstance(record, Skipped):
                skipped += 1
            else:
                invalid += 1
        return Read(tuple(texts), skipped, invalid)

    def _content(self, text: str, spans: Iterable[Span]) -> tuple[str, Spans]:
        if self.has_offsets:
            return text, tuple(sorted(spans))
        words = [("".join(text[start:end].split()), label) for start, end, label in sorted(spans)]
        return "", tuple(words)


def label_studio(ending: str, *texts: Example, **about: Any) -> Export:
    """An export of Label Studio. about: The fields of `Export`."""
    return Export(f"label_studio_1.23.2_{ending}", texts, **about)


def doccano(ending: str, *texts: Example, skipped: int = 0, **settings: Any) -> Export:
    """An export of doccano. settings: How to read it."""
    return Export(f"doccano_1.8.4_{ending}", texts, skipped, settings=ReadSettings(**settings))


LABEL_STUDIO = (
    # the task that was skipped is in the JSON export only
    label_studio("marked.json", *MARKED, skipped=1),
    label_studio("marked_min.json", *MARKED),
    label_studio("marked.csv", *MARKED),
    label_studio("marked.tsv", *MARKED),
    label_studio("marked.conll", *MARKED, has_offsets=False),
    label_studio("all_tasks.json", *MARKED, skipped=2),
    label_studio("all_tasks_min.json", *MARKED, skipped=1),
    label_studio("all_tasks.csv", *MARKED, skipped=1),
    label_studio("all_tasks.tsv", *MARKED, skipped=1),
    label_studio("accepted.json", *EXAMPLES),
    label_studio("two_fields.json", BODY, BODY_AGAIN, settings=ReadSettings(field="text")),
    label_studio("two_fields.json", TITLE, SECOND_TITLE, settings=ReadSettings(field="title")),
    # of two annotations, only the one that is marked as true; JSON-MIN does not tell which it is
    label_studio("several.json", EMOJI),
    label_studio("several_min.json", EMOJI, only(EMOJI, "Rome")),
    # texts with a key that has the name of the regions' key
    label_studio("own_label_min.json", EMOJI, NOTHING, skipped=1),
    label_studio("own_label.csv", EMOJI, NOTHING, skipped=1),
    # regions that have lost their label
    label_studio("without_label.json", invalid=1),
    label_studio("without_label_min.json", invalid=1),
)
FILE_EXPORTS = ("file.json", "file_min.json", "file.csv")
"""Exports of Label Studio with the path of a text instead of the text."""
APPROVED = (EMOJI, REPEATED, NOTHING)
"""What the first user has set the mark of."""
OTHERS = (
    *(own.untouched for own in (EMOJI, LINE_ENDS, BLANKS)),
    only(REPEATED, "Oslo"),
    *(own.untouched for own in (FAMILY, NOTHING, UNTOUCHED)),
)
"""What the second user's file has: every text, and one mark."""
DOCCANO = (
    doccano("members.zip", *EXAMPLES, UNTOUCHED, members=("annotator1.jsonl",)),
    doccano("members.zip", *OTHERS, members=("annotator2.jsonl",)),
    doccano(
        "members.zip",
        only(REPEATED, "Oslo"),
        skipped=6,
        members=("annotator2.jsonl",),
        skip_empty=True,
    ),
    doccano("members_approved.zip", *APPROVED, members=("annotator1.jsonl",)),
    doccano("members_approved.zip", only(REPEATED, "Oslo"), members=("annotator2.jsonl",)),
    doccano("members_annotator1.jsonl", *EXAMPLES, UNTOUCHED),
    doccano("shared.zip", *EXAMPLES),
    doccano("shared_approved.zip", LINE_ENDS, NOTHING),
    doccano("graphemes.jsonl", *EXAMPLES, offsets="graphemes"),
    doccano("relations.jsonl", *EXAMPLES),
    # texts with keys that have the names of other tools' or doccano's own keys
    doccano("own_keys.jsonl", EMOJI, NOTHING),
)
