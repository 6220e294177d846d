"""What the feedback service has said in the end, and what its tables say: of conversations, scores and ratings."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from tests.simulation.actors.phones import SCORES
from tests.simulation.invariants import ledger
from tests.simulation.invariants.handled import MONTH, MOST_A_MONTH
from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]
Events = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
"""Details of events, each once, by their name and the ride that they are about."""

_DAY = 86_400.0
_ASKED_WITHIN = 3 * _DAY
_OURS = ("FeedbackRequested", "FeedbackReceived", "CallbackRequested", "CallbackDone", "FeedbackExpired")


def check_opened(item: Item, others: Sequence[Item], ended_at: float) -> None:
    """Hold a new conversation to the limits of how often a customer is asked. `others` are those of the same customer."""
    ride, created = ledger.ride_of(item), _created(item)
    require(created - ended_at <= _ASKED_WITHIN + ledger.CLOCKS, "no-old-ride-is-asked-about", ride)
    apart = min((abs(created - _created(other)) for other in others), default=_DAY)
    require(
        apart >= _DAY - ledger.CLOCKS,
        "a-customer-is-asked-once-a-day",
        f"{ride}, {apart:.0f} s after another",
    )
    count = 1 + sum(created - _created(other) < MONTH - ledger.CLOCKS for other in others)
    require(count <= MOST_A_MONTH, "a-customer-is-asked-four-times-a-month", f"{ride} is number {count}")


def _created(item: Item) -> float:
    return int(item["created_at"]["N"]) / 1000


def check_end(conversations: Sequence[Item], said: Events) -> None:
    """Hold the outbox to what the table says."""
    rides = {ledger.ride_of(item) for item in conversations}
    for name, ride in said:
        require(
            ride in rides or name == "RideCompleted",
            "the-outbox-says-what-the-table-says",
            f"{name} of {ride}",
        )
    for item in conversations:
        ride = ledger.ride_of(item)
        require(ledger.stage_of(item) is None, "every-conversation-ends", ride)
        require("due" not in item, "every-conversation-ends", f"{ride} is due for ever")
        scores, call = ledger.scores_of(item), item.get("call", {"M": {}})["M"]
        counted = ledger.tallied(item) == len(scores)
        require(counted, "a-score-counts-once", f"{ride}: {ledger.tallied(item)} of {scores}")
        wanted = {
            "FeedbackRequested": "asked_at" in item,
            "FeedbackReceived": bool(scores),
            "CallbackRequested": bool(call),
            "CallbackDone": "closed_at" in call,
            "FeedbackExpired": "asked_at" in item and not scores,
        }
        for name in _OURS:
            count = len(said.get((name, ride), ()))
            why = f"{name} of {ride} was said {count} times"
            require(count == wanted[name], "the-outbox-says-what-the-table-says", why)
        told = [*said.get(("FeedbackReceived", ride), ()), *said.get(("FeedbackCorrected", ride), ())]
        in_order = [data.get("score") for data in sorted(told, key=lambda data: data["rating_revision"])]
        require(
            in_order == scores, "the-outbox-says-what-the-table-says", f"{ride}: {in_order}, not {scores}"
        )
        for data in said.get(("FeedbackExpired", ride), ()):
            require(data["reason"] == item["ending"]["S"], "the-outbox-says-what-the-table-says", ride)


def check_conversation(item: Item, said: AbstractSet[str], *, reachable: bool) -> None:
    """Hold a conversation to what its customer has said, and to the attempt to hear it."""
    ride, scores = ledger.ride_of(item), ledger.scores_of(item)
    given = {SCORES.get(text) for text in said}
    require(not scores or scores[0] in given, "a-score-is-what-was-said", f"{ride}: {scores[:1]} of {said}")
    barred = any(
        each["state"]["S"] in ("refused", "withheld")
        for each in ledger.sms_of(item)
        if each["prompt"]["S"] != ledger.CONFIRMS_STOP
    )
    why = f"{ride}: {[each['state']['S'] for each in ledger.sms_of(item)]}"
    require("asked_at" in item or barred or not reachable, "whoever-can-be-asked-is-asked", why)


def check_ratings(conversations: Sequence[Item], said: Events, unicorns: Mapping[str, Item]) -> None:
    """Hold each responder's rating to the scores in force, wherever it is."""
    by_responder: dict[str, list[list[int | None]]] = {}
    for item in conversations:
        if scores := ledger.scores_of(item):
            by_responder.setdefault(item["responder_id"]["S"], []).append(scores)
    newest: dict[str, Mapping[str, Any]] = {}
    for details in said.values():
        for data in details:
            if "rating_revision" in data:
                known = newest.setdefault(data["responder_id"], data)
                newest[data["responder_id"]] = max(known, data, key=lambda each: each["rating_revision"])
    require(
        newest.keys() == by_responder.keys(), "a-score-counts-once", f"{[*newest]}, not {[*by_responder]}"
    )
    for responder, each in by_responder.items():
        in_force = [scores[-1] for scores in each if scores[-1] is not None]
        rating = {"count": len(in_force), "total": sum(in_force)} if in_force else None
        revision = sum(map(len, each))
        told = newest[responder]
        require(
            (told.get("rating"), told["rating_revision"]) == (rating, revision),
            "a-score-counts-once",
            f"{responder} has {rating} at {revision}, and was said to have {told}",
        )
        if responder in unicorns:
            _check_unicorn(unicorns[responder], rating, revision)


def _check_unicorn(item: Item, rating: Mapping[str, int] | None, revision: int) -> None:
    has = {
        name: int(item[name]["N"]) for name in ("scores", "score_total", "rating_revision") if name in item
    }
    wanted = {"rating_revision": revision}
    if rating:
        wanted |= {"scores": rating["count"], "score_total": rating["total"]}
    require(has == wanted, "both-sides-know-the-rating", f"{item['id']['S']} has {has}, not {wanted}")
