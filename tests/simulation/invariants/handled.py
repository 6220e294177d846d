"""What holds when a function of the feedback service, or of whoever hears it, says that it has handled a message."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.actors.carrier import Said
from tests.simulation.actors.completions import Ride
from tests.simulation.actors.phones import CLEAR, COMMANDS, UNCLEAR, YES_OR_NO
from tests.simulation.invariants import ledger
from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

_DAY = 86_400.0
MONTH = 30 * _DAY
MOST_A_MONTH = 4
_TOO_LATE = 3 * _DAY
_SAME_INSTANT = 0.002
"""Seconds in which nobody says which of two came first."""
_REPEATED_WITHIN = 10.0
"""Seconds in which the same words are one message that was delivered twice."""
_TAKEN = {"sent", "delivered", "failed", "blocked"}


@dataclass(frozen=True)
class Known:
    """What a check may know: items by their keys, what phones have said, and who was opted out by whom."""

    item: Callable[[str], Any]
    unicorn: Callable[[str], Any]
    rides: Mapping[str, Ride]
    conversations: dict[str, Item]
    said: Sequence[Said]
    key_of: Callable[[str], str]
    """The key of a number's item."""
    opted_out: Mapping[str, float]
    """Numbers that support has opted out, and when."""
    known_to_aws: Callable[[str], bool]
    """Whether AWS may have said that a number has opted out."""
    noted: dict[str, float]
    """When each of our SMS was noted, by its message id."""
    heard: set[str]
    """The inbound ids of the replies that were handled."""


def check(function: str, record: Mapping[str, Any], now: float, known: Known) -> None:
    """Hold a function to what it says it has done."""
    body = json.loads(record["body"])
    match function:
        case "feedback-rides":
            _check_ride(body["detail"]["data"]["ride_id"], now, known)
        case "feedback-receipts":
            _check_receipt(json.loads(body["Message"]), known)
        case "feedback-replies":
            _check_reply(body, int(record["attributes"]["SentTimestamp"]) / 1000, known)
        case "unicorn-mgmt-ratings":
            _check_rating(body["detail"]["data"], known)


def _check_ride(ride_id: str, now: float, known: Known) -> None:
    if ride_id in known.conversations:
        return
    ride = known.rides[ride_id]
    created = sorted(
        int(each["created_at"]["N"]) / 1000
        for each in known.conversations.values()
        if each["customer_id"]["S"] == ride.customer
    )
    capped = any(ride.ended_at < at + _DAY + ledger.CLOCKS for at in created)
    if len(created) >= MOST_A_MONTH:
        capped |= ride.ended_at < created[-MOST_A_MONTH] + MONTH + ledger.CLOCKS
    too_late = now - ride.ended_at > _TOO_LATE - ledger.CLOCKS
    require(capped or too_late, "every-ride-is-asked-about", f"{ride_id} of {ride.customer}")


def _check_receipt(event: Mapping[str, Any], known: Known) -> None:
    context = event["context"]
    item = known.conversations[context["ride"]]
    entry = ledger.sms_of(item)[int(context["sms"])]
    state = entry["state"]["S"]
    which = f"{context['ride']}#{context['sms']} is {state} after {event['eventType']}"
    wanted = _TAKEN if event["eventType"] != "TEXT_DELIVERED" else _TAKEN - {"sent"}
    require(state in wanted, "handled-is-done", which)
    require(event["messageId"] in known.noted, "handled-is-done", f"{which}, and its id is not noted")
    bill = round((event["totalMessagePrice"] + event["totalCarrierFee"]) * 1_000_000)
    price = int(entry.get("price", {"N": "-1"})["N"])
    require(price == bill, "a-bill-is-whole", f"{which}: each event says {bill}, and {price} is noted")


def _check_reply(body: Mapping[str, Any], arrived: float, known: Known) -> None:
    message = json.loads(body["Message"])
    number, text = message["originationNumber"], message["messageBody"]
    if number not in {each.number for each in known.said}:
        return  # it is garbled
    marker = known.item(f"inbound#{message['inboundMessageId']}")
    require(marker is not None, "handled-is-done", f"a reply of {number} leaves no mark")
    known.heard.add(message["inboundMessageId"])
    answers = message.get("previousPublishedMessageId", "")
    first = min(each.at for each in known.said if each.id == message["inboundMessageId"])
    if COMMANDS.get(text, "help") != "help":
        _check_commands(number, known)
    elif text in COMMANDS:
        _check_help(number, first, known)
    elif text in UNCLEAR:
        _check_unclear(text, answers, arrived, first, known)
    else:
        _check_answer(text, answers, arrived, number, known)


def _check_commands(number: str, known: Known) -> None:
    """The last command that a phone has sent counts once it was handled, whatever is handled after it.

    A carrier's copy under the same id is the same message. If one of an earlier command comes after the last, and is
    the first of it to be handled, nobody can tell that it was sent before.
    """
    first: dict[str, Said] = {}
    again: dict[str, Said] = {}
    for each in known.said:
        if each.number == number and each.text in COMMANDS and COMMANDS[each.text] != "help":
            first.setdefault(each.id, each)
            again[each.id] = each
    *others, last = first.values()
    if last.id not in known.heard or any(last.at - again[each.id].at < _SAME_INSTANT for each in others):
        return
    opted_out = "opt_out" in (known.item(known.key_of(number)) or {})
    if COMMANDS[last.text] == "stop":
        require(opted_out, "the-last-command-counts", f"{number} has said STOP, and nothing since")
    elif last.at > known.opted_out.get(number, 0.0) + ledger.CLOCKS:
        holds = not opted_out or known.known_to_aws(number)
        require(holds, "the-last-command-counts", f"{number} has said START, and nothing since")


def _check_answer(text: str, answers: str, arrived: float, number: str, known: Known) -> None:
    """A clear answer to a question that is known to be ours is never lost."""
    if known.noted.get(answers, arrived) >= arrived:
        return
    mark = known.item(f"message#{answers}")
    item = known.conversations[mark["ride"]["S"]]
    which = f"{ledger.ride_of(item)}: {number} has said {text}"
    if text in CLEAR:
        require(ledger.stage_of(item) != "score", "a-clear-answer-counts", which)
    elif text in YES_OR_NO:
        asked = next(each for each in ledger.sms_of(item) if each.get("message_id", {}).get("S") == answers)
        if asked["prompt"]["S"] in ("ask-call", "ask-call-again", "remind-call"):
            require(ledger.stage_of(item) is None, "a-clear-answer-counts", which)


def _check_help(number: str, said_at: float, known: Known) -> None:
    """Whoever asks for help is answered, unless a STOP is in the way, or all has been said."""
    standing = known.item(known.key_of(number))
    rides = [each["M"]["ride_id"]["S"] for each in standing["conversations"]["L"]]
    talks = [known.conversations[ride] for ride in rides]
    if "opt_out" in standing or any(_is_silent(item) for item in talks):
        return
    helped = any(_said_since(item, said_at, "help-") for item in talks)
    require(helped, "help-is-answered", f"{number} has asked for it at {said_at:.3f}")


def _check_unclear(text: str, answers: str, arrived: float, said_at: float, known: Known) -> None:
    """Who answers our question, and is not understood, is told so, unless a STOP is in the way, or all has been said."""
    if known.noted.get(answers, arrived) >= arrived:
        return
    item = known.conversations[known.item(f"message#{answers}")["ride"]["S"]]
    if (stage := ledger.stage_of(item)) is None or _is_silent(item):
        return
    asked = _said_since(item, said_at, f"ask-{stage}")
    require(asked, "whoever-is-not-understood-is-asked-again", f"{ledger.ride_of(item)}: {text}")


def _is_silent(item: Item) -> bool:
    prompts = [each["prompt"]["S"] for each in ledger.sms_of(item)]
    return ledger.CONFIRMS_STOP in prompts or len(prompts) >= ledger.MOST_SMS


def _said_since(item: Item, said_at: float, prompt: str) -> bool:
    """Tell whether something was said in answer to a message, or to another of the same moment."""
    since = said_at - _REPEATED_WITHIN - ledger.CLOCKS
    return any(
        each["prompt"]["S"].startswith(prompt) and int(each["said_at"]["N"]) / 1000 >= since
        for each in ledger.sms_of(item)
    )


def _check_rating(data: Mapping[str, Any], known: Known) -> None:
    unicorn = known.unicorn(data["responder_id"])
    if unicorn is not None:
        has = int(unicorn.get("rating_revision", {"N": "0"})["N"])
        require(
            has >= data["rating_revision"], "handled-is-done", f"{data['responder_id']} has revision {has}"
        )
