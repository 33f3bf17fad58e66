"""New labelled and raw texts in an existing project."""

import json
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import srsly
from spacy.language import Language
from spacy.tokens import Doc

from ..data.annotated_texts import AnnotatedFile, find_annotated_files
from ..data.checks import digest_text
from ..data.derived_files import CORPUS, GOLD, POOL, PROJECT
from ..data.docbin import write_docs
from ..data.file_formats.spacy_docs import read_docs
from ..data.file_report import FileReport
from ..data.inputs import local_path
from ..data.progress import Progress
from ..data.raw_pool import IN_POOL, LABELLED, check_pool, read_pool
from ..data.records import Annotation, text_of
from ..errors import Errors
from ..files import write_at_once
from ..outputs import check_place, hold
from .corpus import CorpusSettings, LabelledTexts, check_has_spans, make_labelled_texts
from .names import check_are_utf8
from .own_tokenizer import load_tokenizer
from .project_files import DEV, PREVIOUS, TEST, write_findings

HELD_OUT = "one of the project's dev and test texts, which do not change"


@dataclass(frozen=True)
class UpdatedProject:
    """A project with new texts.

    labelled: What was found in the existing texts to train on and in the new files.
    n_held_out: How many texts of the new files the project tunes or tests on. They are not used.
    n_gold: How many texts to train on the project has now.
    n_new: How many of them are new.
    raw: What was found in the project's raw texts and in the new ones.
    previous: The texts to train on as they were before the last change.
    """

    labelled: LabelledTexts
    n_held_out: int
    n_gold: int
    n_new: int
    raw: list[FileReport]
    previous: Path

    @property
    def n_raw(self) -> int:
        """How many raw texts the project has now."""
        return sum(report.n_texts for report in self.raw)

    @property
    def reports(self) -> list[FileReport]:
        """The reports on the new labelled texts and on all raw texts."""
        return [*self.labelled.reports[1:], *self.raw]


def update_project(
    folder: str | Path,
    labelled: str | Path | Sequence[str | Path],
    raw: str | Path | None = None,
    *,
    corpus: CorpusSettings | None = None,
    on_report: Callable[[LabelledTexts], object] | None = None,
    on_progress: Progress | None = None,
) -> UpdatedProject:
    """Add labelled texts, such as corrected suggestions, to a project that `create_project` wrote.

    They are added to the texts to train on and taken out of the raw texts. Texts to tune and to
    test on stay as they are, so that results can be compared. The texts to train on before are
    kept in `corpus/gold.previous.spacy`, and what is found in `corpus/update.summary.json`.

    folder: The project's folder.
    labelled: New labelled texts: a file, or several, from the oldest to the newest.
    raw: More raw texts: a file or folder.
    corpus: How the labelled texts are read. The project's own texts are older than those.
    on_report: Is called with what was found in the labelled texts, before anything is written.
    on_progress: Is called with the number of records that have been read since the last call.
    RAISES: ValueError, OSError (H013, H018, H019, H046, H047, H058, H065, H075, H079, H097, H109)
        if the texts cannot be used, (H135) if the folder is no project, (H147) if another process
        is changing it, (H148) if a name is not UTF-8, (E893) if its tokenizer needs a function that
        is not registered.
    """
    corpus = corpus or CorpusSettings()
    given = [labelled] if isinstance(labelled, str | Path) else labelled
    folder, paths = Path(folder), [Path(path) for path in given]
    check_are_utf8(project=folder.absolute(), labelled=paths, raw=raw)
    nlp = load_tokenizer(folder, read_lang(folder))
    # what another process adds meanwhile would be lost
    with hold(folder / CORPUS):
        return add_texts(
            folder / CORPUS,
            paths,
            raw,
            nlp,
            corpus,
            on_report=on_report,
            on_progress=on_progress,
        )


def add_texts(
    place: Path,
    paths: Sequence[Path],
    raw: str | Path | None,
    nlp: Language,
    corpus: CorpusSettings,
    *,
    on_report: Callable[[LabelledTexts], object] | None,
    on_progress: Progress | None,
) -> UpdatedProject:
    """Add texts to the folder of a project's texts.

    place: That folder.
    nlp: Tokenizes the texts.
    The other arguments, the result and the errors are those of `update_project`.
    """
    inputs = [*paths, *([] if raw is None else [local_path(str(raw))])]
    for name in (GOLD, PREVIOUS, POOL):
        check_place(place / name, inputs=inputs)
    new = find_annotated_files(paths, corpus.reading, lang=str(nlp.lang))
    (gold,) = find_annotated_files([place / GOLD])
    texts = make_labelled_texts([gold, *new], nlp, corpus.on_conflict, on_progress)
    if on_report is not None:
        on_report(texts)
    check_has_spans(texts)
    held_out = read_digests(find_held_out(place))
    before = read_digests([gold])
    digests = [digest_text(doc.text) for doc in texts.gold.docs]
    docs = [doc for doc, own in zip(texts.gold.docs, digests, strict=True) if own not in held_out]
    leave_out(held_out, new, texts.reports[1:])
    known = dict.fromkeys([*digests, *held_out], LABELLED)
    pool = FileReport(str(place / POOL))
    records = [*read_pool(str(place / POOL), known, nlp.max_length, pool, on_progress)]
    reports = [pool]
    if raw is not None:
        reports.append(FileReport(str(raw)))
        known |= dict.fromkeys((digest_text(text_of(record)) for record in records), IN_POOL)
        records += read_pool(str(raw), known, nlp.max_length, reports[-1], on_progress)
    check_pool(*reports)
    write_gold(docs, place, nlp)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    write_at_once(place / POOL, lines.encode())
    write_findings(place, [*texts.reports[1:], *reports], texts.comparison, "update.")
    return UpdatedProject(
        texts,
        n_held_out=len(held_out & set(digests)),
        n_gold=len(docs),
        n_new=len(set(digests) - before - held_out),
        raw=reports,
        previous=place / PREVIOUS,
    )


def leave_out(
    digests: Set[bytes], files: Sequence[AnnotatedFile], reports: Sequence[FileReport]
) -> None:
    """Name the texts of files that are among others.

    digests: The digests of the others, which the project tunes or tests on.
    files: The files.
    reports: The reports on the files.
    """
    for file, report in zip(files, reports, strict=True):
        for number, record in file.read():
            if isinstance(record, Annotation) and digest_text(record.text) in digests:
                report.leave_out(HELD_OUT, number)


def write_gold(docs: Sequence[Doc], folder: Path, nlp: Language) -> None:
    """Write the texts to train on, and keep those before beside them.

    A run that is stopped in between can be repeated: if nothing changes, nothing is written, and
    the texts before stay what they are.

    docs: The docs.
    folder: The folder of the project's texts.
    nlp: Has their vocabulary.
    """
    (before,) = find_annotated_files([folder / GOLD])
    if [*map(to_rows, read_docs(before.source, nlp.vocab))] == [*map(to_rows, docs)]:
        return
    write_at_once(folder / PREVIOUS, (folder / GOLD).read_bytes())
    write_docs(docs, folder / GOLD)


def to_rows(doc: Doc) -> list[tuple[str, str, str, str]]:
    """The tokens of a doc, and their annotation."""
    return [(token.text, token.whitespace_, token.ent_iob_, token.ent_type_) for token in doc]


def read_lang(folder: Path) -> str:
    """The language of a project.

    RAISES: ValueError (H135) if the folder is no project that `init` has written.
    """
    needed = (folder / PROJECT, *(folder / CORPUS / name for name in (GOLD, DEV, POOL)))
    missing = [path for path in needed if not path.is_file()]
    if missing:
        raise ValueError(Errors.H135.format(path=folder, reason=f"{missing[0]} is missing"))
    try:
        return str(srsly.read_yaml(needed[0])["vars"]["lang"])
    except (ValueError, KeyError, TypeError) as error:
        reason = f"project.yml has no variable `lang` ({error!r})"
        raise ValueError(Errors.H135.format(path=folder, reason=reason)) from error


def find_held_out(corpus: Path) -> list[AnnotatedFile]:
    """The files that a project tunes and tests on."""
    return find_annotated_files([corpus / name for name in (DEV, TEST) if (corpus / name).exists()])


def read_digests(files: Sequence[AnnotatedFile]) -> set[bytes]:
    """The digests of the texts of files."""
    return {
        digest_text(record.text)
        for file in files
        for _, record in file.read()
        if isinstance(record, Annotation)
    }
