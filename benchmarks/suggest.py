"""Are 50 suggested texts worth more than 50 random ones?

    PYTHONPATH=scripts python -m benchmarks.suggest

Of each draw, a teacher is trained on 50 random gold texts. It suggests 50 of the others, these get
the corpus' own labels, and a teacher is trained anew on all 100; another one is on 100 random
texts, of which the 50 are the first half. All is as in the accuracy tables: recipe, encoder,
development texts and seeds, so that cells that stand in their results are taken from there. What is
finished is kept in benchmarks/results/suggest.jsonl, and what was trained in training/benchmarks/,
so that a run that was stopped goes on where it was.
"""

import fcntl
import json
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer

from spacy_halfree.active_learning.suggest import SuggestionSettings, suggest
from spacy_halfree.data.suggestion_files import write_suggestions
from spacy_halfree.files import write_at_once
from spacy_halfree.labelling.worker import TeacherWorker

from .accuracy.comparisons import signed
from .accuracy.names import CORPUS_NAMES
from .accuracy.results import Cell, config_hash, key_of, read_cells
from .accuracy.run import RESULTS as ACCURACY_RESULTS
from .accuracy.systems import TEACHER
from .accuracy.tables import (
    MixedRecipesError,
    make_head,
    make_row,
    mean_and_spread,
)
from .accuracy.workspace import ASSETS, Run
from .origin import processor_name

RESULTS = Path("benchmarks/results/suggest.jsonl")
N_FIRST, N_MORE, N_DEV = 50, 50, 50
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "suggested": {},
    "suggested_per_word": {"unit": "word"},
    "suggested_not_diverse": {"diversity": 0.0, "max_similarity": 1.0},
}
"""What is suggested, and the settings that are not the default."""
CHOICES = {
    "first": "50 random texts",
    "random": "and 50 random ones",
    "suggested": "**and 50 suggested ones**",
    "suggested_per_word": "and 50 suggested ones, `--per word`",
    "suggested_not_diverse": "and 50 suggested ones, `--diversity 0 --max-similarity 1`",
}


@dataclass(frozen=True)
class SuggestCell:
    """What a teacher reaches with one choice of texts.

    Attributes:
        choice: how the texts beyond the first 50 were chosen.
        words: how many words its gold texts have, which somebody had to read.
        entities: how many entities.
        cell: what it reaches.
    """

    choice: str
    words: int
    entities: int
    cell: Cell

    @property
    def key(self) -> tuple[str, str, int, str]:
        """By which it is found."""
        return (self.choice, self.cell.corpus, self.cell.seed, self.cell.config_hash)


@dataclass(frozen=True)
class SuggestedRun(Run):
    """A draw of gold texts, and others that its teacher has suggested.

    Attributes:
        choice: the settings' name.
    """

    choice: str = "suggested"

    @property
    def first(self) -> Run:
        """The draw alone."""
        return Run(self.corpus, str(N_FIRST), self.seed)

    @property
    def texts(self) -> Path:
        """The folder of all gold texts."""
        return self.first.texts / self.choice

    @property
    def training(self) -> Path:
        """The folder of what is trained on them."""
        return self.first.training / self.choice

    def prepare(self) -> None:
        """Train on the draw, let the teacher suggest texts, and label them, unless that is done."""
        from .accuracy.running import train_system

        if (self.texts / "splits.json").exists():
            return
        self.first.prepare()
        self.texts.mkdir(parents=True, exist_ok=True)
        model, _ = train_system(self.first, TEACHER)
        suggestions = suggest(
            TeacherWorker((str(model),)),
            str(self.first.texts / "pool.txt"),
            [self.first.texts / "gold.spacy"],
            settings=SuggestionSettings(n=N_MORE, **SETTINGS[self.choice]),
        ).texts
        content = write_suggestions(suggestions, "prodigy")
        write_at_once(self.texts / "suggestions.jsonl", content)
        # the pool is a file of lines, by which its texts are known
        lines = [int(own.source.rsplit(":", 1)[1]) for own in suggestions]
        described = self._write_gold(lines, [own.text for own in suggestions])
        for name in ("dev.spacy", "dev_all.spacy", "test.spacy", "train.txt"):
            shutil.copyfile(self.first.texts / name, self.texts / name)
        # last, because it stands for all
        splits = json.dumps({"splits": {"gold": described}}, indent=2)
        write_at_once(self.texts / "splits.json", splits.encode())

    def _write_gold(self, lines: Sequence[int], texts: Sequence[str]) -> dict[str, Any]:
        """The draw, and the pool's texts that stand in these lines, with the corpus' labels."""
        from convert_corpus import draw, read_corpus
        from documents import write_docs

        gold, _, rest = draw(read_corpus(ASSETS / self.corpus), N_FIRST, N_DEV, self.seed)
        chosen = [rest[line - 1] for line in lines]
        assert [record.text for record in chosen] == list(texts)
        return write_docs(self.texts / "gold.spacy", spacy.blank("en"), [*gold, *chosen])


def run_of(choice: str, corpus: str, seed: int) -> Run:
    """The gold texts of a choice."""
    if choice in SETTINGS:
        return SuggestedRun(corpus, str(N_FIRST + N_MORE), seed, choice)
    return Run(corpus, str(N_FIRST if choice == "first" else N_FIRST + N_MORE), seed)


def measure(choice: str, corpus: str, seed: int, accuracy: Path) -> SuggestCell:
    """Train a teacher on a choice of texts and score it, unless it stands in ACCURACY already."""
    from .accuracy.running import run_cell

    run = run_of(choice, corpus, seed)
    run.prepare()
    known = {}
    if choice not in SETTINGS:
        here = processor_name()
        known = {cell.key: cell for cell in read_cells(accuracy) if cell.processor == here}
    cell = known.get(key_of(run, TEACHER)) or run_cell(run, TEACHER)
    gold = json.loads((run.texts / "splits.json").read_text(encoding="utf8"))["splits"]["gold"]
    return SuggestCell(choice, gold["tokens"], gold["spans"], cell)


def read_results(path: Path) -> list[SuggestCell]:
    """The finished cells of a file; none if there is no file."""
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    return [SuggestCell(**row | {"cell": Cell(**row["cell"])}) for row in rows]


def append_result(path: Path, result: SuggestCell) -> None:
    """Add a finished cell, whoever else is adding one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf8") as lines:
        fcntl.flock(lines, fcntl.LOCK_EX)
        lines.write(json.dumps(asdict(result)) + "\n")


def suggest_table(path: Path) -> str:
    """F1, words to read and entities by choice of texts, and what is gained over random ones.

    Raises:
        MixedRecipesError: teachers were not all trained in the same way.
    """
    results = read_results(path)
    recipes = {own.cell.config_hash for own in results}
    if len(recipes) > 1:
        raise MixedRecipesError(f"{path} has teachers of the recipes {sorted(recipes)}")
    by_place = {(own.choice, own.cell.corpus, own.cell.seed): own for own in results}
    columns = ["test F1", "against random", "words", "entities", "draws"]
    lines = make_head("corpus, gold texts", columns)
    for corpus, corpus_name in CORPUS_NAMES.items():
        for choice, name in CHOICES.items():
            own = {key[2]: row for key, row in by_place.items() if key[:2] == (choice, corpus)}
            if not own:
                continue
            pairs = [
                row.cell.f1 - by_place["random", corpus, seed].cell.f1
                for seed, row in own.items()
                if ("random", corpus, seed) in by_place
                # on another machine the same draw is another training
                and by_place["random", corpus, seed].cell.processor == row.cell.processor
            ]
            values = [
                mean_and_spread([row.cell.f1 for row in own.values()]),
                signed(pairs) if choice in SETTINGS else "",
                f"{statistics.mean(row.words for row in own.values()):,.0f}",
                f"{statistics.mean(row.entities for row in own.values()):,.0f}",
                str(len(own)),
            ]
            lines.append(make_row(f"{corpus_name}: {name}", values))
    return "\n".join(lines) + "\n"


def main(
    corpus: Annotated[list[str], typer.Option(help="Corpora.")] = ["snips", "mit_restaurant"],  # noqa: B006
    seed: Annotated[list[int], typer.Option(help="Seeds of the draws.")] = [1, 2, 3],  # noqa: B006
    choice: Annotated[list[str], typer.Option(help="Choices of texts.")] = [  # noqa: B006
        *("first", "random", "suggested")
    ],
    accuracy: Annotated[Path, typer.Option(help="Finished cells of tables.")] = ACCURACY_RESULTS,
    results: Annotated[Path, typer.Option(help="Where finished cells are kept.")] = RESULTS,
) -> None:
    """Fill what is not measured yet of CORPUS x SEED x CHOICE."""
    for number in seed:
        for name in corpus:
            for own in choice:
                finished = {result.key for result in read_results(results)}
                if (own, name, number, config_hash(TEACHER)) in finished:
                    continue
                result = measure(own, name, number, accuracy)
                append_result(results, result)
                sys.stderr.write(f"{name}, seed {number}: {own}: F1 {result.cell.f1:.1f}\n")
    typer.echo(suggest_table(results))


if __name__ == "__main__":
    typer.run(main)
