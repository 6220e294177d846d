"""What comes with and after an RFQ: live updates, unicorns that price by hand, the ride."""

from collections.abc import Callable
from typing import Final, Self

from infra.rydes.cloud.cloud import Cloud
from tests.bench.bench_cloud import Site
from tests.bench.cost.bench import RESPOND_WITHIN, Bench, Measurement
from tests.bench.cost.meter import Units, connection, socket_message
from tests.support.clients import Customer, Fleet, Place, Unicorn
from tests.support.sockets import Socket

WATCHED: Final = "watched"
BY_HAND: Final = "by hand"
CANCELLED: Final = "cancelled"
SNAPSHOT: Final = "a snapshot"
RIDE: Final = "a ride"

SECONDS_TO_CONFIRM = 60
"""How long after a booking its timer comes and costs."""

_SOON = 5


class Flows:
    """Flows that share no batch with one another, `runs` of each."""

    def __init__(self, bench: Bench, cloud: Cloud, runs: int) -> None:
        self._bench, self._cloud, self._runs = bench, cloud, runs
        self._customer, self._fleet = Customer(cloud), Fleet(cloud)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._fleet.close()

    def watched(self, site: Site) -> Measurement:
        """RFQs whose customer looks at nothing but the socket, and at the result."""

        def run() -> Units:
            body = {**site.ride, "respond-within": RESPOND_WITHIN}
            with Socket(self._cloud, self._customer) as socket:
                submitted = self._customer.http.post("/instant-ride-rfqs", json=body).raise_for_status()
                rfq = submitted.headers["Location"]
                subscription = {"action": "subscribe", "rfq-id": rfq.rpartition("/")[2]}
                snapshot = socket.subscribe(rfq_id=subscription["rfq-id"])
                if snapshot["status"] != "completed":
                    socket.until(status="completed")
            self._result(rfq)
            return total(self._bench.api_calls(2), connection(), socket_message(subscription))

        return self._bench.apart(WATCHED, site.responders, [run] * self._runs)

    def by_hand(self, responders: int) -> Measurement:
        """RFQs of which all responders are invited over their sockets, and answer one by one."""
        place = Place.new()
        unicorns = [self._fleet.register(place, auto_quote=False) for _ in range(responders)]
        apps = [self._fleet.connect(unicorn) for unicorn in unicorns]

        def run() -> Units:
            rfq = self._customer.submit(place, **{"respond-within": RESPOND_WITHIN})
            for unicorn, app in zip(unicorns, apps, strict=True):
                app.expect(rfq)
                price = {"amount": "12.50", "currency": "USD"}
                unicorn.answer(rfq, {"price": price, "pickup-in-seconds": 240}).raise_for_status()
            self._bench.wait_until(rfq.rpartition("/")[2], "completed")
            self._result(rfq)
            return self._bench.api_calls(1 + responders + 1)

        return self._bench.apart(BY_HAND, responders, [run] * self._runs)

    def cancelled(self, responders: int) -> Measurement:
        """RFQs of which all responders are invited over their sockets, cancelled before anybody answers."""
        place = Place.new()
        apps = [self._fleet.connect(self._fleet.register(place, auto_quote=False)) for _ in range(responders)]

        def run() -> Units:
            rfq = self._customer.submit(place, **{"respond-within": RESPOND_WITHIN})
            for app in apps:
                app.expect(rfq)
            self._customer.http.delete(rfq).raise_for_status()
            for app in apps:
                app.expect(rfq, type_="invitation-closed")
            return self._bench.api_calls(2)

        return self._bench.apart(CANCELLED, responders, [run] * self._runs)

    def snapshots(self) -> Measurement:
        """What an app says, and the snapshot that answers it, with one invitation open."""
        place = Place.new()
        app = self._fleet.connect(self._fleet.register(place, auto_quote=False))
        rfq = self._customer.submit(place, **{"respond-within": 900})
        app.expect(rfq)
        self._bench.wait_for_timers(0)

        def run() -> Units:
            assert len(app.resume()["invitations"]) == 1
            return socket_message({"action": "resume"})

        return self._bench.apart(SNAPSHOT, 1, [run] * self._runs, wait=_SOON)

    def rides(self) -> Measurement:
        """Rides from the booking to the completion, of unicorns that are told of them over their sockets."""
        booked = [self._quoted() for _ in range(self._runs)]
        self._bench.wait_for_timers(_SOON)
        return self._bench.apart(
            RIDE, 1, [self._ride(rfq, unicorn) for rfq, unicorn in booked], wait=SECONDS_TO_CONFIRM
        )

    def _result(self, rfq: str) -> None:
        self._customer.http.get(f"{rfq}/result").raise_for_status()

    def _quoted(self) -> tuple[str, Unicorn]:
        """A completed RFQ whose deadline has passed, and who has given its one quote."""
        place = Place.new()
        unicorn = self._fleet.connected(place)
        rfq = self._customer.submit(place, **{"respond-within": _SOON})
        self._bench.wait_until(rfq.rpartition("/")[2], "completed")
        return rfq, unicorn

    def _ride(self, rfq: str, unicorn: Unicorn) -> Callable[[], Units]:
        def run() -> Units:
            rfq_id = rfq.rpartition("/")[2]
            booked = self._customer.http.post(
                f"{rfq}/bookings", json={"quote-id": unicorn.id}
            ).raise_for_status()
            self._bench.wait_until(rfq_id, "confirmed")
            unicorn.http.post(f"/rides/{booked.json()['id']}/completion").raise_for_status()
            self._bench.wait_until(rfq_id, "driven")
            self._customer.http.get(booked.headers["Location"]).raise_for_status()
            return self._bench.api_calls(3)

        return run


def total(*parts: Units) -> Units:
    """The sum."""
    units = Units()
    for part in parts:
        units.add(part)
    return units
