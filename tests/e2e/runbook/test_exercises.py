"""The runbook's exercises: what it says is typed, line by line, and in the end the trouble is over and nothing is lost."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import log_events, modes
from infra.rydes.simulators.partners.process import Partners
from tests.e2e.runbook.page import ILL, Terminal, opened
from tests.e2e.runbook.surveyed import FUNCTION, QUEUE, Passenger, configured, id_of, send
from tests.support.aws_proxy import Request, Response
from tests.support.clients import Customer, Fleet, Json, Place, Queues, key
from tests.support.logs import messages_about
from tests.support.outage import Throttle
from tests.support.partner_fleets import IDS, ask, quoted
from tests.support.patience import eventually
from tests.support.scratch import scratch_copy
from wild_rydes_circuit_breaker import State

COMET = "p-comet"
REPLAY = "feedback-replay"
NOTHING = "Nothing is parked."
TIRED = {"error": "ClientError", "kind": "transient", "queue": QUEUE, "attempts": "40"}
"""What is told of a dead letter that was tried for an hour."""


def test_a_poisoned_queue(cloud: Cloud, queues: Queues, tmp_path: Path) -> None:
    garbled, refused = Passenger(cloud), Passenger(cloud)
    poison = garbled.completed()
    poison["detail"]["data"]["completed_at"] = "yesterday"
    hopeless = Passenger(cloud).completed() | {"detail": {}}
    backup = tmp_path / "purged.jsonl"

    with opened(Terminal(cloud), "Messages are parked") as page:
        with configured(cloud, TABLE_NAME="feedback-of-yesterday", MAX_ATTEMPTS="1"):
            send(cloud, QUEUE, poison)
            send(cloud, QUEUE, refused.completed())
            eventually(lambda: queues.depth(f"{QUEUE}-parking"), "both parked", lambda depth: depth == 2)
        page.types("uv run rydes doctor", ILL, says=f"{QUEUE}-parking has 2 messages")
        listed = page.types("uv run rydes dlq list", queue=QUEUE)
        invalid = id_of(listed, "data.completed_at")
        page.types("uv run rydes dlq show", says="completed_at", id=invalid)

        now = datetime.now(UTC).isoformat()
        fixed = page.types("uv run rydes dlq fix", id=invalid, field="data.completed_at", value=now)
        page.types("uv run rydes dlq replay", says="1 replayed, 0 stayed", fixed_id=fixed.split()[-1])
        bug = {"queue": QUEUE, "reason": "AccessDenied"}
        page.types("uv run rydes dlq replay", says="1 would be replayed", **bug)
        page.types("uv run rydes dlq replay", says="1 replayed, 0 stayed", **bug)

        page.types("uv run rydes stop", replay=REPLAY)
        send(cloud, f"{QUEUE}-dlq", hopeless, reason="sent back for ever", **TIRED)
        page.types("uv run rydes dlq park", says="1 parked, 0 stayed", queue=QUEUE, reason="for ever")
        page.types("uv run rydes start", replay=REPLAY)
        last = {"queue": QUEUE, "reason": "for ever", "file": str(backup)}
        page.types("uv run rydes dlq purge", says="1 purged, 0 stayed", keys="1\n", **last)
        page.types("uv run rydes dlq list", says=NOTHING, queue=QUEUE)

    for passenger in (garbled, refused):
        passenger.is_asked()
    assert len(backup.read_text().splitlines()) == 1
    assert (garbled.questions(), refused.questions()) == (1, 1)


def test_a_partner_is_down(cloud: Cloud, customer: Customer, partners: Partners) -> None:
    partners.misbehave(COMET, outage_seconds=3600)

    def state() -> State:
        ask(customer)
        return modes.store(cloud).read(COMET).state

    eventually(state, "the circuit opens", lambda found: found is State.OPEN)
    without = ask(customer)
    assert without["completed-by"] == "all-answered"
    assert COMET not in quoted(without)

    with opened(Terminal(cloud), "A partner fleet fails") as page:
        page.types("uv run rydes doctor", ILL, says=f"the circuit of {COMET} is")
        page.types("uv run rydes partners", says="OPEN", partner=COMET)
        page.types("uv run rydes partners", says="FORCED_OPEN", partner=COMET)
        partners.misbehave(COMET)
        served = partners.served(COMET)
        assert COMET not in quoted(ask(customer))
        assert partners.served(COMET) == served, "it is not even probed"
        page.types("uv run rydes partners", partner=COMET)
        eventually(state, "the circuit closes", lambda found: found is State.CLOSED)
        eventually(lambda: quoted(ask(customer)), "a quote of each partner", lambda found: found == set(IDS))
        page.types("uv run rydes partners", says="CLOSED", partner=COMET)
    assert modes.store(cloud).read(COMET).override is None


class TableThrottle(Throttle):
    """AWS refuses the calls of tables, and no others."""

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        return super().exchange(request, forward) if request.service == "DynamoDB" else forward()


def test_a_throttled_table(cloud: Cloud, queues: Queues) -> None:
    tried, waits, tired = (Passenger(cloud) for _ in range(3))
    throttle = TableThrottle(cloud)
    with opened(Terminal(cloud), "A table is throttled") as page:
        with throttle.between(cloud.client("lambda"), [FUNCTION]):
            throttle.stop(FUNCTION)
            send(cloud, QUEUE, tried.completed())
            eventually(lambda: _refused(cloud), "the function says that it was refused")
            page.types("uv run rydes doctor", ILL, says=f"{FUNCTION} is throttled")
            page.types("uv run rydes logs", says="ThrottlingException", service="feedback")
            page.types("uv run rydes stop", says="What comes for it waits", function=FUNCTION)
            send(cloud, QUEUE, waits.completed())
            # Where an hour of attempts and thirty replays put it.
            why = "An error occurred (ThrottlingException) when calling the TransactWriteItems operation"
            send(cloud, f"{QUEUE}-parking", tired.completed(), reason=why, replays="30", **TIRED)
            assert queues.depth(QUEUE) >= 2, "nothing is lost, and nobody takes it"
        assert [each.questions() for each in (tried, waits, tired)] == [0, 0, 0]
        page.types("uv run rydes start", function=FUNCTION)
        again = {"queue": QUEUE, "code": "ThrottlingException"}
        page.types("uv run rydes dlq replay", says="1 replayed, 0 stayed", **again)
        for passenger in (tried, waits, tired):
            passenger.is_asked()
        page.types("uv run rydes dlq list", says=NOTHING, queue=QUEUE)
    assert [each.questions() for each in (tried, waits, tired)] == [1, 1, 1]
    assert queues.depth(QUEUE) == 0


def _refused(cloud: Cloud) -> bool:
    return any(log_events.records(cloud, "will retry", functions=FUNCTION, since=0))


BUGS = {
    "services/ride-booking/src/ride_booking/use_cases/rides.py": (
        "if rfq_id != news.rfq_id:",
        "if rfq_id == news.rfq_id:",
    ),
    "services/feedback/src/feedback/use_cases/rides.py": (
        "if now - ride.completed_at > ASKED_WITHIN:",
        "if now - ride.completed_at < ASKED_WITHIN:",
    ),
}
"""One consumer refuses what it should take; another takes every message for done, and does nothing."""


class Trip:
    """A ride of a passenger with a unicorn of the trip's own, which is confirmed."""

    def __init__(self, cloud: Cloud, fleet: Fleet) -> None:
        place = Place.new()
        self._unicorn = fleet.register(place)
        self._customer = Customer(cloud)
        self.passenger = Passenger(cloud, self._customer.name)
        bookings = self._customer.result(self._customer.submit(place))["links"]["bookings"]
        answer = self._customer.http.post(bookings, json={"quote-id": self._unicorn.id}, headers=key())
        self._url = answer.raise_for_status().headers["Location"]
        self.becomes("confirmed")

    def becomes(self, status: str) -> Json:
        """Wait until its customer sees it so."""
        return eventually(self.shown, f"a ride {status}", lambda ride: ride["status"] == status)

    def shown(self) -> Json:
        """What its customer sees."""
        ride: Json = self._customer.http.get(self._url).raise_for_status().json()
        return ride

    def ends(self) -> None:
        """The unicorn says that it is over."""
        self._unicorn.http.post(f"/rides/{self.shown()['id']}/completion").raise_for_status()

    def is_taken_for_done(self, cloud: Cloud) -> None:
        """Wait until the bug has let its end pass."""
        rfq = self.shown()["id"].partition(".")[0]
        what = f"`too late` of {rfq}"
        eventually(lambda: messages_about(cloud, rfq, FUNCTION), what, lambda lines: "too late" in lines)


def test_a_bad_deployment_and_a_replay_after_it(
    cloud: Cloud, fleet: Fleet, queues: Queues, tmp_path: Path
) -> None:
    consumer, parking = "ride-booking-rides", "ride-booking-rides-parking"
    begin = _moment()
    settled, refused, waits = (Trip(cloud, fleet) for _ in range(3))
    settled.ends()
    settled.passenger.is_asked()
    before = settled.becomes("completed")
    clone, commit = _bad_release(tmp_path)
    terminal = Terminal(cloud, clone)
    terminal.run("uv run rydes up")
    refused.ends()
    eventually(lambda: queues.depth(parking), "the news of the ride is parked")

    with opened(terminal, "A bad deployment") as page:
        page.types("uv run rydes doctor", ILL, says=f"{parking} has")
        page.types("uv run rydes stop", function=consumer)
        waits.ends()
        for trip in (refused, waits):
            trip.is_taken_for_done(cloud)
        page.types("git revert", commit=commit)
        page.types("uv run rydes up")
        assert queues.depth(consumer), "it is stopped all the same"
        page.types("uv run rydes start", function=consumer)
        waits.becomes("completed")
        assert refused.shown()["status"] == "confirmed"
        page.types("uv run rydes dlq replay", says=", 0 stayed", queue=consumer, reason="another RFQ")
        refused.becomes("completed")
        page.types("uv run rydes dlq list", says=NOTHING, queue=consumer)

    trips = (settled, refused, waits)
    assert [trip.passenger.questions() for trip in trips] == [1, 0, 0]
    with opened(terminal, "A bug lost or mangled events: replay") as page:
        missed = {"begin": begin, "end": _moment(), "event": "RideCompleted", "rule": FUNCTION}
        page.types("uv run rydes replay", says=f"rule     {FUNCTION} ", **missed)
        page.types("uv run rydes replay", says=f"Replayed to {FUNCTION}.", **missed)
        for trip in trips:
            trip.passenger.is_asked()
        page.types("uv run rydes dlq list", says=NOTHING, rule=QUEUE)
    eventually(lambda: queues.depth(QUEUE), "all of it handled", lambda depth: depth == 0)
    assert [trip.passenger.questions() for trip in trips] == [1, 1, 1]
    assert settled.shown() == before


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _bad_release(directory: Path) -> tuple[Path, str]:
    """A clone whose newest commit has the bugs, and that commit."""
    clone = scratch_copy(directory)

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=clone, check=True, capture_output=True, text=True)  # noqa: S603, S607
        return done.stdout.strip()

    def commit(what: str) -> str:
        git("add", "--all")
        git("commit", "--quiet", "--message", what)
        return git("rev-parse", "HEAD")

    git("init", "--quiet")
    git("config", "user.name", "Ada")
    git("config", "user.email", "ada@example.com")
    commit("good")
    for name, (good, bad) in BUGS.items():
        text = (clone / name).read_text()
        assert text.count(good) == 1, f"{name} has no {good!r}"
        (clone / name).write_text(text.replace(good, bad))
    return clone, commit("bad")
