#!/usr/bin/env bash
# What other files in a folder of Parquet files do to polars 2.1.0, DuckDB 2.0.1 and datasets 5.2.0.
#
# Writers leave files beside their tables: Spark an empty `_SUCCESS`, and `.crc` files whose names begin with a
# dot; others a `_manifest.json`. pyarrow and pandas pass over all names that begin with `_` or `.`.
# - polars reads the folder with an empty `_SUCCESS` and with an empty `.crc` file, but refuses it with a
#   `_manifest.json` or a `.manifest.json`: it skips empty files, not hidden ones.
# - DuckDB reads FOLDER with any of them, and FOLDER/* with none.
# - datasets reads load_dataset(FOLDER) with any, but load_dataset("parquet", data_dir=FOLDER) fails with names
#   that begin with `_`, and passes over those that begin with a dot.
# So the same folder of labelled texts is read or not, depending on how one library is asked.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check \
    polars==2.1.0 duckdb==2.0.1 datasets==5.2.0 pandas==3.1.1 pyarrow==26.0.1 || exit 2
cat >read.py <<'PY'
import os
import sys
from pathlib import Path

os.environ |= {"HF_HOME": os.path.abspath("home"), "HF_HUB_OFFLINE": "1"}
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import parquet

OTHERS = {"_SUCCESS": "", ".part-0.parquet.crc": "", "_manifest.json": "{}\n", ".manifest.json": "{}\n"}


def count(place):
    rows = duckdb.connect().execute("SELECT count(*) FROM read_parquet(?)", [place]).fetchall()
    return rows[0][0]


WAYS = {
    "pandas FOLDER": lambda folder: len(pd.read_parquet(folder)),
    "polars FOLDER": lambda folder: len(pl.read_parquet(folder)),
    "DuckDB FOLDER": count,
    "DuckDB FOLDER/*": lambda folder: count(f"{folder}/*"),
    "datasets FOLDER": lambda folder: len(datasets.load_dataset(folder)["train"]),
    "datasets data_dir=FOLDER": lambda folder: len(
        datasets.load_dataset("parquet", data_dir=folder)["train"]
    ),
}
EXPECTED = {
    "pandas FOLDER": "2 2 2 2",
    "polars FOLDER": "2 2 fails fails",
    "DuckDB FOLDER": "2 2 2 2",
    "DuckDB FOLDER/*": "fails fails fails fails",
    "datasets FOLDER": "2 2 2 2",
    "datasets data_dir=FOLDER": "fails 2 fails 2",
}
for number, (name, content) in enumerate(OTHERS.items()):
    folder = Path(f"tables{number}")
    folder.mkdir()
    for part in range(2):
        parquet.write_table(pa.table({"text": ["Rome"]}), folder / f"part-{part}.parquet")
    (folder / name).write_text(content)
found = {}
print("with " + ", ".join(OTHERS))
for way, read in WAYS.items():
    rows = []
    for number in range(len(OTHERS)):
        try:
            rows.append(str(read(f"tables{number}")))
        except Exception:
            rows.append("fails")
    found[way] = " ".join(rows)
    print(f"{way}: {found[way]}")
sys.exit(found != EXPECTED)
PY
venv/bin/python read.py 2>errors.txt || { tail -5 errors.txt; exit 1; }
