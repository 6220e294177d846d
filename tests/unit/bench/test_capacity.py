"""The arithmetic of the capacity model and of its ramp, on cases that can be done in the head."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest

from tests.bench.aws_latencies import CALLS, Latency
from tests.bench.capacity import durations, simulation
from tests.bench.capacity.amounts import Items
from tests.bench.capacity.durations import Batch, Durations
from tests.bench.capacity.model import Model, Use, Worker
from tests.bench.capacity.quotas import Quota
from tests.bench.capacity.settings import Api, Function, Settings, Source, Throughput
from tests.bench.capacity.work import PARTNERS, Rfqs

READ = CALLS["GetItem"].mean


def test_cpu_time_is_scaled_to_the_memory_and_calls_are_waited_for() -> None:
    batch = Batch(1, cpu_ms=10, waits=[{"GetItem": 1}, {"GetItem": 1}])
    assert batch.milliseconds(1769) == pytest.approx(10 + 2 * READ)
    assert batch.milliseconds(1769 // 2) == pytest.approx(20 + 2 * READ, rel=0.01)
    assert batch.milliseconds(4000) == batch.milliseconds(1769), "one thread uses one core"


def test_calls_at_the_same_time_are_waited_for_together() -> None:
    """Ten at a time, and as long as for the slowest."""
    together = Batch(1, cpu_ms=0, waits=[{"GetItem": 9, "PutEvents": 1}])
    assert together.milliseconds(256) == pytest.approx(CALLS["PutEvents"].mean)
    assert Batch(1, cpu_ms=0, waits=[{"GetItem": 11}]).milliseconds(256) == pytest.approx(2 * READ)


def test_a_batch_between_two_that_were_measured_is_on_the_line_between_them() -> None:
    measured = Durations([Batch(2, 10, []), Batch(10, 18, []), Batch(20, 38, [])])
    took = {size: measured.milliseconds(size, 1769) for size in (1, 2, 6, 10, 15, 20, 25)}
    assert took == pytest.approx({1: 9, 2: 10, 6: 14, 10: 18, 15: 28, 20: 38, 25: 48})


def test_a_partner_is_waited_for_with_each_message() -> None:
    slow = Latency(100, 100, "")
    assert Durations([Batch(1, 0, [])], partner=slow).milliseconds(3, 1769) == pytest.approx(300)


def test_what_was_measured_is_read_as_it_was_written() -> None:
    batches = [Batch(1, 1.5, ({"GetItem": 1}, {"Query": 5}))]
    text = durations.dump({"a": batches})
    assert json.loads(text)
    assert durations.load(text)["a"].batches == [Batch(1, 1.5, [{"GetItem": 1}, {"Query": 5}])]


def worker(**other: object) -> Worker:
    found = Worker("w", "f", 4, 10, 5, (Durations([Batch(1, 10, []), Batch(10, 100, [])]),), 1769)
    return replace(found, **other)  # type: ignore[arg-type]


def test_a_workers_ceiling_is_batches_at_once_by_what_a_batch_takes() -> None:
    assert worker().ceiling == pytest.approx(5 * 10 / 0.1 / 4), (
        "five workers, 100 messages/s each, four of each RFQ"
    )
    assert worker(messages=1).ceiling == pytest.approx(500)


def test_littles_law_tells_how_many_workers_are_busy() -> None:
    assert worker(at_once=100).busy(50) == pytest.approx(50 * 4 * 0.01)
    assert worker(at_once=3).busy(1000) == 3


def test_a_quota_is_asked_for_in_round_numbers_and_only_if_it_is_too_low() -> None:
    quota = Quota("", 1000, "", "")
    asked = {used: Use(quota, used, "").ask for used in (0, 600, 700, 2345, 20_000)}
    assert asked == {0: None, 600: None, 700: 1500, 2345: 4000, 20_000: 30_000}


@cache
def model(rate: float = 1e6, ms: float = 10, **queues: int) -> Model:
    """A message takes `ms` of CPU wherever, a batch one read; limits are high unless said otherwise."""
    same = Durations([Batch(1, ms, [{"Query": 6}]), Batch(10, 10 * ms, [{"Query": 6}])])
    names = [
        "ride-booking-outbox",
        "ride-booking-notifier",
        "unicorn-mgmt-responder",
        "ride-booking-aggregator",
        "ride-booking-closer",
        "ride-booking-api",
        "unicorn-mgmt-partner-callbacks",
        *(f"unicorn-mgmt-{id_}-quotes" for id_ in PARTNERS),
    ]
    kinds = [*names, "ride-booking-api GET", "unicorn-mgmt-p-nimbus-quotes check"]
    sources: Mapping[str, Source] = {
        "unicorn-mgmt-inbox": Source(10, 1000),
        "wild-rydes-reply-ride-booking": Source(10, 1000),
        "ride-booking-deadlines": Source(10, 1000),
        **{f"unicorn-mgmt-{id_}-requests": Source(1, 1000) for id_ in PARTNERS},
    }
    sources = {
        name: replace(source, at_once=queues.get(name, source.at_once)) for name, source in sources.items()
    }
    tables = ("ride-booking", "ride-booking/by-customer", "unicorn-mgmt", "unicorn-mgmt/by-cell")
    return Model(
        Settings(
            functions={name: Function(1769) for name in names},
            queues=sources,
            streams={name: Source(10, 10) for name in names[:2]},
            tables={name: Throughput(40_000, 40_000) for name in tables},
            apis={name: Api(rate, 2 * int(rate)) for name in ("rfq-api", "partner-api")},
        ),
        dict.fromkeys(kinds, same),
        Items(Rfqs()),
    )


def test_the_first_to_break_is_the_hop_with_the_lowest_ceiling() -> None:
    assert model(rate=100).first_to_break().ceiling == 50, "an RFQ is two requests"
    slow = model(**{"unicorn-mgmt-inbox": 2}).first_to_break()
    assert slow.name == "responder"
    assert slow.ceiling == pytest.approx(2 * 10 / (0.1 + READ / 1000))


def test_a_table_has_as_many_shards_as_partitions() -> None:
    assert [Throughput(w, r).shards for w, r in ((4000, 12_000), (10_000, 12_000), (1000, 30_000))] == [
        4,
        10,
        10,
    ]


def test_a_ramp_that_nothing_slows_down_has_every_quote() -> None:
    phases = simulation.ramp(model(), rate=10)
    # What rises by a factor of e each 58 s comes to 58 times what it ends with.
    assert sum(phase.sent for phase in phases) == pytest.approx(58 * 9.9 + 300, rel=0.15)
    assert not any(phase.late or phase.refused or phase.throttled for phase in phases)
    assert 0.2 < simulation.percentile(phases[-1].times, 50) < 2


def test_a_ramp_beyond_the_gateways_limit_is_refused() -> None:
    *_, last = simulation.ramp(model(rate=10), rate=10)
    assert last.refused == pytest.approx(last.sent / 2, rel=0.25), "5 RFQs a second come through"


def test_a_ramp_beyond_a_queues_limit_makes_it_wait_and_others_not() -> None:
    """One worker does two or three RFQs a second."""
    *_, last = simulation.ramp(model(ms=400, **{"unicorn-mgmt-inbox": 1}), rate=10)
    assert last.oldest["responder"] > 30
    assert last.late > last.sent / 3
    assert last.oldest["aggregator"] < 2


def test_the_same_seed_gives_the_same_ramp() -> None:
    one, two, other = (
        [phase.times for phase in simulation.ramp(model(), rate=2, seed=seed)] for seed in (1, 1, 2)
    )
    assert one == two != other


def test_a_percentile_of_nothing_is_no_number() -> None:
    assert math.isnan(simulation.percentile([], 50))
    assert simulation.percentile([1.0, 2.0, 3.0], 50) == 2
