"""Numbers out of range are refused with a number of ours, by functions, readers and commands."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import typer
from commands import run_command
from spacy.language import Language

import spacy_halfree as halfree
from spacy_halfree.cli import halfree_cli
from spacy_halfree.distill.mention_replacement import create_mention_replacement
from spacy_halfree.distill.mixed_corpus import create_mixed_corpus
from spacy_halfree.distill.sharded_corpus import create_sharded_corpus
from spacy_halfree.labelling.engines.ray import RayEngine
from spacy_halfree.project.project_settings import LARGEST_SEED as LARGEST_PROJECT_SEED
from spacy_halfree.ranges import LARGEST_SEED, MOST, check_count, check_seed

HUGE = 10**30
NO_SEEDS = (-1, LARGEST_SEED + 1, HUGE, -HUGE, 0.5, 1.0, math.nan, "0", True, None)
NO_COUNTS = (0, -1, -HUGE, MOST + 1, HUGE, 1.5, 2.0, math.nan, math.inf, "2", True)
NO_SHARES = (-0.1, 1.1, math.nan, math.inf, -math.inf, HUGE, "0.5", True, None)

WITH_SEEDS: dict[str, Callable[[Any], object]] = {
    "ProjectSettings": lambda seed: halfree.ProjectSettings(encoder="a/b", seed=seed),
    "SuggestionSettings": lambda seed: halfree.SuggestionSettings(seed=seed),
    "AdaptationSettings": lambda seed: halfree.AdaptationSettings(seed=seed),
    "MixedCorpus": lambda seed: create_mixed_corpus({}, {}, seed=seed),
    "MentionReplacement": lambda seed: create_mention_replacement(None, seed=seed),
    "ShardedCorpus": lambda seed: create_sharded_corpus(Path("a"), seed=seed),
}
WITH_COUNTS: dict[str, Callable[[Any], object]] = {
    "SuggestionSettings": lambda n: halfree.SuggestionSettings(n=n),
    "TeacherWorker": lambda n: halfree.TeacherWorker("a", batch_size=n),
    "TeacherWorker, top_k": lambda n: halfree.TeacherWorker("a", top_k=n),
    "annotate": lambda n: list(halfree.annotate(spacy.blank("en"), [], batch_size=n)),
    "ReportSettings": lambda n: halfree.ReportSettings(batch_size=n),
    "AdaptationSettings": lambda n: halfree.AdaptationSettings(steps=n),
    "MentionReplacement": lambda n: create_mention_replacement(None, variants=n),
    "RayEngine": lambda n: RayEngine(num_workers=n),
    "RayEngine, concurrency": lambda n: RayEngine(concurrency=n),
}
WITH_SHARES: dict[str, Callable[[Any], object]] = {
    "SuggestionSettings": lambda share: halfree.SuggestionSettings(max_similarity=share),
    "AdaptationSettings": lambda share: halfree.AdaptationSettings(masked_share=share),
    "MentionReplacement": lambda share: create_mention_replacement(None, share=share),
}


@pytest.mark.parametrize(
    ("make", "values"),
    [
        *((own, NO_SEEDS) for own in WITH_SEEDS.values()),
        *((own, NO_COUNTS) for name, own in WITH_COUNTS.items() if name != "annotate"),
        *((own, NO_SHARES) for own in WITH_SHARES.values()),
        (lambda value: halfree.SuggestionSettings(diversity=value), (-1, math.nan, math.inf, "1")),
        (lambda value: RayEngine(num_gpus=value), (-1, math.nan, math.inf, "1", HUGE)),
        (lambda value: halfree.TeacherWorker("a", gpu_id=value), (-2, HUGE, 0.5, "0")),
        (lambda value: halfree.LabellingSettings(max_bad=value), (-1, HUGE, 0.5, "0")),
        (lambda value: create_sharded_corpus(Path("a"), shuffle_buffer=value), (-1, HUGE, "0")),
        (lambda value: halfree.AdaptationSettings(learn_rate=value), (0, -1, math.nan, math.inf)),
    ],
)
def test_numbers_out_of_range(make: Callable[[Any], object], values: tuple[Any, ...]) -> None:
    for value in values:
        with pytest.raises(ValueError, match=r"\[H013\]"):
            make(value)


@pytest.mark.parametrize("name", WITH_SEEDS)
def test_seeds_in_range(name: str) -> None:
    largest = LARGEST_PROJECT_SEED if name == "ProjectSettings" else LARGEST_SEED
    for seed in (0, 1, largest, np.int64(5)):
        WITH_SEEDS[name](seed)


def test_seeds_of_teachers() -> None:
    """A project's teachers have its seed, and its seed behind a digit."""
    for digit in ("", 1, 2):
        check_seed(int(f"{digit}{LARGEST_PROJECT_SEED}"))
    with pytest.raises(ValueError, match=r"\[H013\]"):
        halfree.ProjectSettings(encoder="a/b", seed=LARGEST_PROJECT_SEED + 1)


def test_annotate(teacher: Language) -> None:
    for value in NO_COUNTS:
        with pytest.raises(ValueError, match=r"\[H013\]"):
            list(halfree.annotate(teacher, ["a"], batch_size=value))


def test_the_largest_numbers() -> None:
    check_count(least=1, n=MOST, none=None)
    check_seed(LARGEST_SEED)
    # what a seed is for
    np.random.RandomState(LARGEST_SEED)


def test_weights() -> None:
    for weight in (0, -1, math.nan, math.inf, "1", True):
        with pytest.raises(ValueError, match=r"\[H026\]"):
            create_mixed_corpus({"a": None}, {"a": weight})  # type: ignore[dict-item]


OUT_OF_RANGE = ("-7", "-1e999", "nan", "inf", str(HUGE), "9" * 5000, "0x10", "1_0", "٣", "1e3")


def numeric_options() -> list[tuple[str, str, type]]:
    """All options of all commands that are numbers."""
    command = typer.main.get_command(halfree_cli)
    found = []
    for name, own in command.commands.items():  # type: ignore[attr-defined]
        signature = inspect.signature(own.callback)
        for parameter in own.params:
            annotation = str(signature.parameters[parameter.name].annotation)
            kinds = {"int": int, "float": float}
            kind = next((kinds[word] for word in kinds if word in annotation.split(" | ")), None)
            kind = kind or kinds.get(annotation.removeprefix("<class '").removesuffix("'>"))
            if kind is not None:
                found.append((name, parameter.opts[0], kind))
    return found


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory, teacher: Language) -> dict[str, list[str]]:
    """What each command needs besides."""
    folder = tmp_path_factory.mktemp("numbers")
    teacher.to_disk(folder / "model")
    raw, gold = folder / "raw.txt", folder / "gold.jsonl"
    raw.write_text("\n".join(f"Find bars in Zürich {n}" for n in range(9)), encoding="utf8")
    lines = [f'{{"text": "Oslo is {n}", "spans": [[0, 4, "地点"]]}}' for n in range(20)]
    gold.write_text("\n".join(lines), encoding="utf8")
    model, out = str(folder / "model"), str(folder / "out")
    return {
        "init": [f"{out}-project", "--labelled", str(gold), "--raw", str(raw)],
        "adapt-encoder": [str(folder / "none"), str(raw), "--output", f"{out}-encoder"],
        "annotate": [model, str(raw), f"{out}.spacy", "--overwrite"],
        "report": [model, str(gold), "-o", f"{out}.html", "--overwrite"],
        "suggest": [model, "--raw", str(raw), "-o", f"{out}.jsonl", "--overwrite"],
    }


def test_every_numeric_option(arguments: dict[str, list[str]]) -> None:
    """Each is taken, refused with a number of ours, or refused by the parser: no traceback."""
    options = numeric_options()
    assert {"--seed", "--batch-size", "--gpu-id", "--num-gpus"} <= {name for _, name, _ in options}
    known = {"init", "adapt-encoder", "annotate", "report", "suggest"}
    assert {command for command, _, _ in options} & known == known
    for command, option, _ in options:
        if command not in known:
            continue
        for value in OUT_OF_RANGE:
            code, printed = run_command(command, *arguments[command], option, value)
            assert code in (0, 1, 2), (command, option, value[:40])
            if code == 1:
                assert "[H" in printed, (command, option, value[:40], printed)
            if code == 2:
                assert "Error: " in printed, (command, option, value[:40], printed)


@pytest.mark.parametrize("command", ["init", "suggest", "adapt-encoder"])
@pytest.mark.parametrize("seed", ["-1", str(LARGEST_SEED + 1), str(HUGE)])
def test_seeds_of_commands(command: str, seed: str, arguments: dict[str, list[str]]) -> None:
    code, printed = run_command(command, *arguments[command], "--seed", seed)
    assert code == 1
    largest = LARGEST_PROJECT_SEED if command == "init" else LARGEST_SEED
    assert f"[H013] The setting `seed` must be a whole number from 0 to {largest}" in printed


@pytest.mark.parametrize("value", ["-1", "nan", "9" * 5000, "1e999", "0.0", "1.5", "٣", "0x1"])
def test_sizes_of_splits(value: str, arguments: dict[str, list[str]], tmp_path: Path) -> None:
    code, printed = run_command("init", tmp_path / "p", *arguments["init"][1:], "--dev", value)
    assert code == 1
    assert "[H013]" in printed
