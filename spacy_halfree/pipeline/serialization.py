"""A component's files, which name damage instead of loading it.

Settings contain a digest of themselves. Behind the weights stand a mark, a digest of them and one
of the labels that they belong to.
"""

import gc
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import Errors, OtherResultsError
from ..files import write_at_once
from ..memory import check_memory

DIGEST = "sha256"
MARK = b"halfree1"
DIGEST_SIZE = hashlib.sha256().digest_size


def write_settings(path: Path, settings: dict[str, Any]) -> None:
    """Write settings and their digest; the file is replaced at once or not at all.

    path: The file.
    settings: Values that JSON has.
    """
    content = {**settings, DIGEST: digest_settings(settings)}
    write_at_once(path, json.dumps(content, ensure_ascii=False, indent=2).encode())


def read_settings(path: Path) -> dict[str, Any]:
    """Read settings and check their digest.

    path: The file.
    RETURNS: The settings.
    RAISES: ValueError if they are not those that the digest was made of.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.pop(DIGEST, None) != digest_settings(content):
        raise ValueError(
            f"{path.name} is not what was saved (damaged, changed by hand, or saved before it "
            "held a digest of itself)"
        )
    return content


def digest_settings(settings: dict[str, Any]) -> str:
    """The SHA-256 of settings in hexadecimal digits; their order does not matter."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def write_weights(path: Path, weights: bytes, labels: bytes) -> None:
    """Write weights and their digests; the file is replaced at once or not at all.

    path: The file.
    weights: What `Model.to_bytes` returned.
    labels: The digest of the labels.
    """
    write_at_once(path, weights, MARK, hashlib.sha256(weights).digest(), labels)


def read_weights(path: Path) -> tuple[memoryview, bytes]:
    """Read weights and check their digest.

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


def digest_labels(target: str, labels: Sequence[str]) -> bytes:
    """The SHA-256 of a layer's name and the labels, which give each tag its meaning."""
    return hashlib.sha256(json.dumps([target, list(labels)]).encode()).digest()


@contextmanager
def explained_loading(name: str, source: str | Path) -> Iterator[None]:
    """Turn whatever goes wrong while files are read into one numbered error.

    name: The component's name.
    source: What is loaded.
    RAISES: ValueError (H010) if anything is raised inside, but MemoryError (H160) if memory was not
        enough, and OtherResultsError as it is: the files are whole, then.
    """
    collects_garbage = gc.isenabled()
    try:
        yield
    except OtherResultsError:
        raise
    except Exception as error:
        check_memory(error, f"component '{name}' from {source}")
        raise ValueError(Errors.H010.format(name=name, path=source, reason=error)) from error
    finally:
        # srsly switches collection off while it reads, and leaves it off when it fails
        if collects_garbage:
            gc.enable()
