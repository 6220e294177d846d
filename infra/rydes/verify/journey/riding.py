"""The customer books the quote by hand, and the unicorn makes the ride."""

from infra.rydes.verify.journey.scene import Scene
from infra.rydes.verify.people import Json
from infra.rydes.verify.steps import Step, Stuck

CONFIRM = ("ride-booking-outbox", "unicorn-mgmt-bookings", "unicorn-mgmt-outbox", "ride-booking-rides")
_TRIES = 3
"""Bookings: one is rejected if no answer comes within a minute, as on a system whose functions all start cold."""


class Riding:
    """From the booking to the end of the ride."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def steps(self) -> list[Step]:
        """List the steps."""
        return [
            Step(
                "booking",
                "a quote is booked, unicorn-mgmt confirms, and ride-booking hears of it",
                "No ride comes about.",
                self._book,
                way=("ride-booking-api", *CONFIRM),
                needs=("result",),
            ),
            Step(
                "booking pushed",
                "both apps are told over their sockets",
                "The unicorn does not know that it has a ride, or the screen stands still.",
                self._told,
                way=("unicorn-mgmt-outbox", "ride-booking-notifier"),
                needs=("booking", "screen"),
            ),
            Step(
                "completion",
                "the unicorn completes the ride, and ride-booking hears of it",
                "Rides never end, and customers are not asked about them.",
                self._complete,
                way=("unicorn-mgmt-api", "unicorn-mgmt-outbox", "ride-booking-rides"),
                needs=("booking",),
            ),
        ]

    def _book(self) -> None:
        customer, unicorn = self._scene.people["customer"], self._scene.unicorns["by-hand"]
        for _ in range(_TRIES):
            answer = customer.call(
                "POST", self._scene.rfq["links"]["bookings"], 202, json={"quote-id": unicorn.id}
            )
            self._scene.ride = answer.json()["id"]
            self._scene.traces.rides.append(self._scene.ride)
            ride = self._scene.walk.until(lambda: self._ride_is("confirmed", "rejected"))
            if ride["status"] == "confirmed":
                return
        raise Stuck(f"it was rejected: {ride.get('reason')}")

    def _ride_is(self, *statuses: str) -> Json | None:
        ride = self._scene.people["customer"].get(f"/rides/{self._scene.ride}")
        return ride if ride["status"] in statuses else None

    def _told(self) -> None:
        screen, unicorn = self._scene.screen, self._scene.unicorns["by-hand"]
        assert screen  # noqa: S101 - an earlier step has connected it

        def confirmed(message: Json) -> bool:
            rides = message.get("rides", ())
            return any((each["id"], each["status"]) == (self._scene.ride, "confirmed") for each in rides)

        def taken(message: Json) -> bool:
            return (message["type"], message.get("ride-id")) == ("ride", self._scene.ride)

        self._scene.walk.until(lambda: unicorn.app.hear(taken), way=("unicorn-mgmt-outbox",))
        self._scene.walk.until(lambda: screen.hear(confirmed), way=("ride-booking-notifier",))

    def _complete(self) -> None:
        self._scene.people["by-hand"].call("POST", f"/rides/{self._scene.ride}/completion", 204)
        self._scene.walk.until(lambda: self._ride_is("completed"))
