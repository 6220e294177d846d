"""The simulation of an RFQ's way on AWS: what a wait adds, and what batches are."""

from dataclasses import replace

import pytest

from tests.bench.latency.on_aws import AGGREGATOR, OUTBOX, RESPONDER, WAY, Plan, dollars, simulate

TODAY = Plan("as deployed")
WINDOW = replace(TODAY, windows={AGGREGATOR: 1.0})


def test_the_same_seed_gives_the_same_journeys_and_hops_end_one_after_the_other() -> None:
    one, other = (simulate(TODAY, rate=20, rfqs=200, seed=7) for _ in range(2))
    assert one == other
    for journey in one.journeys:
        ends = list(journey.ends.values())
        assert ends == sorted(ends)
        assert ends[0] > 0


def test_a_window_of_a_second_adds_a_second_to_an_rfq_that_comes_alone() -> None:
    without, waiting = (simulate(plan, rate=0, rfqs=400) for plan in (TODAY, WINDOW))
    assert waiting.milliseconds(0.5) - without.milliseconds(0.5) == pytest.approx(1000, abs=50)
    assert waiting.batches[AGGREGATOR] == pytest.approx(1, rel=0.05)


def test_a_window_fills_batches_where_many_come_at_once_and_that_is_what_it_saves() -> None:
    without, waiting = (simulate(plan, rate=20, rfqs=2000) for plan in (TODAY, WINDOW))
    assert waiting.batches[AGGREGATOR] > 5
    assert without.batches[AGGREGATOR] == without.batches[RESPONDER] == 1
    assert dollars(WINDOW, waiting)[0] < dollars(TODAY, without)[0] - 0.9


def test_a_shard_is_looked_at_four_times_a_second_so_that_a_batch_is_what_comes_in_between() -> None:
    assert simulate(TODAY, rate=20, rfqs=2000).batches[OUTBOX] == pytest.approx(5, rel=0.1)
    alone, direct = (simulate(plan, rate=0, rfqs=2000) for plan in (TODAY, replace(TODAY, stream=False)))
    waited = alone.milliseconds(0.5) - direct.milliseconds(0.5)
    assert 125 < waited < 300
    assert max(alone.journeys, key=lambda journey: journey.quoted).quoted < 5000, (
        "an RFQ never waits for another poll than the next"
    )


def test_more_memory_is_faster_and_dearer_where_it_waits() -> None:
    small, large = (replace(TODAY, memory=dict.fromkeys(WAY, size)) for size in (256, 1024))
    slow, fast = (simulate(plan, rate=0, rfqs=400) for plan in (small, large))
    assert fast.milliseconds(0.5) < slow.milliseconds(0.5)
    assert dollars(large, fast)[1] > dollars(small, slow)[1]
