"""Make the exports in `tests/data/exports/` anew, with the running tools.

Run it as `python tests/real_tools/make_exports.py`. The tools are installed from PyPI, into the
folder that `HALFREE_TOOLS` names, or a temporary one. Chromium and chromedriver must be there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import open_browser  # noqa: E402
from doccano_exports import export_from_doccano  # noqa: E402
from doccano_user import DoccanoUser  # noqa: E402
from installation import install  # noqa: E402
from label_studio_exports import export_from_label_studio  # noqa: E402
from label_studio_user import LabelStudioUser  # noqa: E402
from servers import REQUIREMENTS, serve_doccano, serve_label_studio  # noqa: E402
from tool_exports import STORED  # noqa: E402


def make_exports(environments: Path, folder: Path) -> dict[str, bytes]:
    """Install the tools, use them, and export.

    environments: Where the tools are installed.
    folder: For databases and messages.
    RETURNS: The files by name.
    """
    for name in ("browser", "label_studio", "doccano"):
        (folder / name).mkdir()
    with open_browser(folder / "browser") as browser:
        environment = install(REQUIREMENTS["label-studio"], environments)
        with serve_label_studio(environment, folder / "label_studio") as server:
            files = export_from_label_studio(LabelStudioUser(server, browser))
        environment = install(REQUIREMENTS["doccano"], environments)
        with serve_doccano(environment, folder / "doccano") as server:
            files |= export_from_doccano(DoccanoUser(server, browser))
    return files


def main() -> None:
    """Write the files, and print their names."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "environments").mkdir()
        environments = Path(os.environ.get("HALFREE_TOOLS", folder / "environments")).resolve()
        for file, content in make_exports(environments, folder).items():
            (STORED / file).write_bytes(content)
            print(STORED / file)


if __name__ == "__main__":
    main()
