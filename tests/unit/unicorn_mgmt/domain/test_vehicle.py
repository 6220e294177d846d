import re

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.world import SPACE_NEEDLE, vehicle
from unicorn_mgmt.domain.unicorn import Place, unicorn_id
from unicorn_mgmt.domain.vehicle import COARSE, FINE, filed, is_vehicle, responder_id

ids = st.text("abcXYZ019._-", min_size=1, max_size=64)


@given(id_=ids)
def test_a_vehicle_quotes_under_an_id_that_contracts_take(id_: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,31}", responder_id("p-comet", id_))
    assert is_vehicle(responder_id("p-comet", id_))


@given(sub=st.text())
def test_no_other_unicorn_is_taken_for_a_vehicle(sub: str) -> None:
    assert not is_vehicle(unicorn_id(sub))


def test_two_fleets_may_know_vehicles_by_one_id() -> None:
    assert responder_id("p-comet", "7") != responder_id("p-nimbus", "7")
    assert responder_id("p-comet", "7") == vehicle("7").responder_id


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_a_vehicle_is_filed_in_every_cell_that_is_an_ancestor_of_its_finest(lat: float, lon: float) -> None:
    where = vehicle("7", at=Place(lat, lon)).filed
    finest = h3.latlng_to_cell(lat, lon, FINE)
    assert len(where.path) == FINE - COARSE
    for resolution in range(COARSE, FINE + 1):
        cell, path = filed(h3.cell_to_parent(finest, resolution))
        assert where.cell == cell
        assert where.path.startswith(path)
        assert len(path) == resolution - COARSE


@pytest.mark.parametrize("resolution", range(COARSE, FINE))
def test_what_is_in_one_cell_is_not_in_the_one_beside_it(resolution: int) -> None:
    own = h3.latlng_to_cell(SPACE_NEEDLE.lat, SPACE_NEEDLE.lon, resolution)
    for cell in h3.grid_ring(own, 1):
        assert filed(cell) != filed(own)


def test_a_vehicle_is_in_no_cell_of_unicorns() -> None:
    """It would be found twice."""
    assert vehicle("7").as_unicorn().position
    assert vehicle("7").as_unicorn().cell is None
