"""What is no raw text in a folder of raw texts: earlier projects, outputs and models."""

import json
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Set
from pathlib import PurePosixPath
from typing import BinaryIO

from .output_manifest import BESIDE, MANIFEST

PROJECT, CORPUS = "project.yml", "corpus"
"""The file of a project with its steps, and the folder of its texts."""
GOLD, POOL = "gold.spacy", "pool.jsonl"
"""Files in that folder: the texts to train on, and the raw texts."""
SHARD = re.compile(r"\d{5,}-\d{6,}\.\w+")
JOURNAL = "finished.jsonl"
"""The file of an unfinished output that lists what is finished."""
PIPELINE = {"meta.json", "config.cfg"}
ENCODER = "config.json"
ENCODER_FILES = {"tokenizer.json", "tokenizer_config.json", "model.safetensors"}
PROBLEM_KEYS = {"file", "number", "kind", "reason", "text"}
SUGGESTION_KEYS = {"score", "gain", "confidence", "source"}
MOST_BYTES = 1 << 20
"""How much of a line is read to tell what a file is."""


def find_derived(names: Iterable[str]) -> dict[str, str]:
    """Find what is no raw text by the names of files.

    names: The paths of all files below a folder, with "/".
    RETURNS: The paths of files and folders below it, and what each of them is. Of folders in each
        other, the outermost one is named.
    """
    folders: dict[PurePosixPath, set[str]] = defaultdict(set)
    for name in names:
        path = PurePosixPath(name)
        folders[path.parent].add(path.name)
    found = {
        str(folder): what
        for folder, files in folders.items()
        # the folder itself is what was asked for
        if folder.parts and (what := _describe(files, folders.get(folder / CORPUS, set())))
    }
    for folder, files in folders.items():
        for manifest in files:
            output = folder / manifest.removesuffix(BESIDE)
            is_file = output.suffix == ".spacy" and output.name in files
            if manifest.endswith(BESIDE) and (is_file or has_shards(folders.get(output, set()))):
                found[str(output)] = "an output of `annotate`"
    return {path: what for path, what in found.items() if find_containing(path, found) == path}


def _describe(files: Set[str], corpus: Set[str]) -> str | None:
    """What the folder is that has these files, and in its `corpus` those."""
    if is_project(files, corpus):
        return "a project of `init`"
    if is_corpus(files):
        return "the folder `corpus` of a project of `init`"
    if MANIFEST in files and JOURNAL in files:
        return "an unfinished output of `annotate`"
    if MANIFEST in files and has_shards(files):
        return "an output of `annotate`"
    if files >= PIPELINE:
        return "a pipeline"
    if ENCODER in files and files & ENCODER_FILES:
        return "an encoder"
    return None


def has_shards(files: Set[str]) -> bool:
    """Whether any of these names is that of a shard."""
    return any(map(SHARD.fullmatch, files))


def is_project(files: Set[str], corpus: Set[str]) -> bool:
    """Whether a folder is a project that `init` has written.

    files: The names of its files.
    corpus: The names of those in its folder `corpus`.
    """
    return PROJECT in files and bool(corpus & {GOLD, POOL})


def is_corpus(files: Set[str]) -> bool:
    """Whether a folder with these files has the texts of a project, perhaps without its rest."""
    return files >= {GOLD, POOL}


def find_containing(path: str, derived: Container[str]) -> str | None:
    """The path itself or the outermost folder above it that is among some paths, if any is.

    path: A path below a folder, with "/".
    derived: The paths of files and folders below the same folder.
    """
    own = PurePosixPath(path)
    paths = [*map(str, reversed(own.parents)), str(own)]
    return next((path for path in paths if path in derived), None)


def describe_lines(file: BinaryIO) -> str | None:
    """What a file of JSON lines is if a command has written it; None for others.

    file: The opened file.
    """
    try:
        first = json.loads(file.readline(MOST_BYTES))
    # a deep nest of brackets is a RecursionError
    except (ValueError, RecursionError):
        return None
    if not isinstance(first, dict):
        return None
    if first.keys() >= PROBLEM_KEYS:
        return "a list of problems of `check` or `init`"
    meta = first.get("meta")
    is_prodigy = isinstance(meta, dict) and meta.keys() == SUGGESTION_KEYS and "spans" in first
    if is_prodigy or first.keys() == {"text", "label", *SUGGESTION_KEYS}:
        return "a list of suggestions of `suggest`"
    return None
