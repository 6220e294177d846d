"""Commands for whoever writes a language file."""

import subprocess
import sys
from typing import Annotated

import typer

app = typer.Typer()
sms = typer.Typer(help="Try what customers write.", no_args_is_help=True)
app.add_typer(sms, name="sms")
READER = "feedback.api.read_sms"
"""A program of the service: nothing here imports one."""


@sms.command()
def read(
    stage: Annotated[str, typer.Option(help="The question that is answered: score or call.")] = "score",
    language: Annotated[str, typer.Option(help="The conversation's language, like en.")] = "en",
) -> None:
    """Read replies, {"text": …} on each line of standard input, and print their outcomes as JSON lines.

    A line's own `stage` and `language` win over the options.
    """
    command = [sys.executable, "-m", READER, f"--stage={stage}", f"--language={language}"]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
