"""The configs and templates that are shipped: one source, and in the wheel."""

from configparser import ConfigParser
from pathlib import Path

import pytest
from thinc.api import Config

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


@pytest.mark.parametrize(
    "name", ["teacher_aligned", "student_first_order", "student_bilstm", "student_aligned"]
)
def test_the_last_checkpoint_is_kept_however_long_training_is(name: str) -> None:
    """Evaluated at the last step alone (and at the first, which has learned nothing)."""
    config = Config().from_disk(
        ROOT / "configs" / f"{name}.cfg", overrides={"training.max_steps": 7}
    )
    assert config["training"]["eval_frequency"] == 7


def test_they_are_part_of_the_wheel() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf8")
    patterns = setup["options.package_data"]["spacy_halfree"].split()
    packed = {path for pattern in patterns for path in SHIPPED.parent.glob(pattern)}
    configs = {SHIPPED / "configs" / path.name for path in (ROOT / "configs").iterdir()}
    assert configs
    assert configs | set((SHIPPED / "templates").iterdir()) <= packed
