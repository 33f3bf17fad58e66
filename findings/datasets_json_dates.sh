#!/usr/bin/env bash
# `load_dataset("json")` of datasets 5.2.0 turns texts and words into timestamps if all of them look like dates.
#
# pyarrow 26.0.1 guesses the type of each field. Cast back to a string, a text has other characters, so that the
# offsets of its spans are wrong; written as JSON again, it is a number. This hurts users of taggers for cells of
# tables or for fields of forms, whose texts can be dates alone, and nothing is reported. `Dataset.from_list` of
# the same rows, or `features=` with strings, keeps them.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if they behave as
# described, 1 if they do not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1 || exit 2
cat >read.py <<'PY'
import json
import sys
from importlib.metadata import version
from pathlib import Path

from datasets import Dataset, Value, disable_progress_bars, load_dataset

disable_progress_bars()
print({name: version(name) for name in ("datasets", "pyarrow")})
rows = [
    {"text": "2026-03-01T11:30Z", "spans": [{"start": 11, "end": 16, "label": "TIME"}]},
    {"text": "2026-03-02", "spans": [{"start": 8, "end": 10, "label": "DAY"}]},
]
Path("texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
data = load_dataset("json", data_files="texts.jsonl", split="train", cache_dir="cache")
data.to_json("again.jsonl")
again = [json.loads(line)["text"] for line in Path("again.jsonl").read_text().splitlines()]
cast = data.cast_column("text", Value("string"))["text"]
print("in the file:   ", [row["text"] for row in rows])
print("loaded:        ", [repr(text) for text in data["text"]])
print("as strings:    ", list(cast))
print("written again: ", again)
kept = Dataset.from_list(rows)["text"]
as_known = list(cast) != [row["text"] for row in rows] and all(isinstance(text, int) for text in again)
sys.exit(0 if as_known and list(kept) == [row["text"] for row in rows] else 1)
PY
HF_HUB_OFFLINE=1 venv/bin/python read.py
