#!/usr/bin/env bash
# fastparquet 2026.9.0 reads a column of lists of structs as `None` in every row, without a warning.
#
# Entities of a text (start, end, label) are such a column. The column is there, with as many rows as the file
# has, so that tables look complete: texts with entities cannot be told from texts without. Asked for by the
# path that other readers have for it, the column is said to be unknown. `pandas.read_parquet` with
# `engine="fastparquet"` gives the same, with a warning about the engine only. The engine pyarrow reads all.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1 || exit 2
cat >read.py <<'PY'
import sys
import warnings
from importlib.metadata import version

import fastparquet
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

entities = [[{"start": 10, "end": 14, "label": "CITY"}], []]
table = pa.table({"text": ["A table in Rome", "Good morning!"], "entities": entities})
parquet.write_table(table, "entities.parquet")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    found = fastparquet.ParquetFile("entities.parquet").to_pandas()
    caught = [own for own in caught if issubclass(own.category, UserWarning)]
read = found["entities"].tolist()
whole = [list(own) for own in pd.read_parquet("entities.parquet", engine="pyarrow")["entities"]]
print(f"fastparquet {version('fastparquet')}: {read}, warnings: {len(caught)}")
print(f"pyarrow {version('pyarrow')}: {whole}")
sys.exit(not (read == [None, None] and not caught and whole == entities))
PY
venv/bin/python read.py
