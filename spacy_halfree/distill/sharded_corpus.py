"""Soft labels from a file or a folder of shards, which need not fit into memory."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from spacy.errors import Errors as SpacyErrors
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus, Example

from ..data.output_manifest import read_manifest_of
from ..errors import Errors
from ..ranges import check_count
from ..tagging.soft_labels import check_soft_labels, has_soft_labels

T = TypeVar("T")


def create_sharded_corpus(
    path: Path | None, shuffle_buffer: int = 0, seed: int = 0
) -> "ShardedCorpus":
    """Registered as `halfree.ShardedCorpus.v1`: reads what `spacy halfree annotate` has written.

    path: A `.spacy` file, or a folder of them. One is in memory at a time.
    shuffle_buffer: How many examples are kept to draw the next one from, and files are read in
        random order, too; for training on a stream (`max_epochs = -1`), which `spacy train` does
        not shuffle by itself. 0 for the order of the files.
    seed: For the order, which is another at every pass.
    RETURNS: A reader.
    RAISES: ValueError (E913) if there is no path, (H013) for a negative buffer.
    """
    if path is None:
        raise ValueError(SpacyErrors.E913)
    check_count(0, shuffle_buffer=shuffle_buffer)
    return ShardedCorpus(path, shuffle_buffer, seed)


class ShardedCorpus:
    """A reader of shards. See `create_sharded_corpus`."""

    def __init__(self, path: Path, shuffle_buffer: int = 0, seed: int = 0) -> None:
        self.path = Path(path)
        self.shuffle_buffer = shuffle_buffer
        self.seed = seed
        self.n_passes = 0

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """The examples, in another order at every pass if they are shuffled.

        nlp: The pipeline.
        YIELDS: Examples.
        RAISES: FileNotFoundError (H019) if there is nothing, ValueError (H056) if shards are
            missing, (H062) if a file cannot be read or its soft labels cannot be used; ValueError,
            OSError (H155), ValueError (H156) if the manifest cannot be read.
        """
        shards = self.shards()
        if not self.shuffle_buffer:
            yield from self._read(shards, nlp)
            return
        generator = random.Random(f"{self.seed} {self.n_passes}")
        self.n_passes += 1
        generator.shuffle(shards)
        yield from shuffled(self._read(shards, nlp), self.shuffle_buffer, generator)

    def shards(self) -> list[Path]:
        """The files, in the order of their names.

        RAISES: FileNotFoundError (H019) if there is none, ValueError (H056) if there are not as
            many as the manifest says, (H062) if they are of another kind; ValueError, OSError
            (H155), ValueError (H156) if the manifest cannot be read.
        """
        if self.path.is_file():
            # spaCy's own reader would find no text in it
            if self.path.suffix != ".spacy":
                reason = (
                    "it is no `.spacy` file, which `python -m spacy halfree init` makes of exports "
                    "and `python -m spacy convert` of IOB files."
                )
                raise ValueError(Errors.H062.format(path=self.path, reason=reason))
            return [self.path]
        shards = sorted(self.path.glob("*.spacy"))
        manifest = read_manifest_of(self.path) if self.path.is_dir() else None
        if manifest is not None:
            if manifest.shard_format != "spacy":
                reason = f"Its shards are {manifest.shard_format} files, not .spacy files."
                raise ValueError(Errors.H062.format(path=self.path, reason=reason))
            n_shards, expected = len(shards), manifest.n_shards
            if n_shards != expected:
                raise ValueError(
                    Errors.H056.format(
                        path=self.path, manifest=manifest.path, n_shards=n_shards, expected=expected
                    )
                )
        if not shards:
            reason = "there is no such file, and no folder with `.spacy` files"
            raise FileNotFoundError(Errors.H019.format(path=self.path, reason=reason))
        return shards

    def n_examples(self) -> int:
        """How many examples there are.

        RAISES: ValueError, OSError as `shards`.
        """
        manifest = read_manifest_of(self.path) if self.path.is_dir() else None
        if manifest is not None:
            return manifest.n_texts
        return sum(len(DocBin().from_disk(shard)) for shard in self.shards())

    def _read(self, shards: Iterable[Path], nlp: Language) -> Iterator[Example]:
        for shard in shards:
            examples = Corpus(shard)(nlp)
            while True:
                try:
                    example = next(examples, None)
                    if example is None:
                        break
                    check(example.reference)
                except Exception as error:
                    raise ValueError(Errors.H062.format(path=shard, reason=error)) from error
                yield example


def check(doc: Doc) -> None:
    """RAISES: ValueError (H007, H008) if a doc has soft labels that cannot be used."""
    if has_soft_labels(doc):
        check_soft_labels(doc)


def shuffled(items: Iterable[T], buffer_size: int, generator: random.Random) -> Iterator[T]:
    """Items in a random order, as far as a buffer allows.

    items: The items.
    buffer_size: How many are kept to draw from.
    generator: Draws them.
    YIELDS: The items, each once.
    """
    buffer: list[T] = []
    for item in items:
        if len(buffer) < buffer_size:
            buffer.append(item)
            continue
        place = generator.randrange(buffer_size)
        yield buffer[place]
        buffer[place] = item
    generator.shuffle(buffer)
    yield from buffer
