"""Every error of the scripts has a number of its own."""

import re
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
RAISED = re.compile(r"raise (?:DataError|FetchError)\(\s*f?\"(\[S\d{3}\] )?")


def test_numbers_are_there_and_differ() -> None:
    found = [
        number
        for path in sorted(SCRIPTS.glob("*.py"))
        for number in RAISED.findall(path.read_text())
    ]
    assert found
    assert all(found)
    assert len(set(found)) == len(found)
