"""Parts of the input, the units of work. Their bounds depend on the input alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import srsly

from .inputs import InputFile
from .raw_texts import read_raw_texts
from .records import InvalidRecord, Numbered, Record

MOST_CHARACTERS = 99_999
"""The most characters of a part, so that a shard has less than 100,000 words."""


@dataclass(frozen=True)
class Part:
    """Successive texts of a file that are labelled together.

    file, number: The numbers of the file and of the part in its file, from 0.
    file_name: The file's name, for messages.
    records: The texts.
    lines: The line of each.
    bad: The records among them that cannot be used.
    is_last: Whether it is the file's last part.
    """

    file: int
    number: int
    file_name: str
    records: list[Record] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[InvalidRecord] = field(default_factory=list)
    is_last: bool = False

    @property
    def name(self) -> str:
        """The name of its shard, without ending."""
        return part_name(self.file, self.number)

    def to_bytes(self) -> bytes:
        """The part as MessagePack: plain values, no code."""
        content: bytes = srsly.msgpack_dumps(asdict(self))
        return content

    @classmethod
    def from_bytes(cls, content: bytes) -> "Part":
        """The part that `to_bytes` wrote."""
        values = srsly.msgpack_loads(content)
        values["bad"] = [InvalidRecord(**bad) for bad in values["bad"]]
        return cls(**values)


def part_name(file: int, number: int) -> str:
    """The name of a part's shard, without ending: the same whenever the input is."""
    return f"{file:05}-{number:06}"


@dataclass(frozen=True)
class PartSource:
    """Cuts files into parts; can be sent to other processes.

    files: The files.
    max_length: The most characters of a text.
    texts_in_a_part: The most texts of a part.
    finished: By the numbers of files, the numbers of their parts that are not to be yielded.
    """

    files: Sequence[InputFile]
    max_length: int
    texts_in_a_part: int
    finished: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        """The parts of all files, in order."""
        for file in range(len(self.files)):
            yield from self.parts_of(file)

    def parts_of(self, file: int) -> Iterator[Part]:
        """The parts of a file, in order, without those that are finished.

        file: The file's number.
        YIELDS: Parts; one without texts if the file has none.
        RAISES: ValueError, ImportError (H019, H054) if the file cannot be read.
        """
        finished = self.finished.get(file, frozenset())
        name = self.files[file].name
        texts = read_raw_texts(self.files[file], self.max_length)
        for part in cut(texts, Part(file, 0, name), self.texts_in_a_part):
            if part.number not in finished:
                yield part


def size_of(record: Record) -> int:
    """The most words that a text can have: its words, or its characters."""
    return len(record["words"]) if "words" in record else len(record["text"])


def cut(texts: Iterable[Numbered], first: Part, most_texts: int) -> Iterator[Part]:
    """Cut a file's texts into parts.

    texts: The texts, with their lines.
    first: The first part, with nothing in it yet.
    most_texts: The most texts of a part.
    YIELDS: The parts. Each has as many texts as fit: at most `most_texts` (and as many records that
        cannot be used), and `MOST_CHARACTERS` (or one text that is longer).
    """
    part, size = first, 0
    for line, record in texts:
        own = 0 if isinstance(record, InvalidRecord) else size_of(record)
        too_many = most_texts in (len(part.records), len(part.bad))
        if too_many or (part.records and size + own > MOST_CHARACTERS):
            yield part
            part, size = Part(part.file, part.number + 1, part.file_name), 0
        if isinstance(record, InvalidRecord):
            part.bad.append(record)
        else:
            part.records.append(record)
            part.lines.append(line)
            size += own
    yield replace(part, is_last=True)
