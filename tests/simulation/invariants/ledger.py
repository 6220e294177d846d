"""What holds of a conversation and its send ledger, at each write."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

WINDOW = 15 * 60.0
"""Seconds for which a claim without an outcome is left alone."""
CLOCKS = 2.0
"""Seconds by which two clocks may differ."""
MOST_SMS = 12
"""Of a conversation, and as many that confirm a STOP."""
CONFIRMS_STOP = "confirm-stop"

_TAKEN = {"sent", "delivered", "failed", "blocked"}
_STEPS = {
    "waiting": {"claimed", "dropped", "withheld", "refused", *_TAKEN},
    "claimed": {"waiting", "dropped", "withheld", "refused", *_TAKEN},
    "refused": _TAKEN,
    "withheld": _TAKEN,
    "dropped": _TAKEN,
    "sent": {"delivered", "failed", "blocked"},
    "delivered": set[str](),
    "failed": set[str](),
    "blocked": set[str](),
}
"""Proof that an SMS went out counts whatever was thought before."""
_STAGES = ("score", "call", None)
_STAY = ("responder_id", "customer_id", "correlation_id", "created_at", "asked_at", "answered_at", "ended_at", "ending")  # fmt: skip


def is_conversation(item: Item | None) -> bool:
    """Tell a conversation's item from the others of its table."""
    return item is not None and item["id"]["S"].startswith("ride#")


def ride_of(item: Item) -> str:
    """The ride that a conversation is about."""
    return str(item["id"]["S"]).removeprefix("ride#")


def sms_of(item: Item) -> list[Item]:
    """The send ledger of a conversation."""
    return [each["M"] for each in item["sms"]["L"]]


def stage_of(item: Item) -> str | None:
    """The stage of a conversation; None when it has ended."""
    return str(item["stage"]["S"]) if "stage" in item else None


def scores_of(item: Item) -> list[int | None]:
    """The score as given, and then as each correction has left it."""
    if "score" not in item["answers"]["M"]:
        return []
    corrections = [each["M"].get("score") for each in item.get("corrections", {"L": []})["L"]]
    return [int(each["N"]) if each else None for each in (item["answers"]["M"]["score"], *corrections)]


def tallied(item: Item) -> int:
    """How many of the scores the responder's rating has taken in."""
    value = item["tallied"]
    return int(value["N"]) if "N" in value else int(value["BOOL"])


def at(entry: Item) -> float:
    """When the state of an SMS has changed, in seconds, by the clock of whoever has changed it."""
    return int(entry["at"]["N"]) / 1000


def check_write(before: Item | None, after: Item) -> None:
    """Hold a write of a conversation to its rules."""
    ride, sms = ride_of(after), sms_of(after)
    for confirms in (True, False):
        count = sum((each["prompt"]["S"] == CONFIRMS_STOP) is confirms for each in sms)
        require(count <= MOST_SMS, "a-conversation-has-twelve-sms", f"{ride} has {count}")
    waiting = [i for i, each in enumerate(sms[:-1]) if each["state"]["S"] == "waiting"]
    require(not waiting, "only-the-last-sms-waits", f"{ride}: {waiting} of {len(sms)}")
    require(tallied(after) <= len(scores_of(after)), "a-rating-takes-in-what-there-is", ride)
    if before is None:
        return
    _check_stays(ride, before, after)
    was = sms_of(before)
    require(len(sms) >= len(was), "the-ledger-only-grows", ride)
    for index, (old, new) in enumerate(zip(was, sms, strict=False)):
        _check_sms(f"{ride}#{index}", old, new)


def _check_stays(ride: str, before: Item, after: Item) -> None:
    for name in _STAY:
        same = name not in before or before[name] == after.get(name)
        require(same, "what-was-noted-stays", f"{ride}: {name}")
    stages = [_STAGES.index(stage_of(item)) for item in (before, after)]
    require(stages[0] <= stages[1], "a-conversation-only-goes-on", f"{ride}: {stages}")
    had, has = before["answers"]["M"], after["answers"]["M"]
    require(had.items() <= has.items(), "an-answer-stands", f"{ride}: {had} → {has}")
    old, new = scores_of(before), scores_of(after)
    require(new[: len(old)] == old, "a-score-stands", f"{ride}: {old} → {new}")
    require(tallied(before) <= tallied(after) <= tallied(before) + 1, "a-rating-takes-in-one-by-one", ride)


def _check_sms(which: str, old: Item, new: Item) -> None:
    was, now = old["state"]["S"], new["state"]["S"]
    require(was == now or now in _STEPS[was], "an-outcome-stands", f"{which}: {was} → {now}")
    for name in ("prompt", "said_at"):
        require(old[name] == new[name], "an-sms-stays-what-it-is", f"{which}: {name}")
    if "message_id" in old:
        require(old["message_id"] == new.get("message_id"), "an-sms-has-one-id", which)


def changed_sms(before: Item | None, after: Item) -> Sequence[tuple[int, str, Item]]:
    """List the SMS whose state has changed, or begun to be: index, former state, and what they are now."""
    was = sms_of(before) if before else []
    return [
        (index, was[index]["state"]["S"] if index < len(was) else "", entry)
        for index, entry in enumerate(sms_of(after))
        if index >= len(was) or was[index]["state"] != entry["state"] or was[index]["at"] != entry["at"]
    ]
