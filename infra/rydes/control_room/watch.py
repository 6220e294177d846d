"""Watches a system while somebody looks at it, and tells what has changed about once a second."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra import roster
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.control_room.depths import Depth, Depths
from infra.rydes.control_room.ids import Ids
from infra.rydes.control_room.journal import Journal
from infra.rydes.control_room.motion import Hop, Motion
from infra.rydes.control_room.rfqs import Rfq, Rfqs, to_json
from infra.rydes.control_room.templates import Templates
from infra.rydes.operator import log_events, modes
from infra.rydes.operator.dead_letter_contents import without_personal_data
from infra.rydes.operator.log_events import LogEvent
from infra.rydes.operator.logs import level_of, people_line
from infra.rydes.scenarios.wiretap import Wiretap, everything
from wild_rydes_circuit_breaker import Unreadable

EVERY: Final = 1.0
"""Seconds between two looks at a local cloud."""
EVERY_ON_AWS: Final = 15.0
"""Seconds between two looks at AWS, which allows an account five FilterLogEvents a second in some regions."""
_LOOK_BACK: Final = 3600.0
_LOOK_BACK_ON_AWS: Final = 900.0
"""Seconds before the first look whose lines are read."""
_LATELY_MS: Final = 20_000
"""Age of a line from which on it moves nothing in the picture any more."""
_MOST_HOPS: Final = 250
_LINES: Final = 40
"""Lines of a function that are kept."""
_FRESH: Final = 3.0
_BETWEEN_TRIES: Final = 2.0
_UNHAPPY: Final = ("WARNING", "ERROR", "CRITICAL")

Tell = Callable[[dict[str, Any]], None]


class _Ended(Exception):
    """Nobody wants to know any more."""


class Watch:
    """One thread that looks at logs, queues, circuits and, on a local cloud, at the bus.

    It rests while nobody is `wanted` to be told. What it finds goes to `tell`, in that thread. `faults` says what is broken
    on purpose, by the nodes of the picture.
    """

    def __init__(
        self,
        system: System,
        templates: Templates,
        tell: Tell,
        *,
        wanted: Callable[[float], bool],
        faults: Callable[[], dict[str, str]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._system, self._tell, self._wanted, self._now = system, tell, wanted, now
        self._faults = faults
        self._local = isinstance(system, Cloud)
        self._templates = templates
        self._motion = Motion(templates.architecture, system.names)
        self.journal = Journal()
        self.rfqs = Rfqs()
        self.ids = Ids()
        self._depths: Depths | None = None
        self._lines: dict[str, deque[LogEvent]] = {}
        self._hops: list[Hop] = []
        self._alerts: list[dict[str, Any]] = []
        self._changed: dict[str, Rfq] = {}
        self._since = now() - (_LOOK_BACK if self._local else _LOOK_BACK_ON_AWS)
        self._end = threading.Event()
        self._looked = threading.Event()
        self._looked_at = 0.0
        self._thread = threading.Thread(target=self._run, name="control-room-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End, and take the ear from the bus."""
        self._end.set()
        self._thread.join(timeout=10)

    def wait(self, seconds: float) -> None:
        """Wait until a look has ended that is no older than a few seconds, for so long at most."""
        if self._now() - self._looked_at > _FRESH:
            self._looked.clear()
            self._looked.wait(seconds)

    def lines(self, function: str) -> list[dict[str, Any]]:
        """List the newest lines of a function, the newest last."""
        today = datetime.fromtimestamp(self._now(), UTC)
        return [
            {
                "at": event.logged_at,
                "level": level,
                "text": without_personal_data(people_line(event, level, today)),
                "rfq": (event.entry or {}).get("correlation_id"),
            }
            for event in list(self._lines.get(function, ()))
            if (level := level_of(event))
        ]

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                with self._ear() as ear:
                    since, wait = int(self._since * 1000), partial(self._between, ear)
                    for event in log_events.follow(self._system, since=since, wait=wait):
                        self._take(event)
            except _Ended:
                return
            except (LocalCloudError, BotoCoreError, ClientError) as error:
                self._depths = None
                self._tell({"at": self._now() * 1000, "unreachable": str(error)})
                self._end.wait(_BETWEEN_TRIES)

    @contextmanager
    def _ear(self) -> Generator[Wiretap | None, None, None]:
        """Listen on the bus of a local cloud. On AWS that would change something."""
        if not isinstance(self._system, Cloud):
            yield None
            return
        ear = everything(self._system)
        heard = ear.__enter__()
        try:
            yield heard
        finally:
            with suppress(LocalCloudError, BotoCoreError, ClientError):  # the cloud has gone first
                ear.__exit__(None, None, None)

    def _take(self, event: LogEvent) -> None:
        self._since = max(self._since, event.at / 1000 - log_events.LATE / 1000)
        lately = event.logged_at >= self._now() * 1000 - _LATELY_MS
        hops = list(self._motion.hops(event))
        if lately:
            self._hops += hops
        if isinstance(id_ := (event.entry or {}).get("correlation_id"), str):
            self.ids.take(id_)
        if changed := self.rfqs.take(event):
            self._changed[changed.id] = changed
        level = level_of(event)
        if level is None:
            return
        self._lines.setdefault(event.function, deque(maxlen=_LINES)).append(event)
        if level in _UNHAPPY and lately:
            self._alerts.append({"node": f"function:{event.function}", "level": level, "at": event.logged_at})

    def _between(self, ear: Wiretap | None) -> None:
        """Tell what the last look has found, and wait for the next one."""
        if self._templates.renewed():
            self._motion = Motion(self._templates.architecture, self._system.names)
            self._depths = None  # there may be other queues
        for event in ear.heard() if ear else ():
            self.journal.take(event)
        self._tell(self._news())
        self._looked_at = self._now()
        self._looked.set()
        self._end.wait(EVERY if self._local else EVERY_ON_AWS)
        while not self._wanted(self._now()):
            if self._end.wait(EVERY):
                break
        if self._end.is_set():
            raise _Ended

    def _news(self) -> dict[str, Any]:
        self._depths = self._depths or Depths(self._system)
        hops, self._hops = self._hops, []
        alerts, self._alerts = self._alerts, []
        changed, self._changed = self._changed, {}
        now = self._now() * 1000
        depths: dict[str, Depth] = self._depths.look()
        return {
            "at": now,
            "picture": self._templates.version,
            "hops": [vars(hop) for hop in sorted(hops, key=lambda hop: hop.at)[-_MOST_HOPS:]],
            "alerts": alerts,
            "rfqs": to_json(sorted(changed.values(), key=lambda rfq: -rfq.began)[:50]),
            "depths": depths,
            "circuits": self._circuits(),
            "faults": self._faults(),
            "figures": self.rfqs.figures(now),
        }

    def _circuits(self) -> dict[str, dict[str, str]]:
        store, found = modes.store(self._system), {}
        for partner in roster.partners():
            try:
                record = store.read(partner)
            except Unreadable:
                continue
            found[partner] = {"state": record.state.value, "mode": record.mode(self._now()).value}
        return found
