"""The carrier between our number and the phones. It loses, doubles and delays, as the seed decides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.naming import SMS_RECEIPTS, SMS_REPLIES
from infra.rydes.simulators.phones.model import Faults, Sms
from infra.rydes.simulators.phones.notifications import inbound, receipt
from tests.simulation.actors.troupe import Troupe

_REFUSALS = ("throttled", "throttled", "budget", "invalid", "unverified", "opted-out")
_LISTED = 0.5
"""How often a number that AWS refuses as opted out stays on its list."""
_UNDELIVERED = ("TEXT_UNREACHABLE", "TEXT_CARRIER_BLOCKED", "TEXT_TTL_EXPIRED", "TEXT_SPAM")
_UNDER_WAY = ("TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT", "TEXT_SUCCESSFUL", "TEXT_UNKNOWN")


@dataclass(frozen=True)
class Said:
    """A reply that has come to us: when, by which inbound id, from which number, and what it says."""

    at: float
    id: str
    number: str
    text: str


class Carrier:
    """Brings SMS to phones, and tells us of them and of replies. `phones` hear, by their numbers."""

    def __init__(self, world: Any, troupe: Troupe) -> None:
        self._world = world
        self._kernel = world.kernel
        self._chance = world.actors_chance
        self._faults = world.faults
        self._troupe = troupe
        self._copies = 0
        self.phones: dict[str, Callable[[Sms], None]] = {}
        self.said: list[Said] = []
        self.refused_as_opted_out: set[str] = set()
        arns = [each["TopicArn"] for each in world.stacks.subscriptions]
        self._receipts = next(arn for arn in arns if arn.endswith(SMS_RECEIPTS))
        self._replies = next(arn for arn in arns if arn.endswith(SMS_REPLIES))

    def bring(self, sms: Sms) -> None:
        """Bring one of our SMS to its phone, and tell us what becomes of it."""
        self._world.trace(sms.number, "is sent", sms.text)
        undelivered = self._faults.happens("sms-undelivered")
        if not undelivered and (phone := self.phones.get(sms.number)):
            phone(sms)
        self.prepare(sms.number)
        if self._faults.happens("receipt-lost"):
            return
        last = self._chance.choice(_UNDELIVERED if undelivered else ("TEXT_DELIVERED",))
        for event, wait in ((self._chance.choice(_UNDER_WAY), 1.0), (last, 5.0)):
            for _ in range(2 if self._faults.happens("receipt-doubled") else 1):
                after = wait * (0.2 + self._chance.random())
                if self._faults.happens("receipt-late"):
                    after += 10 ** self._faults.chance.uniform(0, 4.2)
                self._troupe.begin(lambda event=event: self._tell(sms, event), after)  # type: ignore[misc]

    def hand_over(self, number: str, text: str, ours: str | None = None) -> None:
        """Bring a phone's text to us: to this number of ours, or to the one that wrote last."""
        self._world.trace(number, "texts", text)
        released, _ = self._world.phones.reply(number, text, ours)
        for sms, answers in released:
            if self._faults.happens("reply-lost"):
                continue
            if self._faults.happens("reply-nameless"):
                answers = self._faults.chance.choice((None, "an SMS of others"))  # noqa: PLW2901 - the carrier's word
            self._publish(sms, answers, sms.id)
            if self._faults.happens("reply-doubled"):
                self._copies += 1
                id_ = self._faults.chance.choice((sms.id, f"copy-{self._copies}"))
                self._publish(sms, answers, id_, 10 ** self._faults.chance.uniform(-2, 2))

    def garble(self, number: str) -> None:
        """Bring us a text from where none can come from: a short code, say."""
        sms = Sms("garbled", number, "win a prize", False, self._kernel.now, number)
        self._send(self._replies, inbound(sms, None, f"garbled-{number}"))

    def prepare(self, number: str) -> None:
        """Decide what becomes of the next SMS to a phone."""
        refusal: tuple[str, ...] = ()
        if self._faults.happens("sms-refused"):
            refusal = (self._faults.chance.choice(_REFUSALS),)
            if refusal == ("opted-out",):
                self.refused_as_opted_out.add(number)
                if self._chance.random() < _LISTED:
                    self._world.aws.sms.opted_out.add(number)
        unanswered = self._faults.happens("sms-unanswered")
        self._world.phones.set_faults(number, Faults(refuse=refusal, lose_answers=int(unanswered)))

    def _publish(self, sms: Sms, answers: str | None, id_: str, wait: float = 0.0) -> None:
        wait += 0.5 * self._chance.random()
        if self._faults.happens("reply-late"):
            wait += 10 ** self._faults.chance.uniform(0, 4.5)

        def publish() -> None:
            self.said.append(Said(self._kernel.now, id_, sms.number, sms.text))
            self._send(self._replies, inbound(sms, answers, id_))

        self._troupe.begin(publish, wait)

    def _tell(self, sms: Sms, event: str) -> None:
        self._send(self._receipts, receipt(sms, event, self._kernel.now))

    def _send(self, topic: str, text: str) -> None:
        self._world.aws.sns.publish({"TopicArn": topic, "Message": text})
        self._world.deliveries.begin()
