"""What holds of unicorns and their rides, at each write and at the end."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

_CALL_BACK = ("p-nimbus",)
"""Partners that take note of a booking first, and have it in their book later."""
_TIME_FOR_MORE = 40.0
"""Seconds that a booking has left in which a partner can be called once more, whatever it has asked for."""


def is_unicorn(item: Item | None) -> bool:
    """Tell a unicorn's item from the others of its table."""
    return item is not None and "auto_quote" in item


def check_write(before: Item | None, after: Item | None) -> None:
    """Hold a write of a unicorn to its rules."""
    if before is None or after is None or not is_unicorn(after):
        return
    id_, had, has = after["id"]["S"], ride_of(before), ride_of(after)
    if had and has:
        require(had == has, "one-ride-a-unicorn", f"{id_} has {had} and takes {has}")
    over = recent(after)
    if has and not had:
        require("lat" in before, "who-wants-no-ride-has-none", f"{id_} takes {has}")
    if has:
        require(has not in over, "a-ride-that-is-over-stays-over", f"{id_}: {has}")
    if had and not has:
        require(had in over, "an-end-is-remembered", f"{id_}: {had}")
    for ride, outcome in recent(before).items():
        require(over.get(ride, outcome) == outcome, "a-rides-end-stands", f"{id_}: {ride} was {outcome}")


def ride_of(item: Item) -> str | None:
    """The ride that a unicorn has."""
    return str(item["ride"]["M"]["id"]["S"]) if "ride" in item else None


def recent(item: Item) -> dict[str, str]:
    """The rides that a unicorn had, and how they ended."""
    return {ride: end["M"]["o"]["S"] for ride, end in item.get("recent", {"M": {}})["M"].items()}


def check_end(
    unicorns: list[Item],
    rides: Mapping[str, tuple[str, str]],
    published: Mapping[tuple[str, str], set[str]],
) -> None:
    """Hold both sides of all rides to the same story."""
    ids = {unicorn["id"]["S"] for unicorn in unicorns}
    driving = {ride: unicorn["id"]["S"] for unicorn in unicorns if (ride := ride_of(unicorn))}
    ended = {
        ride: (outcome, unicorn["id"]["S"])
        for unicorn in unicorns
        for ride, outcome in recent(unicorn).items()
    }
    for ride, unicorn in driving.items():
        require(
            rides.get(ride) == ("confirmed", unicorn),
            "both-sides-agree",
            f"{unicorn} has {ride}, which is {rides.get(ride)}",
        )
    for ride, (status, responder) in rides.items():
        if responder not in ids:
            continue
        if status == "confirmed":
            require(
                driving.get(ride) == responder,
                "both-sides-agree",
                f"{ride} is confirmed, and {responder} does not have it",
            )
        if status == "completed":
            require(ended.get(ride, ("completed", responder))[0] == "completed", "both-sides-agree", ride)
    for ride, (outcome, responder) in ended.items():
        status = rides.get(ride, ("unknown", ""))[0]
        if outcome == "completed":
            require(
                status in ("completed", "rejected"),
                "both-sides-agree",
                f"{ride} was driven, and is {status}",
            )
            require(
                ("RideCompleted", ride) in published,
                "the-outbox-says-what-the-table-says",
                f"RideCompleted of {ride}",
            )
        else:
            require(
                status == "rejected",
                "both-sides-agree",
                f"{ride} was {outcome} by {responder}, and is {status}",
            )


def check_partners(books: Mapping[str, tuple[str, str]], rides: Mapping[str, tuple[str, str]]) -> None:
    """Hold partners' books to ours. `books` has a ride's partner and its state there.

    What we have given up is cancelled there, unless it had been driven before they heard of that.
    """
    for ride, (status, responder) in rides.items():
        if not responder.startswith("p-"):
            continue
        partner, state = books.get(ride, (responder, "unknown"))
        require(
            partner == responder,
            "partners-books-agree",
            f"{ride} is {responder}'s, and in the book of {partner}",
        )
        if status == "rejected":
            allowed = {"refused", "cancelled", "completed", "unknown"}
        else:
            allowed = {"confirmed", "completed"}
        require(state in allowed, "partners-books-agree", f"{ride} is {status} here and {state} at {partner}")
    for ride in books.keys() - rides.keys():
        require(False, "partners-books-agree", f"{ride} is none of ours")


def check_ordered(record: Item, noted: Mapping[str, Item], books: Collection[str], now: float) -> None:
    """Hold an order to a partner that is said to be done: the partner has it, unless there is no time or it was given up."""
    order = json.loads(record["body"])
    ride = order["data"]["ride_id"]
    if order["data"]["what"] != "book" or order["data"]["partner_id"] in _CALL_BACK:
        return
    if ride in books or noted[ride]["state"]["S"] != "asked":
        return
    left = datetime.fromisoformat(order["metadata"]["deadline"]).timestamp() - now
    require(left < _TIME_FOR_MORE, "a-partner-is-called-again", f"{ride}, with {left:.0f} s left")


def check_orders(items: Mapping[str, Item], rides: Mapping[str, tuple[str, str]]) -> None:
    """Hold what we note of partners' rides, by their ids, to what customers are told."""
    for ride, item in items.items():
        state, status = item["state"]["S"], rides.get(ride, ("unknown", ""))[0]
        agree = {
            "asked": (),
            "confirmed": ("confirmed",),
            "completed": ("completed", "rejected"),  # it was driven before anybody heard that it had failed
            "refused": ("rejected",),
            "released": ("rejected",),
        }[state]
        require(status in agree, "both-sides-agree", f"{ride} is {status}, and noted as {state}")
