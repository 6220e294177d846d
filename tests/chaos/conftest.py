"""What the tests of crashed rides share."""

from collections.abc import Iterator

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.bus import Listener


@pytest.fixture
def listener(cloud: Cloud) -> Iterator[Listener]:
    """Hears what ride-booking and unicorn-mgmt tell of rides."""
    listener = Listener(cloud, "wildrydes.ride-booking", "wildrydes.unicorn-mgmt")
    yield listener
    listener.close()
