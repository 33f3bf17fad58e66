#!/usr/bin/env bash
# `Dataset.to_csv` of datasets 5.2.0 drops the middle of lists with more than 1,000 values, without a warning.
#
# Lists are written as numpy prints them: values without commas between them, and of long lists the first
# three and the last three with "..." between. This hurts users of data sets for token classification,
# whose words and tags are lists: documents of more than 1,000 words are lost, and the other lists are no
# JSON and no Python. `to_json` and `to_parquet` keep all values.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the package. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if it cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check datasets==5.2.0 || exit 2
cat >write.py <<'PY'
import json
import sys
from importlib.metadata import version

from datasets import Dataset, disable_progress_bars

disable_progress_bars()
print("datasets", version("datasets"), "on Python", sys.version.split()[0])
words = [f"w{i}" for i in range(1001)]
rows = {"tokens": [["in", "Rome"], words], "ner_tags": [[0, 1], [0] * 1001]}
data = Dataset.from_dict(rows)
data.to_csv("a.csv")
data.to_json("a.jsonl")
with open("a.csv", encoding="utf8") as file:
    _, short, long = file.read().splitlines()
print("short:", short)
print("long: ", long)
with open("a.jsonl", encoding="utf8") as file:
    kept = json.loads(file.read().splitlines()[1])["tokens"]
print("words in the JSON file:", len(kept))
as_described = short == "['in' 'Rome'],[0 1]" and "'w2' ... 'w998'" in long and kept == words
sys.exit(0 if as_described else 1)
PY
venv/bin/python write.py
