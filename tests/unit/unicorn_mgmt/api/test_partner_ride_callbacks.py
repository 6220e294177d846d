"""What partners tell of rides, each signed in its own way, and what others would have us believe."""

import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.support import aws
from tests.support.unicorn_mgmt.partner_callbacks import Partner
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, SECRETS, TERMS, simulated
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.domain.partner_ride import PartnerRide, asked

RIDE = "rfq-1.1"
TIMED = [id_ for id_ in PARTNERS if len({str(simulated(id_).seal(b"", at)) for at in ("1", "2")}) > 1]
"""Partners whose callbacks carry a time."""


class Fleet(Partner):
    """A partner with one ride, that tells of it as its API documentation says."""

    def __init__(self, world: World, partner_id: str) -> None:
        super().__init__(world)
        self.id = partner_id
        now = datetime.now(UTC)
        ride = asked(RIDE, partner_id, TERMS, now + timedelta(seconds=60), now)
        world.partner_rides.change(partner_id, RIDE, lambda _: ride)

    def tell(self, state: str, ride_id: str = RIDE, *, forged: bool = False, late_by: float = 0) -> int:
        wrong = dict.fromkeys(SECRETS[self.id], "guessed") if forged else {}
        partner = simulated(self.id, **wrong)
        body = partner.news(ride_id, state)
        return self.send(body.decode(), partner.seal(body, str(int(time.time() - late_by))), self.id)

    @property
    def ride(self) -> PartnerRide:
        found = self.world.partner_rides.change(self.id, RIDE, lambda ride: ride).after
        assert found
        return found

    def release(self) -> None:
        self.world.partner_rides.change(
            self.id, RIDE, lambda ride: ride.release(datetime.now(UTC)) if ride else None
        )


@pytest.fixture(params=PARTNERS)
def fleet(request: pytest.FixtureRequest, world: World) -> Fleet:
    return Fleet(world, request.param)


@pytest.fixture
def nimbus(world: World) -> Fleet:
    return Fleet(world, "p-nimbus")


def test_a_ride_that_was_driven_is_completed(fleet: Fleet) -> None:
    assert fleet.tell("completed") == 202
    assert fleet.ride.state == "completed"
    [record] = [line for line in fleet.world.logs if line["message"] == "partner called"]
    assert (record["operation"], record["outcome"], record["partner"], record["correlation_id"]) == (
        "callback",
        "completed",
        fleet.id,
        "rfq-1",
    )


def test_a_ride_that_the_partner_gives_up_is_refused(fleet: Fleet) -> None:
    assert fleet.tell("cancelled") == 202
    assert (fleet.ride.state, fleet.ride.reason) == ("refused", "cancelled-by-partner")


def test_a_duplicate_changes_nothing(fleet: Fleet) -> None:
    assert fleet.tell("completed") == 202
    before = fleet.ride
    assert fleet.tell("completed") == 202
    assert fleet.ride == before


def test_a_forged_callback_changes_nothing(fleet: Fleet) -> None:
    assert fleet.tell("completed", forged=True) == 401
    assert fleet.send("{}", {}, fleet.id) == 401
    assert fleet.ride.state == "asked"


@pytest.mark.parametrize("partner_id", TIMED)
@pytest.mark.parametrize("seconds", [3600, -3600])
def test_an_old_callback_is_not_taken_again(world: World, partner_id: str, seconds: float) -> None:
    fleet = Fleet(world, partner_id)
    assert fleet.tell("completed", late_by=seconds) == 401
    assert fleet.ride.state == "asked"


def test_news_of_a_ride_that_nobody_wants_any_more_is_too_late(fleet: Fleet) -> None:
    fleet.release()
    before = fleet.ride
    assert fleet.tell("completed") == 410
    assert fleet.ride == before
    assert [r["outcome"] for r in fleet.world.logs if r["message"] == "partner called"] == ["late"]


def test_an_unknown_ride_is_unknown(fleet: Fleet) -> None:
    assert fleet.tell("completed", "rfq-9.1") == 404


def test_a_partner_cannot_speak_of_anothers_ride(world: World) -> None:
    comet, nimbus = Fleet(world, "p-comet"), object.__new__(Fleet)
    nimbus.__dict__ = {**comet.__dict__, "id": "p-nimbus"}
    assert nimbus.tell("completed") == 404
    assert comet.ride.state == "asked"


def test_what_cannot_be_read_is_refused(fleet: Fleet) -> None:
    assert fleet.tell("exploded") == 400
    assert fleet.ride.state == "asked"
    [record] = [line for line in fleet.world.logs if line["message"] == "partner called"]
    assert (record["operation"], record["outcome"]) == ("callback", "refused")
    assert re.fullmatch(r"unreadable answer \(\w+\)", record["reason"])


def test_a_flood_of_forgeries_is_recorded_and_costs_one_look_at_the_secret(fleet: Fleet) -> None:
    looked: list[str] = []
    aws.client("secretsmanager").meta.events.register(
        "before-call.secrets-manager.GetSecretValue", lambda model, **_: looked.append(model.name)
    )
    assert [fleet.tell("completed", forged=True) for _ in range(50)] == [401] * 50
    assert len(looked) <= 2
    refused = [line for line in fleet.world.logs if line.get("outcome") == "refused"]
    assert [line["reason"] for line in refused] == ["forged, or late"] * 50
    assert fleet.tell("completed") == 202


def test_without_the_secret_that_it_takes_the_partner_is_to_tell_again(fleet: Fleet) -> None:
    secrets = aws.client("secretsmanager")
    secrets.put_secret_value(SecretId=fleet.id, SecretString="{}")
    assert fleet.tell("completed") == 503
    secrets.put_secret_value(SecretId=fleet.id, SecretString=json.dumps(SECRETS[fleet.id]))
    assert fleet.tell("completed") == 202


def test_nimbus_confirms_and_refuses_by_callback(nimbus: Fleet) -> None:
    assert nimbus.tell("confirmed") == 202
    assert nimbus.ride.state == "confirmed"
    assert nimbus.tell("refused") == 202
    assert (nimbus.ride.state, nimbus.ride.reason) == ("refused", "none-free")


def test_a_late_yes_is_refused_and_cancelled_at_the_partner(nimbus: Fleet) -> None:
    nimbus.release()
    assert nimbus.tell("confirmed") == 410
    assert (nimbus.ride.state, nimbus.ride.cancels) == ("released", 2)


def test_nothing_of_the_customer_is_logged(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    fleet.tell("completed")
    fleet.tell("completed", forged=True)
    written = fleet.world.stream.getvalue() + "".join(capsys.readouterr())
    assert [text for text in (*SECRETS[fleet.id].values(), "customer-1", "12.50") if text in written] == []


@pytest.mark.parametrize("state", ["confirmed", "refused"])
def test_the_first_news_of_a_ride_is_what_was_owed(nimbus: Fleet, state: str) -> None:
    assert not nimbus.world.callbacks.has_come("p-nimbus", RIDE)
    assert nimbus.tell(state) == 202
    assert nimbus.world.callbacks.has_come("p-nimbus", RIDE)


def test_news_that_come_too_late_to_be_of_use_were_owed_all_the_same(nimbus: Fleet) -> None:
    nimbus.release()
    assert nimbus.tell("confirmed") == 410
    assert nimbus.world.callbacks.has_come("p-nimbus", RIDE)


def test_further_news_of_a_ride_costs_no_note(nimbus: Fleet, calls: list[str]) -> None:
    assert nimbus.tell("confirmed") == 202
    calls.clear()
    assert nimbus.tell("completed") == 202
    assert calls.count("PutItem") == 1


@pytest.mark.parametrize("ride_id", ["", "r" * 129, "r" * 3000, "ümlaut", "a ride"])
def test_what_is_no_id_of_a_ride_is_never_looked_up(fleet: Fleet, ride_id: str, calls: list[str]) -> None:
    calls.clear()
    assert fleet.tell("completed", ride_id) == 400
    assert not {"GetItem", "PutItem"} & set(calls)


@pytest.mark.parametrize("partner_id", ["p-comet", "p-nimbus"])
def test_half_a_character_is_no_id_of_a_ride(world: World, partner_id: str) -> None:
    assert Fleet(world, partner_id).tell("completed", "\ud800") == 400
