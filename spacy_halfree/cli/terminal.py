"""What commands print: without control characters, and with colours on terminals alone."""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import typer
from spacy.cli._util import setup_gpu
from thinc.util import gpu_is_available
from typer.core import TyperGroup
from wasabi.printer import Printer
from wasabi.util import supports_ansi

from ..errors import Errors
from ..printable import printable, printable_lines
from ..ranges import check_count

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""The error of options and arguments, of click or of typer's own copy of it."""


def uses_colours(stream: TextIO | None) -> bool:
    """Whether colours are shown: on terminals that know them, unless `NO_COLOR` is set."""
    is_refused = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not is_refused and stream is not None and stream.isatty() and supports_ansi()


class TerminalPrinter(Printer):
    """Prints messages and tables to the standard output. See `wasabi.Printer`."""

    @property
    def show_color(self) -> bool:
        """Whether messages are coloured: the standard output may be another one each time."""
        return self.may_show_color and uses_colours(sys.stdout)

    @show_color.setter
    def show_color(self, value: bool) -> None:
        self.may_show_color = value

    def text(self, title: Any = "", text: Any = "", **options: Any) -> Any:  # type: ignore[override]
        """Print a message of a line, and perhaps another line behind it."""
        return super().text(printable(str(title)), printable(str(text)), **options)

    def table(self, data: Collection[Sequence[Any]], **options: Any) -> Any:
        """Print rows. header: The names of the columns."""
        rows = [[printable(str(cell)) for cell in row] for row in data]
        header = [printable(str(cell)) for cell in options.pop("header", ())]
        return super().table(rows, header=header or None, **options)


msg = TerminalPrinter()
"""Prints for all commands."""


def print_lines(text: str) -> None:
    """Print a text of several lines as it is, where `msg` would break its lines anew."""
    typer.echo(printable_lines(text), color=uses_colours(sys.stdout))


def use_device(gpu_id: int) -> None:
    """Let models compute on a GPU or on the CPU, and say so.

    gpu_id: The number of the GPU; -1 for the CPU.
    RAISES: ValueError (H013) for a number below -1, (H150) if there is no such GPU.
    """
    check_count(-1, gpu_id=gpu_id)
    msg.info("Using CPU" if gpu_id < 0 else f"Using GPU: {gpu_id}")
    if gpu_id < 0 and gpu_is_available():
        msg.info("To switch to GPU 0, use the option: --gpu-id 0")
    try:
        setup_gpu(gpu_id, silent=True)
    # the libraries of GPUs have errors of their own
    except Exception as error:
        raise ValueError(Errors.H150.format(gpu_id=gpu_id, reason=error)) from error


class HalfreeGroup(TyperGroup):
    """The group of commands, which shows what is wrong with options and arguments."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the options before the command."""
        with shows_usage_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Read the options of the command, and run it."""
        with shows_usage_errors():
            return super().invoke(ctx)


@contextmanager
def shows_usage_errors() -> Iterator[None]:
    """Show usage errors without colours and control characters, and end with their status."""
    try:
        yield
    except UsageError as error:
        # the help has lines of its own, and no words of the user
        if type(error).__name__ != "NoArgsIsHelpError":
            error.message = printable(error.message)  # type: ignore[attr-defined]
        error.show()  # type: ignore[attr-defined]
        raise SystemExit(error.exit_code) from error  # type: ignore[attr-defined]
