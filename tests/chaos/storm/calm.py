"""After a storm: everything that was under way comes to its end, and dead letters go back, as an operator sends them."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator.dead_letter_moves import Sweep, Wanted, replaying
from infra.rydes.operator.dead_letters import DEAD_LETTERS, PARKING, Parked, held, queues_of
from tests.chaos.storm.heard import Heard
from tests.chaos.storm.phones import Phones
from tests.chaos.storm.story import Booking, Story
from tests.support.clients import DEADLINES, Json, Queues
from tests.support.patience import eventually
from tests.support.riders import Support, let_time_pass

A_SENDER_LIVES = 20.0
"""Seconds after which the sender of a claimed SMS is dead: it waits for five for the SMS service."""
THE_WINDOW = timedelta(minutes=16)
"""The ledger's, and the timers' minute (decision 20)."""
SECONDS_BETWEEN_LOOKS = (1.0, 4.0)


class Calm:
    """What is still to come, and what helps it: time that passes for SMS, and an operator for dead letters."""

    def __init__(self, cloud: Cloud, phones: Phones, heard: Heard, began: float) -> None:
        self._cloud, self._phones, self._heard, self._began = cloud, phones, heard, began
        self._queues, self._support = Queues(cloud), Support(cloud)
        self._open: dict[str, float] = {}
        self.conversations: dict[str, Json] = {}
        self.waited: set[str] = set()
        """Rides for whose conversations time has passed."""
        self.sent_back: Counter[str] = Counter()

    def settle(self, stories: list[Story], poison: str) -> list[str]:
        """Wait until nothing is to come; what has not come in time."""
        left: list[str] = []

        def look() -> list[str]:
            left[:] = list(self._to_come(stories, poison))
            return left

        try:
            eventually(look, "the calm", lambda found: not found, between=SECONDS_BETWEEN_LOOKS)
        except AssertionError:
            return left
        return []

    def parked(self) -> list[Parked]:
        """The dead letters of this storm."""
        with held(self._cloud) as found:
            return [each for each in found.messages if each.parked_at.timestamp() >= self._began]

    def _to_come(self, stories: list[Story], poison: str) -> Iterator[str]:
        yield from self._events(stories)
        yield from self._messages(poison)
        heard = self._heard.names()
        for story in stories:
            for booking in story.bookings:
                if "RideCompleted" in heard[booking.ride_id]:
                    yield from self._conversation(booking)

    def _events(self, stories: list[Story]) -> Iterator[str]:
        heard = self._heard.names()
        for story in stories:
            if "RfqCompleted" not in heard[story.rfq_id]:
                yield f"RfqCompleted of {story.rfq_id}"
            for booking in story.bookings:
                end = {"completed": "RideCompleted", "rejected": "RideBookingFailed"}
                wanted = end.get(booking.end.get("status", ""), "")
                if wanted not in heard[booking.ride_id]:
                    yield f"{wanted or 'the end'} of {booking.ride_id}"

    def _messages(self, poison: str) -> Iterator[str]:
        """Whatever waits in queues, timers aside that are set for later."""
        urls, sqs = self._cloud.queues(), self._cloud.client("sqs")
        for name, url in urls.items():
            if name.endswith((DEAD_LETTERS, PARKING)):
                continue
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            kinds = ("", "NotVisible") if name == DEADLINES else ("", "NotVisible", "Delayed")
            count = sum(int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in kinds)
            if count:
                yield f"{count} messages in {name}"
        dead = [
            each for each in self.parked() if poison not in each.body and each.queue.endswith(DEAD_LETTERS)
        ]
        if dead:
            for each in dead:
                yield f"{each.id} in {each.queue}: {each.cause.error} {each.cause.reason}"
            self._send_back(dead)

    def _send_back(self, dead: list[Parked]) -> None:
        """As `rydes dlq replay` does."""
        for queue in {each.queue for each in dead}:
            ids = tuple(each.id for each in dead if each.queue == queue)
            sweep = Sweep(self._cloud, queues_of(self._cloud, queue), Wanted(ids=ids))
            for id_ in sweep.run(replaying(self._cloud, force=False)).moved:
                cause = next(each.cause for each in dead if each.id == id_)
                self.sent_back[f"{queue}: {cause.error} {cause.reason}"] += 1

    def _conversation(self, booking: Booking) -> Iterator[str]:
        """That about a ride, if there is one; who has no other is owed one."""
        ride = booking.ride_id
        known = self.conversations.get(ride)
        if known and self._settled(known, booking):
            return
        found = self.conversations[ride] = self._support.feedback(ride)
        if not found:
            if not self._asked(booking):
                yield f"a question about {ride}"
            return
        if self._settled(found, booking):
            return
        open_ = [sms["prompt"] for sms in found["messages"] if sms["state"] in {"waiting", "claimed"}]
        since = self._open.setdefault(f"{ride} {open_}", time.monotonic())
        if open_ and time.monotonic() - since > A_SENDER_LIVES:
            self.waited.add(ride)
            self._open.pop(f"{ride} {open_}")
            let_time_pass(self._cloud, ride, THE_WINDOW)
        yield f"the conversation about {ride}: {found['status']}, {open_}"

    def _asked(self, booking: Booking) -> bool:
        """Whether the customer was asked about any ride: once a day is enough."""
        return bool(self._phones.got(booking.number))

    def _settled(self, found: Json, booking: Booking) -> bool:
        """Whether every SMS has met its fate, and nobody is to say anything any more."""
        under_way = any(sms["state"] in {"waiting", "claimed"} for sms in found["messages"])
        over = found["status"] == "ended" or found["opted-out"] or self._phones.mute(booking.number)
        return bool(not under_way and over)
