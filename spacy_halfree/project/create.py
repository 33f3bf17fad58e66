"""From labelled and raw texts to a new spaCy project."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..custom_code import import_code
from ..data.annotated_texts import find_annotated_files
from ..data.checks import digest_text
from ..data.derived_files import CORPUS, POOL
from ..data.file_report import FileReport
from ..data.inputs import local_path
from ..data.progress import Progress
from ..data.raw_pool import LABELLED
from ..data.splitting import Split, split_docs
from ..data.tokenizers import make_tokenizing_pipeline
from ..outputs import check_place
from .corpus import CorpusSettings, LabelledTexts, check_has_spans, make_labelled_texts
from .names import check_are_utf8
from .new_folder import new_folder
from .own_tokenizer import check_can_be_saved, write_tokenizer
from .project_files import (
    PROBLEMS,
    write_findings,
    write_pool,
    write_project,
    write_split,
)
from .project_settings import ProjectSettings, choose_sizes


@dataclass(frozen=True)
class NewProject:
    """A project that was written.

    settings: How it trains.
    split: The labelled texts, as they were split.
    labelled: What was found in the labelled texts.
    pool: What was found in the raw texts.
    problems: The file with all problems, if there is any.
    """

    settings: ProjectSettings
    split: Split
    labelled: LabelledTexts
    pool: FileReport
    problems: Path

    @property
    def reports(self) -> list[FileReport]:
        """The reports on all files."""
        return [*self.labelled.reports, self.pool]

    @property
    def n_problems(self) -> int:
        """The number of problems."""
        return sum(len(report.problems) for report in self.reports)


def create_project(
    folder: str | Path,
    labelled: str | Path | Sequence[str | Path],
    raw: str | Path,
    *,
    settings: ProjectSettings | None = None,
    corpus: CorpusSettings | None = None,
    on_report: Callable[[LabelledTexts], object] | None = None,
    on_progress: Progress | None = None,
) -> NewProject:
    """Write a project in which `python -m spacy project run all` works at once.

    folder: The project's folder: new or empty.
    labelled: Labelled texts, see `check_files`: a file, or several, from the oldest to the newest.
    raw: A file or folder of raw texts. Those that are labelled are left out.
    settings: How the project trains.
    corpus: How the labelled texts are read and divided.
    on_report: Is called with what was found in the labelled texts, before anything else can fail.
    on_progress: Is called with the number of records that have been read since the last call.
    RAISES: ValueError, OSError (H013, H018, H019, H046, H047, H058, H065, H075, H076, H079, H088,
        H089, H097, H098, H109, H149) if the texts cannot be used, or the folder cannot be written,
        (H127, H128) if the code or the tokenizer cannot be used, (H147) if another process has
        written to the folder meanwhile, (H148) if a name cannot be used.
    """
    settings, corpus = settings or ProjectSettings(), corpus or CorpusSettings()
    given = [labelled] if isinstance(labelled, str | Path) else labelled
    folder, raw, paths = Path(folder), str(raw), [Path(path) for path in given]
    encoder = Path(settings.encoder) if settings.encoder_is_folder else None
    own = [Path(path) for path in (settings.tokenizer, settings.code) if path]
    check_are_utf8(
        project=folder.absolute(),
        labelled=paths,
        raw=raw,
        tokenizer=settings.tokenizer,
        code=settings.code,
    )
    check_place(folder, inputs=[*paths, local_path(raw), encoder, *own])
    import_code(settings.code or None)
    nlp = make_tokenizing_pipeline(settings.lang, settings.tokenizer or None)
    check_can_be_saved(nlp)
    with new_folder(folder) as partial:
        place = partial / CORPUS
        place.mkdir()
        files = find_annotated_files(paths, corpus.reading, lang=settings.lang)
        texts = make_labelled_texts(files, nlp, corpus.on_conflict, on_progress)
        if on_report is not None:
            on_report(texts)
        check_has_spans(texts)
        docs = texts.gold.docs
        known = dict.fromkeys((digest_text(doc.text) for doc in docs), LABELLED)
        sizes = choose_sizes(corpus.dev, corpus.test, len(known))
        split = split_docs(docs, *sizes, settings.seed)
        pool = write_pool(place / POOL, raw, known, nlp.max_length, on_progress)
        write_split(place, split)
        project = NewProject(settings, split, texts, pool, folder / CORPUS / PROBLEMS)
        write_findings(place, project.reports, texts.comparison)
        has = {"test": bool(split.test), "problems": bool(project.n_problems)}
        tokenizer = write_tokenizer(partial, nlp, settings)
        write_project(partial, folder.resolve().name, settings, has, tokenizer)
    return project
