"""Weights on disk, behind which stands what they and their labels must be."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from ..files import write_at_once
from ..types import Target

MARK = b"halfree1"
DIGEST_SIZE = hashlib.sha256().digest_size


def write_weights(path: Path, weights: bytes, labels: bytes) -> None:
    """Write weights and their digests; the file is replaced at once or not at all.

    path: The file.
    weights: What `Model.to_bytes` returned.
    labels: The digest of the labels.
    """
    write_at_once(path, weights, MARK, hashlib.sha256(weights).digest(), labels)


def read_weights(path: Path) -> tuple[memoryview, bytes]:
    """Read weights, and make sure that they are what was written.

    path: The file.
    RETURNS: What `Model.from_bytes` takes, and the digest of the labels.
    RAISES: ValueError if a single bit has changed.
    """
    content = memoryview(path.read_bytes())
    ends = len(content) - 2 * DIGEST_SIZE
    weights = content[: max(ends - len(MARK), 0)]
    if content[len(weights) : max(ends, 0)] != MARK:
        raise ValueError(
            f"{path.name} does not end with its digests (cut off, or saved before there were any)"
        )
    if content[ends : ends + DIGEST_SIZE] != hashlib.sha256(weights).digest():
        raise ValueError(f"{path.name} does not hold the weights that were saved")
    return weights, bytes(content[ends + DIGEST_SIZE :])


def digest_labels(target: Target, labels: Sequence[str]) -> bytes:
    """The SHA-256 of what tells which tag is which."""
    return hashlib.sha256(json.dumps([target, list(labels)]).encode()).digest()
