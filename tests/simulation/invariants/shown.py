"""What customers are shown, by HTTP and over the socket, agrees with the table."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tests.simulation.http import Response
from tests.simulation.invariants.events import counts, price
from tests.simulation.invariants.timely import bookable_until
from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

_CLOCKS_DIFFER_BY = 6.0


def quotes(item: Item) -> dict[str, dict[str, str]]:
    """List the prices of those who were asked and have quoted, by their ids."""
    entries = {key: entry["M"] for key, entry in item["responders"]["M"].items()}
    return {key: price(entry) for key, entry in entries.items() if "p" in entry and "u" not in entry}


def check_result(shown: Item, item: Item) -> None:
    """Hold a result to its RFQ, which is over: nothing of it changes any more."""
    held = {"by": item["completed_by"]["S"], "quotes": quotes(item), **counts(item)}
    told = {"by": shown["completed-by"], "quotes": _prices(shown["quotes"])}
    told |= {each: shown["responders"][each] for each in ("asked", "quoted", "declined", "silent")}
    require(told == held, "results-show-what-the-table-has", f"{item['id']['S']}: {told}, and not {held}")


def check_so_far(shown: Item, item: Item) -> None:
    """Hold the quotes so far to the table: a read may lag."""
    told, held = _prices(shown["quotes"]), quotes(item)
    require(told.items() <= held.items(), "results-show-what-the-table-has", f"{told}, and not {held}")
    if shown["status"] == "completed":
        require(told == held, "results-show-what-the-table-has", f"{told}, and not {held}")


def check_cancelled(status: int, item: Item) -> None:
    """Hold the answer to a cancellation to the table."""
    by = item.get("completed_by", {"S": "nobody"})["S"]
    require(
        status == (204 if by == "cancelled" else 409) and by != "nobody",
        "what-is-cancelled-is-over",
        f"{item['id']['S']}: {status}, and it is completed by {by}",
    )


def check_refused(answer: Response, item: Item, quote_id: str, before: int, now: float) -> None:
    """Hold the refusal of a booking to the table, which had `before` rides when it was asked for."""
    detail = answer.body["detail"]
    over, earlier = item.get("completed_by", {"S": ""})["S"], item.get("rides", {"L": []})["L"][:before]
    match answer.status:
        case 409 if "already booked" in detail:
            true = any(ride["M"]["s"]["S"] != "rejected" for ride in earlier)
        case 409 if "is cancelled" in detail:
            true = over == "cancelled"
        case 409:
            true = False  # who has had a result has no RFQ that still runs, and nobody tries fifty times
        case 410:
            true = bookable_until(item, quote_id) < now + _CLOCKS_DIFFER_BY
        case _:
            true = False
    require(true, "a-refusal-is-true", f"{item['id']['S']}: {answer.status} {detail}")


def check_ride(shown: Item, item: Item) -> None:
    """Hold what is shown of a ride to the table: a read may lag."""
    ride = item["rides"]["L"][int(shown["id"].rpartition(".")[2]) - 1]["M"]
    told = {"responder": shown["responder-id"], "price": shown["price"]}
    held = {"responder": ride["r"]["S"], "price": price(item["responders"]["M"][ride["r"]["S"]]["M"])}
    if shown["status"] in ("rejected", "completed"):
        told |= {"status": shown["status"], "reason": shown.get("reason")}
        held |= {"status": ride["s"]["S"], "reason": ride.get("w", {"S": None})["S"]}
    require(told == held, "results-show-what-the-table-has", f"{shown['id']}: {told}, and not {held}")


def check_watched(heard: Iterable[Item], item: Item) -> None:
    """Hold what came over a good line to the table: each quote, the end, and the end of each ride."""
    mine = [each for each in heard if each.get("rfq-id") == item["id"]["S"] and each["type"] != "refused"]
    told = {
        "quotes": {id_: amount for each in mine for id_, amount in _prices(each["quotes"]).items()},
        "end": {each["completed-by"] for each in mine if "completed-by" in each},
        "rides": {
            ride["id"]: ride["status"]
            for each in sorted(mine, key=lambda each: each["revision"])
            for ride in each["rides"]
        },
    }
    held = {
        "quotes": quotes(item),
        "end": {item["completed_by"]["S"]},
        "rides": {
            f"{item['id']['S']}.{number}": ride["M"]["s"]["S"]
            for number, ride in enumerate(item.get("rides", {"L": []})["L"], start=1)
        },
    }
    require(told == held, "who-watches-hears-all", f"{item['id']['S']}: {told}, and not {held}")


def check_document(document: Item | None, item: Item) -> None:
    """Hold a status document to its RFQ, which is over."""
    told = document and (document["status"], document.get("completed-by"), document["responders-asked"])
    held = ("completed", item["completed_by"]["S"], counts(item)["asked"])
    require(told == held, "the-document-says-how-it-ended", f"{item['id']['S']}: {told}, and not {held}")


def check_wanted(items: Iterable[Item], cancelled: Collection[str], bookings: Mapping[str, int]) -> None:
    """Hold what was done to RFQs to what their own customers have asked for, if it was cancelled or booked."""
    for item in items:
        id_ = item["id"]["S"]
        by, rides = item["completed_by"]["S"], len(item.get("rides", {"L": []})["L"])
        require(by != "cancelled" or id_ in cancelled, "strangers-do-nothing", f"{id_} is cancelled")
        require(rides <= bookings.get(id_, 0), "strangers-do-nothing", f"{id_} has {rides} rides")


def _prices(shown: Iterable[Item]) -> dict[str, dict[str, str]]:
    return {quote["quote-id"]: {**quote["price"]} for quote in shown}
