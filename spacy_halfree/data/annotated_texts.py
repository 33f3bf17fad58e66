"""Read annotated texts of every format."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from ..errors import Errors, Warnings
from ..ranges import check_choice
from .file_formats import ANNOTATED, ANNOTATED_FILES
from .file_formats.brat import BRAT
from .file_formats.file_format import AnnotationFormat, Head
from .file_formats.unknown_files import describe_unknown
from .read_settings import OF_ALL_FORMATS, ReadSettings
from .records import (
    HALF_PAIR,
    AnnotatedRecord,
    AnnotatedText,
    Annotation,
    InvalidRecord,
    MisplacedSpan,
    NumberedRecord,
    Skipped,
    touched_tokens,
)
from .sources import Source, ask_for_member, find_sources, list_members
from .text_encoding import is_unicode

logger = logging.getLogger("spacy.halfree")
WITHOUT_SPACES = ("zh", "ja", "th")
"""Languages that are written without spaces between words."""
TEXTS_IN_A_BATCH = 1024
MAX_LENGTH = 1_000_000
"""The most characters of a text, as spaCy's `Language.max_length` is set."""
WITHOUT_SPANS = Skipped("no spans (`--skip-empty`)")


@dataclass(frozen=True)
class AnnotatedFile:
    """A file of annotated texts whose format is known.

    source: The file.
    format: Its format.
    settings: How to read it.
    """

    source: Source
    format: AnnotationFormat
    settings: ReadSettings

    def read(self) -> Iterator[NumberedRecord]:
        """Read the file, record by record.

        YIELDS: Numbers of lines, docs or tasks, and what is read of them.
        RAISES: ValueError (H046) if the file cannot be read.
        """
        skip_empty = self.settings.skip_empty
        labels: set[str] = set()
        for number, record in self.format.read(self.source, self.settings):
            if isinstance(record, Annotation):
                if skip_empty and not record.spans:
                    record = WITHOUT_SPANS
                elif len(record.text) > MAX_LENGTH:
                    reason = f"has {len(record.text)} characters, more than {MAX_LENGTH}: split it"
                    record = InvalidRecord(self.source.name, number, reason)
                elif not is_unicode(record.text):
                    record = InvalidRecord(self.source.name, number, HALF_PAIR)
                elif new := {span.label for span in record.spans}.difference(labels):
                    if all(map(is_unicode, new)):
                        labels |= new
                    else:
                        reason = f"has a label that {HALF_PAIR}"
                        record = InvalidRecord(self.source.name, number, reason)
            yield number, record


def find_annotated_files(
    paths: Sequence[Path], settings: ReadSettings | None = None, *, lang: str = "en"
) -> list[AnnotatedFile]:
    """Find the formats of files of annotated texts.

    A warning (W026) tells if words are joined without spaces because of the language.

    paths: The files.
    settings: How to read them, where they leave a choice.
    lang: The language of the texts.
    RETURNS: The files, in order; of an archive the chosen members.
    RAISES: ValueError (H046, H109) if a file cannot be read, (H047) if its format is not known,
        (H013) if there is no such format, (H097) if a setting applies to none of the files, (H146)
        if there are settings and no files.
    """
    settings = settings or ReadSettings()
    if not paths and settings.given:
        raise ValueError(Errors.H146.format(options=", ".join(settings.given)))
    files = []
    sources = [source for path in paths for source in find_sources(path, settings.members)]
    check_members(sources, settings.members)
    for source in sources:
        found = find_format(source, settings)
        has_spaces = settings.columns.spaces
        if has_spaces is None:
            has_spaces = lang not in WITHOUT_SPACES
            if not has_spaces and "--spaces" in found.options:
                logger.warning(Warnings.W026.format(path=source.name, lang=lang))
        own = replace(settings, columns=replace(settings.columns, spaces=has_spaces))
        files.append(AnnotatedFile(source, found, own))
    known = {option for file in files for option in file.format.options} | set(OF_ALL_FORMATS)
    if "--spaces" in known:
        known.add("--no-spaces")
    if any(source.member for source in sources):
        known.add("--member")
    unused = [option for option in settings.given if option not in known]
    if unused:
        titles = ", ".join(dict.fromkeys(file.format.title for file in files))
        raise ValueError(Errors.H097.format(options=", ".join(unused), titles=titles))
    return files


def check_members(sources: Sequence[Source], members: Sequence[str]) -> None:
    """Check that all files that were chosen are in an archive, if there is any.

    RAISES: ValueError (H109) with the missing ones.
    """
    found = {source.member for source in sources}
    missing = [member for member in members if member not in found]
    archive = next((source.path for source in sources if source.member), None)
    if missing and archive is not None:
        raise ValueError(ask_for_member(archive, list_members(archive), missing))


def find_format(source: Source, settings: ReadSettings) -> AnnotationFormat:
    """Find the format of a file.

    RAISES: ValueError (H046) if the file cannot be read, (H047) if its format is not known, (H013)
        if there is no such format.
    """
    if settings.format is not None:
        check_choice(ANNOTATED, format=settings.format)
        chosen = ANNOTATED[settings.format]
        if chosen is not BRAT and Head(source).is_empty:
            raise ValueError(Errors.H046.format(path=source.name, reason="it is empty"))
        return chosen
    head = Head(source)
    # an empty file of brat says that its text has no spans
    for own in (BRAT,) if head.is_empty else ANNOTATED.values():
        if own.recognize(head):
            return own
    guess = describe_unknown(head)
    raise ValueError(Errors.H047.format(path=source.name, guess=guess, formats=ANNOTATED_FILES))


def read_annotated_texts(
    path: Path, nlp: Language, settings: ReadSettings | None = None
) -> Iterator[AnnotatedRecord]:
    """Read a file of annotated texts, and tokenize them.

    path: A file of any format in `file_formats`.
    nlp: Tokenizes the texts. Tokens that a file stores are used as they are.
    settings: How to read the file, where it leaves a choice.
    YIELDS: Annotated texts, records that cannot be used, and skipped texts.
    RAISES: ValueError (H013, H046, H047, H097, H109) if the file cannot be read.
    """
    for file in find_annotated_files([path], settings, lang=str(nlp.lang)):
        yield from tokenize(file, nlp)


def tokenize(file: AnnotatedFile, nlp: Language) -> Iterator[AnnotatedRecord]:
    """Read a file and tokenize its texts, see `read_annotated_texts`."""
    return tokenize_records(file.read(), nlp)


def tokenize_records(records: Iterable[NumberedRecord], nlp: Language) -> Iterator[AnnotatedRecord]:
    """Tokenize the texts of records, see `read_annotated_texts`."""
    for number, record in records:
        if isinstance(record, Annotation):
            yield to_annotated_text(number, record, nlp)
        elif isinstance(record, Skipped):
            yield replace(record, number=number)
        else:
            yield record


def tokenize_in_batches(
    records: Iterable[NumberedRecord], nlp: Language
) -> Iterator[AnnotatedRecord]:
    """Tokenize the texts of records with flat memory, see `read_annotated_texts`.

    Each text must be used before the next one is taken: what the vocabulary learns is forgotten.
    """
    records = iter(records)
    while batch := list(islice(records, TEXTS_IN_A_BATCH)):
        with nlp.memory_zone():
            yield from tokenize_records(batch, nlp)


def to_annotated_text(number: int, annotation: Annotation, nlp: Language) -> AnnotatedText:
    """Tokenize a text.

    number: Its line, or the number of its doc or task.
    annotation: The text and its spans.
    nlp: Tokenizes the text, unless its tokens are known.
    RETURNS: The text. If its tokenizer does not keep every character, no span can be placed.
    """
    if annotation.words:
        doc = Doc(nlp.vocab, words=list(annotation.words), spaces=list(annotation.spaces))
    else:
        doc = nlp.make_doc(annotation.text)
        # spaCy's own tokenizer keeps every character; others often add a space at the end
        keeps_text = type(nlp.tokenizer) is Tokenizer
        if not keeps_text and doc.text.rstrip() != annotation.text.rstrip():
            return to_changed_text(number, annotation, doc)
    missing: set[int] = set()
    if annotation.is_partial:
        bounds = [(span.start, span.end) for span in annotation.spans]
        missing = set(range(len(doc))) - touched_tokens(doc, bounds)
    if annotation.unknown:
        missing |= touched_tokens(doc, annotation.unknown)
    indices = tuple(sorted(missing)) if missing else ()
    return AnnotatedText(number, doc, annotation.spans, indices, bool(annotation.words))


def to_changed_text(number: int, annotation: Annotation, doc: Doc) -> AnnotatedText:
    """Make what is left of a text if its tokens do not make up the same text again."""
    reason = f"the tokenizer makes {doc.text!r} of the text {annotation.text!r}"
    spans = [
        MisplacedSpan(span.start, span.end, span.label, "text changed by the tokenizer", reason)
        for span in annotation.spans
    ]
    return AnnotatedText(number, doc, tuple(spans), missing=tuple(range(len(doc))))
