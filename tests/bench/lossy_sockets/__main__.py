"""What sockets that lose pushes cost the RFQs of a herd: `uv run python -m tests.bench.lossy_sockets`.

Unicorns that price by hand, all of which answer whatever they hear of within seconds. unicorn-mgmt's code runs on moto, on
a clock of its own (`tests/saga/herd.py`): deterministic, and done in some minutes. An app that only listens is one of
before there were snapshots. Exits with 1 if an RFQ of apps that speak is not answered by all.
"""

import argparse
import logging
import os
import sys
from collections import Counter
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.saga.herd import RESPOND_WITHIN, Habits, Herd, Weather
from tests.support.unicorn_mgmt.world import a_world

APPS = {
    "only listens": Habits(every=None),
    "speaks every 30 s": Habits(every=30),
    "speaks every 10 s": Habits(every=10),
}
WEATHERS = (
    Weather(0.0),
    Weather(0.1),
    Weather(0.3),
    Weather(0.1, line_lasts=60),
    Weather(0.3, line_lasts=60),
)
APART = 5.0
"""Seconds between two RFQs."""

console = Console()
if not console.is_terminal:
    console = Console(width=120)


def main() -> int:
    """Run all apps in all weathers, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rfqs", type=int, default=20, help="of each run")
    parser.add_argument("--unicorns", type=int, default=8, help="that each RFQ invites")
    parser.add_argument("--seeds", type=int, default=2, help="runs in each weather")
    options = parser.parse_args()
    os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "WildRydes"
    logging.disable(logging.CRITICAL)
    table = Table(
        *("pushes\nlost", "a line\nlasts", "the app"),
        title=f"{options.rfqs * options.seeds} RFQs a row, each to {options.unicorns} unicorns,"
        f" with {RESPOND_WITHIN.total_seconds():.0f} s to respond",
    )
    for name in (
        "answered\nby all",
        "median s\nuntil then",
        "longest",
        "pushes for\nan invitation",
        "never\narrived",
    ):
        table.add_column(name, justify="right")
    missed = 0
    for weather, app in track([(w, a) for w in WEATHERS for a in APPS], console=console, transient=True):
        ended: Counter[str] = Counter()
        waits: list[float] = []
        pushes, lost = 0, 0.0
        for seed in range(options.seeds):
            with a_world() as world:
                herd = Herd(world, weather, APPS[app], unicorns=options.unicorns, seed=seed)
                ended += herd.run(options.rfqs, APART)
            waits += herd.waits
            pushes, lost = pushes + herd.pushes, lost + herd.lost / options.seeds
        missed += APPS[app].every is not None and ended["all-answered"] < ended.total()
        table.add_row(
            f"{weather.loss:.0%}",
            "for ever" if weather.line_lasts == float("inf") else f"{weather.line_lasts:.0f} s",
            app,
            f"{ended['all-answered'] / ended.total():.0%}",
            *(
                f"{seconds:.1f}" if waits else "-"
                for seconds in ((median(waits), max(waits)) if waits else (0, 0))
            ),
            f"{pushes / options.unicorns / ended.total():.2f}",
            f"{lost:.0%}",
        )
    console.print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
