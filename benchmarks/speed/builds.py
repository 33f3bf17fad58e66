"""Builds of the package to compare: an earlier commit, and the code as it is."""

import shutil
import subprocess
from configparser import ConfigParser
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "spacy_halfree"
VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"),
)
"""What would set the number of threads of a process, or how they wait."""


def unpack(commit: str, folder: Path) -> None:
    """Put the package of a commit in a folder, beside today's benchmarks, scripts and configs."""
    archive = subprocess.run(
        ["git", "archive", commit, PACKAGE, "setup.cfg"], cwd=ROOT, check=True, capture_output=True
    )
    folder.mkdir(exist_ok=True)
    subprocess.run(["tar", "x"], cwd=folder, input=archive.stdout, check=True)
    add_surroundings(folder)


def copy_current(folder: Path) -> None:
    """Put the package as it is in a folder, in the same way."""
    copy_build(ROOT, folder)


def copy_build(checkout: Path, folder: Path) -> None:
    """Put the package of a checkout in a folder, in the same way."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(checkout / PACKAGE, folder / PACKAGE, ignore=ignored)
    shutil.copy(checkout / "setup.cfg", folder)
    add_surroundings(folder)


def add_surroundings(folder: Path) -> None:
    """Add what a build needs: today's benchmarks, scripts and configs, and its own entry points.

    A process that is started in the folder finds the entry points of this build in its
    `.dist-info` folder, and not those of the installed one, whose modules may have other names.
    """
    for name in ("benchmarks", "scripts", "configs"):
        (folder / name).symlink_to(ROOT / name)
    number = version("spacy-halfree")
    information = folder / f"{PACKAGE}-{number}.dist-info"
    information.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: spacy-halfree\nVersion: {number}\n"
    (information / "METADATA").write_text(metadata, encoding="utf8")
    settings = ConfigParser(interpolation=None)
    settings.read(folder / "setup.cfg", encoding="utf8")
    groups = settings["options.entry_points"].items()
    points = "\n".join(f"[{group}]{lines}\n" for group, lines in groups)
    (information / "entry_points.txt").write_text(points, encoding="utf8")
