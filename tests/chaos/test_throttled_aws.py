"""AWS throttles every call of every function for a while: nothing is parked, and everything comes to its end."""

from infra.rydes.cloud.cloud import Cloud
from tests.support.outage import Outage

SECONDS = 25
"""Longer than anything was tried again before a person had to look, when five attempts in half a minute were all."""


def test_an_outage_delays_everything_and_parks_nothing(cloud: Cloud) -> None:
    account = Outage(cloud, SECONDS, each=2).run()
    assert not account.parked
    for rfq in account.rfqs:
        silent = rfq.kind.startswith("due")
        assert rfq.completed_by == ("deadline" if silent else "all-answered"), rfq.kind
    assert all(booking.end for booking in account.bookings)
