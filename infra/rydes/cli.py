"""Run the local cloud, try the services on it, and look inside."""

import json
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import boto3
import typer
from rich.console import Console
from rich.text import Text

from infra.rydes.cloud import emulator
from infra.rydes.cloud.aws import Account
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.cloud import status as cloud_status
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings
from infra.rydes.cloud.up import up as bring_up
from infra.rydes.operator import log_events, modes
from infra.rydes.operator import logs as log_lines
from infra.rydes.operator import trace as timeline
from infra.rydes.operator.dashboard import Dashboard
from infra.rydes.scenarios import journey
from infra.rydes.scenarios.outage import Outage
from infra.rydes.scenarios.rfq import PLACES, Customer, Place, show_result, watch
from infra.rydes.scenarios.ride import book_best
from infra.rydes.simulators.phones.client import Phone, numbers
from infra.rydes.simulators.phones.view import hold
from wild_rydes_circuit_breaker import Mode

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
scenarios = typer.Typer(help="Play a story on the running local cloud.", no_args_is_help=True)
app.add_typer(scenarios, name="scenario")
WIDTH_OF_A_FILE = 100
"""Columns where no terminal sets them: stdout is a file or a pipe, and COLUMNS is not set."""
console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH_OF_A_FILE)
INTERRUPTED = 130
"""The exit status that shells use for Ctrl-C."""
PLACE_HELP = f"lat,lon[,label], or one of: {', '.join(PLACES)}."


def _end_in_order() -> None:
    """Treat every signal to end as Ctrl-C."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.default_int_handler)


@contextmanager
def _one_line_errors() -> Generator[None, None, None]:
    try:
        yield
    except LocalCloudError as error:
        Console(stderr=True).print(
            Text.assemble(("✗ ", "bold red"), error.problem, " ", (error.way_out, "bold")), soft_wrap=True
        )
        raise typer.Exit(1) from error


@contextmanager
def _quiet_end() -> Generator[None, None, None]:
    """End without a word when the reader of the output has gone, as `head` does, or on Ctrl-C."""
    try:
        yield
    except BrokenPipeError:
        # Python would complain once more when it flushes the output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Stop everything after the journey.")] = False,
) -> None:
    """Deploy everything, take one ride, show how the request went, and stay up until Ctrl-C."""
    _end_in_order()
    with _one_line_errors():
        try:
            journey.run(Settings.from_environment(), console, once=once)
        except KeyboardInterrupt:
            print("\nStopped before the journey was finished.")
            raise typer.Exit(INTERRUPTED) from None


@app.command()
def up() -> None:
    """Start the local cloud in the background, or update the stacks of the running one."""
    with _one_line_errors():
        progress = Progress(console)
        cloud, _ = bring_up(Settings.from_environment(), progress, owned=False)
        journey.seed(cloud, progress)
        console.print(
            f"The local cloud is up on port {cloud.settings.port} ({progress.seconds:.1f} s). "
            "Stop it: uv run rydes down"
        )


@app.command()
def down() -> None:
    """Stop the local cloud; its data is gone."""
    with _one_line_errors():
        stopped = emulator.stop(Settings.from_environment().run_dir)
    console.print("Stopped." if stopped else "The local cloud was not up.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show whether the local cloud is up, and the URLs of its APIs and queues."""
    with _one_line_errors():
        found = cloud_status(Settings.from_environment())
    if as_json:
        print(json.dumps(asdict(found)))
        return
    console.print("[green]ready[/]" if found.ready else "[yellow]not ready[/] (rydes up)")
    for name, url in {**found.urls, **found.queues}.items():
        print(f"{name:<36}{url}")


@app.command()
def rfq(
    start: Annotated[str, typer.Option("--from", help=PLACE_HELP)] = "space needle",
    end: Annotated[str, typer.Option("--to", help=PLACE_HELP)] = "sea-tac",
    respond_within: Annotated[int, typer.Option(min=5, max=900, help="Seconds to wait for quotes.")] = 60,
    user: Annotated[str, typer.Option(help="The customer's name.")] = journey.CUSTOMER,
    book: Annotated[bool, typer.Option("--book", help="Book the best quote and follow the ride.")] = False,
) -> None:
    """Submit an RFQ, watch the quotes arrive, and show the result; with --book, take the ride."""
    with _one_line_errors():
        pickup, dropoff = Place.parse(start), Place.parse(end)
        cloud = Cloud.find(Settings.from_environment())
        customer = Customer(cloud, cloud.token(user, "customers"))
        done = watch(customer, pickup, dropoff, respond_within, console)
        show_result(done, console)
        if book:
            book_best(cloud, customer, done, console)


@app.command()
def phone(
    number: Annotated[
        str, typer.Option(help="In E.164 form; by default the phone with the latest SMS.")
    ] = "",
) -> None:
    """Use a customer's phone: read its SMS, and type replies. Ctrl-D puts it away."""
    with _one_line_errors():
        cloud = Cloud.find(Settings.from_environment())
        known = [number] if number else numbers(cloud)
        if not known:
            raise LocalCloudError("No phone has had an SMS yet.", "End a ride: `uv run rydes rfq --book`")
        console.print(f"[bold]{known[0]}[/]", highlight=False)
        hold(Phone(cloud, known[0]), console)


@app.command()
def partners(
    partner: Annotated[str, typer.Argument(help="A partner's id; by default all partners.")] = "",
    *,
    mode: Annotated[
        Mode | None, typer.Option(case_sensitive=False, help="Set the mode of the partner's circuit.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; shown to everyone who looks at the circuit.")] = "",
    lasts: Annotated[
        str,
        typer.Option(
            "--for", help="How long the mode lasts: 90s, 30m, 2h or 1d; by default until it is lifted."
        ),
    ] = "",
    actor: Annotated[str, typer.Option(help="Who sets the mode; by default you.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Print the tables once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, once.")] = False,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How many minutes of calls to count.")] = 5,
    aws: Annotated[
        bool, typer.Option("--aws", help="Use your AWS account instead of the local cloud.")
    ] = False,
) -> None:
    """Show partners, their circuits and how calls to them go, live; or set the mode of a circuit."""
    with _one_line_errors(), modes.reached(), suppress(KeyboardInterrupt):
        # The stubs' overloads of `client` are no match for a protocol.
        account: Account = cast("Any", boto3.Session()) if aws else Cloud.find(Settings.from_environment())
        chosen = modes.known(partner) if partner else None
        if mode is not None:
            modes.put(account, chosen, modes.order(mode, actor=actor, reason=reason, lasts=lasts))
        elif reason or lasts or actor:
            raise LocalCloudError("The mode is missing.", "Name one: --mode FORCED_OPEN")
        Dashboard(account, chosen, minutes * 60.0).show(
            console, once=once or mode is not None, as_json=as_json
        )


@scenarios.command()
def outage(
    partner: Annotated[str, typer.Option(help="The partner's id.")] = "p-comet",
    hangs: Annotated[
        bool, typer.Option("--hangs", help="The partner does not answer at all, instead of with 503.")
    ] = False,
) -> None:
    """Let a partner go down: its circuit opens, RFQs complete without it, it recovers."""
    _end_in_order()
    with _one_line_errors():
        try:
            Outage(Cloud.find(Settings.from_environment()), modes.known(partner), console).play(hangs=hangs)
        except KeyboardInterrupt:
            print(f"\nStopped; {partner} is well again.")
            raise typer.Exit(INTERRUPTED) from None


@app.command()
def trace(rfq_id: Annotated[str, typer.Argument(help="The RFQ's id: the last part of its URL.")]) -> None:
    """Show how one RFQ went through all functions and queues, and where it waited."""
    with _one_line_errors():
        found = timeline.lines(Cloud.find(Settings.from_environment()), rfq_id)
        if not found:
            raise LocalCloudError(
                f"No function logged anything about {rfq_id}.",
                "`uv run rydes logs --last 10m` shows recent RFQs.",
            )
        console.print(timeline.view(found, console.width))


@app.command()
def logs(
    pattern: Annotated[
        str, typer.Argument(help="A word, a correlation id, or a CloudWatch filter pattern; else all lines.")
    ] = "",
    *,
    service: Annotated[str, typer.Option(help=f"One of {', '.join(log_lines.SERVICES)}.")] = "",
    level: Annotated[
        str, typer.Option(help=f"Only this level and above: {', '.join(log_lines.LEVELS)}.")
    ] = "",
    since: Annotated[
        str, typer.Option(help="From this time on, in UTC: 08:45, 08:45:12 or 2026-11-21T08:45:12.")
    ] = "",
    until: Annotated[str, typer.Option(help="Up to this time, in UTC.")] = "",
    last: Annotated[str, typer.Option(help="How far back to look: 90s, 30m, 2h or 1d.")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines as they were logged.")] = False,
) -> None:
    """Print the lines that the functions logged, in order of time; with -f, as they arrive."""
    now = datetime.now(UTC)
    with _one_line_errors(), log_events.reached(), _quiet_end():
        if follow and until:
            raise LocalCloudError("--follow never ends.", "Leave out --until.")
        selection = log_lines.select(
            pattern,
            service=service,
            level=level,
            since=since or (now.isoformat() if follow and not last else ""),
            until=until,
            last=last,
            now=now,
        )
        cloud = Cloud.find(Settings.from_environment())
        found = (log_lines.watch if follow else log_lines.read)(cloud, selection)
        if not log_lines.show(found, console, as_json=as_json, today=now):
            print("No line matches.", file=sys.stderr)


@app.command()
def token(
    user: Annotated[str, typer.Option(help="The user's name, any you like.")],
    group: Annotated[str, typer.Option(help="One of customers, unicorns, support.")],
) -> None:
    """Print a JWT of a user, creating the user if necessary."""
    with _one_line_errors():
        print(Cloud.find(Settings.from_environment()).token(user, group))


if __name__ == "__main__":
    sys.exit(app())
