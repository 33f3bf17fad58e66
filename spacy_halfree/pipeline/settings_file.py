"""A component's settings on disk, with a digest by which damage is told from what was saved."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ..files import write_at_once

DIGEST = "sha256"


def write_settings(path: Path, settings: dict[str, Any]) -> None:
    """Write settings and their digest; the file is replaced at once or not at all.

    path: The file.
    settings: What JSON can hold.
    """
    content = {**settings, DIGEST: digest_settings(settings)}
    write_at_once(path, json.dumps(content, ensure_ascii=False, indent=2).encode())


def read_settings(path: Path) -> dict[str, Any]:
    """Read settings, and make sure that they are what was written.

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
    """The SHA-256 of settings, in hexadecimal digits, whatever order they stand in."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
