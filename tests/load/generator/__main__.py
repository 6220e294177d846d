"""Generate load. A process of its own, in the environment of the group `load`: locust replaces the sockets of its process.

    python -m tests.load.generator JOURNAL

The first line of stdin is the town (`tests/load/town.py`), each other one a phase: `{"rate": RFQs a second, "seconds": …}`.
At its end the process waits for all that are still on their way. Everything seen is a line of the journal.
"""

from locust import events  # before all else: it replaces the sockets of the standard library
from locust.env import Environment  # isort: split

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import gevent

from tests.load.generator.arrivals import Mix, poisson
from tests.load.generator.callers import BatchMachine, Caller, Machine, Poller, Watcher
from tests.load.generator.town import Town

CALLERS: tuple[type[Caller], ...] = (Poller, Watcher, Machine, BatchMachine)


def main() -> None:
    """Let callers come as stdin says, and end when it does and all have gone."""
    threads = gevent.get_hub().threadpool
    town = Town.read(json.loads(threads.apply(sys.stdin.readline)))
    Caller.settle(town)
    with Path(sys.argv[1]).open("w", buffering=1) as journal:
        environment = Environment(user_classes=list(CALLERS), events=events)
        events.request.add_listener(lambda **seen: journal.write(_line(**seen)))
        events.user_error.add_listener(
            lambda exception, **_: journal.write(_line("broken", "caller", 0, repr(exception), {}))
        )
        runner = environment.create_local_runner()
        count = sum(caller.fixed_count for caller in CALLERS)
        runner.start(count, spawn_rate=100)
        town.wait_for_callers(count)
        print("ready", flush=True)
        dice = random.Random(town.seed)
        while phase := threads.apply(sys.stdin.readline):
            _come(town, **json.loads(phase), dice=dice)
        town.wait_for_silence()
        runner.quit()


def _come(town: Town, rate: float, seconds: float, dice: random.Random) -> None:
    """One phase. Late as this process may be, an arrival keeps the instant at which it was due."""
    began = time.time()
    if rate:
        for arrival in poisson(rate, began, seconds, Mix(town.shares, town.brings), dice):
            gevent.sleep(max(0.0, arrival.at - time.time()))
            for _ in range(town.brings.get(arrival.kind, 1)):
                events.request.fire(
                    request_type="seen",
                    name="due",
                    response_time=0,
                    response_length=0,
                    exception=None,
                    context={"due": arrival.at, "who": arrival.kind},
                )
            town.arrive(arrival)
    gevent.sleep(max(0.0, began + seconds - time.time()))


def _line(
    request_type: str, name: str, response_time: float, exception: object, context: dict[str, Any], **_: Any
) -> str:
    seen = {
        "type": request_type,
        "name": name,
        "who": context.get("who"),
        "due": context.get("due"),
        "seen": time.time(),
        "seconds": response_time / 1000,
        "error": str(exception) if exception else None,
    }
    return json.dumps(seen) + "\n"


if __name__ == "__main__":
    main()
