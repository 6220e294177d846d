"""What the cells of the matrix are about: RFQs, rides, unicorns and calls, each of one owner, and a neighbour with the same."""

import json
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners import process
from tests.support.access.matrix import Row
from tests.support.access.tokens import Mint
from tests.support.clients import Connection, Customer, Fleet, Json, Place, Unicorn
from tests.support.jobs import a_long_job, today
from tests.support.machines import Machine
from tests.support.nimbus import NIMBUS, Nimbus, offer
from tests.support.patience import eventually
from tests.support.riders import ASKED, CALL_OFFERED, PROMISED, Bus, Rider, Support
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Place as AnyPlace
from unicorn_mgmt.domain.vehicle import Vehicle

VEHICLE = "car.1"
"""The partner's own id of the vehicle that has a ride."""
NOWHERE = "00000000-0000-7000-8000-000000000000"
QUOTE: Json = {"price": {"amount": "12.50", "currency": "USD"}, "pickup-in-seconds": 240}
RUNNING = ("running-rfq", "rfq-to-cancel", "rfq-to-watch")
OWNERS = {
    "rfq-api": "customer",
    "machine-api": "machine client",
    "unicorn-api": "unicorn",
    "jobs-api": "machine client",
    "support-api": "support",
}
"""Whom impostors say to be."""


@dataclass
class Pair:
    """A customer who has a ride with a unicorn, RFQs that it may still answer, and one that is completed."""

    customer: Customer
    unicorn: Unicorn
    app: Connection
    place: Place
    ids: dict[str, str] = field(default_factory=dict)
    """Of what is the customer's or the unicorn's, by the names that rows have for it."""
    quote: str = ""

    @classmethod
    def new(cls, customer: Customer, fleet: Fleet) -> "Pair":
        """Have a customer ask and book, and a unicorn answer by hand."""
        place = Place.new()
        unicorn = fleet.register(place, auto_quote=False)
        pair = cls(customer, unicorn, fleet.connect(unicorn), place)
        pair.app.resume()
        rfqs = {name: pair.invited() for name in (*RUNNING, "completed-rfq", "booked-rfq")}
        quotes = {}
        for name, rfq in rfqs.items():
            if name not in RUNNING:
                answered = unicorn.answer(rfq, QUOTE)
                assert answered.status_code == 202, answered.text
                [quotes[name]] = pair.customer.result(rfq)["quotes"]
        booking = {"quote-id": quotes["booked-rfq"]["quote-id"]}
        booked = pair.customer.http.post(f"{rfqs['booked-rfq']}/bookings", json=booking)
        assert booked.status_code == 202, booked.text
        pair.app.expect(rfqs["booked-rfq"], type_="ride")
        pair.ids = {name: url.rpartition("/")[2] for name, url in rfqs.items()}
        pair.ids |= {"ride": booked.json()["id"], "unicorn": unicorn.id}
        pair.quote = quotes["completed-rfq"]["quote-id"]
        return pair

    def invited(self) -> str:
        """Submit an RFQ that the unicorn may answer; its URL. A unicorn that a slow machine has not reached in time may not."""

        def submitted() -> str:
            rfq = self.customer.submit(self.place, **{"respond-within": 900})
            shown = eventually(
                lambda: self.customer.http.get(rfq),
                "the unicorn asked",
                lambda answer: answer.status_code == 303 or answer.json().get("responders-asked"),
            )
            return rfq if shown.status_code == 200 else ""

        return eventually(submitted, "an RFQ that waits for the unicorn")


class Scene:
    """Everybody, with their tokens and what is theirs."""

    def __init__(self, cloud: Cloud) -> None:
        self._stack = ExitStack()
        self.cloud = cloud
        fleet, bus = Fleet(cloud), Bus(cloud)
        for each in (fleet, bus):
            self._stack.callback(each.close)
        with ThreadPoolExecutor() as pool:
            self.machine, self.other_machine = (
                Machine(cloud, "gold", partner) for partner in ("p-comet", "p-pegasus")
            )
            for machine in (self.machine, self.other_machine):
                self._stack.callback(machine.remove)
            customers = (Customer(cloud), Customer(cloud), self.machine)
            pairs = [pool.submit(Pair.new, customer, fleet) for customer in customers]
            self.riders = [*pool.map(lambda _: _who_wants_a_call(cloud, bus), range(2))]
            self.mine, self.others, self.machines = (pair.result() for pair in pairs)
        self.machines.ids["batch"] = _processed_batch(self.machine)
        self.machines.ids["job"] = a_long_job(cloud, "p-comet")
        self.machines.ids["vehicle-ride"] = _ride_of_a_vehicle(cloud, self.machine)
        self.snapshots = {"unicorn": self.mine.app.resume(), "other unicorn": self.others.app.resume()}
        self.agents = [Support(cloud) for _ in range(2)]
        for rider in self.riders:
            assert self.agents[0].http.put(f"/callbacks/{rider.ride_id}/claim").status_code == 200
        found = process.running(cloud.settings.run_dir)
        assert found
        self._nimbus = Nimbus(cloud, found)
        tokens = {
            "customer": self.mine.customer.token,
            "other customer": self.others.customer.token,
            "unicorn": self.mine.unicorn.token,
            "other unicorn": self.others.unicorn.token,
            "support": self.agents[0].token,
            "other support": self.agents[1].token,
            "machine client": self.machine.token,
            "other machine client": self.other_machine.token,
        }
        self.actors: Mapping[str, str] = {who: f"Bearer {token}" for who, token in tokens.items()} | {
            "partner": ""
        }
        self.keys = {"no key": "", "another's key": self.other_machine.key}
        self.keys["other machine client"] = self.other_machine.key
        mint = Mint(cloud)
        self._stack.callback(mint.close)
        self.impostors = {
            api: mint.impostors(*names, tokens[OWNERS[api]], tokens[another])
            for api, names, another in (
                ("rfq-api", (self.mine.customer.name, "customers"), "unicorn"),
                ("machine-api", (self.machine.name, "machines"), "customer"),
                ("unicorn-api", (self.mine.unicorn.name, "unicorns"), "customer"),
                ("support-api", (self.agents[0].name, "support"), "customer"),
            )
        }
        self.impostors["partner-api"] = self.impostors["rfq-api"]
        self.impostors["jobs-api"] = self.impostors["machine-api"]
        self.reminted = mint.genuine(tokens["customer"])

    def close(self) -> None:
        """Disconnect, and take away what was made beside users."""
        self._stack.close()

    def key(self, who: str) -> str:
        """The API key that somebody sends to an API for programs: its own, or else a stolen one."""
        return self.keys.get(who, self.machine.key)

    def pair(self, api: str) -> Pair:
        """Whose an API's RFQs are."""
        return self.machines if OWNERS.get(api) == "machine client" else self.mine

    def id_of(self, row: Row) -> str:
        """The id of what a row is about."""
        others = {
            "-": "",
            "claimed-call": self.riders[0].ride_id,
            "call-to-close": self.riders[1].ride_id,
            "partner": NIMBUS,
            "other-partner": "p-comet",
        }
        return {**self.pair(row.api).ids, **others}[row.of]

    def unknown(self, what: str) -> str:
        """An id like that of what a row is about, which nobody has."""
        return f"{NOWHERE}.1" if what in {"ride", "vehicle-ride"} else NOWHERE

    def secrets_of(self, api: str) -> set[str]:
        """What nobody but the owner, or who was asked by the owner, may read in any answer of an API."""
        if api == "support-api":
            return {rider.number for rider in self.riders}
        return {*self.pair(api).ids.values()} if api in OWNERS else set()

    def body(self, row: Row) -> Json | None:
        """A body that is good for the owner."""
        money = {name: {"amount": "9.00", "currency": "USD"} for name in ("base", "per-km", "minimum")}
        bodies: dict[str, Json] = {
            "/instant-ride-rfqs": Place.new().ride(),
            "/instant-ride-rfqs/{id}/bookings": {"quote-id": self.pair(row.api).quote},
            "/rfq-batches": {"rfqs": [Place.new().ride()]},
            "/jobs": {"kind": "ride-statement", "parameters": today()},
            "/unicorns": {"name": "Nimbus", "rate-card": money, "auto-quote": False},
            "/unicorns/{id}/position": {
                "lat": self.mine.place.lat,
                "lon": self.mine.place.lon,
                "available": True,
            },
            "/rfqs/{id}/answers": QUOTE,
            "/callbacks/{ride_id}/outcome": {"outcome": "reached"},
            "/rides/{ride_id}/corrections": {"score": 3, "reason": "misread"},
            "/opt-outs": {"customer-id": self.riders[1].id, "reason": "by-phone"},
        }
        return bodies.get(row.path) if row.method in {"POST", "PUT"} else None

    def signed(self, who: str) -> tuple[bytes, dict[str, str]]:
        """A partner's callback about an RFQ that nobody knows. All but the partner lack the key to sign it."""
        body = offer(self._nimbus.reference(f"/{uuid.uuid4()}"))
        key = None if who == "partner" else "a key of one's own"
        return body, {"Nimbus-Signature": self._nimbus.sign(body, key=key, at=time.time())}


def _who_wants_a_call(cloud: Cloud, bus: Bus) -> Rider:
    rider = Rider(cloud, bus)
    rider.rides()
    for shown, said in ((ASKED, "2"), (CALL_OFFERED, "yes"), (PROMISED, "")):
        rider.read(shown)
        if said:
            rider.says(said)
    bus.told(rider.ride_id, "CallbackRequested")
    return rider


def _processed_batch(machine: Machine) -> str:
    stored = machine.http.post("/rfq-batches", json={"rfqs": [Place.new().ride()]})
    assert stored.status_code == 202, stored.text
    url = stored.json()["links"]["self"]
    eventually(lambda: machine.http.get(url), "the batch processed", lambda answer: answer.status_code == 200)
    return str(stored.json()["id"])


def _ride_of_a_vehicle(cloud: Cloud, customer: Customer) -> str:
    """Have somebody ride with a vehicle of comet's fleet; the ride's id."""
    place = Place.new()
    card = RateCard(Decimal(1), Decimal(1), Decimal(1), "USD")
    vehicle = Vehicle("p-comet", VEHICLE, "Steed", AnyPlace(place.lat, place.lon), card)
    VehicleTable(cloud.client("dynamodb"), cloud.names.of("unicorn-mgmt-vehicles")).write([vehicle])
    rfq = customer.submit(place)
    [quote] = customer.result(rfq)["quotes"]
    booked = customer.http.post(f"{rfq}/bookings", json={"quote-id": quote["quote-id"]})
    ride = booked.headers["Location"]
    eventually(lambda: customer.http.get(ride).json()["status"], "a vehicle's ride", "confirmed".__eq__)
    return str(booked.json()["id"])


def told(message: Any) -> Json:
    """A message over a socket."""
    found: Json = json.loads(message)
    return found
