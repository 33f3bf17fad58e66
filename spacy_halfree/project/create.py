"""From labelled and raw texts to a new spaCy project."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import spacy

from ..data.annotated_texts import read_annotated_texts
from ..data.check_files import write_problems
from ..data.checks import FileReport, check_file
from ..data.gold import GoldFile, make_gold_file
from ..data.inputs import local_path
from ..data.read_settings import ReadSettings
from ..data.records import AnnotatedText, without_white_space
from ..data.splitting import Split, split_docs
from ..errors import Errors
from ..outputs import check_place
from .project_files import POOL, PROBLEMS, new_folder, write_pool, write_project, write_split
from .project_settings import ProjectSettings, choose_sizes


@dataclass(frozen=True)
class NewProject:
    """A project that was written.

    settings: How it trains.
    split: The labelled texts, as they were split.
    labelled, pool: What was found in the labelled and in the raw texts.
    problems: The file with all problems, if there is any.
    """

    settings: ProjectSettings
    split: Split
    labelled: FileReport
    pool: FileReport
    problems: Path

    @property
    def n_problems(self) -> int:
        """The number of problems."""
        return len(self.labelled.problems) + len(self.pool.problems)


def create_project(
    folder: str | Path,
    labelled: str | Path,
    raw: str | Path,
    *,
    settings: ProjectSettings | None = None,
    dev: str | float | None = None,
    test: str | float | None = None,
    reading: ReadSettings | None = None,
    on_report: Callable[[FileReport, GoldFile], object] | None = None,
) -> NewProject:
    """Write a project in which `python -m spacy project run all` works at once.

    folder: The project's folder: new or empty.
    labelled: Labelled texts, see `check_files`.
    raw: A file or folder of raw texts. Those that are labelled are left out.
    settings: How the project trains.
    dev, test: How many texts to tune and to test on: a number or a share.
    reading: How to read the labelled texts, where they leave a choice.
    on_report: Is called with what was found in the labelled texts, before anything else can fail.
    RAISES: ValueError, OSError (H013, H018, H019, H046, H047, H058, H065, H075, H076, H079, H088,
        H089, H097, H098, H109) if the texts cannot be used, or the folder cannot be written.
    """
    settings = settings or ProjectSettings()
    folder, labelled, raw = Path(folder), Path(labelled), str(raw)
    encoder = Path(settings.encoder) if settings.encoder_is_folder else None
    check_place(folder, inputs=[labelled, local_path(raw), encoder])
    nlp = spacy.blank(settings.lang)
    with new_folder(folder) as partial:
        corpus = partial / "corpus"
        corpus.mkdir()
        records = list(read_annotated_texts(labelled, nlp, reading))
        report = check_file(str(labelled), records)
        texts = [own for own in records if isinstance(own, AnnotatedText) and own.text.strip()]
        gold = make_gold_file(texts)
        if on_report is not None:
            on_report(report, gold)
        if gold.n_left_out == gold.n_spans:
            raise ValueError(Errors.H075.format(path=labelled))
        known = {without_white_space(doc.text) for doc in gold.docs}
        split = split_docs(gold.docs, *choose_sizes(dev, test, len(known)), settings.seed)
        pool = write_pool(corpus / POOL, raw, known, nlp.max_length)
        write_split(corpus, split)
        project = NewProject(settings, split, report, pool, folder / "corpus" / PROBLEMS)
        if project.n_problems:
            write_problems(corpus / PROBLEMS, [report, pool], overwrite=False)
        counts = {
            "train": len(split.train),
            "dev": len(split.dev),
            "test": len(split.test),
            "pool": pool.n_texts,
            "problems": project.n_problems,
        }
        write_project(partial, folder.resolve().name, settings, counts)
    return project
