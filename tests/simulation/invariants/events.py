"""What events say agrees with the tables, field by field."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

_TIME_TO_CONFIRM = 60_000


def check(name: str, detail: Item, rfqs: Mapping[str, Item], refusals: Mapping[str, Iterable[str]]) -> None:
    """Hold an event to its RFQ, as it is at the end. `refusals` has the reasons that were given against each ride."""
    data, metadata = detail["data"], detail["metadata"]
    item = rfqs.get(data.get("rfq_id", ""))
    if item is None:
        return
    told = {"rfq_id": data["rfq_id"], "correlation_id": metadata["correlation_id"]}
    holds = {"rfq_id": item["id"]["S"], "correlation_id": item["id"]["S"]}
    match name:
        case "RfqRequested":
            told |= {each: _point(data[each]) for each in ("start", "destination")}
            told |= {"deadline": _instant(metadata["deadline"])}
            holds |= {each: _place(item[each]) for each in ("start", "destination")}
            holds |= {"deadline": int(item["deadline"]["N"])}
        case "RfqCompleted":
            told |= {"by": data["completed_by"], "at": _instant(data["completed_at"])}
            told |= {each: data["responders"][each] for each in ("asked", "quoted", "declined", "silent")}
            holds |= {"by": item["completed_by"]["S"], "at": int(item["completed_at"]["N"]), **counts(item)}
        case _ if "ride_id" in data:
            _check_ride(name, detail, item, refusals)
    require(told == holds, "events-say-what-the-tables-say", f"{name}: {told}, and not {holds}")


def _check_ride(name: str, detail: Item, item: Item, refusals: Mapping[str, Iterable[str]]) -> None:
    data = detail["data"]
    ride = item["rides"]["L"][int(data["ride_id"].rpartition(".")[2]) - 1]["M"]
    told = {"responder": data["responder_id"]}
    holds = {"responder": ride["r"]["S"]}
    if "customer_id" in data:
        told["customer"], holds["customer"] = data["customer_id"], item["customer"]["S"]
    if name == "QuoteAccepted":
        told |= {"price": data["price"], "deadline": _instant(detail["metadata"]["deadline"])}
        holds |= {"price": price(item["responders"]["M"][ride["r"]["S"]]["M"])}
        holds |= {"deadline": int(ride["b"]["N"]) + _TIME_TO_CONFIRM}
    if name == "RideBookingFailed":
        told["reason"], holds["reason"] = data["reason"], ride["w"]["S"]
        known = {"timeout", *refusals.get(data["ride_id"], ())}
        require(data["reason"] in known, "a-refusal-has-its-reason", f"{data['ride_id']}: {data['reason']}")
    require(told == holds, "events-say-what-the-tables-say", f"{name}: {told}, and not {holds}")


def price(entry: Item) -> dict[str, str]:
    """Write a quote's price as messages and answers have it."""
    cents = int(entry["p"]["N"])
    return {"amount": f"{cents // 100}.{cents % 100:02}", "currency": entry.get("c", {"S": "USD"})["S"]}


def counts(item: Item) -> dict[str, int]:
    """Count what those who were asked have done."""
    asked = [entry["M"] for entry in item["responders"]["M"].values() if "u" not in entry["M"]]
    quoted, declined = sum("p" in each for each in asked), sum("d" in each for each in asked)
    return {
        "asked": len(asked),
        "quoted": quoted,
        "declined": declined,
        "silent": len(asked) - quoted - declined,
    }


def _point(told: Item) -> tuple[float, float]:
    return told["lat"], told["lon"]


def _place(held: Item) -> tuple[float, float]:
    return float(held["L"][0]["N"]), float(held["L"][1]["N"])


def _instant(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
