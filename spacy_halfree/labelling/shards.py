"""From a part of the input to a file of what the teachers say about it."""

import gc
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..data.output_manifest import is_count, is_invalid_record
from ..data.parts import Part, part_name
from ..data.records import InvalidRecord
from ..errors import Errors
from ..files import write_at_once
from .shard_formats import SHARD_FORMATS
from .worker import Progress, TeacherWorker

NUMBERS = ("file", "number", "texts", "words", "spans", "n_failed")
"""The fields of a summary that count."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The outcome of a part.

    file, number: The file's place among the files, and the part's in its file.
    is_last: Whether the file ends with it.
    texts, words, spans: How many there are: texts that were labelled, their tokens, and the
        entities or spans found.
    bad: What could not be used.
    n_failed: At how many of these the teachers failed.
    """

    file: int
    number: int
    is_last: bool
    texts: int = 0
    words: int = 0
    spans: int = 0
    bad: list[InvalidRecord] = field(default_factory=list)
    n_failed: int = 0

    @property
    def name(self) -> str:
        """The name of its shard, without ending."""
        return part_name(self.file, self.number)

    def to_json(self) -> str:
        """This on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Summary":
        """What `to_json` wrote.

        RAISES: ValueError if it is something else.
        """
        try:
            values = json.loads(line)
            records = values["bad"]
            if not isinstance(records, list) or not all(map(is_invalid_record, records)):
                raise ValueError("no summary")
            summary = cls(**values | {"bad": [InvalidRecord(**own) for own in records]})
        except (TypeError, KeyError, RecursionError) as error:
            raise ValueError(f"no summary: {error}") from error
        numbers = (getattr(summary, name) for name in NUMBERS)
        if not all(map(is_count, numbers)) or type(summary.is_last) is not bool:
            raise ValueError("no summary")
        return summary


@dataclass(frozen=True)
class ShardTask:
    """Labels a part and writes its shard; can be sent to other processes.

    worker: The teachers.
    folder: Where shards are written; it must be there.
    shard_format: What shards hold: one of `SHARD_FORMATS`.
    """

    worker: TeacherWorker
    folder: Path
    shard_format: str = "spacy"

    def __call__(self, part: Part, on_progress: Progress | None = None) -> Summary:
        """Label a part and write its shard, unless there is nothing to write.

        part: The part.
        on_progress: Is called with the number of texts tagged since the last call.
        RETURNS: Its summary.
        RAISES: FileNotFoundError (H051) if the folder is no longer there.
        """
        # frees the docs of the previous part, which have reference cycles: tens of megabytes
        gc.collect()
        if not part.records:
            return Summary(file=part.file, number=part.number, is_last=part.is_last, bad=part.bad)
        with self.worker.annotated(part.records, on_progress) as (docs, failed):
            layer = self.worker.tagger.layer
            if docs:
                good = [record for i, record in enumerate(part.records) if i not in failed]
                encode = SHARD_FORMATS[self.shard_format].encode
                content = encode(docs, [record["id"] for record in good], layer)
                self._write(f"{part.name}.{self.shard_format}", content)
            return Summary(
                file=part.file,
                number=part.number,
                is_last=part.is_last,
                texts=len(docs),
                words=sum(map(len, docs)),
                spans=sum(len(layer.spans(doc)) for doc in docs),
                bad=[
                    *part.bad,
                    *(
                        InvalidRecord(part.file_name, part.lines[i], reason)
                        for i, reason in failed.items()
                    ),
                ],
                n_failed=len(failed),
            )

    def _write(self, name: str, content: bytes) -> None:
        if not self.folder.exists():
            raise FileNotFoundError(Errors.H051.format(folder=self.folder))
        # another worker may write the same part, if it was thought to be dead
        write_at_once(self.folder / name, content, shared=True)
