"""What holds of each SMS that a phone gets, and of the claim before it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import timezone

from infra.rydes.simulators.phones.model import Sms
from tests.simulation.actors.carrier import Said
from tests.simulation.invariants import ledger
from tests.simulation.invariants.violation import require
from tests.simulation.scenes.audience import Person

Item = Mapping[str, Any]

_SENDER_LIVES = 62.0
"""Seconds for which a function may be at it."""
_LEFT_ALONE = ledger.WINDOW - _SENDER_LIVES - ledger.CLOCKS
"""Seconds from a call that may have sent an SMS to the next: the window runs from when its sender looked at the clock."""
_ANSWERED_WITHIN = 2 * 3600.0
"""Seconds after which nobody waits for an answer any more: an hour until a message is handled, and one after that."""
_FIRST_HOUR, _LAST_HOUR = 8, 21
_REACTIONS = {"ask-score-again", "ask-call-again", "give-up", "thank", "promise-call", "respect-no"}
"""What is said because of an answer, and for no other reason."""


@dataclass(frozen=True)
class Place:
    """Whom a conversation is held with: the number, its standing in the table, and the time zone where the ride ended."""

    number: str
    standing: Item | None
    zone: str | None


@dataclass
class Sends:
    """Remembers what was claimed and what was sent. `customers` are by their ids, `said` is what phones have said."""

    customers: Mapping[str, Person]
    said: Sequence[Said]
    _claimed: dict[tuple[str, int], float] = field(default_factory=dict)
    _sent: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    def check_write(self, now: float, before: Item | None, after: Item, place: Place) -> None:
        """Hold changes of a ledger to its rules."""
        ride = ledger.ride_of(after)
        for index, was, entry in ledger.changed_sms(before, after):
            key, state = (ride, index), entry["state"]["S"]
            if state == "claimed" and was != "claimed":
                self._check_claim(now, after, entry, place)
                self._claimed[key] = now
            elif was == "claimed" and state in ("waiting", "refused", "dropped"):
                since = self._claimed[key]
                left_alone = now - since >= _LEFT_ALONE
                sent = any(each >= since for each in self._sent[key])
                why = f"{ride}#{index} is {state} {now - since:.0f} s after its claim, and went out"
                require(left_alone or not sent, "an-unclear-outcome-is-left-alone", why)

    def sent(self, now: float, sms: Sms, item: Item | None) -> None:
        """Hold an SMS that goes out to its rules."""
        require(item is not None, "an-sms-is-of-a-conversation", sms.text)
        assert item is not None
        ride, index = sms.context["ride"], int(sms.context["sms"])
        key, which = (ride, index), f"{ride}#{index}"
        claim = self._claimed.get(key)
        require(claim is not None, "an-sms-is-claimed-before-it-is-sent", which)
        assert claim is not None
        fresh = now - claim <= _SENDER_LIVES
        require(fresh, "an-sms-is-claimed-before-it-is-sent", f"{which}, {now - claim:.0f} s before")
        for earlier in self._sent[key]:
            apart = now - earlier
            why = f"{which} again after {apart:.0f} s"
            require(earlier < claim, "a-claim-is-for-one-sms", why)
            require(apart >= _LEFT_ALONE, "an-sms-is-sent-once-in-its-window", why)
        if person := self.customers.get(item["customer_id"]["S"]):
            require(person.number == sms.number, "an-sms-goes-to-its-customer", which)
        self._sent[key].append(now)

    def has_sent(self, which: tuple[str, int]) -> bool:
        """Tell whether an SMS, by its ride and its index, has gone out before."""
        return bool(self._sent[which])

    def _check_claim(self, now: float, item: Item, entry: Item, place: Place) -> None:
        which, prompt = f"{ledger.ride_of(item)}: {entry['prompt']['S']}", entry["prompt"]["S"]
        opted_out = place.standing is not None and "opt_out" in place.standing
        if _confirms(entry):
            require(opted_out, "a-stop-is-confirmed-while-it-counts", which)
        else:
            require(not opted_out, "nothing-after-a-stop", which)
        person = self.customers.get(item["customer_id"]["S"])
        owed = _confirms(entry) or prompt.startswith("help-")
        require(person is None or person.reachable or owed, "nobody-is-asked-without-consent", which)
        if self._awaits(place.number, now, entry):
            return
        waking = any(is_day(place, at) for at in (now + ledger.CLOCKS, now - _SENDER_LIVES))
        require(waking, "nobody-is-woken", f"{which} to {place.number} in {place.zone}")

    def _awaits(self, number: str, now: float, entry: Item) -> bool:
        """Tell whether the SMS answers what the phone has said of late."""
        since = now - _ANSWERED_WITHIN - _SENDER_LIVES
        return entry["promptly"]["BOOL"] and any(s.number == number and s.at >= since for s in self.said)

    def check_reactions(
        self, number: str, conversations: Sequence[Item], commands: Mapping[str, str]
    ) -> None:
        """Hold the answers to a phone's messages to their count: one each, and each message counts once."""
        prompts = [entry["prompt"]["S"] for item in conversations for entry in ledger.sms_of(item)]
        ours = {each.id: each.text for each in self.said if each.number == number}
        for command, answers in (
            ("help", [p for p in prompts if p.startswith("help-")]),
            ("start", [p for p in prompts if p == "confirm-start"]),
            ("stop", [p for p in prompts if p == ledger.CONFIRMS_STOP]),
            (None, [p for p in prompts if p in _REACTIONS]),
        ):
            said = sum(commands.get(text) == command for text in ours.values())
            why = f"{number} has said {said} times {command or 'something'}, and hears {answers}"
            require(len(answers) <= said, "one-answer-a-reply", why)


def _confirms(entry: Item) -> bool:
    return bool(entry["prompt"]["S"] == ledger.CONFIRMS_STOP)


def is_day(place: Place, at: float) -> bool:
    """Tell whether a customer may be written to who waits for nothing."""
    moment = datetime.fromtimestamp(at, UTC)
    return all(
        _FIRST_HOUR <= moment.astimezone(each).hour < _LAST_HOUR for each in _zones(place.number, place.zone)
    )


@cache
def _zones(number: str, zone: str | None) -> list[ZoneInfo]:
    """List where a customer may be: where the ride ended, else where the number is."""
    if zone in available_timezones():
        return [ZoneInfo(zone or "UTC")]
    return [ZoneInfo(name) for name in timezone.time_zones_for_number(phonenumbers.parse(number))]
