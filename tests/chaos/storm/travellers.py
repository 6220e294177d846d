"""Customers in a storm: they ask, repeat, watch over lines that drop, cancel, book, and book twice."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.scenarios.rfq import SEA_TAC
from infra.rydes.simulators.phones.client import Phone, give_phone
from tests.chaos.storm.plan import Journey, Plan
from tests.chaos.storm.story import Booking, Notes, Story, answered, now, parsed
from tests.support.clients import Customer, Json, Place, key
from tests.support.patience import PATIENCE, eventually

SECONDS_BETWEEN_LOOKS = (1.0, 3.0)
SECONDS_OF_SILENCE = 20.0
"""After them without a snapshot a line is dead; five would do if functions did not start on a laptop, and die."""
MOST_BOOKINGS = 3
_OVER = ("completed", "rejected")


@dataclass(frozen=True)
class Rider:
    """A customer with a phone, and what it says to which question."""

    customer: Customer
    phone: Phone
    replies: str


class Travellers:
    """All customers of a plan."""

    def __init__(
        self, cloud: Cloud, plan: Plan, places: list[Place], numbers: Callable[[], str], notes: Notes
    ) -> None:
        self._cloud, self._plan, self._places, self._notes = cloud, plan, places, notes
        self._numbers = numbers
        self.riders = [self._rider(number) for number in range(len(plan.persons))]

    def travel(self, journey: Journey) -> Story:
        """Make a journey; what was seen of it. What does not end in time is noted as wrong."""
        rider = self.riders[journey.person]
        story = Story(journey, rider.customer, rider.phone.number)
        try:
            self._ask(story)
            if journey.ending == "cancels":
                self._cancel(story)
            if journey.watches:
                story.watched = self._watch(story)
            self._follow(story)
            if journey.ending.startswith("books"):
                self._book(story)
        except AssertionError as stuck:
            story.wrong.append(str(stuck).partition("\n")[0])
        return story

    def _rider(self, number: int) -> Rider:
        person = self._plan.persons[number]
        customer = Customer(self._cloud)
        customer.http.event_hooks["response"].append(self._notes.status)
        phone = Phone(self._cloud, self._numbers())
        give_phone(self._cloud, customer.name, phone.number, name=f"Traveller{number} Stormborn")
        phone.set_faults(**person.phone)
        return Rider(customer, phone, person.replies)

    def _ask(self, story: Story) -> None:
        journey, http, headers = story.journey, story.customer.http, key()
        if journey.site is None:
            body: Json = {"from": MERCER_ISLAND.json(), "to": SEA_TAC.json()}
        else:
            body = self._places[journey.site].ride()
        body["respond-within"] = journey.within
        locations = set()
        for _ in range(journey.posts):
            answer = answered(
                lambda: http.post("/instant-ride-rfqs", json=body, headers=headers), "an RFQ is accepted"
            )
            assert answer.status_code == 202, f"POST of an RFQ: {answer.status_code} {answer.text}"
            locations.add(answer.headers["Location"])
            story.deadline = datetime.fromisoformat(answer.json()["eta"]).timestamp()
        story.rfq_id = locations.pop().rpartition("/")[2]
        if locations:
            story.wrong.append(f"one key, several RFQs: {story.rfq_id} and {locations}")

    def _cancel(self, story: Story) -> None:
        answer = answered(
            lambda: story.customer.http.delete(self._url(story)), f"{story.rfq_id} is cancelled"
        )
        if answer.status_code not in {204, 409}:
            story.wrong.append(f"DELETE of {story.rfq_id}: {answer.status_code}")

    def _follow(self, story: Story) -> None:
        http, url = story.customer.http, self._url(story)
        eventually(
            lambda: answered(lambda: http.get(url), f"a look at {story.rfq_id}").status_code,
            f"the end of RFQ {story.rfq_id}",
            lambda status: status != 200,
            between=SECONDS_BETWEEN_LOOKS,
        )
        story.seen = story.seen or now()
        story.result = answered(lambda: http.get(f"{url}/result"), f"the result of {story.rfq_id}").json()

    def _watch(self, story: Story) -> Json:
        """Over a socket that drops now and then; the last snapshot, which says that it is over."""
        dice = random.Random(f"{self._plan.seed}/{story.journey.number}")
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            try:
                if found := self._connected(story, dice.randrange(1, 6)):
                    story.seen = now()
                    return found
            except (OSError, WebSocketException):
                self._notes.count("sockets that were not opened, or broke")
                time.sleep(0.5)
        raise AssertionError(f"not within {PATIENCE:.0f} s: the end of RFQ {story.rfq_id} on a socket")

    def _connected(self, story: Story, messages: int) -> Json | None:
        """Over one connection, which the customer drops after so many messages; a dead one is closed."""
        subscription = json.dumps({"action": "subscribe", "rfq-id": story.rfq_id})
        headers = {"Authorization": story.customer.token}
        self._notes.count("sockets opened by customers")
        with connect(
            self._cloud.urls["rfq-socket"], additional_headers=headers, open_timeout=30, close_timeout=1
        ) as socket:
            socket.send(subscription)
            asked = time.monotonic()
            snapshot = False
            for _ in range(messages):
                try:
                    message = parsed(socket.recv(timeout=SECONDS_OF_SILENCE))
                except TimeoutError:
                    if not snapshot:
                        return None
                    socket.send(subscription)
                    snapshot = False
                    continue
                over = message.get("status") == "completed"
                snapshot = snapshot or message["type"] == "snapshot"
                if over and message["type"] == "snapshot":
                    return message
                if over or message["type"] == "refused" or time.monotonic() - asked > SECONDS_OF_SILENCE:
                    socket.send(subscription)
                    asked, snapshot = time.monotonic(), False
        self._notes.count("sockets dropped by customers")
        return None

    def _book(self, story: Story) -> None:
        """Book the best quote; the next one if that comes to nothing."""
        quotes = [quote["quote-id"] for quote in story.result["quotes"]]
        for quote in quotes[:MOST_BOOKINGS]:
            booking = self._booked(story, quote)
            if booking is None:
                continue
            booking.end = self._ended(story, booking)
            if booking.end["status"] == "completed":
                return

    def _booked(self, story: Story, quote: str) -> Booking | None:
        url, http = f"{self._url(story)}/bookings", story.customer.http

        def post(headers: dict[str, str]) -> tuple[int, str]:
            answer = answered(
                lambda: http.post(url, json={"quote-id": quote}, headers=headers),
                f"a booking on {story.rfq_id}",
            )
            return answer.status_code, str(answer.json().get("id", ""))

        once = key()
        status, ride_id = post(once)
        if status != 202:
            if status != 410:  # no longer valid: the storm has kept the customer for long
                story.wrong.append(f"booking {quote} on {story.rfq_id}: {status}")
            return None
        booking = Booking(ride_id, quote, story.number)
        story.bookings.append(booking)
        if story.journey.ending == "books twice":
            again = post(once)
            if again != (202, ride_id):
                story.wrong.append(f"one key, several rides: {ride_id} and {again}")
            status, other = post(key())
            if status == 202:  # the first has been rejected by now
                story.bookings.append(booking := Booking(other, quote, story.number))
            elif status != 409:
                story.wrong.append(f"booking {quote} on {story.rfq_id} once more: {status}")
        return booking

    def _ended(self, story: Story, booking: Booking) -> Json:
        def look() -> Json:
            found: Json = answered(
                lambda: story.customer.http.get(f"/rides/{booking.ride_id}"), f"a look at {booking.ride_id}"
            ).json()
            return found

        return eventually(
            look,
            f"the end of ride {booking.ride_id}",
            lambda ride: ride["status"] in _OVER,
            between=SECONDS_BETWEEN_LOOKS,
        )

    @staticmethod
    def _url(story: Story) -> str:
        return f"/instant-ride-rfqs/{story.rfq_id}"
