"""Every kept connection is dead after each pause of a worker: `uv run python -m tests.bench.frozen`.

Real sockets, and a clock that is set. With a clock that stands still nobody knows of the pause: so it was before.
"""

import os
from collections import Counter
from collections.abc import Callable

import urllib3
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.table import Table

from feedback.adapters.sms_service import NO_RETRIES, OutcomeUnknown, SmsSender
from feedback.domain.phone_number import PhoneNumber
from tests.support.frozen import Aws, Clock, thaw
from unicorn_mgmt.adapters.partners.connections import Connections
from wild_rydes_runtime.aws import KEPT_FOR, client

PAUSES = 50


def sms(aws: Aws, clock: Clock) -> Callable[[], object]:
    """Send an SMS, in one call that is never repeated."""
    service = client("pinpoint-sms-voice-v2", url=aws.url, config=NO_RETRIES, clock=clock)
    sender = SmsSender(service, configuration_set="feedback")
    number = PhoneNumber.parse("+12065550142")
    return lambda: sender.send(number, "How was your ride?", {}, origination="+12065550100")


def partner(aws: Aws, clock: Clock) -> Callable[[], object]:
    """Ask a partner, in one call: a second would come too late."""
    connections = Connections(2, clock)

    def ask() -> None:
        answer = connections.request("POST", aws.url, headers={}, body=b"{}", timeout=urllib3.Timeout(2))
        answer.read()
        answer.release_conn()

    return ask


WORK = {
    "an SMS, which is sent again if nobody knows its fate": sms,
    "a partner's quote, which is a decline if the call fails": partner,
}


def failures(make: Callable[[Aws, Clock], Callable[[], object]], *, knows: bool) -> Counter[str]:
    """Count what became of one call after each pause."""
    aws, clock = Aws(), Clock()
    found = Counter[str]()
    call = make(aws, clock)
    call()
    for _ in range(PAUSES):
        thaw(aws, clock, KEPT_FOR + 0.1 if knows else 0)
        try:
            call()
            found["done"] += 1
        except (OutcomeUnknown, BotoCoreError, urllib3.exceptions.HTTPError):
            found["failed"] += 1
    aws.shutdown()
    aws.server_close()
    return found


def main() -> None:
    """Print how many calls fail, before and now."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    table = Table("call", "connections", "done", "failed", title=f"{PAUSES} pauses")
    for name, make in WORK.items():
        for knows in (False, True):
            found = failures(make, knows=knows)
            which = "dropped after a pause" if knows else "kept over a pause"
            table.add_row(name, which, str(found["done"]), str(found["failed"]))
    Console().print(table)


if __name__ == "__main__":
    main()
