"""Make the files of `tests/previous/files`, which stand for what users have kept.

    git checkout 959283da494c48b734921bc1fafd4e8cbf6aa2ff
    python tests/previous/make_files.py

The files were made once, at this commit, and are not made again: the tests show that what the code
wrote then still loads. Do not change them. If a later version writes something new, put its files
in a folder of their own. The script needs pyarrow, and imports modules that may have moved since.

What it makes:

- `pipelines`: `ents`, `ents_2` (another seed, the same labels in another order), `tags` and
  `spans`. All are first-order taggers with a tiny CNN, and calibrated.
- `finished`: what `annotate` has written: `shards` (a folder, of the texts in `texts`),
  `soft.spacy` (a file with its manifest, of the same by two teachers) and `tables` (Parquet, of
  `texts/a.txt`).
- `interrupted`: two runs of `annotate` that were stopped after the first part: `soft.spacy` of
  `many.txt`, whose second part is missing, and `shards` of `texts`, whose second and third file
  are missing.
- `project`: a project of `init`, made of `labelled.jsonl` and `raw.txt`.
- `suggestions`: what `suggest` has written for each tool.
- `expected.json`: texts, and what the pipelines say about them.
"""

import contextlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import spacy
from spacy.cli._util import app
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.util import registry
from thinc.api import Adam, fix_random_seed
from typer.testing import CliRunner

FILES = Path(__file__).resolve().parent / "files"
TAGGER = "halfree_tagger"
SOFT_LABELS = "halfree_soft_labels"
LABELS = ["album title", "künstler", "地点"]
# words, and spans as (first word, end, label)
ANNOTATED: list[tuple[list[str], list[tuple[int, int, str]]]] = [
    (
        ["Play", "Abbey", "Road", "by", "The", "Beatles"],
        [(1, 3, "album title"), (4, 6, "künstler")],
    ),
    (["Find", "bars", "in", "Zürich"], [(3, 4, "地点")]),
    (["What", "is", "on", "tonight", "?"], []),
    (["Hear", "Björk", "Debut", "now"], [(1, 2, "künstler"), (2, 3, "album title")]),
]
TEXTS = [
    *(" ".join(words) for words, _ in ANNOTATED),
    *("Play Debut by Björk", "Find The Beatles in Zürich tonight", "tonight  now", "", " \n "),
    *("Hear Abbey Road in Oslo ?", "bars"),
]
PIPELINES: dict[str, dict[str, Any]] = {
    "ents": {"target": "ents", "seed": 0, "labels": LABELS, "calibration": 1.5},
    "ents_2": {"target": "ents", "seed": 1, "labels": LABELS[::-1], "calibration": 0.75},
    "tags": {"target": "tags", "seed": 2, "labels": [*LABELS, "other"], "calibration": 2.0},
    "spans": {"target": "spans", "seed": 3, "labels": LABELS, "calibration": 1.25},
}
STEPS = 25
INPUTS = {"a.txt": TEXTS[:4], "b.txt": TEXTS[4:7], "c.txt": TEXTS[9:]}
N_MANY = 260
"""A part has 256 texts at least."""
BATCH = ("--batch-size", "4")


def tiny_tokenizer(nlp: Language) -> Tokenizer:
    """A tokenizer that takes a few hundred bytes: those of spaCy's languages take 50,000."""
    return Tokenizer(
        nlp.vocab,
        prefix_search=re.compile(r"^[(]").search,
        suffix_search=re.compile(r"[?!.,)]$").search,
        infix_finditer=re.compile(r"[/]").finditer,
        url_match=re.compile(r"^https?://").match,
    )


def make_pipeline(
    target: str, seed: int, labels: list[str], calibration: float, steps: int = STEPS
) -> Language:
    """Train a tiny tagger on four sentences."""
    fix_random_seed(seed)
    nlp = spacy.blank("xx", config={"training": {"seed": seed}})
    nlp.tokenizer = tiny_tokenizer(nlp)
    tok2vec = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 6,
        "depth": 1,
        "embed_size": 40,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    }
    model = {"@architectures": "halfree.FirstOrderTagger.v1", "tok2vec": tok2vec}
    config = {"model": model, "target": target, "labels": labels, "store_probs": target == "tags"}
    tagger: Any = nlp.add_pipe(TAGGER, config=config)
    examples = [
        Example(nlp.make_doc(" ".join(words)), annotated_doc(nlp, words, spans, target))
        for words, spans in ANNOTATED
    ]
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.02, L2=0.0)
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer)
    tagger.cfg["calibration"] = calibration
    return nlp


def annotated_doc(
    nlp: Language, words: list[str], spans: list[tuple[int, int, str]], target: str
) -> Doc:
    doc = Doc(nlp.vocab, words=words, spaces=[True] * (len(words) - 1) + [False])
    found = [Span(doc, start, end, label=label) for start, end, label in spans]
    if target == "ents":
        doc.set_ents(found)
    elif target == "spans":
        doc.spans["sc"] = found
    else:
        for token in doc:
            inside = [span.label_ for span in found if span.start <= token.i < span.end]
            token.tag_ = inside[0] if inside else "other"
    return doc


def run(*arguments: object) -> None:
    """Run `python -m spacy ...` in this process."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exit_code:
        raise RuntimeError(result.output) from result.exception


def describe(nlp: Language, texts: list[str]) -> dict[str, Any]:
    """What a pipeline says about texts, as the tests ask for it."""
    tagger: Any = nlp.get_pipe(TAGGER)
    described: dict[str, Any] = {
        "labels": list(tagger.labels),
        "calibration": tagger.cfg["calibration"],
        "docs": [],
        "marginals": tagger.marginals([nlp.make_doc(text) for text in texts]).tolist(),
    }
    for doc in nlp.pipe(texts):
        spans = doc.spans.get("sc", doc.ents)
        described["docs"].append(
            {
                "words": [token.text for token in doc],
                "tags": [token.tag_ for token in doc],
                # of a tagger with `store_probs`
                "tag_probs": [list((token._.tag_probs or {}).values()) for token in doc],
                "spans": [[span.start, span.end, span.label_] for span in spans],
                "confidences": [span._.confidence for span in spans],
            }
        )
    return described


def rounded(value: Any) -> Any:
    """The same with floats of seven digits behind the point."""
    if isinstance(value, dict):
        return {key: rounded(own) for key, own in value.items()}
    if isinstance(value, list):
        return [rounded(own) for own in value]
    return round(value, 7) if isinstance(value, float) else value


def soft_labels(path: Path) -> list[dict[str, Any]]:
    """The soft labels of a `.spacy` file, as lists."""
    docs = DocBin(store_user_data=True).from_disk(path).get_docs(spacy.blank("xx").vocab)
    return [
        {"text": doc.text}
        | {
            key: value.tolist() if hasattr(value, "tolist") else value
            for key, value in doc.user_data[SOFT_LABELS].items()
        }
        for doc in docs
    ]


@contextlib.contextmanager
def stopped_at(name: str) -> Iterator[None]:
    """Let a run fail, as on a full disk, when it is to write a shard of this name."""
    import spacy_halfree.labelling.shards as shards

    write_at_once = shards.write_at_once

    def write(path: Path, *content: bytes, shared: bool = False) -> None:
        if path.stem == name:
            raise OSError("no space left on device")
        write_at_once(path, *content, shared=shared)

    shards.write_at_once = write
    try:
        yield
    finally:
        shards.write_at_once = write_at_once


def interrupt(name: str, *arguments: object) -> None:
    """Run a command that fails at a shard of this name."""
    with stopped_at(name):
        try:
            run(*arguments)
        except RuntimeError:
            return
    raise RuntimeError("the run has ended without an error")


def write_lines(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf8", newline="\n")
    return path


def make_project(folder: Path) -> None:
    """A project, and the files that it is made of."""
    lines, raw = [], []
    for number, city in enumerate(("Zürich", "Oslo", "Rome") * 4):
        text = f"Find bar {number} in {city}"
        span = [text.index(city), len(text), "地点"]
        lines.append(json.dumps({"text": text, "label": [span]}, ensure_ascii=False))
        raw.append(f"Find bars in {city} at {number}")
    labelled = write_lines(folder / "labelled.jsonl", lines)
    texts = write_lines(folder / "raw.txt", raw)
    files = ("--labelled", labelled, "--raw", texts, "--lang", "xx", "--encoder", "some/encoder")
    run("halfree", "init", folder / "project", *files)


def main() -> None:
    """Make all files."""
    registry.cli.get_all()
    shutil.rmtree(FILES, ignore_errors=True)
    pipelines = FILES / "pipelines"
    pipelines.mkdir(parents=True)
    expected: dict[str, Any] = {"texts": TEXTS, "pipelines": {}}
    for name, settings in PIPELINES.items():
        nlp = make_pipeline(**settings)
        nlp.to_disk(pipelines / name)
        expected["pipelines"][name] = describe(spacy.load(pipelines / name), TEXTS)

    texts = FILES / "texts"
    for name, lines in INPUTS.items():
        write_lines(texts / name, lines)
    many = write_lines(FILES / "many.txt", [f"{i % 32} Zürich" for i in range(N_MANY)])
    annotate = ("halfree", "annotate")
    ents, ents_2 = pipelines / "ents", pipelines / "ents_2"
    finished = FILES / "finished"
    run(*annotate, ents, texts, finished / "shards")
    run(*annotate, ents, ents_2, texts, finished / "soft.spacy")
    run(*annotate, ents, texts / "a.txt", finished / "tables", "--format", "parquet")
    interrupted = FILES / "interrupted"
    interrupt("00000-000001", *annotate, ents, many, interrupted / "soft.spacy", *BATCH)
    interrupt("00001-000000", *annotate, ents, ents_2, texts, interrupted / "shards", *BATCH)

    scratch = FILES / "scratch"
    expected["soft_labels"] = {}
    for names in (*((name,) for name in PIPELINES), ("ents", "ents_2"), ("ents_2", "ents")):
        output = scratch / f"{'+'.join(names)}.spacy"
        run(*annotate, *(pipelines / name for name in names), texts, output)
        expected["soft_labels"]["+".join(names)] = soft_labels(output)
    shutil.rmtree(scratch)

    for tool, suffix in {"prodigy": "jsonl", "doccano": "jsonl", "label-studio": "json"}.items():
        output = FILES / "suggestions" / f"{tool}.{suffix}"
        run(
            *("halfree", "suggest", ents, ents_2, "--raw", texts, "--output", output),
            *("--n", "4", "--format", tool),
        )
    make_project(FILES)
    content = json.dumps(rounded(expected), ensure_ascii=False, separators=(",", ":"))
    (FILES / "expected.json").write_text(content + "\n", encoding="utf8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
