"""The story of `make run`: deploy, register unicorns, take one ride, do a partner's paperwork, and show the customer's tools."""

import json
import shlex
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings
from infra.rydes.cloud.up import up
from infra.rydes.operator.log_events import events, in_order
from infra.rydes.pages import process as pages
from infra.rydes.scenarios.fleet import PARTNER, import_fleet
from infra.rydes.scenarios.invoicing import settle_invoices
from infra.rydes.scenarios.rfq import MOUNT_RAINIER, SEA_TAC, SPACE_NEEDLE, Customer, View, show_result, watch
from infra.rydes.scenarios.ride import book_best
from infra.rydes.simulators.phones.client import Phone, give_phone
from infra.rydes.simulators.phones.directory import Directory
from infra.rydes.simulators.phones.view import converse
from infra.rydes.simulators.unicorns import by_hand, drivers, registry

CUSTOMER = "astrid"
CUSTOMERS_NUMBER = "+14255550142"
RESPOND_WITHIN = 60
TOKEN_REFRESH_SECONDS = 1800.0  # an ID token lasts an hour


def run(settings: Settings, console: Console, *, once: bool) -> None:
    """Deploy and play the journey; then stay up until interrupted.

    Do not stay if `once`, or if the cloud was up before.

    Raises:
        LocalCloudError: a step fails. An emulator that this call started is stopped in any case.
    """
    progress = Progress(console)
    cloud, process = up(settings, progress, owned=True)
    try:
        seed(cloud, progress)
        with progress(f"create the customer {CUSTOMER}"):
            customer = Customer(cloud, cloud.token(CUSTOMER, "customers"))
            give_phone(cloud, CUSTOMER, CUSTOMERS_NUMBER)
        console.print(f"\n[bold]{SPACE_NEEDLE.label} to {SEA_TAC.label}[/]")
        rfq = watch(customer, SPACE_NEEDLE, SEA_TAC, RESPOND_WITHIN, console)
        show_result(rfq, console)
        if not (rfq.result or {})["quotes"]:
            raise LocalCloudError(
                "Nobody quoted.", f"See what the functions logged: {cloud.settings.log('functions')}"
            )
        # Behind the RFQ: it has unicorns enough to choose from.
        fleet = progress.run(lambda: import_fleet(cloud))
        invoices = progress.run(lambda: settle_invoices(cloud))
        console.print("\n[bold]The ride[/]")
        phone = Phone(cloud, CUSTOMERS_NUMBER)
        asked_before = bool(phone.messages())
        book_best(cloud, customer, rfq, console)
        if not asked_before:  # nobody is asked twice a day
            console.print(f"\n[bold]On {CUSTOMER}'s phone[/] [dim](uv run rydes phone)[/]")
            converse(phone, ["9, thanks!"], console)
        console.print(f"\n[bold]The fleet of {PARTNER}[/] [dim](uv run rydes fleet import)[/]")
        fleet.result().show(console)
        console.print(f"\n[bold]The invoices of {PARTNER}[/] [dim](uv run rydes invoices)[/]")
        invoices.result().show(console)
        console.print(f"Journey finished in {progress.seconds:.1f} s", highlight=False)
        if once:
            return
        _show_tools(cloud, customer.token, rfq)
        if process is None:
            console.print("\nThis cloud was up before and stays up. Stop it: make down")
        else:
            console.print("\n[bold]The local cloud stays up until Ctrl-C.[/]")
        _invite(pages.urls(cloud.settings), console)
        if process is None:
            return
        with suppress(KeyboardInterrupt):
            _wait(cloud, process)
        print("\nStopping.")
    finally:
        if process is not None:
            _save_logs(cloud)
            emulator.stop(cloud.settings.run_dir)


def seed(cloud: Cloud, progress: Progress) -> None:
    """Register the unicorns. Doing so again changes nothing."""
    unicorns = registry.by_rate_card()
    price_by_hand = progress.start(
        "connect the unicorns that price by hand", lambda: by_hand.start(cloud.settings)
    )
    with progress(f"register {len(unicorns)} unicorns that quote by their rate card"):
        drivers.remember(cloud.settings, registry.register(cloud, unicorns))
    price_by_hand.result()


def _show_tools(cloud: Cloud, token: str, rfq: View) -> None:
    header, api = _header_file(cloud, token), cloud.url("rfq-api")
    auth = shlex.quote(f"-H@{header}")
    submit = f"{auth} -H 'Content-Type: application/json' {api}/instant-ride-rfqs -d "
    city = json.dumps({"from": SPACE_NEEDLE.json(), "to": SEA_TAC.json(), "respond-within": 60})
    # At Mount Rainier nobody quotes at once, so there is something to cancel.
    mountain = json.dumps({"from": MOUNT_RAINIER.json(), "to": SEA_TAC.json()})
    location = f"curl -sS -o /dev/null -D - {submit}'{mountain}' | tr -d '\\r' | awk 'tolower($1)==\"location:\"{{print $2}}'"
    curls = {
        "submit": f"curl -sS {submit}'{city}'",
        "follow": f"curl -sSL {auth} {rfq.links['self']}",
        "result": f"curl -sS {auth} {rfq.links['result']}",
        "list": f"curl -sS {auth} {api}/instant-ride-rfqs",
        "submit another, and cancel it": f'curl -sS -i {auth} -X DELETE "$({location})"',
    }
    # Plain prints: lines to be pasted must not be wrapped or coloured.
    print()
    for name, url in cloud.urls.items():
        print(f"{name:<16}{url}")
    print(
        f"\nToken of {CUSTOMER}, for an hour (another: uv run rydes token --user NAME --group customers)\n{token}"
    )
    for name, line in curls.items():
        print(f"\n# {name}\n{line}")
    user, number = Directory(cloud).newcomer()
    print("\n# hold a conversation by SMS, and call back whoever wants it (README, Hold a conversation)")
    print(
        f"uv run rydes rfq --book --user {user} --phone {number}\nuv run rydes phone\nuv run rydes callbacks"
    )


def _invite(urls: Mapping[str, str], console: Console) -> None:
    """End with the links that somebody who is here for the first time should open."""
    console.print("\n[bold]Open these two beside each other: order a ride, and see which way it takes.[/]")
    for app, name in (("customer-app", "Customer app"), ("control-room", "Control room")):
        # Not wrapped: a link has to stay one.
        console.print(f"  {name:<14}[link]{urls[app]}[/link]", soft_wrap=True, highlight=False)


def _header_file(cloud: Cloud, token: str) -> Path:
    """Write the token as a header for ``curl -H @file``, which keeps the lines short."""
    path = cloud.settings.run_dir / "customer.header"
    path.touch(mode=0o600)
    path.write_text(f"Authorization: {token}\n")
    return path


def _wait(cloud: Cloud, process: "subprocess.Popen[bytes]") -> None:
    """Wait until interrupted, and keep the token fresh."""
    while True:
        try:
            process.wait(timeout=TOKEN_REFRESH_SECONDS)
        except subprocess.TimeoutExpired:
            _header_file(cloud, cloud.token(CUSTOMER, "customers"))
        else:
            raise LocalCloudError(
                "The emulator ended.", f"If nobody ran `rydes down`, see {cloud.settings.log('emulator')}"
            )


def _save_logs(cloud: Cloud) -> None:
    """Save what the functions logged, before the emulator ends."""
    if emulator.healthy(cloud.settings):
        cloud.settings.log("functions").write_text(
            "\n".join(f"{event.function}  {event.message}" for event in in_order(events(cloud)))
        )
