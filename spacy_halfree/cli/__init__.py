"""The commands `python -m spacy halfree ...`: thin shells around the package."""

from spacy.cli._util import app
from typer import Typer

from .adapt_encoder import adapt_encoder_cli
from .annotate import annotate_cli
from .calibrate import calibrate_cli
from .check import check_cli
from .init import init_cli
from .report import report_cli
from .serve import serve_cli
from .suggest import suggest_cli
from .terminal import HalfreeGroup

HELP = "From few labelled texts and many raw ones to a small pipeline that can be trusted."

halfree_cli = Typer(
    name="halfree",
    help=HELP,
    no_args_is_help=True,
    cls=HalfreeGroup,
    # as spaCy's own commands: rich would colour boxes whatever `NO_COLOR` says
    rich_markup_mode=None,
)
halfree_cli.callback()(lambda: None)
halfree_cli.command("init")(init_cli)
halfree_cli.command("adapt-encoder")(adapt_encoder_cli)
halfree_cli.command("annotate")(annotate_cli)
halfree_cli.command("calibrate")(calibrate_cli)
halfree_cli.command("check")(check_cli)
halfree_cli.command("report")(report_cli)
halfree_cli.command("serve")(serve_cli)
halfree_cli.command("suggest")(suggest_cli)
app.add_typer(halfree_cli)
