"""One number, how many RFQs a second to be made for, sets every limit. What is usual sets none that AWS has to grant."""

from functools import cache
from typing import Any

import pytest

from infra import roster
from infra.assembly import Assembly
from infra.proof import lint
from infra.proof.synthesis import templates
from infra.scale import MOST, Scale
from tests.bench.capacity import durations, settings
from tests.bench.capacity.amounts import Items
from tests.bench.capacity.model import Model
from tests.bench.capacity.settings import Api, Throughput
from tests.bench.capacity.work import Rfqs
from tests.support.pages import PUT_BY

RATE = 1000
BEHIND_APIS = {
    "ride-booking-machine-api": 10,
    "ride-booking-machine-authorizer": 10,
    # function -> how many run at once at most, and are kept for it
    "ride-booking-api": 400,
    "unicorn-mgmt-api": 50,
    "unicorn-mgmt-jobs-api": 100,  # of its callers some wait for seconds
    "unicorn-mgmt-partner-callbacks": 200,
    "feedback-api": 50,
    "ride-booking-socket": 200,
    "ride-booking-authorizer": 200,
    "unicorn-mgmt-socket": 50,
    "unicorn-mgmt-authorizer": 50,
}
AT_ONCE = {
    # queue of an RFQ's way -> batches at once
    "wild-rydes-reply-ride-booking": 240,
    "ride-booking-deadlines": 50,
    "unicorn-mgmt-inbox": 160,
    **{f"unicorn-mgmt-{id_}-requests": 50 * row["concurrency"] for id_, row in roster.partners().items()},
}


@cache
def scaled() -> Assembly:
    return templates({"scale": str(RATE)})


@cache
def limits() -> settings.Settings:
    return settings.read(scaled())


def test_the_usual_scale_takes_what_a_new_account_has(aws: Assembly) -> None:
    usual = settings.read(aws)
    assert {function.reserved for function in usual.functions.values()} == {None}
    assert set(usual.tables.values()) == {Throughput()}
    assert {source.at_once for source in usual.streams.values()} == {1}
    assert usual.apis["rfq-api"] == Api(500, 1000)
    assert {queue: usual.queues[queue].at_once for queue in AT_ONCE} == {
        queue: 10 if "requests" not in queue else at_once // 50 for queue, at_once in AT_ONCE.items()
    }


def test_queues_hand_out_as_many_batches_as_the_scale_needs() -> None:
    assert {queue: limits().queues[queue].at_once for queue in AT_ONCE} == AT_ONCE
    assert limits().streams["ride-booking-outbox"].at_once == 3
    assert limits().streams["ride-booking-notifier"].at_once == 10
    assert limits().streams["unicorn-mgmt-outbox"].at_once == 1, "no RFQ comes there"


def test_apis_let_through_as_many_requests_as_the_scale_needs() -> None:
    assert {name: api.rate for name, api in limits().apis.items()} == {
        "rfq-api": 4000,
        "partner-api": 2000,
        "unicorn-api": 500,
        "support-api": 500,
        "jobs-api": 50,
        "rfq-socket": 2000,
        "unicorn-socket": 500,
    }
    assert all(api.burst == 2 * api.rate for api in limits().apis.values())


def test_the_table_of_rfqs_is_warm_and_no_other() -> None:
    warm = {name: table.writes for name, table in limits().tables.items() if table != Throughput()}
    assert warm == {"ride-booking": 12_000}


def test_no_function_can_use_up_the_concurrency_of_the_others() -> None:
    """What comes through an API is bound by a reservation, and all else by its queue or stream."""
    functions = {name: each for name, each in limits().functions.items() if name not in PUT_BY}
    assert {name: each.reserved for name, each in functions.items() if each.reserved} == BEHIND_APIS
    fed = {source.function for source in [*limits().queues.values(), *limits().streams.values()]}
    by_the_clock = {"feedback-timers"}
    by_a_machine = {f"unicorn-mgmt-import-{step}" for step in ("validate", "chunk", "end")}
    assert functions.keys() - BEHIND_APIS.keys() - by_the_clock - by_a_machine == fed


def test_the_first_hop_to_break_is_above_the_scale() -> None:
    """By what was measured of the handlers, and with full batches. Whatever gets slower has to be given more here."""
    model = Model(limits(), durations.load(), Items(Rfqs()))
    short = {hop.name: round(hop.ceiling) for hop in model.hops() if hop.ceiling <= RATE}
    assert not short, f"RFQs a second: {short}"


def test_what_is_scaled_is_nothing_that_aws_would_refuse() -> None:
    assert [*lint.check(scaled())] == []


@pytest.mark.parametrize("rate", [0, -1, MOST + 1])
def test_a_scale_that_cannot_be_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=f"1 to {MOST}"):
        Scale(rate)


def test_nothing_grows_beyond_what_aws_allows() -> None:
    most = Scale(MOST)
    assert most.at_once(10) == most.agreed(60) == 1000
    assert most.of_a_shard(10, writes=5) == 10


@pytest.mark.parametrize(
    ("scale", "does", "expected"),
    [
        (100, lambda scale: scale.at_once(0.2), 40),  # 20 are busy on average
        (1, lambda scale: scale.at_once(0.2), 10),
        (400, lambda scale: scale.warm_writes(5), None),  # 2,000 a second, and as many to spare
        (401, lambda scale: scale.warm_writes(5), 5000),
        (1000, lambda scale: scale.of_a_shard(0.1, writes=5), 20 // 2 // 1),
        (100, lambda scale: scale.requests(2, least=100), 400),
        (21, lambda scale: scale.reserved(500), 50),
        (20, lambda scale: scale.reserved(500), None),
        (10, lambda scale: scale.agreed(6), 6),
        (30, lambda scale: scale.agreed(6), 9),
    ],
)
def test_limits_follow_from_the_rate(scale: int, does: Any, expected: int | None) -> None:
    assert does(Scale(scale)) == expected
