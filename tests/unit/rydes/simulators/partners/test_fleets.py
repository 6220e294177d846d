"""What the tests of all partners take for granted of the roster and the simulators."""

import pytest

from infra import roster
from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.simulators.partners.fleets import FLEETS
from tests.support.clients import Place
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, SPACE_NEEDLE
from unicorn_mgmt.domain.unicorn import Place as Start


def test_each_partner_of_the_roster_has_a_simulator_and_nobody_else() -> None:
    assert FLEETS.keys() == PARTNERS.keys() == roster.partners().keys()


@pytest.mark.parametrize("partner_id", PARTNERS)
def test_partners_serve_the_places_where_tests_ask_all_of_them(partner_id: str) -> None:
    served = PARTNERS[partner_id].area.covers
    for place in (MERCER_ISLAND, SPACE_NEEDLE):
        assert served(Start(place.lat, place.lon))


@pytest.mark.parametrize("partner_id", PARTNERS)
def test_no_partner_serves_the_places_where_tests_ask_unicorns_alone(partner_id: str) -> None:
    place = Place.new()
    assert not PARTNERS[partner_id].area.covers(Start(place.lat, place.lon))
