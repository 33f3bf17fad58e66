"""The blocks of docs/tutorial.md, in their order, on the real addresses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(sh|py)\n(.*?)^```", re.MULTILINE | re.DOTALL)
STEPS = {"encoder_steps": 2, "teacher_steps": 20, "student_steps": 40}
"""Enough to see that everything fits together, and not to find much."""
ASSETS = ("addresses/labeled.xml", "minilm/model.safetensors")


def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall(PAGE.read_text(encoding="utf8"))


def shortened(code: str, site: Path) -> str:
    """The same commands with fewer steps, and with the wheel installed into a folder."""
    for name, steps in STEPS.items():
        code = re.sub(rf"(--vars\.{name}) \d+", rf"\1 {steps}", code)
    return code.replace("pip install ", f'pip install --no-deps --no-index --target "{site}" ')


def test_the_page_names_what_is_made_shorter() -> None:
    code = "\n".join(code for _, code in blocks())
    assert all(f"--vars.{name}" in code for name in STEPS)
    assert "pip install" in code


# about 10 minutes on a free core, most of which is the labelling of 5,800 texts by three teachers
@pytest.mark.slow
def test_the_tutorial(tmp_path: Path) -> None:
    assets = Path(os.environ.get("HALFREE_ASSETS", ROOT / "assets"))
    if missing := [name for name in ASSETS if not (assets / name).exists()]:
        pytest.skip(f"needs {missing} in {assets}: `python -m spacy project run fetch`")
    for name, folder in (("scripts", ROOT / "scripts"), ("assets", assets)):
        (tmp_path / name).symlink_to(folder)
    site = tmp_path / "site"
    paths = os.pathsep.join([str(site), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for language, code in blocks():
        shell = ["bash", "-e", "-c"] if language == "sh" else [sys.executable, "-c"]
        done = subprocess.run(
            [*shell, shortened(code, site)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert (tmp_path / "suggestions.jsonl").read_text("utf8").count("\n") == 5
    (wheel,) = (tmp_path / "addresses").rglob("*.whl")
    assert wheel.name == "en_addresses_tagger-0.1.0-py3-none-any.whl"
    assert (site / "en_addresses_tagger").is_dir()
