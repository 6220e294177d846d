"""The ``rydes`` command: the local cloud and everything one does with it."""

import json
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict
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
from infra.rydes.operator import modes
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
scenarios = typer.Typer(help="Play something on the running local cloud.", no_args_is_help=True)
app.add_typer(scenarios, name="scenario")
console = Console()
INTERRUPTED = 130  # as a shell says it
PLACE_HELP = f"lat,lon[,label], or one of: {', '.join(PLACES)}."


def _end_in_order() -> None:
    """Whatever asks this process to end is taken for Ctrl-C."""
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


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="End everything after the journey.")] = False,
) -> None:
    """Deploy everything, make a journey, show the way it took, and stay up until Ctrl-C."""
    _end_in_order()
    with _one_line_errors():
        try:
            journey.run(Settings.from_environment(), console, once=once)
        except KeyboardInterrupt:
            print("\nStopped before the journey was over.")
            raise typer.Exit(INTERRUPTED) from None


@app.command()
def up() -> None:
    """Start the local cloud in the background, or update the stacks of the running one."""
    with _one_line_errors():
        progress = Progress(console)
        cloud, _ = bring_up(Settings.from_environment(), progress, owned=False)
        journey.seed(cloud, progress)
        console.print(
            f"The local cloud is up on port {cloud.settings.port} ({progress.seconds:.1f} s). Stop it: rydes down"
        )


@app.command()
def down() -> None:
    """Stop the local cloud; its state is gone."""
    with _one_line_errors():
        stopped = emulator.stop(Settings.from_environment().run_dir)
    console.print("Stopped." if stopped else "It was not up.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Say whether the local cloud is up, and where its APIs and queues are."""
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
    respond_within: Annotated[int, typer.Option(min=5, max=900, help="Seconds.")] = 60,
    user: Annotated[str, typer.Option(help="The customer.")] = journey.CUSTOMER,
    book: Annotated[
        bool, typer.Option("--book", help="Book the best quote, follow the ride to its end.")
    ] = False,
) -> None:
    """Submit an RFQ, watch quotes arrive, show the result, and book a ride if asked to."""
    with _one_line_errors():
        cloud = Cloud.find(Settings.from_environment())
        customer = Customer(cloud, cloud.token(user, "customers"))
        done = watch(customer, Place.parse(start), Place.parse(end), respond_within, console)
        show_result(done, console)
        if book:
            book_best(cloud, customer, done, console)


@app.command()
def phone(
    number: Annotated[str, typer.Option(help="E.164; the one that an SMS came to last, if left out.")] = "",
) -> None:
    """Hold a customer's phone: shows its SMS, and sends each line that is typed. Ctrl-D puts it away."""
    with _one_line_errors():
        cloud = Cloud.find(Settings.from_environment())
        known = [number] if number else numbers(cloud)
        if not known:
            raise LocalCloudError("No phone has had an SMS yet.", "End a ride: `uv run rydes rfq --book`")
        console.print(f"[bold]{known[0]}[/]", highlight=False)
        hold(Phone(cloud, known[0]), console)


@app.command()
def partners(
    partner: Annotated[str, typer.Argument(help="Its id; all of them, if left out.")] = "",
    *,
    mode: Annotated[
        Mode | None, typer.Option(case_sensitive=False, help="Set the mode of its circuit, for everybody.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for those who find it so.")] = "",
    lasts: Annotated[
        str, typer.Option("--for", help="Until it ends by itself: 90s, 30m, 2h or 1d; for ever, if left out.")
    ] = "",
    actor: Annotated[str, typer.Option(help="Who sets it; you, if left out.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Show them once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Once, for programs.")] = False,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="Whose calls are counted.")] = 5,
    aws: Annotated[bool, typer.Option("--aws", help="Of your AWS account and region, not here.")] = False,
) -> None:
    """Show partners, their circuits and how their calls go, live; or set the mode of a circuit."""
    with _one_line_errors(), modes.reached(), suppress(KeyboardInterrupt):
        # The stubs' overloads of `client` are no match for a protocol.
        account: Account = cast("Any", boto3.Session()) if aws else Cloud.find(Settings.from_environment())
        chosen = modes.known(partner) if partner else None
        if mode is not None:
            modes.put(account, chosen, modes.order(mode, actor=actor, reason=reason, lasts=lasts))
        elif reason or lasts or actor:
            raise LocalCloudError("Which mode?", "Name one: --mode FORCED_OPEN")
        Dashboard(account, chosen, minutes * 60.0).show(
            console, once=once or mode is not None, as_json=as_json
        )


@scenarios.command()
def outage(
    partner: Annotated[str, typer.Option(help="Whose.")] = "p-comet",
    hangs: Annotated[bool, typer.Option("--hangs", help="It does not answer, instead of 503.")] = False,
) -> None:
    """A partner goes down: its circuit opens, requests complete without it, it is probed, and it closes again."""
    _end_in_order()
    with _one_line_errors():
        try:
            Outage(Cloud.find(Settings.from_environment()), modes.known(partner), console).play(hangs=hangs)
        except KeyboardInterrupt:
            print(f"\nStopped; {partner} is well again.")
            raise typer.Exit(INTERRUPTED) from None


@app.command()
def trace(rfq_id: Annotated[str, typer.Argument(help="The last part of its URL.")]) -> None:
    """Show the timeline of one RFQ over all functions and queues."""
    with _one_line_errors():
        found = timeline.lines(Cloud.find(Settings.from_environment()), rfq_id)
        if not found:
            raise LocalCloudError(
                f"No function logged anything about {rfq_id}.", "List yours: GET /instant-ride-rfqs"
            )
        console.print(timeline.table(found))


@app.command()
def logs(
    pattern: Annotated[str, typer.Argument(help="A CloudWatch filter pattern, such as ERROR.")] = "",
) -> None:
    """Print what all functions logged."""
    with _one_line_errors():
        for function, line in timeline.everything(Cloud.find(Settings.from_environment()), pattern):
            print(f"{function}  {line}")


@app.command()
def token(
    user: Annotated[str, typer.Option(help="Any name.")],
    group: Annotated[str, typer.Option(help="customers, unicorns or support.")],
) -> None:
    """Print a JWT of a user, who is created if need be."""
    with _one_line_errors():
        print(Cloud.find(Settings.from_environment()).token(user, group))


if __name__ == "__main__":
    sys.exit(app())
