"""What holds of RFQs and rides in ride-booking, at each write and at the end."""

import json
from collections.abc import Mapping
from typing import Any

from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

_RIDE_STEPS = {
    "pending": {"confirmed", "rejected", "completed"},
    "confirmed": {"rejected", "completed"},
    "rejected": set[str](),
    "completed": set[str](),
}


def is_rfq(item: Item | None) -> bool:
    """Tell an RFQ's item from the others of its table."""
    return item is not None and "responders" in item and "deadline" in item


def check_write(before: Item | None, after: Item | None) -> None:
    """Hold a write of an RFQ to its rules."""
    if after is None or not is_rfq(after):
        return
    id_ = after["id"]["S"]
    if before is None:
        require(after["status"]["S"] == "running", "rfq-begins-running", id_)
        return
    if "completed_by" in before:
        for name in ("completed_by", "completed_at"):
            require(before[name] == after.get(name), "rfq-completes-once", f"{id_} is completed again")
    if "completed_at" in after:
        at, deadline = int(after["completed_at"]["N"]), int(after["deadline"]["N"])
        require(at <= deadline, "rfq-completes-by-its-deadline", id_)
        if after["completed_by"]["S"] == "deadline":
            require(
                at == deadline, "rfq-completes-by-its-deadline", f"{id_} at its deadline, and not at {at}"
            )
    _check_responders(id_, before, after)
    _check_rides(id_, before, after)


def _check_responders(id_: str, before: Item, after: Item) -> None:
    was, now = before["responders"]["M"], after["responders"]["M"]
    over = "completed_by" in before
    for responder, entry in was.items():
        old, new = entry["M"], now.get(responder, {}).get("M")
        require(new is not None, "responders-stay", f"{id_} forgets {responder}")
        assert new is not None
        if answered(old):
            same = {key: new.get(key) for key in "pcsnvktd"} == {key: old.get(key) for key in "pcsnvktd"}
            require(same, "first-answer-stands", f"{id_}: {responder} has answered before")
        elif over:
            require(not answered(new), "late-answers-are-not-shown", f"{id_}: {responder}")
    if over:
        require(was.keys() == now.keys(), "late-answers-are-not-shown", id_)


def _check_rides(id_: str, before: Item, after: Item) -> None:
    was, now = _rides(before), _rides(after)
    require(len(now) >= len(was), "rides-stay", id_)
    for old, new in zip(was, now, strict=False):
        require(old["r"] == new["r"], "rides-stay", f"{id_}: a ride has another responder")
        before_, after_ = old["s"]["S"], new["s"]["S"]
        require(
            after_ == before_ or after_ in _RIDE_STEPS[before_],
            "a-rides-end-stands",
            f"{id_}: {before_} → {after_}",
        )
    live = [ride for ride in now if ride["s"]["S"] != "rejected"]
    require(len(live) <= 1, "one-ride-an-rfq", f"{id_}: {len(live)} at once")
    for ride in now[len(was) :]:
        answer = after["responders"]["M"].get(ride["r"]["S"], {}).get("M", {})
        require("p" in answer and "u" not in answer, "a-ride-has-its-quote", id_)


def answered(entry: Item) -> bool:
    """Tell whether a responder's entry has an answer."""
    return "p" in entry or "d" in entry


def _rides(item: Item) -> list[Item]:
    return [each["M"] for each in item.get("rides", {"L": []})["L"]]


def state(item: Item) -> str:
    """Name the state of an RFQ, as far as it makes a difference to its rules."""
    entries = [entry["M"] for entry in item["responders"]["M"].values()]
    kinds = "".join(
        sorted(
            {"q" if "p" in e else "d" if "d" in e else "-" for e in entries}
            | {"l" for e in entries if "l" in e}
            | {"u" for e in entries if "u" in e}
        )
    )
    rides = ",".join(
        f"{ride['s']['S']}{':' + ride['w']['S'] if 'w' in ride else ''}" for ride in _rides(item)
    )
    return f"{item['status']['S']}/{item.get('completed_by', {'S': ''})['S']}/{kinds}/{rides}"


def statuses(item: Item) -> dict[str, tuple[str, str]]:
    """List an RFQ's rides: id → status and responder."""
    return {
        f"{item['id']['S']}.{number}": (ride["s"]["S"], ride["r"]["S"])
        for number, ride in enumerate(_rides(item), start=1)
    }


CONSUMERS = frozenset({"ride-booking-aggregator", "ride-booking-closer", "ride-booking-rides"})


def _data(record: Mapping[str, Any]) -> Mapping[str, Any]:
    body = json.loads(record["body"])
    data: Mapping[str, Any] = body.get("detail", body)["data"]
    return data


def rfq_of(record: Mapping[str, Any]) -> str:
    """The RFQ that a message is about."""
    body = json.loads(record["body"])
    return str(body.get("detail", body)["metadata"]["correlation_id"])


def check_handled(function: str, record: Mapping[str, Any], item: Item | None) -> None:
    """Hold a consumer to what it says it has done: the message leaves its queue, so the table has what it says."""
    if item is None:
        return  # it is none of ours
    data, id_, over = _data(record), item["id"]["S"], "completed_by" in item
    match function:
        case "ride-booking-aggregator":
            entries = item["responders"]["M"]
            heard = {answer["responder_id"] for answer in data.get("answers") or ()}
            for responder in {*(data.get("asked") or ()), *heard}:
                entry = entries.get(responder, {}).get("M")
                done = entry is not None and (responder not in heard or answered(entry))
                require(over or done, "handled-is-done", f"{id_}: the answer of {responder}")
        case "ride-booking-closer" if "ride" in data and data["ride"] is not None:
            status = _rides(item)[data["ride"] - 1]["s"]["S"]
            require(status != "pending", "handled-is-done", f"{id_}.{data['ride']} has timed out")
        case "ride-booking-closer":
            require(over, "handled-is-done", f"{id_} is past its deadline")
        case "ride-booking-rides":
            number = int(data["ride_id"].rpartition(".")[2])
            status = _rides(item)[number - 1]["s"]["S"]
            require(status != "pending", "handled-is-done", f"{data['ride_id']} is decided")


def check_once(stored: set[str], asked: set[str]) -> None:
    """Hold submissions that were repeated under one key to one RFQ."""
    require(stored == asked, "one-rfq-a-key", f"{stored ^ asked}")


def check_end(items: list[Item], published: Mapping[tuple[str, str], set[str]]) -> None:
    """Hold the end of a history to its promises. `published` has the event ids by the event's name and what it is about."""
    expected: set[tuple[str, str]] = set()
    for item in items:
        id_ = item["id"]["S"]
        require("completed_by" in item, "every-rfq-ends", id_)
        expected |= {("RfqRequested", id_), ("RfqCompleted", id_)}
        for ride, (status, _) in statuses(item).items():
            require(status != "pending", "every-booking-ends", ride)
            expected.add(("QuoteAccepted", ride))
            if status == "rejected":
                expected.add(("RideBookingFailed", ride))
            elif status in ("confirmed", "completed"):
                expected.add(("RideBooked", ride))
    ours = {key: ids for key, ids in published.items() if key[0] in _OURS}
    for name, about in sorted(expected - ours.keys()):
        require(False, "the-outbox-says-what-the-table-says", f"{name} of {about} was never said")
    for name, about in sorted(ours.keys() - expected - {key for key in ours if key[0] == "RideBooked"}):
        require(False, "the-outbox-says-what-the-table-says", f"{name} of {about} was said")
    for (name, about), ids in ours.items():
        require(len(ids) == 1, "an-event-has-one-id", f"{name} of {about} has {len(ids)}")


def check_answers(items: Mapping[str, Item], unicorn: str, given: Mapping[str, bool]) -> None:
    """Hold RFQs to the answers that were taken from a unicorn, quotes or declines, as far as they came in time."""
    for rfq_id, quotes in given.items():
        entry = items[rfq_id]["responders"]["M"].get(unicorn, {"M": {}})["M"]
        if answered(entry):
            require(
                ("p" in entry) == quotes,
                "what-was-taken-counts",
                f"{rfq_id}: {unicorn} {'quotes' if quotes else 'declines'}",
            )


_OURS = {"RfqRequested", "RfqCompleted", "QuoteAccepted", "RideBooked", "RideBookingFailed"}
