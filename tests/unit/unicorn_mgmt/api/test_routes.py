import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.api_client import SUB, Answer, Client
from tests.support.unicorn_mgmt.world import AIRPORT, NOW, SPACE_NEEDLE, World
from unicorn_mgmt.domain.unicorn import Ride, cell_of, unicorn_id

REGISTRATION: dict[str, Any] = {
    "name": "Shadowfax",
    "rate-card": {
        "base": {"amount": "3.00", "currency": "USD"},
        "per-km": {"amount": "1.2", "currency": "USD"},
        "minimum": {"amount": "8", "currency": "USD"},
    },
    "auto-quote": True,
}
HERE = {"lat": SPACE_NEEDLE.lat, "lon": SPACE_NEEDLE.lon, "available": True}
ID = unicorn_id(SUB)
BASE = "https://abc.execute-api.us-east-1.amazonaws.com/v1"


def without(body: dict[str, Any], path: str) -> dict[str, Any]:
    return changed(body, path, None, delete=True)


def changed(body: dict[str, Any], path: str, value: Any, *, delete: bool = False) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(body))
    *parents, last = path.split(".")
    inner = copy
    for parent in parents:
        inner = inner[parent]
    if delete:
        del inner[last]
    else:
        inner[last] = value
    return copy


def test_registering(call: Client) -> None:
    answer = call("POST", "/unicorns", REGISTRATION)
    assert answer.status == 201
    assert answer.headers["Location"] == f"{BASE}/unicorns/{ID}"
    assert answer.body == {
        "id": ID,
        "name": "Shadowfax",
        "rate-card": {
            "base": {"amount": "3.00", "currency": "USD"},
            "per-km": {"amount": "1.20", "currency": "USD"},
            "minimum": {"amount": "8.00", "currency": "USD"},
        },
        "auto-quote": True,
        "connected": False,
        "links": {
            "self": f"{BASE}/unicorns/{ID}",
            "position": f"{BASE}/unicorns/{ID}/position",
            "invitations": f"{BASE}/unicorns/{ID}/invitations",
        },
    }
    assert call("GET", f"/unicorns/{ID}") == Answer(200, {"Content-Type": "application/json"}, answer.body)


def test_registering_again_updates(call: Client) -> None:
    call("POST", "/unicorns", changed(REGISTRATION, "rate-card.max-km", 30))
    answer = call("POST", "/unicorns", changed(REGISTRATION, "name", "Snowmane"))
    assert (answer.status, answer.body["name"]) == (200, "Snowmane")
    assert "max-km" not in call("GET", f"/unicorns/{ID}").body["rate-card"]


def test_registering_again_shows_what_is_stored(call: Client, world: World) -> None:
    riding(world, call)
    assert world.connections.connect(ID, SUB, "c-1")
    answer = call("POST", "/unicorns", changed(REGISTRATION, "name", "Snowmane"))
    assert (answer.body["connected"], answer.body["ride"]["id"]) == (True, RIDE)
    assert answer.body == call("GET", f"/unicorns/{ID}").body


def test_an_available_unicorn_is_found_and_one_that_is_not_is_not(call: Client, world: World) -> None:
    call("POST", "/unicorns", REGISTRATION)
    there = {"lat": AIRPORT.lat, "lon": AIRPORT.lon, "available": True}
    for report, cells in [(HERE, (1, 0)), (there, (0, 1)), ({**there, "available": False}, (0, 0))]:
        assert call("PUT", f"/unicorns/{ID}/position", report).status == 204
        assert tuple(len(world.available_in(cell_of(p))) for p in (SPACE_NEEDLE, AIRPORT)) == cells


def test_positions_are_kept_to_about_a_metre(call: Client, world: World) -> None:
    call("POST", "/unicorns", REGISTRATION)
    call("PUT", f"/unicorns/{ID}/position", {"lat": 47.123456789, "lon": -0.000001, "available": True})
    item = world.item(ID)
    assert (float(item["lat"]["N"]), float(item["lon"]["N"])) == (47.12346, 0)


@settings(
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture],
    max_examples=settings().max_examples * 3 // 10,
)
@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_any_place_on_earth_is_taken(call: Client, world: World, lat: float, lon: float) -> None:
    call("POST", "/unicorns", REGISTRATION)
    assert call("PUT", f"/unicorns/{ID}/position", {"lat": lat, "lon": lon, "available": True}).status == 204
    cell = world.item(ID)["cell"]["S"]
    [unicorn] = world.available_in(cell)
    assert unicorn.position
    assert cell_of(unicorn.position) == cell


@pytest.mark.parametrize("id_", [unicorn_id("saruman"), "u-nobody", "..", "%2e%2e", "u-' OR 1=1"])
def test_anothers_unicorn_is_as_unknown_as_none(call: Client, world: World, id_: str) -> None:
    call("POST", "/unicorns", REGISTRATION, sub="saruman")
    before = world.item(unicorn_id("saruman"))
    assert call("GET", f"/unicorns/{id_}").status == 404
    assert call("PUT", f"/unicorns/{id_}/position", HERE).status == 404
    assert world.item(unicorn_id("saruman")) == before


def test_the_unregistered_have_no_unicorn(call: Client) -> None:
    assert call("GET", f"/unicorns/{ID}").status == 404
    assert call("PUT", f"/unicorns/{ID}/position", HERE).status == 404


def test_a_unicorn_finds_itself_without_its_id(call: Client, world: World) -> None:
    call("POST", "/unicorns", REGISTRATION, sub="saruman")
    none_yet = call("GET", "/unicorns/me")
    assert (none_yet.status, none_yet.body["code"]) == (404, "not-registered")
    assert none_yet.body["detail"] == "You have no unicorn yet; POST /unicorns registers you."
    call("POST", "/unicorns", REGISTRATION)
    own = call("GET", "/unicorns/me")
    assert (own.status, own.headers["Content-Location"]) == (200, f"{BASE}/unicorns/{ID}")
    assert own.body == call("GET", f"/unicorns/{ID}").body
    assert call("GET", "/unicorns/me", sub="saruman").body["id"] == unicorn_id("saruman")
    assert call("PUT", "/unicorns/me/position", HERE).status == 404


def test_a_unicorn_sees_where_it_is_found_while_it_wants_rides(call: Client) -> None:
    call("POST", "/unicorns", REGISTRATION)
    call("PUT", f"/unicorns/{ID}/position", HERE)
    assert call("GET", "/unicorns/me").body["position"] == {"lat": SPACE_NEEDLE.lat, "lon": SPACE_NEEDLE.lon}
    call("PUT", f"/unicorns/{ID}/position", {**HERE, "available": False})
    assert "position" not in call("GET", "/unicorns/me").body


RIDE = "rfq-1.1"
CALLS = [
    ("POST", "/unicorns"),
    ("GET", "/unicorns/me"),
    ("GET", f"/unicorns/{ID}"),
    ("PUT", f"/unicorns/{ID}/position"),
    ("GET", f"/unicorns/{ID}/invitations"),
    ("POST", f"/rides/{RIDE}/completion"),
    ("POST", f"/rides/{RIDE}/cancellation"),
    ("POST", "/rfqs/rfq-1/answers"),
]


@pytest.mark.parametrize("request_line", CALLS)
@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ({"group": "customers"}, 403),
        ({"group": "unicornsupport"}, 403),
        ({"group": ""}, 403),
        ({"sub": None}, 401),
    ],
)
def test_only_unicorns_may_call(
    call: Client, calls: list[str], request_line: tuple[str, str], caller: dict[str, Any], status: int
) -> None:
    assert call(*request_line, REGISTRATION, **caller).status == status
    assert calls == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 7),
        ("name", ""),
        ("name", " Shadowfax"),
        ("name", "Shadow\nfax"),
        ("name", "x" * 41),
        ("name", None),
        ("auto-quote", "yes"),
        ("auto-quote", 1),
        ("rate-card", []),
        ("rate-card.base", "3.00"),
        ("rate-card.base.amount", 3.0),
        ("rate-card.base.amount", "-3.00"),
        ("rate-card.base.amount", "3.001"),
        ("rate-card.base.amount", "1e3"),
        ("rate-card.base.amount", "NaN"),
        ("rate-card.base.amount", "٣"),
        ("rate-card.base.amount", "10000.01"),
        ("rate-card.per-km.amount", "400.01"),
        ("rate-card.base.currency", "usd"),
        ("rate-card.max-km", 0),
        ("rate-card.max-km", 20_101),
        ("rate-card.max-km", 1e-131),  # smaller than any number of the table's
        ("rate-card.max-km", 0.0004),  # no metre
        ("rate-card.max-km", "30"),
        ("rate-card.max-km", True),
        ("rate-card.colour", "pink"),
        ("colour", "pink"),
        ("id", "u-somebody"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    call: Client, calls: list[str], field: str, value: Any
) -> None:
    answer = call("POST", "/unicorns", changed(REGISTRATION, field, value))
    assert answer.status == 400
    assert [error["field"] for error in answer.body["errors"]] == [field]
    assert calls == []


@pytest.mark.parametrize(
    "field", ["name", "auto-quote", "rate-card", "rate-card.minimum", "rate-card.base.amount"]
)
def test_a_missing_field_is_named(call: Client, field: str) -> None:
    answer = call("POST", "/unicorns", without(REGISTRATION, field))
    assert (answer.status, [error["field"] for error in answer.body["errors"]]) == (400, [field])


def test_a_rate_card_has_one_currency(call: Client) -> None:
    answer = call("POST", "/unicorns", changed(REGISTRATION, "rate-card.minimum.currency", "EUR"))
    assert answer.status == 400
    assert answer.body["errors"] == [
        {"field": "rate-card", "detail": "All amounts of a rate card have one currency"}
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lat", 90.1),
        ("lat", "47"),
        ("lat", None),
        ("lon", -180.1),
        ("lon", True),
        ("available", "no"),
        ("alt", 3),
    ],
)
def test_a_wrong_position_is_refused(call: Client, calls: list[str], field: str, value: Any) -> None:
    answer = call("PUT", f"/unicorns/{ID}/position", {**HERE, field: value})
    assert (answer.status, [error["field"] for error in answer.body["errors"]]) == (400, [field])
    assert calls == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_no_place(call: Client, number: str) -> None:
    answer = call("PUT", f"/unicorns/{ID}/position", f'{{"lat": {number}, "lon": 0, "available": true}}')
    assert (answer.status, [error["field"] for error in answer.body["errors"]]) == (400, ["lat"])


def test_other_methods_and_paths(call: Client) -> None:
    answer = call("DELETE", f"/unicorns/{ID}")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert call("GET", "/unicorns").status == 405
    assert call("GET", "/unicorns/../secrets/x").status == 404


def test_a_report_is_written_only_when_it_matters(call: Client, world: World, calls: list[str]) -> None:
    call("POST", "/unicorns", REGISTRATION)
    nearby = {**HERE, "lat": HERE["lat"] + 0.0001}
    away = {"lat": AIRPORT.lat, "lon": AIRPORT.lon, "available": True}
    reports = [
        (HERE, 0, True),
        (nearby, 1, False),  # the same cell, so shortly after
        (away, 2, True),
        ({**away, "available": False}, 3, True),
        ({**HERE, "available": False}, 4, False),  # where one is who wants no rides is nobody's business
        (HERE, 5, True),
        (HERE, 64, False),
        (nearby, 65, True),
    ]
    for report, seconds, written in reports:
        world.now = NOW + timedelta(seconds=seconds)
        calls.clear()
        assert call("PUT", f"/unicorns/{ID}/position", report).status == 204
        assert calls == (["GetItem", "UpdateItem"] if written else ["GetItem"])


def riding(world: World, call: Client) -> None:
    call("POST", "/unicorns", REGISTRATION)
    call("PUT", f"/unicorns/{ID}/position", HERE)
    assert world.unicorns.change(ID, lambda unicorn: unicorn.take(Ride(RIDE, "rfq-1", "c-1", NOW)))


def test_a_unicorn_sees_its_ride_and_where_to_end_it(call: Client, world: World) -> None:
    riding(world, call)
    assert call("GET", f"/unicorns/{ID}").body["ride"] == {
        "id": RIDE,
        "rfq-id": "rfq-1",
        "since": "2026-11-21T09:00:00Z",
        "links": {
            "completion": f"{BASE}/rides/{RIDE}/completion",
            "cancellation": f"{BASE}/rides/{RIDE}/cancellation",
        },
    }


@pytest.mark.parametrize(("way", "other"), [("completion", "cancellation"), ("cancellation", "completion")])
def test_a_ride_ends_once_and_the_unicorn_is_free(call: Client, world: World, way: str, other: str) -> None:
    riding(world, call)
    assert [call("POST", f"/rides/{RIDE}/{way}").status for _ in range(2)] == [204, 204]
    assert call("POST", f"/rides/{RIDE}/{other}").status == 409
    assert "ride" not in call("GET", f"/unicorns/{ID}").body
    assert len(world.available_in(cell_of(SPACE_NEEDLE))) == 1


def test_only_its_own_ride_ends(call: Client, world: World) -> None:
    riding(world, call)
    call("POST", "/unicorns", REGISTRATION, sub="saruman")
    before = world.item(ID)
    assert call("POST", f"/rides/{RIDE}/completion", sub="saruman").status == 404
    assert call("POST", f"/rides/{RIDE}/completion", sub="unregistered").status == 404
    assert call("POST", "/rides/rfq-1.2/completion").status == 404
    assert world.item(ID) == before


def test_while_riding_a_unicorn_is_found_nowhere_wherever_it_says_it_is(call: Client, world: World) -> None:
    riding(world, call)
    call("PUT", f"/unicorns/{ID}/position", {"lat": AIRPORT.lat, "lon": AIRPORT.lon, "available": True})
    assert "cell" not in world.item(ID)
    call("POST", f"/rides/{RIDE}/completion")
    assert world.item(ID)["cell"]["S"] == cell_of(AIRPORT)


def test_logs_hold_no_coordinates_and_no_names(call: Client, world: World) -> None:
    call("POST", "/unicorns", REGISTRATION)
    call("PUT", f"/unicorns/{ID}/position", HERE)
    call("PUT", f"/unicorns/{ID}/position", {**HERE, "lat": 147.62051})
    assert [line["status"] for line in world.logs] == [201, 204, 400]
    text = world.stream.getvalue()
    assert not [secret for secret in ("47.6", "122.3", "Shadowfax", SUB) if secret in text]
