"""What becomes of each SMS: it goes out in time, and if it does not, there is a reason for that."""

from collections.abc import Callable, Mapping
from typing import Any

from feedback.domain.language import languages
from tests.simulation.invariants import ledger
from tests.simulation.invariants.violation import require
from tests.simulation.scenes.audience import Person

Item = Mapping[str, Any]
Which = tuple[str, int]
"""A ride, and the index of an SMS about it."""

_DAY = 86_400.0
_FOR_GOOD = {"INVALID_PARAMETER", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"}
OPTED_OUT = "DESTINATION_PHONE_NUMBER_OPTED_OUT"
_SPREAD = 3600.0
"""Seconds over which the SMS of a night go out in the morning."""
_PROMISED = 300.0
"""Seconds within which an SMS goes out by day: it is in the service's objectives."""
_SOON = 1800.0
"""Seconds within which the timers have found what the stream has not brought."""
_PAUSES = 2 * 3600.0
"""Seconds within which the longest pause is over that a fault has brought about."""
_TRIED_FOR = 3 * _DAY - _PAUSES
"""Seconds for which an SMS is at least tried."""
_QUARTER = 900.0
_WAITS, _OUT = {"waiting", "claimed"}, {"sent", "delivered", "failed", "blocked"}


class Fates:
    """Remembers what AWS has refused. `last_fault` tells when something last went wrong."""

    def __init__(self, customers: Mapping[str, Person], last_fault: Callable[[], float]) -> None:
        self._customers = customers
        self._last_fault = last_fault
        self._last_refusal = 0.0
        self._refused: dict[Which, set[str]] = {}
        self.opted_out: dict[str, tuple[float, Which]] = {}
        """Numbers that AWS has told us have opted out: when last, and of which SMS, unless that was to confirm a STOP."""

    def refused(self, now: float, number: str, which: Which, entry: Item, why: str) -> None:
        """AWS does not take an SMS."""
        self._refused.setdefault(which, set()).add(why)
        self._last_refusal = now
        if why == OPTED_OUT and entry["prompt"]["S"] != ledger.CONFIRMS_STOP:
            self.opted_out[number] = now, which

    def check_write(
        self, now: float, before: Item | None, after: Item, *, stopped: bool, wanted: bool
    ) -> None:
        """Hold changes of a ledger to their reasons. `stopped`: the number may have opted out; `wanted`: it has not."""
        ride = ledger.ride_of(after)
        sms = ledger.sms_of(after)
        for index, was, entry in ledger.changed_sms(before, after):
            which, state = (ride, index), entry["state"]["S"]
            name = f"{ride}#{index} ({entry['prompt']['S']})"
            if state == "refused" and was in _WAITS:
                person = self._customers.get(after["customer_id"]["S"])
                told = not _FOR_GOOD.isdisjoint(self._refused.get(which, ()))
                barred = person is not None and not person.reachable
                require(told or barred, "only-what-is-refused-is-not-sent", name)
            elif state == "withheld" and was in _WAITS:
                told = OPTED_OUT in self._refused.get(which, ())
                require(told or stopped, "nothing-is-withheld-without-a-stop", name)
            elif state == "dropped" and was in _WAITS:
                ended = before is not None and ledger.stage_of(before) is not None is not ledger.stage_of(
                    after
                )
                fresh = now - int(entry["said_at"]["N"]) / 1000 < _TRIED_FOR
                overtaken = index < len(sms) - 1 or (fresh and ended)
                idle = entry["prompt"]["S"] == ledger.CONFIRMS_STOP and wanted
                require(overtaken or idle, "only-what-is-overtaken-is-dropped", name)

    def check_text(self, item: Item, entry: Item, text: str, language: str, contact: str) -> None:
        """Hold what is sent to the words for it, in the customer's language."""
        which = f"{ledger.ride_of(item)}: {text}"
        expected = languages()[language].prompts[entry["prompt"]["S"]].replace("{contact}", contact)
        require(text == expected, "an-sms-says-what-it-is-for", f"{which}, not {expected}")

    def check_time(self, now: float, which: Which, entry: Item, is_day: Callable[[float], bool]) -> None:
        """Hold the first sending of an SMS to its time."""
        said = int(entry["said_at"]["N"]) / 1000
        trouble = max(self._last_fault(), self._last_refusal)
        if trouble >= said - _SOON:
            latest = _morning(max(said, trouble) + _PAUSES, is_day) + _SPREAD + _PAUSES
        elif entry["promptly"]["BOOL"] or (is_day(said) and is_day(said + _SOON)):
            latest = said + _PROMISED
        else:
            latest = _morning(said + _SOON, is_day) + _SPREAD + _SOON
        why = f"{which[0]}#{which[1]} ({entry['prompt']['S']}) {now - said:.0f} s after it was to be"
        require(now <= latest, "an-sms-is-sent-in-time", why)

    def check_end(self, item: Item) -> None:
        """Everything has come to rest."""
        *overtaken, last = [each["state"]["S"] for each in ledger.sms_of(item)]
        rests = (
            last not in _WAITS and "waiting" not in overtaken
        )  # that a claimed one went out is told, or never known
        require(rests, "every-sms-has-its-fate", f"{ledger.ride_of(item)}: {overtaken} and {last}")


def _morning(at: float, is_day: Callable[[float], bool]) -> float:
    """Find when it is day, from an instant on."""
    for _ in range(int(_DAY / _QUARTER) + 1):
        if is_day(at):
            return at
        at += _QUARTER - at % _QUARTER
    return at
