"""What a customer is to hear: the right question at each stage, the right word after each answer, and each of it once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.invariants import ledger
from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

_DAY = 86_400.0
_REMINDED_AFTER = _DAY
_GIVEN_UP_AFTER = 3 * _DAY
_PAUSES = 2 * 3600.0
"""Seconds within which the longest pause is over that a fault has brought about."""
_UNHAPPY = 4
"""The highest score after which a call is offered."""
_ASKS_AGAIN = 2
_STAGE: Mapping[str, str | None] = {
    **{f"{what}-{stage}": stage for stage in ("score", "call") for what in ("ask", "remind", "help")},
    **{f"ask-{stage}-again": stage for stage in ("score", "call")},
    **dict.fromkeys(("thank", "promise-call", "respect-no", "give-up", "help-after", "confirm-start")),
}
"""The stage that a conversation is in after it was decided to say this."""
_AFTER_CALL = {"yes": "promise-call", "no": "respect-no"}


def check_write(now: float, before: Item | None, after: Item, starts: int, last_fault: float) -> None:
    """Hold what a conversation says to what has happened in it.

    `starts` is how often its phone has said START, `last_fault` when something last went wrong.
    """
    ride, stage = ledger.ride_of(after), ledger.stage_of(after)
    known = len(ledger.sms_of(before)) if before else 0
    new = [each["prompt"]["S"] for each in ledger.sms_of(after)[known:]]
    for prompt in new:
        if prompt != ledger.CONFIRMS_STOP:
            right = stage == _STAGE[prompt]
            require(right, "the-right-prompt-for-the-stage", f"{ride}: {prompt} at {stage}")
    if not after["customer_id"]["S"]:
        return
    _check_counts(ride, after, starts)
    wants = after["answers"]["M"].get("call") == {"S": "yes"}
    require(("call" in after) == wants, "whoever-wants-a-call-gets-one", ride)
    if before is None:
        require(new == ["ask-score"], "whoever-can-be-asked-is-asked", f"{ride} begins with {new}")
        return
    expected = _after_news(before, after)
    if expected is not None and has_room(before):
        require(new == [expected], "the-right-word-after-an-answer", f"{ride}: {new}, not {expected}")
    if any(prompt.startswith("remind-") for prompt in new):
        _check_reminder(ride, before, after)
        last = ledger.sms_of(before)[-1]
        due = max(_seconds(before, "since"), _seconds(last, "said_at")) + _REMINDED_AFTER
        late = now - max(due, ledger.at(last), last_fault)
        require(late <= _PAUSES, "a-reminder-comes-after-a-day", f"{ride}: {late:.0f} s late")


def check_end(now: float, before: Item, after: Item, last_fault: float) -> None:
    """Hold the end of a conversation to its reason: it was answered, or nobody understood, or its time was over."""
    if ledger.stage_of(before) is None or ledger.stage_of(after) is not None:
        return
    ride, ending = ledger.ride_of(after), after["ending"]["S"]
    scored = bool(ledger.scores_of(after))
    require((ending == "answered") == scored, "the-end-says-why", f"{ride}: {ending}")
    if before["answers"] != after["answers"] or (_unclear(before) >= _ASKS_AGAIN and ending != "no-answer"):
        return
    since = _seconds(before, "since")
    waited = now - since
    over = waited >= _GIVEN_UP_AFTER - ledger.CLOCKS
    require(over, "nobody-is-given-up-too-soon", f"{ride} after {waited:.0f} s")
    late = now - max(since + _GIVEN_UP_AFTER, last_fault)
    require(late <= _PAUSES, "a-question-is-given-up-in-time", f"{ride}: {late:.0f} s late")
    last = ledger.sms_of(before)[-1]
    if ending != "no-answer" or last["state"]["S"] not in ("sent", "delivered"):
        return
    latest = max(ledger.at(last), _seconds(last, "said_at"))
    if latest < since + _REMINDED_AFTER / 2 and has_room(before):
        reminded = any(each["prompt"]["S"].startswith("remind-") for each in ledger.sms_of(before))
        require(reminded, "whoever-is-silent-is-reminded", ride)


def has_room(item: Item) -> bool:
    """Tell whether a conversation may say more: not twelve SMS, nor anything behind a STOP that is to be confirmed."""
    sms = ledger.sms_of(item)
    last = sms[-1]
    confirming = last["prompt"]["S"] == ledger.CONFIRMS_STOP and last["state"]["S"] in ("waiting", "claimed")
    count = sum(each["prompt"]["S"] != ledger.CONFIRMS_STOP for each in sms)
    return count < ledger.MOST_SMS and not confirming


class Stops:
    """Counts the opt-outs of numbers that have begun with a STOP, and holds their confirmations to them."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = defaultdict(int)

    def check_write(self, before: Item | None, after: Item, conversations: Sequence[Item]) -> None:
        """Hold a number to one confirmation each time that it opts out. `conversations` are all that it has."""
        key, opted_out = after["id"]["S"], before is not None and "opt_out" in before
        if "opt_out" in after and not opted_out:
            self._begun[key] += after["opt_out"]["M"]["how"]["S"] == "sms"
        elif opted_out and "opt_out" not in after:
            _check_start(key, conversations)
        confirms = [_count(item, ledger.CONFIRMS_STOP) for item in conversations]
        if max(confirms, default=0) < ledger.MOST_SMS:
            why = f"{key} has opted out {self._begun[key]} times, and hears of it {sum(confirms)} times"
            require(sum(confirms) == self._begun[key], "a-stop-is-confirmed-once", why)


def _check_start(key: str, conversations: Sequence[Item]) -> None:
    """Whoever says START after a STOP hears from us again, in each of their conversations that is open."""
    open_ = [item for item in conversations if ledger.stage_of(item)]
    muted = [ledger.ride_of(item) for item in open_ if item["muted"]["BOOL"]]
    require(not muted, "a-start-counts-everywhere", f"{key}: {muted}")
    lasts = [ledger.sms_of(item)[-1] for item in open_ or conversations]
    prompts = [each["prompt"]["S"] for each in lasts if each["state"]["S"] == "waiting"]
    said = {f"ask-{ledger.stage_of(item)}" for item in open_} or {"confirm-start"}
    full = not all(map(has_room, conversations))
    require(full or not said.isdisjoint(prompts), "a-start-is-answered", f"{key}: {prompts}")


def _after_news(before: Item, after: Item) -> str | None:
    """Tell what is to be said now that an answer, or something unclear, has come. None if neither has."""
    had, has = before["answers"]["M"], after["answers"]["M"]
    if "score" in has and "score" not in had:
        return "ask-call" if int(has["score"]["N"]) <= _UNHAPPY else "thank"
    if "call" in has and "call" not in had:
        return _AFTER_CALL[has["call"]["S"]]
    stage = ledger.stage_of(before)
    if _unclear(after) > _unclear(before):
        return f"ask-{stage}-again"
    return None


def _check_counts(ride: str, item: Item, starts: int) -> None:
    for stage in ("score", "call"):
        count = _count(item, f"ask-{stage}")
        require(count <= 1 + starts, "a-question-is-asked-once", f"{ride}: ask-{stage}, {count} times")
        again = _count(item, f"ask-{stage}-again")
        require(again <= _ASKS_AGAIN, "a-question-is-asked-again-twice", f"{ride}: {again} times")
    reminders = sum(_count(item, f"remind-{stage}") for stage in ("score", "call"))
    require(reminders <= 1, "a-reminder-comes-once", f"{ride}: {reminders} times")


def _check_reminder(ride: str, before: Item, after: Item) -> None:
    last, reminder = ledger.sms_of(before)[-1], ledger.sms_of(after)[-1]
    waited = (int(reminder["said_at"]["N"]) - int(before["since"]["N"])) / 1000
    require(waited >= _REMINDED_AFTER, "a-reminder-comes-after-a-day", f"{ride}: after {waited:.0f} s")
    reached = last["state"]["S"] in ("sent", "delivered")
    require(reached, "nobody-is-reminded-in-vain", f"{ride}: the question is {last['state']['S']}")


def _count(item: Item, prompt: str) -> int:
    return sum(each["prompt"]["S"] == prompt for each in ledger.sms_of(item))


def _unclear(item: Item) -> int:
    return int(item["misunderstood"]["N"])


def _seconds(item: Item, name: str) -> float:
    return int(item[name]["N"]) / 1000
