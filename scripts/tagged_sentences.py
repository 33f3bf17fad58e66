"""Read sequence-labelling corpora: sentences whose words have IOB2 tags.

Two forms: a pair of files with one sentence and its tags a line, or one file with a word and its
tag a line and an empty line after each sentence.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from records import DataError, Record, Span

Sentence = tuple[list[str], list[str]]


def read_sentences(folder: Path, split: str) -> list[Record]:
    """Read a split of a corpus, in whichever of the two forms it lies there.

    Args:
        folder: the corpus' folder.
        split: the name of the split, e.g. "train".

    Returns:
        The sentences as texts with a space between words, in the order of the file.

    Raises:
        DataError: the files are not there, cannot be read, or are not of the form.
    """
    words, tags, pairs = (folder / f"{split}.{end}" for end in ("seq.in", "seq.out", "bio"))
    if pairs.is_file():
        sentences = read_pairs(pairs)
    elif words.is_file() and tags.is_file():
        sentences = read_parallel(words, tags)
    else:
        raise DataError(
            f"[S020] {folder}: there is neither {pairs.name} nor {words.name} with {tags.name}; "
            "fetch the corpora with `python -m spacy project assets --extra`"
        )
    records = [make_record(*sentence) for sentence in sentences]
    if not records:
        raise DataError(f"[S021] {folder}: no sentence in the split '{split}'; fetch it again")
    return records


def read_lines(path: Path) -> list[str]:
    """The lines of a file, without white space at their ends."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").split("\n")]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"[S022] {path}: cannot be read ({error}); fetch it again") from error


def read_parallel(words_path: Path, tags_path: Path) -> Iterator[Sentence]:
    """Sentences of which words and tags are in step in two files."""
    words_lines, tags_lines = read_lines(words_path), read_lines(tags_path)
    if len(words_lines) != len(tags_lines):
        raise DataError(
            f"[S023] {words_path} has {len(words_lines)} lines, {tags_path} has "
            f"{len(tags_lines)}; fetch them again"
        )
    for number, (line, tags_line) in enumerate(zip(words_lines, tags_lines, strict=True), 1):
        words, tags = line.split(), tags_line.split()
        if len(words) != len(tags):
            raise DataError(
                f"[S024] {words_path}: line {number}: {len(words)} words, but {len(tags)} tags in "
                f"{tags_path}; fetch them again"
            )
        if words:
            yield words, tags


def read_pairs(path: Path) -> Iterator[Sentence]:
    """Sentences with a word and its tag a line."""
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*read_lines(path), ""], 1):
        if line:
            fields = line.split()
            if len(fields) != 2:
                raise DataError(
                    f"[S025] {path}: line {number}: {line!r} is not a word and its tag; fetch the "
                    "file again"
                )
            words.append(fields[0])
            tags.append(fields[1])
        elif words:
            yield words, tags
            words, tags = [], []


def make_record(words: Sequence[str], tags: Sequence[str]) -> Record:
    """Make a text and its spans of words and IOB2 tags.

    Args:
        words: the words.
        tags: for each word "O", "B-label" or "I-label". An "I-" that does not go on with what
            stands before it begins a span, as in the CoNLL evaluation.

    Returns:
        The text with a space between words; its tokens are the words with their tags.
    """
    spans: list[Span] = []
    tokens: list[Span] = []
    start = 0
    before = ""
    for word, tag in zip(words, tags, strict=True):
        end = start + len(word)
        tokens.append(Span(start, end, tag))
        prefix, _, label = tag.partition("-")
        if prefix == "I" and label == before:
            spans[-1] = Span(spans[-1].start, end, label)
        elif label:
            spans.append(Span(start, end, label))
        before = label
        start = end + 1
    return Record(" ".join(words), tuple(spans), tuple(tokens))
