"""Make a file of `tests/previous/sentinel`: a tiny encoder-decoder as its pipeline saves it.

    python tests/previous/make_sentinel_files.py flan-t5 tests/previous/sentinel/flan-t5_5.24.0

Run with one release of `transformers`, the files are loaded with any other. They were made once,
and are not made again. Those that end in `_without_sample` were made by this package at commit
6ea8cba, which saved no sample of what model and tokenizer do.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FOLDER), str(FOLDER / "models")]

import sentinel_pipelines as toy  # noqa: E402


def main(family: str, path: Path) -> None:
    """Train a few steps, and save the model's bytes and what they say about texts."""
    nlp, _ = toy.make_nlp(family, label_style="words")
    toy.train(nlp, steps=3)
    path.with_suffix(path.suffix + ".msgpack").write_bytes(toy.shim_of(nlp).to_bytes())
    found = toy.probabilities(nlp).round(6).tolist()
    path.with_suffix(path.suffix + ".json").write_text(json.dumps(found), encoding="utf8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
