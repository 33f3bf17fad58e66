"""Remove folders that the workflow made: `python scripts/clean.py FOLDER ...`."""

import shutil
from pathlib import Path
from typing import Annotated

import typer


def main(
    folders: Annotated[list[Path], typer.Argument(help="Folders inside the project.")],
) -> None:
    """Remove folders of this project, and nothing outside of it."""
    project = Path.cwd().resolve()
    for folder in folders:
        if project not in folder.resolve().parents:
            raise typer.BadParameter(f"{folder} is not inside {project}")
    for folder in folders:
        if folder.is_dir():
            shutil.rmtree(folder)
            typer.echo(f"removed {folder}")


if __name__ == "__main__":
    typer.run(main)
