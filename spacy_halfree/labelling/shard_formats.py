"""The formats of shards: docs to train on, and Parquet tables to analyse."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import cast

import numpy as np
from spacy.tokens import Doc

from ..data.docbin import make_bin
from ..errors import Errors
from ..tagging.layers import Layer
from ..tagging.soft_labels import Payload, scheme_of
from .labelled_records import to_labelled


def encode_table(docs: Sequence[Doc], ids: Sequence[str], layer: Layer) -> bytes:
    """Write texts as a Parquet file with a row for each.

    docs: What teachers have annotated.
    ids: The records' names.
    layer: The teachers' layer.
    RETURNS: The file: columns `id`, `text`, `words`, `tags`, `probabilities` (of these tags),
        `entropies` (of the distributions, in nats) and `entities` (a list of `start`, `end`,
        `label`, `confidence`).
    """
    import pyarrow as pa
    from pyarrow import parquet

    records = [to_labelled(doc, layer) for doc in docs]
    entity = pa.struct(
        {"start": pa.int32(), "end": pa.int32(), "label": pa.string(), "confidence": pa.float32()}
    )
    columns = {
        "id": pa.array(ids, pa.string()),
        "text": pa.array([record["text"] for record in records], pa.string()),
        "words": pa.array([record["words"] for record in records], pa.list_(pa.string())),
        "tags": pa.array([record["tags"] for record in records], pa.list_(pa.string())),
        "probabilities": pa.array(
            [record["probabilities"] for record in records], pa.list_(pa.float32())
        ),
        "entropies": pa.array(
            [entropies(record["soft_labels"]) for record in records], pa.list_(pa.float32())
        ),
        "entities": pa.array([record["entities"] for record in records], pa.list_(entity)),
    }
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()


def entropies(payload: Payload) -> list[float]:
    """The entropy of each word's distribution.

    payload: Soft labels. Of those cut to the top k, what is missing to 1 counts as spread evenly
        over the other tags.
    RETURNS (n_words): Nats.
    """
    if "probabilities" in payload:
        probabilities = payload["probabilities"].astype(np.float64)
        rest, n_rest = np.zeros(len(probabilities)), 1
    else:
        probabilities = payload["top_probabilities"].astype(np.float64)
        rest = (1 - probabilities.sum(axis=1)).clip(min=0)
        n_tags = scheme_of(tuple(payload["labels"]), payload["target"]).n_tags
        n_rest = max(n_tags - probabilities.shape[1], 1)
    logs = np.log(np.where(probabilities > 0, probabilities, 1))
    rest_logs = np.log(np.where(rest > 0, rest / n_rest, 1))
    found = -(probabilities * logs).sum(axis=1) - rest * rest_logs
    return cast(list[float], found.clip(min=0).tolist())


@dataclass(frozen=True)
class ShardFormat:
    """A format of shards.

    use: What it is for, in help texts.
    encode: Makes the content of a file. Arguments: the annotated docs, their records' ids, and the
        teachers' layer.
    package: What `encode` needs beside what is always installed.
    """

    use: str
    encode: Callable[[Sequence[Doc], Sequence[str], Layer], bytes]
    package: str | None = None

    def check_installed(self) -> None:
        """RAISES: ImportError (H054) if a package is missing."""
        if self.package is not None and find_spec(self.package) is None:
            raise ImportError(
                Errors.H054.format(
                    what=f"The format {self.use}", package=self.package, extra="formats"
                )
            )


SHARD_FORMATS = {
    "spacy": ShardFormat("for `spacy train`", lambda docs, *_: make_bin(docs).to_bytes()),
    "parquet": ShardFormat("for tables", encode_table, "pyarrow"),
}
"""The formats of shards, by name. The name is also the suffix of the files."""
