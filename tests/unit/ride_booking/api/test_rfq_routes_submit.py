"""POST /instant-ride-rfqs."""

import json
from datetime import timedelta
from typing import Any

import pytest

from ride_booking.domain.rfq import Place
from tests.support.requests import BASE
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import BODY, NOW, SECRETS, Api, World

URL = "https://abc.execute-api.us-east-1.amazonaws.com/v1/instant-ride-rfqs"
START, END = BODY["from"], BODY["to"]


def test_answers_202_and_where_to_follow(api: Api, world: World) -> None:
    answer = api.post({**BODY, "customer": "cust-1", "respond-within": 60})

    assert answer.status == 202
    rfq_id = answer.body["id"]
    assert answer.headers["location"] == f"{URL}/{rfq_id}"
    assert answer.headers["retry-after"] == "1"
    assert answer.body == {
        "id": rfq_id,
        "status": "running",
        "responses-received": 0,
        "eta": "2026-11-21T09:01:00.123000Z",
        "links": {
            "self": f"{URL}/{rfq_id}",
            "quotes": f"{URL}/{rfq_id}/quotes",
            "result": f"{URL}/{rfq_id}/result",
            "bookings": f"{URL}/{rfq_id}/bookings",
        },
    }
    kept = world.stored(rfq_id)
    assert (kept.customer, kept.created_at, kept.deadline) == ("cust-1", NOW, NOW + timedelta(seconds=60))
    assert kept.start == Place(47.6205, -122.3493, "Grandma")
    assert kept.destination == Place(47.4502, -122.3088, "Hangar")


def test_two_writes_to_the_table(api: Api, calls: list[str]) -> None:
    """A slot among the customer's open RFQs, and the RFQ."""
    api.post()

    assert calls == ["UpdateItem", "PutItem"]


@pytest.mark.parametrize(
    ("more", "seconds"),
    [({}, 300), ({"respond-within": 5}, 5), ({"respond-within": 5.0}, 5), ({"respond-within": 900}, 900)],
)
def test_responders_have_five_minutes_unless_told_otherwise(
    api: Api, world: World, more: dict[str, int], seconds: int
) -> None:
    answer = api.post({**BODY, **more})

    assert world.stored(answer.body["id"]).deadline == NOW + timedelta(seconds=seconds)


def test_customers_may_call_themselves_by_their_user_name(api: Api) -> None:
    assert api.post({**BODY, "customer": "name-of-cust-1"}).status == 202


@pytest.mark.parametrize(
    "body",
    [
        {"from": {"lat": -90, "lon": 180}, "to": {"lat": 90, "lon": -180}},
        {"from": {"lat": 1, "lon": 2}, "to": {"lat": 1, "lon": 2.000001}},
        {"from": {"lat": 1e-300, "lon": 0.1234567890123456789}, "to": {**END, "label": "東京駅 👩‍👩‍👧"}},
        {"from": {**START, "label": "x" * 100}, "to": {**END, "label": None}},
    ],
    ids=["corners of the map", "a step apart", "precise", "labels"],
)
def test_what_is_valid_is_kept(api: Api, world: World, body: Any) -> None:
    answer = api.post(body)

    assert answer.status == 202
    kept = world.stored(answer.body["id"])
    assert kept.start == Place(
        round(body["from"]["lat"], 6), round(body["from"]["lon"], 6), body["from"].get("label")
    )


BAD_BODIES: list[tuple[str, Any, list[str] | None]] = [
    ("empty", "", ["body"]),
    ("malformed", '{"from":', ["body"]),
    ("null", "null", ["body"]),
    ("list", [BODY], ["body"]),
    ("text", '"hello"', ["body"]),
    ("not UTF-8", b'{"from": "\xff"}', ["body"]),
    ("deep", '{"from":' + "[" * 10_000 + "]" * 10_000 + "}", None),
    ("huge number", json.dumps(BODY).replace("47.6205", "9" * 10_000), None),
    ("lone surrogate", json.dumps(BODY).replace("Grandma", "\\ud800"), None),
    ("nothing", {}, ["from", "to"]),
    ("unknown field", {**BODY, "via": START}, ["via"]),
    ("our own names", {"from_": START, "to": END, "respond_within": 60}, ["from", "from_", "respond_within"]),
    ("unknown in place", {"from": {**START, "alt": 1}, "to": END}, ["from.alt"]),
    ("place a list", {"from": [47.6, -122.3], "to": END}, ["from"]),
    ("no lon", {"from": {"lat": 1}, "to": END}, ["from.lon"]),
    ("lat a text", {"from": {**START, "lat": "47.6"}, "to": END}, ["from.lat"]),
    ("lat a boolean", {"from": {**START, "lat": True}, "to": END}, ["from.lat"]),
    ("lat null", {"from": {**START, "lat": None}, "to": END}, ["from.lat"]),
    ("lat too big", {"from": {**START, "lat": 90.000001}, "to": END}, ["from.lat"]),
    ("lon too small", {"from": START, "to": {**END, "lon": -180.1}}, ["to.lon"]),
    ("NaN", json.dumps(BODY).replace("47.6205", "NaN"), ["from.lat"]),
    ("Infinity", json.dumps(BODY).replace("-122.3088", "-Infinity"), ["to.lon"]),
    ("overflow", json.dumps(BODY).replace("47.6205", "1e999"), ["from.lat"]),
    ("many wrong", {"from": {"lat": 91, "lon": "x"}, "to": {"lat": None, "lon": 181}}, None),
    ("the same pole", {"from": {"lat": 90, "lon": 0}, "to": {"lat": 90, "lon": 77.7}}, ["to"]),
    ("both sides of the date line", {"from": {"lat": 5, "lon": -180}, "to": {"lat": 5, "lon": 180}}, ["to"]),
    ("same place", {"from": START, "to": {**START, "label": "also Grandma"}}, ["to"]),
    ("as good as same", {"from": {"lat": 1, "lon": 2}, "to": {"lat": 1.0000001, "lon": 2}}, ["to"]),
    ("label too long", {"from": {**START, "label": "x" * 101}, "to": END}, ["from.label"]),
    ("label empty", {"from": {**START, "label": ""}, "to": END}, ["from.label"]),
    ("label a number", {"from": {**START, "label": 1}, "to": END}, ["from.label"]),
    ("label with control", {"from": {**START, "label": "a\nb"}, "to": END}, ["from.label"]),
    ("label turned around", {"from": {**START, "label": "\u202egnp"}, "to": END}, ["from.label"]),
    ("label with escape", {"from": START, "to": {**END, "label": "\x1b[2J"}}, ["to.label"]),
    ("label with C1 control", {"from": START, "to": {**END, "label": "a\x9bb"}}, ["to.label"]),
    ("label with line separator", {"from": START, "to": {**END, "label": "a\u2028b"}}, ["to.label"]),
    ("customer a number", {**BODY, "customer": 1}, ["customer"]),
    ("too hasty", {**BODY, "respond-within": 4}, ["respond-within"]),
    ("too slow", {**BODY, "respond-within": 901}, ["respond-within"]),
    ("seconds a text", {**BODY, "respond-within": "60"}, ["respond-within"]),
    ("seconds a fraction", {**BODY, "respond-within": 60.5}, ["respond-within"]),
    ("seconds a boolean", {**BODY, "respond-within": True}, ["respond-within"]),
    ("seconds null", {**BODY, "respond-within": None}, ["respond-within"]),
]


@pytest.mark.parametrize(
    ("body", "fields"), [bad[1:] for bad in BAD_BODIES], ids=[bad[0] for bad in BAD_BODIES]
)
def test_bad_input_is_refused_naming_each_field(
    api: Api, world: World, body: Any, fields: list[str] | None
) -> None:
    answer = api.post(body)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["status"] == 400
    assert answer.body["title"] == "Bad Request"
    found = [error["field"] for error in answer.body["errors"]]
    assert sorted(found) == fields if fields else found
    assert world.count() == 0


def test_all_wrong_fields_are_named_at_once(api: Api) -> None:
    answer = api.post({"from": {"lat": 91, "lon": "x"}, "to": {"lat": None, "lon": 181}, "respond-within": 0})

    assert {error["field"] for error in answer.body["errors"]} == {
        "from.lat",
        "from.lon",
        "to.lat",
        "to.lon",
        "respond-within",
    }


def test_errors_do_not_repeat_what_was_sent(api: Api, world: World) -> None:
    answer = api.post({"from": {**START, "label": "Grandma\n"}, "to": {**END, "lat": 447.4502}})

    assert answer.status == 400
    assert not [secret for secret in SECRETS if secret in answer.raw["body"] + world.stream.getvalue()]


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_over_32_kb_is_too_large(api: Api, world: World, encoded: bool) -> None:
    def padded(size: int) -> str | bytes:
        text = json.dumps(BODY)
        text += " " * (size - len(text))
        return text.encode() if encoded else text

    assert api.post(padded(32 * 1024)).status == 202
    assert api.post(padded(32 * 1024 + 1)).status == 413
    assert api.post(padded(5 * 1024 * 1024), Content_Type="text/plain").status == 413
    assert world.count() == 1


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
def test_what_is_not_declared_json_is_not_read(api: Api, world: World, content_type: str) -> None:
    assert api.post("not even JSON", Content_Type=content_type).status == 415
    assert world.count() == 0


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_declared_in_other_words(api: Api, content_type: str) -> None:
    assert api.post(Content_Type=content_type).status == 202


def test_nobody_asks_in_another_customers_name(api: Api, world: World) -> None:
    answer = api.post({**BODY, "customer": "cust-2"})

    assert answer.status == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.count() == 0


@pytest.mark.parametrize("groups", [["unicorns"], [], ["not-customers"], ["unicorns", "support"]])
def test_only_customers_ask_for_quotes(api: Api, world: World, groups: list[str]) -> None:
    assert api.post("{", groups=groups).status == 403
    assert world.count() == 0


def test_a_customer_may_be_more(api: Api) -> None:
    assert api.post(groups=["support", "customers"]).status == 202


class TestIdempotencyKey:
    def test_a_repetition_gives_the_same_answer_and_makes_nothing(self, api: Api, world: World) -> None:
        first = api.post(Idempotency_Key="a key")
        world.now += timedelta(seconds=30)
        again = api.post({**BODY, "customer": "cust-1", "respond-within": 300}, Idempotency_Key="a key")

        assert (again.status, again.body) == (202, first.body)
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["retry-after"] == "15"
        assert world.count() == 1

    def test_another_body_is_refused(self, api: Api, world: World) -> None:
        first = api.post(Idempotency_Key="a key")
        answer = api.post({**BODY, "respond-within": 60}, Idempotency_Key="a key")

        assert answer.status == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert world.stored(first.body["id"]).deadline == NOW + timedelta(seconds=300)
        assert world.count() == 1

    def test_is_the_customers_own(self, api: Api, world: World) -> None:
        api.post(Idempotency_Key="a key")
        api.post(Idempotency_Key="a key", sub="cust-2")

        assert world.count() == 2

    def test_other_keys_and_none_make_others(self, api: Api, world: World) -> None:
        api.post(Idempotency_Key="a key")
        api.post(Idempotency_Key="another key")
        api.post()
        api.post()

        assert world.count() == 4

    @pytest.mark.parametrize("key", ["", "x" * 129, "schlüssel", "a\tb", "a\x7f", ["a", "b"], ["a", "a"]])
    def test_is_one_of_printable_ascii(self, api: Api, world: World, key: str | list[str]) -> None:
        answer = api.post(Idempotency_Key=key)

        assert answer.status == 400
        assert [error["field"] for error in answer.body["errors"]] == ["Idempotency-Key"]
        assert world.count() == 0

    @pytest.mark.parametrize("key", ["x", "~" * 128, "8e03978e-40d5-43e8-bc93-6894a57f9324", '"quoted"'])
    def test_may_be_anything_else(self, api: Api, key: str) -> None:
        assert api.post(Idempotency_Key=key).status == 202

    def test_lets_a_caller_repeat_what_was_throttled(self, api: Api, world: World) -> None:
        with throttle(world.dynamodb, "PutItem"):
            refused = api.post(Idempotency_Key="a key")
        assert refused.status == 503
        assert refused.headers["retry-after"] == "1"
        assert world.count() == 0

        assert api.post(Idempotency_Key="a key").status == 202


def test_links_begin_with_the_url_of_the_api(api: Api) -> None:
    answer = api.post()
    url = f"{BASE}/instant-ride-rfqs/{answer.body['id']}"
    assert answer.headers["location"] == url
    assert answer.body["links"]["quotes"] == f"{url}/quotes"


def test_logs_one_line_under_the_rfq_and_nothing_personal(api: Api, world: World) -> None:
    answer = api.post(Idempotency_Key="a key")

    [line] = world.logs
    assert (line["method"], line["status"], line["correlation_id"]) == ("POST", 202, answer.body["id"])
    assert not [
        secret for secret in (*SECRETS, "name-of-cust-1", "cust-1") if secret in world.stream.getvalue()
    ]
