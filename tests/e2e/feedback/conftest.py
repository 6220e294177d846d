from collections.abc import Iterator

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.riders import Bus, Rider, Support


@pytest.fixture(scope="session")
def bus(cloud: Cloud) -> Iterator[Bus]:
    tapped = Bus(cloud)
    yield tapped
    tapped.close()


@pytest.fixture
def rider(cloud: Cloud, bus: Bus) -> Rider:
    return Rider(cloud, bus)


@pytest.fixture(scope="session")
def support(cloud: Cloud) -> Support:
    return Support(cloud)
