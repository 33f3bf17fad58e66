"""Compare trained pipelines and the CRF baseline on the same test texts.

    python scripts/evaluate.py test.jsonl metrics --pipeline student=model-best --crf crf.json

Every system is scored on the same character spans, those included that do not align with spaCy's
tokens. A pipeline's speed is measured from raw text to entities, on the CPU threads that torch and
numpy take by default; pipelines take turns, so that a noisy machine slows all of them. The CRF's is
what crf_baseline.py measured in a process of its own, from raw text to the labels of its tokens.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from records import DataError, Score, Span, exit_on_data_error, read_records, score_spans
from spacy.language import Language

N_TIMINGS = 5
PACKAGES = ("spacy-halfree", "spacy", "thinc", "numpy")


@dataclass(frozen=True)
class Result:
    """One system's figures: precision, recall and F1 in points, speed in words per second."""

    system: str
    precision: float
    recall: float
    f1: float
    words_per_second: float
    megabytes: float


def in_points(value: float) -> float:
    """From a share to points of 100, rounded to two places."""
    return round(100 * value, 2)


def predict(nlp: Language, texts: Sequence[str]) -> list[tuple[Span, ...]]:
    """The entities of each text, as character spans."""
    return [
        tuple(Span(entity.start_char, entity.end_char, entity.label_) for entity in doc.ents)
        for doc in nlp.pipe(texts)
    ]


def time_in_turns(pipelines: dict[str, Language], texts: Sequence[str]) -> dict[str, list[float]]:
    """Seconds that each pipeline takes for all texts, in several rounds after one to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in pipelines}
    for _ in range(N_TIMINGS + 1):
        for name, nlp in pipelines.items():
            start = time.perf_counter()
            for _ in nlp.pipe(texts):
                pass
            seconds[name].append(time.perf_counter() - start)
    return {name: times[1:] for name, times in seconds.items()}


def size_in_megabytes(path: Path) -> float:
    """Size of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6, 2)


def as_markdown(results: Sequence[Result]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| system | precision | recall | F1 | words/s | size on disk (MB) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r.system} | {r.precision:.2f} | {r.recall:.2f} | {r.f1:.2f} "
        f"| {r.words_per_second:,.0f} | {r.megabytes:.1f} |"
        for r in results
    ]
    return "\n".join(lines) + "\n"


def parse_pipelines(options: Sequence[str]) -> dict[str, Path]:
    """From `name=path` to a dict.

    Raises:
        typer.BadParameter: an option is not of that form, or is no folder.
    """
    paths = {}
    for option in options:
        name, separator, path = option.partition("=")
        if not separator or not Path(path).is_dir():
            raise typer.BadParameter(f"'{option}' is not NAME=FOLDER with a pipeline's folder")
        paths[name] = Path(path)
    return paths


def evaluate(test_jsonl: Path, paths: dict[str, Path], crf: Path | None) -> list[Result]:
    """Score and time all systems.

    Args:
        test_jsonl: the test records.
        paths: the pipelines' folders, by the systems' names.
        crf: what `crf_baseline.py` wrote.

    Returns:
        The results, the CRF's last.
    """
    records = read_records(test_jsonl)
    texts = [record.text for record in records]
    expected = [record.spans for record in records]
    pipelines = {name: spacy.load(path) for name, path in paths.items()}
    scores = {name: score_spans(expected, predict(nlp, texts)) for name, nlp in pipelines.items()}
    seconds = time_in_turns(pipelines, texts)
    tokenizer = spacy.blank("en").tokenizer
    n_words = sum(len(tokenizer(text)) for text in texts)
    results = [
        make_result(name, scores[name], n_words / statistics.median(seconds[name]), paths[name])
        for name in pipelines
    ]
    if crf is not None:
        results.append(read_crf_result(crf))
    return results


def make_result(system: str, score: Score, words_per_second: float, path: Path) -> Result:
    """Round the figures of one system."""
    return Result(
        system=system,
        precision=in_points(score.precision),
        recall=in_points(score.recall),
        f1=in_points(score.f1),
        words_per_second=round(words_per_second),
        megabytes=size_in_megabytes(path),
    )


def read_crf_result(path: Path) -> Result:
    """The figures that `crf_baseline.py` measured."""
    try:
        entry: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        score = Score(entry["precision"], entry["recall"], entry["f1"])
        model = Path(entry["model"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"[S018] {path}: not what crf_baseline.py writes ({type(error).__name__}: {error}); "
            "run it again"
        ) from error
    return make_result("crf_gold", score, entry["words_per_second"], model)


def main(
    test_jsonl: Annotated[Path, typer.Argument(help="Test records of a convert script.")],
    output_dir: Annotated[Path, typer.Argument(help="Folder for results.json and results.md.")],
    pipeline: Annotated[list[str], typer.Option(help="NAME=FOLDER of a trained pipeline.")],
    crf: Annotated[Path | None, typer.Option(help="What crf_baseline.py wrote.")] = None,
    seed: Annotated[int, typer.Option(help="The run's seed, noted with the results.")] = 0,
) -> None:
    """Score all systems on TEST_JSONL, print a table, and save it with its circumstances."""
    with exit_on_data_error():
        results = evaluate(test_jsonl, parse_pipelines(pipeline), crf)
    table = as_markdown(results)
    report = {
        "seed": seed,
        "machine": {"processor": platform.machine(), "cpus": os.cpu_count()},
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "results": [asdict(result) for result in results],
    }
    output_dir.mkdir(parents=True, exist_ok=True)
    (output_dir / "results.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (output_dir / "results.md").write_text(table, encoding="utf-8")
    typer.echo(table)


if __name__ == "__main__":
    typer.run(main)
