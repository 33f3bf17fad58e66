"""Read a folder of Parquet files in all the ways of several libraries, and print what they read.

Run as `python table_readers.py FOLDER`, in an environment with the libraries of `REQUIREMENTS`. It
prints a JSON object: for each way the rows, or the message of what it has failed with.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

REQUIREMENTS = (
    "polars==2.1.0",
    "duckdb==2.0.1",
    "datasets==5.2.0",
    "pandas==3.1.1",
    "pyarrow==26.0.1",
    "fastparquet==2026.9.0",
    "pyspark==4.3.0",
)
Rows = list[dict[str, Any]]


def with_pandas(engine: Any) -> Callable[[str], Rows]:
    def read(folder: str) -> Rows:
        import pandas as pd

        return pd.read_parquet(folder, engine=engine).to_dict("records")

    return read


def with_polars(pattern: str) -> Callable[[str], Rows]:
    def read(folder: str) -> Rows:
        import polars as pl

        return pl.read_parquet(folder + pattern).to_dicts()

    return read


def scan_with_polars(folder: str) -> Rows:
    import polars as pl

    return pl.scan_parquet(folder).collect().to_dicts()


def with_duckdb(pattern: str) -> Callable[[str], Rows]:
    def read(folder: str) -> Rows:
        import duckdb

        found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [folder + pattern])
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return read


def with_arrow(folder: str) -> Rows:
    from pyarrow import dataset

    return dataset.dataset(folder, format="parquet").to_table().to_pylist()


def with_datasets(*args: str, **options: str) -> Callable[[str], Rows]:
    def read(folder: str) -> Rows:
        from datasets import load_dataset

        in_folder = {name: folder + pattern for name, pattern in options.items()}
        return list(load_dataset(*args or (folder,), **in_folder)["train"])

    return read


def stream_with_datasets(folder: str) -> Rows:
    from datasets import load_dataset

    return list(load_dataset(folder, streaming=True)["train"])


def with_spark(pattern: str) -> Callable[[str], Rows]:
    def read(folder: str) -> Rows:
        from pyspark.sql import SparkSession

        options = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1"}
        builder = SparkSession.builder.master("local[1]").config(map=options)
        spark = builder.getOrCreate()
        return [
            row.asDict(recursive=True) for row in spark.read.parquet(folder + pattern).collect()
        ]

    return read


WAYS: dict[str, Callable[[str], Rows]] = {
    "pandas": with_pandas("pyarrow"),
    "pandas with fastparquet": with_pandas("fastparquet"),
    "Arrow": with_arrow,
    "polars": with_polars(""),
    "polars, lazily": scan_with_polars,
    "polars *.parquet": with_polars("/*.parquet"),
    "polars *": with_polars("/*"),
    "DuckDB": with_duckdb(""),
    "DuckDB *.parquet": with_duckdb("/*.parquet"),
    "DuckDB *": with_duckdb("/*"),
    "DuckDB **": with_duckdb("/**"),
    "datasets": with_datasets(),
    "datasets, streaming": stream_with_datasets,
    "datasets parquet": with_datasets("parquet", data_dir=""),
    "datasets *.parquet": with_datasets("parquet", data_files="/*.parquet"),
    "datasets *": with_datasets("parquet", data_files="/*"),
    "Spark": with_spark(""),
    "Spark *": with_spark("/*"),
}
NEEDS_JAVA = {"Spark", "Spark *"}


def plain(value: Any) -> Any:
    """Values of numpy as those of Python."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: plain(own) for key, own in value.items()}
    return [plain(own) for own in value] if isinstance(value, list | tuple) else value


def main() -> None:
    folder = sys.argv[1]
    found: dict[str, Any] = {}
    for name, read in WAYS.items():
        if name in NEEDS_JAVA and shutil.which("java") is None:
            continue
        try:
            found[name] = plain(read(folder))
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    # Spark writes to the standard output, too
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        # what `datasets` keeps of one folder must not be taken for another's
        os.environ |= {"HF_HOME": home, "HF_HUB_OFFLINE": "1", "SPARK_LOCAL_IP": "127.0.0.1"}
        main()
