"""What unicorns and partners near a start can expect: they are asked, and their answers are in the table."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

_CLOCKS_DIFFER_BY = 5.0
"""Seconds. Whoever reads a request so shortly before its deadline may take it for late."""
_INDEX_LAGS_BY = 2.0
"""Seconds in which a unicorn may not be found that has become free."""
_ANSWERED_WITHIN, _COUNTED_WITHIN = 14.0, 3.0
"""Seconds after which partners and rate cards have answered, and in which an answer that was taken is in the table, where
nothing goes wrong. Nimbus has ten to call back."""
_NEVER = float("-inf")


@dataclass
class Told:
    """What has gone to the return address of an RFQ."""

    asked: set[str] = field(default_factory=set)
    answers: defaultdict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))


class Near:
    """All who are near the start of every RFQ of a history. `by_card` tells of each unicorn whether its card answers."""

    def __init__(self, by_card: Mapping[str, bool], partners: Collection[str]) -> None:
        self._by_card = by_card
        self._partners = frozenset(partners)
        self._told: defaultdict[tuple[str, str], Told] = defaultdict(Told)
        self._began: dict[str, float] = {}
        self._booked: dict[str, float] = {}
        self._riding = dict.fromkeys(by_card, _NEVER)
        """When each unicorn last had a ride."""
        self._away = dict.fromkeys(by_card, _NEVER)
        """When each unicorn last wanted none."""

    def begins(self, rfq_id: str, now: float) -> None:
        """Note that an RFQ is in its table."""
        self._began.setdefault(rfq_id, now)

    def books(self, ride: str, now: float) -> None:
        """Note that a ride is in its table."""
        self._booked.setdefault(ride, now)

    def moves(self, before: Item | None, after: Item, now: float) -> None:
        """Note what has become of a unicorn."""
        id_ = after["id"]["S"]
        if "ride" in after or (before and "ride" in before):
            self._riding[id_] = float("inf") if "ride" in after else now
        if "lat" not in after or (before and "lat" not in before):
            self._away[id_] = float("inf") if "lat" not in after else now

    def refuses(self, decision: Item) -> None:
        """Hold a unicorn's refusal to what it was doing since the booking."""
        unicorn, reason = decision["responder_id"]["S"], decision["reason"]["S"]
        last = {"unicorn-busy": self._riding, "unicorn-gone": self._away}.get(reason)
        if last is None or unicorn not in last:
            return
        ride = decision["ride_id"]["S"]
        require(last[unicorn] >= self._booked[ride], "a-refusal-has-its-reason", f"{ride}: {reason}")

    def sent(self, queue: str, body: str) -> None:
        """Note a message to a return address."""
        message = json.loads(body)
        told = self._told[queue.rpartition("/")[2], message["metadata"]["correlation_id"]]
        told.asked.update(message["data"].get("asked") or ())
        for answer in message["data"].get("answers") or ():
            told.answers[answer["responder_id"]].append(answer)

    def check_asked(self, record: Item, now: float) -> None:
        """Hold the responder to a request that it says it has handled."""
        detail = json.loads(record["body"])["detail"]
        metadata, id_ = detail["metadata"], detail["data"]["rfq_id"]
        if datetime.fromisoformat(metadata["deadline"]).timestamp() < now + _CLOCKS_DIFFER_BY:
            return
        told = self._told[metadata["reply_to"].rpartition(":")[2], id_]
        since = self._began[id_] - _INDEX_LAGS_BY
        for unicorn, by_card in self._by_card.items():
            if max(self._riding[unicorn], self._away[unicorn]) < since:
                require(unicorn in told.asked, "who-is-near-is-asked", f"{id_}: {unicorn}")
                require(
                    not by_card or unicorn in told.answers,
                    "who-is-near-is-asked",
                    f"{id_}: {unicorn} has a card",
                )
        for partner in self._partners:
            require(partner in told.asked, "who-is-near-is-asked", f"{id_}: {partner}")

    def check_end(self, item: Item) -> None:
        """Hold the answers that stand in the table to those that were sent."""
        id_ = item["id"]["S"]
        given = [told.answers for (_, rfq_id), told in self._told.items() if rfq_id == id_]
        for responder, entry in item["responders"]["M"].items():
            stands = _stands(entry["M"])
            if stands is not None:
                sent = [_sent(answer) for answers in given for answer in answers[responder]]
                require(
                    stands in sent, "an-answer-is-as-it-was-sent", f"{id_}: {responder}: {stands} of {sent}"
                )

    def check_calm(self, item: Item, taken: Mapping[str, float]) -> None:
        """Hold the end of an RFQ to what everybody can expect where nothing goes wrong.

        `taken` tells when the answer of a unicorn that prices by hand was taken.
        """
        id_, over = item["id"]["S"], int(item["completed_at"]["N"]) / 1000
        for responder, entry in item["responders"]["M"].items():
            answers_by = self._began[id_] + _ANSWERED_WITHIN
            if not self._by_card.get(responder, True):
                answers_by = taken.get(responder, float("inf")) + _COUNTED_WITHIN
            counts = _stands(entry["M"]) is not None
            require(counts or over < answers_by, "who-answers-is-counted", f"{id_}: {responder}")
        for number, ride in enumerate(item.get("rides", {"L": []})["L"], start=1):
            reason = ride["M"].get("w", {"S": ""})["S"]
            require(reason != "timeout", "bookings-are-decided", f"{id_}.{number} has timed out")


def _stands(entry: Item) -> tuple[object, ...] | None:
    if "p" in entry:
        return int(entry["p"]["N"]), entry.get("c", {"S": "USD"})["S"], int(entry["s"]["N"])
    return (entry["d"]["S"],) if "d" in entry else None


def _sent(answer: Item) -> tuple[object, ...]:
    if answer["kind"] == "quote":
        price = answer["price"]
        return round(float(price["amount"]) * 100), price["currency"], answer["pickup_in_seconds"]
    return (answer["reason"],)
