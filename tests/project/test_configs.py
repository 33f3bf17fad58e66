"""The configs and templates that are shipped: one source, and in the wheel."""

from configparser import ConfigParser
from pathlib import Path

import spacy_halfree

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Path(spacy_halfree.__file__).parent / "project"


def test_configs_of_the_repository_are_those_that_are_shipped() -> None:
    own, shipped = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (ROOT / "configs", SHIPPED / "configs")
    )
    assert own
    assert own == shipped


def test_they_are_part_of_the_wheel() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf8")
    patterns = setup["options.package_data"]["spacy_halfree"].split()
    packed = {path for pattern in patterns for path in SHIPPED.parent.glob(pattern)}
    configs = {SHIPPED / "configs" / path.name for path in (ROOT / "configs").iterdir()}
    assert configs
    assert configs | set((SHIPPED / "templates").iterdir()) <= packed
