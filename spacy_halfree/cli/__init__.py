"""The commands `python -m spacy halfree ...`: thin shells around the package."""

from spacy.cli._util import app
from typer import Typer

halfree_cli = Typer(name="halfree", help="Distil taggers.", no_args_is_help=True)
app.add_typer(halfree_cli)
