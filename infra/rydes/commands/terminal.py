"""What all commands have in common: one console, errors in one line, and an end without a traceback."""

import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.printable import printable

WIDTH_OF_A_FILE = 100
"""Columns where no terminal sets them: stdout is a file or a pipe, and COLUMNS is not set."""
console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH_OF_A_FILE)
INTERRUPTED = 130
"""The exit status that shells use for Ctrl-C."""


def end_in_order() -> None:
    """Treat every signal to end as Ctrl-C."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.default_int_handler)


@contextmanager
def one_line_errors() -> Generator[None, None, None]:
    """Print a LocalCloudError, or an error of botocore, on one line of stderr, and exit with status 1."""
    try:
        yield
    except LocalCloudError as error:
        complain(error.problem, error.way_out)
        raise typer.Exit(1) from error
    except (BotoCoreError, ClientError) as error:
        complain(f"AWS cannot be reached, or refuses: {error}", "Check credentials, region and permissions.")
        raise typer.Exit(1) from error


def complain(problem: str, way_out: str = "") -> None:
    """Print on one line of stderr what is wrong, and the way out."""
    line = Text.assemble(
        ("✗ ", "bold red"),
        printable(" ".join(problem.split())),
        " " if way_out else "",
        (printable(way_out), "bold"),
    )
    Console(stderr=True).print(line, soft_wrap=True)


@contextmanager
def quiet_end() -> Generator[None, None, None]:
    """End without a word when the reader of the output has gone, as `head` does, or on Ctrl-C."""
    try:
        yield
    except BrokenPipeError:
        # Python would complain once more when it flushes the output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
