#!/usr/bin/env bash
# pyarrow 26.0.1 cannot iterate over a Parquet file with lists of categories if it has several row groups.
#
# A column such as `labels: list<dictionary<string>>` (tags of words, as pandas and `datasets` may write them) is valid, and is
# read if the file has one row group. With two, `iter_batches` raises ArrowNotImplementedError. This hurts users with large
# files of annotated texts: a valid file looks damaged, and whether it does depends on its size. Read one row group at a
# time (`read_row_group`).
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the package. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if it cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check pyarrow==26.0.1 || exit 2
venv/bin/python - <<'PY'
import sys

import pyarrow as pa
import pyarrow.parquet as pq

print("pyarrow", pa.__version__, "on Python", sys.version.split()[0])
categories = pa.dictionary(pa.int32(), pa.string())
labels = pa.array([["CITY", "O"], ["O"]], type=pa.list_(categories))
table = pa.table({"text": ["Oslo is", "Nothing"], "labels": labels})


def count_rows(n_groups):
    with pq.ParquetWriter("tags.parquet", table.schema) as writer:
        for _ in range(n_groups):
            writer.write_table(table)
    file = pq.ParquetFile("tags.parquet")
    by_group = sum(file.read_row_group(i).num_rows for i in range(n_groups))
    try:
        return by_group, sum(batch.num_rows for batch in file.iter_batches())
    except pa.ArrowNotImplementedError as error:
        return by_group, f"ArrowNotImplementedError: {error}"


found = {n_groups: count_rows(n_groups) for n_groups in (1, 2)}
for n_groups, (by_group, by_batch) in found.items():
    print(f"row groups: {n_groups}. Rows read by group: {by_group}. By batch: {by_batch}")
as_known = found[1] == (2, 2) and found[2][0] == 4 and "not implemented" in str(found[2][1])
sys.exit(0 if as_known else 1)
PY
