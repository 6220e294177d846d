"""Latencies as AWS documents them: the distribution goes through the figures it was given."""

from random import Random
from statistics import mean, quantiles

import pytest

from tests.bench.aws_latencies import CALLS, EVENT_BUS, Latency, cpu_milliseconds


def test_a_latency_has_its_median_its_tail_and_its_mean() -> None:
    latency, random = Latency(10, 60, "a test"), Random(1)
    drawn = [latency.sample(random) for _ in range(20_000)]
    hundredths = quantiles(drawn, n=100)
    assert hundredths[49] == pytest.approx(10, rel=0.05)
    assert hundredths[98] == pytest.approx(60, rel=0.1)
    assert mean(drawn) == pytest.approx(latency.mean, rel=0.05)


def test_the_bus_has_both_of_its_documented_quantiles() -> None:
    random = Random(1)
    hundredths = quantiles([EVENT_BUS.sample(random) for _ in range(20_000)], n=100)
    assert hundredths[89] == pytest.approx(80, rel=0.05)
    assert hundredths[98] == pytest.approx(129.33, rel=0.1)


def test_every_latency_has_a_source_and_what_is_assumed_says_so() -> None:
    assert all("http" in latency.source or latency.assumed for latency in CALLS.values())
    assert all(0 < latency.p50 < latency.p99 for latency in CALLS.values())


@pytest.mark.parametrize(("memory", "factor"), [(1769, 1), (3008, 1), (256, 1769 / 256)])
def test_cpu_time_is_stretched_by_the_share_of_a_vcpu(memory: int, factor: float) -> None:
    assert cpu_milliseconds(10, memory) == pytest.approx(10 * factor)
