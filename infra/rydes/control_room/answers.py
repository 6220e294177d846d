"""What the control room answers to each call of its API. All of it blocks, so it runs in threads."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.control_room import traffic
from infra.rydes.control_room.faults import Faults
from infra.rydes.control_room.rfqs import to_json
from infra.rydes.control_room.room import ControlRoom
from infra.rydes.control_room.timeline import timeline

LOOKING_CHANGES: Final = (
    "Whoever looks at a dead letter on AWS hides it from the replay for a while, and counts as one more receipt."
    " `uv run rydes dlq list` does that, with --profile."
)
_LOCAL_ONLY: Final = "This is for a local cloud: on AWS nothing is broken on purpose."
_FIRST_LOOK: Final = 20.0
_NEWEST: Final = 100

Json = Any
"""Any JSON value."""


@dataclass(frozen=True)
class Asked:
    """The parts of a call: those of its path, of its query, and of its body."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Json]

    def said(self, name: str, *types: type) -> Json:
        """Return a field of the body. Raises HTTPException if it is missing, or of another type."""
        value = self.body.get(name)
        if not isinstance(value, types):
            raise HTTPException(400, f"{name} is missing.")
        return value


def system(room: ControlRoom, _: Asked) -> Json:
    """Say which system this is."""
    return {
        "local": not room.refuses,
        "environment": room.system.names.environment,
        "refuses": room.refuses or None,
    }


def picture(room: ControlRoom, _: Asked) -> Json:
    """Show the architecture."""
    return room.architecture.to_json()


def node(room: ControlRoom, asked: Asked) -> Json:
    """Show the last lines of a function."""
    id_ = asked.path["id"]
    if id_ not in room.architecture.nodes:
        raise HTTPException(404, f"There is no node {id_}.")
    return {"id": id_, "lines": room.watch.lines(id_.partition(":")[2])}


def rfqs(room: ControlRoom, _: Asked) -> Json:
    """List the newest RFQs."""
    room.watch.wait(_FIRST_LOOK)
    return {"rfqs": to_json(room.watch.rfqs.newest(_NEWEST))}


def rfq(room: ControlRoom, asked: Asked) -> Json:
    """Show one RFQ."""
    return timeline(room.system, room.watch.journal, asked.path["id"])


def letters(room: ControlRoom, asked: Asked) -> Json:
    """Show dead letters."""
    if room.refuses:
        raise HTTPException(403, LOOKING_CHANGES)
    return room.dead_letters.look(asked.query.get("queue", ""))


def plan(room: ControlRoom, asked: Asked) -> Json:
    """Say what a replay would do."""
    return room.dead_letters.plan(asked.said("queue", str), [str(id_) for id_ in asked.said("ids", list)])


def carry_out(room: ControlRoom, asked: Asked) -> Json:
    """Replay as planned."""
    return room.dead_letters.carry_out(asked.path["plan"])


def circuits(room: ControlRoom, _: Asked) -> Json:
    """Show the circuits."""
    return {"circuits": room.circuits.look()}


def set_mode(room: ControlRoom, asked: Asked) -> Json:
    """Set the mode of a circuit, and show all."""
    lasts = str(asked.body.get("for") or "")
    room.circuits.set_mode(asked.path["partner"], asked.said("mode", str), asked.said("reason", str), lasts)
    return circuits(room, asked)


def events(room: ControlRoom, _: Asked) -> Json:
    """Show the event catalogue."""
    return {"events": room.catalogue.all()}


def send_example(room: ControlRoom, asked: Asked) -> Json:
    """Send an example of an event."""
    return room.catalogue.send_example(room.system, asked.path["id"])


def conversations(room: ControlRoom, _: Asked) -> Json:
    """Show the SMS conversations."""
    return room.conversations.look()


def faults(room: ControlRoom, _: Asked) -> Json:
    """Show what is broken."""
    return _panel(room).look()


def break_partner(room: ControlRoom, asked: Asked) -> Json:
    """Break a partner, or mend it, and show what is broken."""
    _panel(room).misbehave(asked.path["partner"], asked.said("fault", str))
    return faults(room, asked)


def throttle(room: ControlRoom, asked: Asked) -> Json:
    """Have a table throttle, or no longer, and show what is broken."""
    _panel(room).throttle(asked.path["table"], asked.said("share", int, float))
    return faults(room, asked)


def kill(room: ControlRoom, asked: Asked) -> Json:
    """Kill the workers of a function."""
    return {"killed": _panel(room).kill(asked.path["function"])}


def poison(room: ControlRoom, asked: Asked) -> Json:
    """Send a queue what nobody can read."""
    _panel(room).poison(asked.path["queue"])
    return {"sent": True}


def ask_for_rides(room: ControlRoom, asked: Asked) -> Json:
    """Have customers ask for rides."""
    if not isinstance(room.system, Cloud):
        raise HTTPException(403, _LOCAL_ONLY)
    return {"rfqs": traffic.ask_for_rides(room.system, asked.said("count", int))}


def _panel(room: ControlRoom) -> Faults:
    if room.faults is None:
        raise HTTPException(403, _LOCAL_ONLY)
    return room.faults


Answer = Callable[[ControlRoom, Asked], Json]

ANSWERS: Final[tuple[tuple[str, str, Answer], ...]] = (
    ("GET", "/api/system", system),
    ("GET", "/api/architecture", picture),
    ("GET", "/api/nodes/{id}", node),
    ("GET", "/api/rfqs", rfqs),
    ("GET", "/api/rfqs/{id}", rfq),
    ("GET", "/api/dead-letters", letters),
    ("POST", "/api/replays", plan),
    ("POST", "/api/replays/{plan}", carry_out),
    ("GET", "/api/circuits", circuits),
    ("PUT", "/api/circuits/{partner}", set_mode),
    ("GET", "/api/events", events),
    ("POST", "/api/events/{id}/examples", send_example),
    ("GET", "/api/conversations", conversations),
    ("GET", "/api/faults", faults),
    ("PUT", "/api/faults/partners/{partner}", break_partner),
    ("PUT", "/api/faults/tables/{table}", throttle),
    ("POST", "/api/rides", ask_for_rides),
    ("POST", "/api/faults/workers/{function}", kill),
    ("POST", "/api/faults/poison/{queue}", poison),
)
"""Method, path and answer of each call."""


def touch(room: ControlRoom) -> None:
    """Note that somebody looks."""
    room.asked = time.time()
