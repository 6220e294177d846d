"""AWS throttles everything for two minutes, with RFQs and bookings under way: `uv run python -m tests.bench.throttling`.

On a local cloud of its own. A proxy between the functions and the cloud refuses every call of every function, and then
none any more. Prints what became of the RFQs, of the bookings, and of each dead-letter queue.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.bench_cloud import bench_cloud
from tests.support.outage import Account, Asked, Booked, Outage

console = Console()


def report(account: Account) -> None:
    """Print the tables."""
    seconds = account.ended - account.began
    rfqs = Table(title=f"RFQs in an outage of {seconds:.0f} s")
    for name in (
        "caught",
        "RFQs",
        "ended by",
        "seen to end, seconds after their deadline",
        "after the outage",
    ):
        rfqs.add_column(name)
    for kind in dict.fromkeys(each.kind for each in account.rfqs):
        some = [each for each in account.rfqs if each.kind == kind]
        rfqs.add_row(
            kind,
            str(len(some)),
            _counts([each.completed_by for each in some]),
            f"{max(each.seen - each.deadline for each in some):+.1f}",
            f"{_latest(some, account):+.1f}",
        )
    console.print(rfqs)
    bookings = Table(title="Bookings")
    for name in ("caught", "bookings", "ended as", "seen to end, seconds after the outage"):
        bookings.add_column(name)
    for kind in dict.fromkeys(each.kind for each in account.bookings):
        ended = [each for each in account.bookings if each.kind == kind]
        statuses = [each.end["status"] for each in ended if each.end]
        bookings.add_row(kind, str(len(ended)), _counts(statuses), f"{_latest(ended, account):+.1f}")
    console.print(bookings)
    queues = Table("dead-letter queue", "messages", title="Parked")
    for name, count in account.parked.items():
        queues.add_row(name, str(count))
    console.print(queues if account.parked else "Parked: nothing, in no dead-letter queue.")
    console.print(f"Refused calls: {account.refused.total()}, of {len(account.refused)} functions.")


def _latest(some: Sequence[Asked | Booked], account: Account) -> float:
    return max(each.seen for each in some) - account.ended


def _counts(values: Sequence[str]) -> str:
    return ", ".join(f"{count} {value}" for value, count in Counter(values).items())


def main() -> None:
    """Have one outage and print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=120)
    arguments.add_argument(
        "--each", type=int, default=3, help="RFQs or bookings that are caught at each function"
    )
    options = arguments.parse_args()
    with bench_cloud() as bench:
        report(Outage(bench.cloud, options.seconds, options.each).run())


if __name__ == "__main__":
    main()
