"""Results that are kept as one JSON value a file."""

import json
from pathlib import Path
from typing import Any


def read_json(path: Path, missing: Any) -> Any:
    """What a file holds; `missing` if there is no file, so that its table is an empty one."""
    return json.loads(path.read_text(encoding="utf8")) if path.exists() else missing


def write_json(path: Path, content: Any) -> None:
    """Write a file, and its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf8")
