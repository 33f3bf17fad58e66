"""Where a teacher and its student err: kinds of mistakes, and recall by the number of examples.

    python -m benchmarks.accuracy.mistakes

Takes models of the accuracy tables, seed 1, and whole development splits. Figures go into
`benchmarks/results/mistakes.json`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from spacy.tokens import Doc, Span
from spacy.training import Example

from benchmarks.json_results import read_json, write_json

from .coverage import count_labels
from .levers import STUDENT
from .names import CORPUS_NAMES, SYSTEM_NAMES
from .running import read_examples, train_system
from .systems import TEACHER, System
from .tables import NONE, make_head, make_row
from .workspace import CORPORA, Run

RESULTS = Path("benchmarks/results/mistakes.json")
KINDS = {
    "right": "right",
    "label": "wrong label alone",
    "bounds": "wrong bounds alone",
    "both": "both wrong",
    "missed": "not found",
}
SPURIOUS = "spurious"
EXAMPLES = {"none": (0, 0), "1 to 3": (1, 3), "4 to 10": (4, 10), "more": (11, 10**9)}
"""How many gold examples a label has."""
EXAMPLE_HEADS = ("no example", "1 to 3 examples", "4 to 10 examples", "11 or more examples")


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a token."""
    return one.start < other.end and other.start < one.end


def kind_of(entity: Span, found: Sequence[Span]) -> str:
    """What became of an entity: one of `KINDS`."""
    touching = [span for span in found if overlap(entity, span)]
    same = [span for span in touching if (span.start, span.end) == (entity.start, entity.end)]
    if same:
        return "right" if same[0].label_ == entity.label_ else "label"
    if not touching:
        return "missed"
    return "bounds" if any(span.label_ == entity.label_ for span in touching) else "both"


def count_mistakes(pairs: Iterable[tuple[Doc, Doc]], examples: Mapping[str, int]) -> dict[str, Any]:
    """Count what became of entities.

    Args:
        pairs: docs as they were predicted and as they should be, of the same tokens.
        examples: how many gold examples each label has.

    Returns:
        Under `kinds`, in percent of all entities, what became of them, and what was found where
        there is none; under `recall`, for labels with so many examples, how many entities they
        have and how many percent of these are right.
    """
    kinds: Counter[str] = Counter()
    by_label: dict[str, Counter[str]] = {}
    for predicted, gold in pairs:
        for entity in gold.ents:
            kind = kind_of(entity, predicted.ents)
            kinds[kind] += 1
            by_label.setdefault(entity.label_, Counter())[kind] += 1
        kinds[SPURIOUS] += sum(
            not any(overlap(span, entity) for entity in gold.ents) for span in predicted.ents
        )
    total = max(sum(kinds[kind] for kind in KINDS), 1)
    recall = {}
    for name, (least, most) in EXAMPLES.items():
        own = [
            count for label, count in by_label.items() if least <= examples.get(label, 0) <= most
        ]
        n_entities = sum(count.total() for count in own)
        if n_entities:
            right = round(100 * sum(count["right"] for count in own) / n_entities, 1)
            recall[name] = {"entities": n_entities, "right": right}
    return {
        "kinds": {kind: round(100 * kinds[kind] / total, 1) for kind in (*KINDS, SPURIOUS)},
        "recall": recall,
    }


def measure(run: Run, system: System) -> dict[str, Any]:
    """The mistakes of a system on the development split."""
    run.prepare()
    nlp = spacy.load(train_system(run, system)[0])
    examples: list[Example] = read_examples(nlp, run.files["dev"])
    docs = nlp.pipe([example.predicted for example in examples])
    pairs = [(doc, example.reference) for doc, example in zip(docs, examples, strict=True)]
    return count_mistakes(pairs, count_labels(run.texts / "gold.spacy"))


def label_of(corpus: str, system: str) -> str:
    """The first column."""
    return f"{CORPUS_NAMES[corpus]}: {SYSTEM_NAMES[system].replace('*', '')}"


def mistakes_table(path: Path) -> str:
    """What became of the entities, in percent."""
    lines = make_head("corpus, model", [*KINDS.values(), "found where there is none"])
    for corpus, by_system in read_json(path, {}).items():
        for system, found in by_system.items():
            values = [f"{found['kinds'][kind]:.1f}" for kind in (*KINDS, SPURIOUS)]
            lines.append(make_row(label_of(corpus, system), values))
    return "\n".join(lines) + "\n"


def recall_table(path: Path) -> str:
    """Recall by the number of gold examples that a label has."""
    lines = make_head("corpus, model", EXAMPLE_HEADS)
    for corpus, by_system in read_json(path, {}).items():
        for system, found in by_system.items():
            values = [
                f"{own['right']:.1f} % of {own['entities']:,}" if own else NONE
                for own in (found["recall"].get(name) for name in EXAMPLES)
            ]
            lines.append(make_row(label_of(corpus, system), values))
    return "\n".join(lines) + "\n"


def main(
    corpus: Annotated[list[str], typer.Option(help="Corpora.")] = list(CORPORA),  # noqa: B006
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Count the mistakes of the first teacher and of the student on soft labels."""
    found = read_json(results, {})
    for name in corpus:
        run = Run(name, "100", 1)
        found[name] = {system.name: measure(run, system) for system in (TEACHER, STUDENT)}
    write_json(results, {name: found[name] for name in CORPORA if name in found})
    typer.echo(mistakes_table(results))
    typer.echo(recall_table(results))


if __name__ == "__main__":
    typer.run(main)
