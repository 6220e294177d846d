"""What the control room answers to each call of its API. All of it blocks, so it runs in threads."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from starlette.exceptions import HTTPException

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.control_room import traffic
from infra.rydes.control_room.bodies import (
    Letters,
    Nothing,
    Rides,
    Throttling,
    WantedFault,
    WantedMode,
)
from infra.rydes.control_room.faults import Faults
from infra.rydes.control_room.rfqs import to_json
from infra.rydes.control_room.room import ControlRoom
from infra.rydes.control_room.timeline import timeline
from infra.rydes.control_room.unknown import Unknown

LOOKING_CHANGES: Final = (
    "Whoever looks at a dead letter on AWS hides it from the replay for a while, and counts as one more receipt."
    " `uv run rydes dlq list` does that, with --profile."
)
_LOCAL_ONLY: Final = "This is for a local cloud: on AWS nothing is broken on purpose."
_FIRST_LOOK: Final = 20.0
_NEWEST: Final = 100

Json = Any
"""Any JSON value."""
BodyT = TypeVar("BodyT", bound=Nothing)


@dataclass(frozen=True)
class Asked(Generic[BodyT]):
    """The parts of a call: those of its path, of its query, and its body."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: BodyT


def system(room: ControlRoom, _: Asked[Nothing]) -> Json:
    """Say which system this is."""
    return {
        "local": not room.refuses,
        "environment": room.system.names.environment,
        "refuses": room.refuses or None,
    }


def picture(room: ControlRoom, _: Asked[Nothing]) -> Json:
    """Show the architecture."""
    return {"version": room.templates.version, **room.templates.architecture.to_json()}


def node(room: ControlRoom, asked: Asked[Nothing]) -> Json:
    """Show the last lines of a function."""
    id_ = asked.path["id"]
    if id_ not in room.templates.architecture.nodes:
        raise Unknown(f"There is no node {id_}.", "Choose one of the picture.")
    return {"id": id_, "lines": room.watch.lines(id_.partition(":")[2])}


def rfqs(room: ControlRoom, _: Asked[Nothing]) -> Json:
    """List the newest RFQs."""
    room.watch.wait(_FIRST_LOOK)
    return {"rfqs": to_json(room.watch.rfqs.newest(_NEWEST))}


def rfq(room: ControlRoom, asked: Asked[Nothing]) -> Json:
    """Show one RFQ, by its id or by the end of one, as the page shows ids; or which ids end so."""
    id_ = asked.path["id"]
    ending = room.watch.ids.ending(id_)
    if len(ending) > 1:
        return {"id": id_, "choices": ending, "steps": [], "events": []}
    return {**timeline(room.system, room.watch.journal, ending[0] if ending else id_), "choices": []}


def letters(room: ControlRoom, asked: Asked[Nothing]) -> Json:
    """Show dead letters."""
    if room.refuses:
        raise HTTPException(403, LOOKING_CHANGES)
    return room.dead_letters.look(asked.query.get("queue", ""))


def plan(room: ControlRoom, asked: Asked[Letters]) -> Json:
    """Say what a replay would do."""
    return room.dead_letters.plan(asked.body.queue, asked.body.ids)


def carry_out(room: ControlRoom, asked: Asked[Nothing]) -> Json:
    """Replay as planned."""
    return room.dead_letters.carry_out(asked.path["plan"])


def circuits(room: ControlRoom, _: Asked[Any]) -> Json:
    """Show the circuits."""
    return {"circuits": room.circuits.look()}


def set_mode(room: ControlRoom, asked: Asked[WantedMode]) -> Json:
    """Set the mode of a circuit, and show all."""
    wanted = asked.body
    room.circuits.set_mode(asked.path["partner"], wanted.mode, wanted.reason, wanted.lasts)
    return circuits(room, asked)


def events(room: ControlRoom, _: Asked[Nothing]) -> Json:
    """Show the event catalogue."""
    return {"events": room.templates.catalogue.all()}


def send_example(room: ControlRoom, asked: Asked[Nothing]) -> Json:
    """Send an example of an event."""
    return room.templates.catalogue.send_example(room.system, asked.path["id"])


def conversations(room: ControlRoom, _: Asked[Nothing]) -> Json:
    """Show the SMS conversations."""
    return room.conversations.look()


def faults(room: ControlRoom, _: Asked[Any]) -> Json:
    """Show what is broken."""
    return _panel(room).look()


def break_partner(room: ControlRoom, asked: Asked[WantedFault]) -> Json:
    """Break a partner, or mend it, and show what is broken."""
    _panel(room).misbehave(asked.path["partner"], asked.body.fault)
    return faults(room, asked)


def throttle(room: ControlRoom, asked: Asked[Throttling]) -> Json:
    """Have a table throttle, or no longer, and show what is broken."""
    _panel(room).throttle(asked.path["table"], asked.body.share)
    return faults(room, asked)


def kill(room: ControlRoom, asked: Asked[Nothing]) -> Json:
    """Kill the workers of a function."""
    return {"killed": _panel(room).kill(asked.path["function"])}


def poison(room: ControlRoom, asked: Asked[Nothing]) -> Json:
    """Send a queue what nobody can read."""
    _panel(room).poison(asked.path["queue"])
    return {"sent": True}


def park(room: ControlRoom, _: Asked[Nothing]) -> Json:
    """Make a dead letter that a replay handles."""
    return _panel(room).park()


def ask_for_rides(room: ControlRoom, asked: Asked[Rides]) -> Json:
    """Have customers ask for rides."""
    if not isinstance(room.system, Cloud):
        raise HTTPException(403, _LOCAL_ONLY)
    return {"rfqs": traffic.ask_for_rides(room.system, asked.body.count)}


def _panel(room: ControlRoom) -> Faults:
    if room.faults is None:
        raise HTTPException(403, _LOCAL_ONLY)
    return room.faults


Answer = Callable[[ControlRoom, Asked[Any]], Json]


@dataclass(frozen=True)
class Call:
    """A call of the API, and what its body may say."""

    method: str
    path: str
    answer: Answer
    body: type[Nothing] = Nothing


CALLS: Final = (
    Call("GET", "/api/system", system),
    Call("GET", "/api/architecture", picture),
    Call("GET", "/api/nodes/{id}", node),
    Call("GET", "/api/rfqs", rfqs),
    Call("GET", "/api/rfqs/{id}", rfq),
    Call("GET", "/api/dead-letters", letters),
    Call("POST", "/api/replays", plan, Letters),
    Call("POST", "/api/replays/{plan}", carry_out),
    Call("GET", "/api/circuits", circuits),
    Call("PUT", "/api/circuits/{partner}", set_mode, WantedMode),
    Call("GET", "/api/events", events),
    Call("POST", "/api/events/{id}/examples", send_example),
    Call("GET", "/api/conversations", conversations),
    Call("GET", "/api/faults", faults),
    Call("PUT", "/api/faults/partners/{partner}", break_partner, WantedFault),
    Call("PUT", "/api/faults/tables/{table}", throttle, Throttling),
    Call("POST", "/api/rides", ask_for_rides, Rides),
    Call("POST", "/api/faults/workers/{function}", kill),
    Call("POST", "/api/faults/poison/{queue}", poison),
    Call("POST", "/api/faults/dead-letters", park),
)


def touch(room: ControlRoom) -> None:
    """Note that somebody looks."""
    room.asked = time.time()
