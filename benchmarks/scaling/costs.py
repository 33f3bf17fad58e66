"""What labelling 10^6, 10^8 and 10^9 texts costs, from a measurement on one core.

    OMP_NUM_THREADS=1 python -m benchmarks.scaling.costs TEACHER TEACHER TEACHER corpus/.../pool.txt

Measures the rates that the sums in docs/scaling.md begin with, and writes them into
`benchmarks/results/scaling.json`; `python -m benchmarks.report` makes the tables of them. With
`--memory-only`, what the student and the driver keep of a text and a part is measured anew, and
the rest stays: times ask for a machine that does nothing else, memory does not.
"""

import json
import multiprocessing
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import spacy
import typer
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from benchmarks.json_results import read_json
from benchmarks.speed.process_memory import resident_megabytes
from spacy_halfree.data.docbin import make_bin
from spacy_halfree.data.inputs import find_inputs
from spacy_halfree.data.parts import Part, PartSource
from spacy_halfree.distill.sharded_corpus import ShardedCorpus
from spacy_halfree.distill.teachers import keep_for_students
from spacy_halfree.labelling.engines.ray import RayEngine
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import TeacherWorker

RESULTS = Path("benchmarks/results/scaling.json")
SIZES = (10**6, 10**8, 10**9)
TINY_PARTS = 5_000
"""Of which each has one text, to see what a process keeps of a part."""
WARM_UP_PARTS = 1_000


@dataclass(frozen=True)
class Rates:
    """What was measured, on one core.

    Attributes:
        n_texts: how many texts it was measured on.
        n_teachers: how many teachers' mean it is.
        n_tags: how many tags each distribution is over.
        words_per_text: tokens.
        bytes_per_text: of UTF-8.
        texts_per_part: as many as are kept in one shard.
        seconds_per_1000_words: of labelling.
        dense_bytes_per_word: of a shard, on disk, with all probabilities.
        top3_bytes_per_word: of a shard, on disk, with three probabilities a word.
        parquet_bytes_per_word: of a Parquet shard, on disk.
        hashed_bytes_per_second: of the input, for the manifest, from memory.
        read_bytes_per_second: of the input, cut into parts.
        student_words_per_second: read from shards for training.
        worker_megabytes: a worker's memory.
        student_bytes_per_text: of the memory of `spacy train` when it keeps all texts.
        driver_bytes_per_part: of the memory of the process that starts a run on Ray.
    """

    n_texts: int
    n_teachers: int
    n_tags: int
    words_per_text: float
    bytes_per_text: float
    texts_per_part: float
    seconds_per_1000_words: float
    dense_bytes_per_word: float
    top3_bytes_per_word: float
    parquet_bytes_per_word: float
    hashed_bytes_per_second: float
    read_bytes_per_second: float
    student_words_per_second: float
    worker_megabytes: float
    student_bytes_per_text: float
    driver_bytes_per_part: float


@dataclass(frozen=True)
class Costs:
    """What so many texts cost, by the formulas of docs/scaling.md.

    Attributes:
        core_hours: of labelling.
        dense_gigabytes, top3_gigabytes: of soft labels on disk.
        text_gigabytes: of raw text.
        shards: files.
        read_hours, hash_hours: of one process that reads the texts, or hashes them.
        driver_megabytes: how much larger the process gets that starts a run on Ray.
        student_gigabytes: of memory, in training that does not stream.
        student_hours: of reading all soft labels once, in training.
    """

    core_hours: float
    dense_gigabytes: float
    top3_gigabytes: float
    text_gigabytes: float
    shards: float
    read_hours: float
    hash_hours: float
    driver_megabytes: float
    student_gigabytes: float
    student_hours: float


def costs_of(n_texts: int, rates: Rates) -> Costs:
    """The sums.

    Args:
        n_texts: how many texts.
        rates: what was measured.
    """
    n_words = n_texts * rates.words_per_text
    n_bytes = n_texts * rates.bytes_per_text
    n_parts = n_texts / rates.texts_per_part
    return Costs(
        core_hours=n_words / 1000 * rates.seconds_per_1000_words / 3600,
        dense_gigabytes=n_words * rates.dense_bytes_per_word / 1e9,
        top3_gigabytes=n_words * rates.top3_bytes_per_word / 1e9,
        text_gigabytes=n_bytes / 1e9,
        shards=n_parts,
        read_hours=n_bytes / rates.read_bytes_per_second / 3600,
        hash_hours=n_bytes / rates.hashed_bytes_per_second / 3600,
        driver_megabytes=n_parts * rates.driver_bytes_per_part / 1e6,
        student_gigabytes=n_texts * rates.student_bytes_per_text / 1e9,
        student_hours=n_words / rates.student_words_per_second / 3600,
    )


def rates_table(path: Path) -> str:
    """The measurement, as Markdown."""
    values = read_json(path, missing={})
    lines = ["| measured | value |", "| --- | --- |"]
    lines += [f"| `{name}` | {value:,.6g} |" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def costs_table(path: Path) -> str:
    """What 10^6, 10^8 and 10^9 texts cost, as Markdown."""
    found = read_json(path, missing=None)
    columns = [asdict(costs_of(n_texts, Rates(**found))) for n_texts in SIZES if found]
    head = " | ".join(f"10^{len(str(n_texts)) - 1} texts" for n_texts in SIZES)
    lines = [f"| | {head} |", "| --- |" + " --- |" * len(SIZES)]
    for name in columns[0] if columns else ():
        values = " | ".join(
            f"{column[name]:,.3g}" if column[name] < 100 else f"{column[name]:,.0f}"
            for column in columns
        )
        lines.append(f"| {name.replace('_', ' ')} | {values} |")
    return "\n".join(lines) + "\n"


def label(worker: TeacherWorker, source: PartSource, folder: Path, kind: str) -> tuple[int, float]:
    """Label all parts into a folder.

    Returns:
        The number of words, and the seconds it took.
    """
    folder.mkdir()
    task = ShardTask(worker, folder, kind)
    began = time.perf_counter()
    n_words = sum(task(part).words for part in source.parts())
    return n_words, time.perf_counter() - began


def keep_top_3(shard: Path) -> bytes:
    """A shard as it would be with three probabilities a word."""
    docs = list(DocBin(store_user_data=True).from_disk(shard).get_docs(Vocab()))
    for doc in docs:
        keep_for_students(doc, top_k=3)
    return make_bin(docs).to_bytes()


def size_of(folder: Path) -> int:
    """The bytes of a folder's files."""
    return sum(path.stat().st_size for path in folder.iterdir())


def measure_student(shards: Path) -> float:
    """The bytes of memory that a text takes in training that does not stream."""
    nlp = spacy.blank("en")
    reader = ShardedCorpus(shards)
    # what is loaded only once
    next(reader(nlp))
    before = resident_megabytes()
    examples = list(reader(nlp))
    return (resident_megabytes() - before) * 1e6 / len(examples)


def measure_driver(folder: Path) -> float:
    """The bytes of memory that a part takes in the process that starts a run on Ray."""

    # inside of a function, it is sent to workers whole
    class Nothing:
        def __call__(self, part: Part) -> Summary:
            file, number, is_last = part.file, part.number, part.is_last
            return Summary(file=file, number=number, is_last=is_last, texts=1, words=1)

    (folder / "tiny.txt").write_text("text\n" * TINY_PARTS, encoding="utf8")
    source = PartSource(find_inputs(str(folder / "tiny.txt")), 1_000_000, texts_in_a_part=1)
    summaries: dict[str, Summary] = {}
    before = 0.0
    engine = RayEngine(num_workers=1)
    for summary in engine(source, Nothing(), lambda n_texts: None):  # type: ignore[arg-type]
        summaries[summary.name] = summary
        if len(summaries) == WARM_UP_PARTS:
            before = resident_megabytes()
    return (resident_megabytes() - before) * 1e6 / (len(summaries) - WARM_UP_PARTS)


def measure_memory(folder: Path) -> dict[str, float]:
    """What the student and the driver keep, each in a process of its own.

    Args:
        folder: with the shards in its folder "dense".
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as process:
        student = process.submit(measure_student, folder / "dense").result()
    with ProcessPoolExecutor(1, context) as process:
        driver = process.submit(measure_driver, folder).result()
    return {"student_bytes_per_text": student, "driver_bytes_per_part": driver}


def main(
    models: Annotated[list[Path], typer.Argument(help="The teachers, then the texts, one a line.")],
    texts: Annotated[int, typer.Option(help="How many texts to label.")] = 4096,
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
    memory_only: Annotated[
        bool, typer.Option("--memory-only", help="Keep the other figures that are there.")
    ] = False,
) -> None:
    """Measure on one core what the sums begin with."""
    if os.environ.get("OMP_NUM_THREADS") != "1":
        raise typer.BadParameter("say OMP_NUM_THREADS=1: the sums are those of one core")
    *teachers, pool = models
    worker = TeacherWorker(tuple(map(str, teachers)))
    n_tags = worker.tagger.scheme.n_tags
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with pool.open("rb") as lines:
            (folder / "pool.txt").write_bytes(b"".join(islice(lines, texts)))
        (file,) = find_inputs(str(folder / "pool.txt"))
        source = PartSource([file], 1_000_000, worker.texts_in_a_part)
        n_bytes = (folder / "pool.txt").stat().st_size
        n_words, seconds = label(worker, source, folder / "dense", "spacy")
        megabytes = resident_megabytes()
        memory = measure_memory(folder)
        if memory_only:
            write(results, Rates(**json.loads(results.read_text(encoding="utf8")) | memory))
            return
        label(worker, source, folder / "parquet", "parquet")
        n_top3_bytes = sum(len(keep_top_3(path)) for path in (folder / "dense").iterdir())
        began = time.perf_counter()
        n_parts = sum(bool(part.records) for part in source.parts())
        read_seconds = time.perf_counter() - began
        # enough for the clock
        repeats = max(int(3e8 / n_bytes), 1)
        began = time.perf_counter()
        for _ in range(repeats):
            file.sha256()
        hash_seconds = (time.perf_counter() - began) / repeats
        nlp = spacy.blank("en")
        began = time.perf_counter()
        n_examples = sum(1 for _ in ShardedCorpus(folder / "dense")(nlp))
        student_seconds = time.perf_counter() - began
        rates = Rates(
            n_texts=n_examples,
            n_teachers=len(teachers),
            n_tags=n_tags,
            words_per_text=n_words / n_examples,
            bytes_per_text=n_bytes / n_examples,
            texts_per_part=n_examples / n_parts,
            seconds_per_1000_words=seconds / n_words * 1000,
            dense_bytes_per_word=size_of(folder / "dense") / n_words,
            top3_bytes_per_word=n_top3_bytes / n_words,
            parquet_bytes_per_word=size_of(folder / "parquet") / n_words,
            hashed_bytes_per_second=n_bytes / hash_seconds,
            read_bytes_per_second=n_bytes / read_seconds,
            student_words_per_second=n_words / student_seconds,
            worker_megabytes=megabytes,
            **memory,
        )
    write(results, rates)


def write(results: Path, rates: Rates) -> None:
    """Write what was measured, and show what it comes to."""
    results.write_text(json.dumps(asdict(rates), indent=1) + "\n", encoding="utf8")
    typer.echo(costs_table(results))


if __name__ == "__main__":
    typer.run(main)
