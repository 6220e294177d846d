"""Unicorns that price by hand: who is invited, who may answer, and where the answers go."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.support.unicorn_mgmt.world import (
    AIRPORT,
    API,
    MAX_ATTEMPTS,
    NOW,
    PATTERN,
    REGION,
    SPACE_NEEDLE,
    TABLE,
    World,
    create_table,
)
from tests.unit.unicorn_mgmt.api.test_routes import Client
from unicorn_mgmt.adapters.invitation_table import Invitations, invitation_from
from unicorn_mgmt.domain.invitation import Answer, Invitation, Offer, Refusal, Verdict
from unicorn_mgmt.domain.unicorn import Rating, unicorn_id
from unicorn_mgmt.domain.vicinity import MAX_FOUND
from unicorn_mgmt.use_cases.socket import Connecting
from wild_rydes_contracts.ids import derived_uuid7

DEADLINE = NOW + timedelta(minutes=5)
QUOTE = {"price": {"amount": "12.5", "currency": "USD"}, "pickup-in-seconds": 240}
NO = {"decline": "lunch-break"}


def by_hand(world: World, name: str, connection: str | None = None) -> str:
    return world.add(name, auto_quote=False, connection=connection)


def respond(world: World, request: str | None = None) -> dict[str, Any]:
    world.responder().handle(world.deliver(request or world.request()))
    [response] = world.answers()
    data: dict[str, Any] = response["data"]
    return data


@pytest.fixture
def call(world: World) -> Client:
    return Client(world)


def answer(call: Client, body: Any, name: str = "gandalf", rfq: str = "rfq-1") -> int:
    return call("POST", f"/rfqs/{rfq}/answers", body, sub=name).status


def test_the_connected_are_invited_and_the_others_decline(world: World) -> None:
    connected, away = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman")
    data = respond(world)
    assert set(data["asked"]) == {connected, away}
    assert data["answers"] == [{"kind": "decline", "responder_id": away, "reason": "unreachable"}]
    assert world.sockets.pushed == [
        (
            "c-1",
            {
                "type": "invitation",
                "rfq-id": "rfq-1",
                "from": {"lat": SPACE_NEEDLE.lat, "lon": SPACE_NEEDLE.lon},
                "to": {"lat": AIRPORT.lat, "lon": AIRPORT.lon},
                "deadline": "2026-11-21T09:05:00Z",
                "links": {"answers": f"{API}/rfqs/rfq-1/answers"},
            },
        )
    ]
    assert int(world.item("invitation#rfq-1")["expires_at"]["N"]) > DEADLINE.timestamp()


def test_a_closed_connection_is_a_decline_and_forgotten(world: World, calls: list[str]) -> None:
    gone, fine = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman", "c-2")
    world.sockets.failing["c-1"] = 410
    data = respond(world)
    assert data["answers"] == [{"kind": "decline", "responder_id": gone, "reason": "unreachable"}]
    assert "connection" not in world.item(gone)
    assert world.item(fine)["connection"] == {"S": "c-2"}
    calls.clear()
    assert respond(world, world.request("rfq-2"))["answers"] == data["answers"]
    assert calls.count("PostToConnection") == 1


def test_a_push_that_fails_otherwise_is_a_decline_and_the_connection_stays(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.sockets.failing["c-1"] = 403
    assert respond(world)["answers"] == [{"kind": "decline", "responder_id": id_, "reason": "unreachable"}]
    assert "connection" in world.item(id_)


def test_a_newer_connection_survives_the_older_ones_end(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-new")
    assert not world.store.disconnect(id_, "c-old")
    assert world.item(id_)["connection"] == {"S": "c-new"}


def test_fifty_cost_one_pass_and_at_most_1_2_requests_each(world: World, calls: list[str]) -> None:
    for i in range(MAX_FOUND):
        by_hand(world, f"unicorn {i}", f"c-{i}")
    event = world.deliver(world.request())
    calls.clear()
    world.responder().handle(event)
    assert calls.count("PostToConnection") == MAX_FOUND
    assert calls.count("PutItem") == 1
    assert len(calls) <= 1.2 * MAX_FOUND
    assert 1 < world.sockets.most_in_flight <= 10


def test_an_rfq_that_nobody_prices_by_hand_costs_what_it_did(world: World, calls: list[str]) -> None:
    world.add("auto")
    event = world.deliver(world.request())
    calls.clear()
    world.responder().handle(event)
    assert set(calls) - {"Query", "GetQueueUrl"} == {"SendMessageBatch"}


def test_a_duplicate_invites_again_those_who_have_not_answered_and_nobody_else(
    world: World, call: Client
) -> None:
    first, second = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman", "c-2")
    before = respond(world)
    assert answer(call, NO) == 202
    item = world.item("invitation#rfq-1")
    newcomer = by_hand(world, "radagast", "c-3")
    world.sockets.pushed.clear()
    after = respond(world)
    assert [connection for connection, _ in world.sockets.pushed] == ["c-2"]
    assert world.item("invitation#rfq-1") == item
    assert before == {"asked": before["asked"], "answers": []}
    assert set(after["asked"]) == {first, second, newcomer}
    assert after["answers"] == [{"kind": "decline", "responder_id": newcomer, "reason": "unreachable"}]


def test_an_answer_goes_to_who_asked(world: World, call: Client) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    request = world.request()
    respond(world, request)
    before = world.item("invitation#rfq-1")
    assert answer(call, QUOTE) == 202
    record = world.record("invitation#rfq-1", before)
    world.telling().handle({"Records": [record]})
    world.telling().handle({"Records": [record]})
    first, again = world.answers()
    assert first["data"] == {
        "answers": [
            {
                "kind": "quote",
                "responder_id": id_,
                "display_name": "gandalf",
                "price": {"amount": "12.50", "currency": "USD"},
                "pickup_in_seconds": 240,
            }
        ]
    }
    assert first["metadata"]["correlation_id"] == "rfq-1"
    assert first["metadata"]["causation_id"] == json.loads(request)["detail"]["metadata"]["event_id"]
    assert again["metadata"]["event_id"] == first["metadata"]["event_id"]


def test_an_answer_tells_what_passengers_think_of_who_gave_it(world: World, call: Client) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.store.rate(id_, Rating(4, 30))
    respond(world)
    before = world.item("invitation#rfq-1")
    answer(call, QUOTE)
    world.telling().handle({"Records": [world.record("invitation#rfq-1", before)]})
    [told] = world.answers()
    assert told["data"]["answers"][0]["rating"] == {"count": 4, "total": 30}


def test_an_invitation_of_before_there_were_ratings_is_still_read(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    respond(world)
    item = world.item("invitation#rfq-1")
    del item["ratings"]
    assert invitation_from(item).invited == {id_: "gandalf"}


def test_each_answer_is_a_message_of_its_own(world: World, call: Client) -> None:
    ids = {by_hand(world, name, name) for name in ("gandalf", "saruman")}
    respond(world)
    records = []
    for name, body in (("gandalf", QUOTE), ("saruman", NO)):
        before = world.item("invitation#rfq-1")
        answer(call, body, name)
        records.append(world.record("invitation#rfq-1", before))
    world.telling().handle({"Records": records})
    answers = world.answers()
    assert {message["data"]["answers"][0]["responder_id"] for message in answers} == ids
    assert len({message["metadata"]["event_id"] for message in answers}) == 2


def test_an_answer_that_nobody_takes_is_parked_and_holds_nothing_up(world: World, call: Client) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.invitations.open(invitation({id_: "gandalf"}, reply_to=PATTERN.replace("*", "nowhere")))
    before = world.item("invitation#rfq-1")
    assert answer(call, QUOTE) == 202
    world.telling().handle({"Records": [world.record("invitation#rfq-1", before)]})
    [parked] = world.parked()
    assert "reply refused" in parked["reason"]


def test_an_answer_may_be_repeated_and_not_changed(world: World, call: Client, calls: list[str]) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    calls.clear()
    assert answer(call, QUOTE) == 202
    assert calls == ["UpdateItem"]
    item = world.item("invitation#rfq-1")
    assert answer(call, {**QUOTE, "price": {"amount": "12.50", "currency": "USD"}}) == 202
    assert answer(call, NO) == 409
    world.now = DEADLINE
    assert answer(call, QUOTE) == 202
    assert world.item("invitation#rfq-1") == item


def test_only_who_was_invited_answers_and_only_in_time(world: World, call: Client) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    assert answer(call, QUOTE, "saruman") == 403
    assert answer(call, QUOTE, rfq="rfq-2") == 404
    world.now = DEADLINE
    assert answer(call, QUOTE) == 410


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"price": QUOTE["price"]},
        {"pickup-in-seconds": 240},
        {**QUOTE, **NO},
        {**NO, "pickup-in-seconds": 1},
        {"decline": "Because I say so."},
        {"decline": ""},
        {**QUOTE, "pickup-in-seconds": -1},
        {**QUOTE, "pickup-in-seconds": 1.5},
        {**QUOTE, "price": {"amount": "-1", "currency": "USD"}},
        {**QUOTE, "price": {"amount": "10000.01", "currency": "USD"}},
        {**QUOTE, "responder-id": "u-other"},
    ],
)
def test_a_wrong_answer_is_refused(world: World, call: Client, calls: list[str], body: Any) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    calls.clear()
    assert answer(call, body) == 400
    assert calls == []


def event(type_: str, connection: str, sub: str = "gandalf") -> dict[str, Any]:
    context = {"eventType": type_, "connectionId": connection, "authorizer": {"sub": sub}}
    return {"requestContext": context}


def test_a_unicorn_connects_and_disconnects(world: World) -> None:
    id_ = by_hand(world, "gandalf")
    connecting = Connecting(world.store, world.logger)

    def connection() -> str | None:
        unicorn = world.store.find(id_, "gandalf")
        assert unicorn
        return unicorn.connection

    steps = [
        (event("CONNECT", "c-1"), 200, "c-1"),
        (event("CONNECT", "c-2"), 200, "c-2"),
        (event("DISCONNECT", "c-1"), 200, "c-2"),
        (event("MESSAGE", "c-1"), 200, "c-2"),
        (event("DISCONNECT", "c-2"), 200, None),
        (event("DISCONNECT", "c-2"), 200, None),
        (event("MESSAGE", "c-2"), 200, "c-2"),
        (event("CONNECT", "c-9", sub="unregistered"), 403, "c-2"),
        (event("MESSAGE", "c-9", sub="unregistered"), 200, "c-2"),
    ]
    for told, status, known in steps:
        assert connecting.handle(told) == {"statusCode": status}
        assert connection() == known
    assert "Item" not in world.dynamodb.get_item(
        TableName="unicorn-mgmt", Key={"id": {"S": unicorn_id("unregistered")}}
    )


def test_a_connection_outlives_a_ride_and_a_position_report(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.store.change(id_, lambda unicorn: unicorn.report(AIRPORT, NOW))
    assert world.item(id_)["connection"] == {"S": "c-1"}


def test_a_table_that_fails_brings_the_rfq_again_and_parks_it_in_the_end(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    deliver = world.deliver(world.request(), attempt=MAX_ATTEMPTS)
    world.dynamodb.delete_table(TableName="unicorn-mgmt")
    assert world.responder().handle(deliver) == {"batchItemFailures": []}
    assert len(world.parked()) == 1
    assert world.sockets.pushed == []  # nobody is invited to what was not noted


def test_logs_hold_no_price_and_no_place(world: World, call: Client) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    before = world.item("invitation#rfq-1")
    answer(call, QUOTE)
    world.telling().handle({"Records": [world.record("invitation#rfq-1", before)]})
    text = world.stream.getvalue()
    assert not [secret for secret in ("12.5", "47.6", "122.3", "gandalf") if secret in text]


def invitation(
    invited: Mapping[str, str], *, reply_to: str = "arn", answers: Mapping[str, Answer] | None = None
) -> Invitation:
    return Invitation(
        rfq_id="rfq-1",
        invited=invited,
        deadline=DEADLINE,
        reply_to=reply_to,
        correlation_id="rfq-1",
        cause=derived_uuid7(NOW, "cause"),
        caused_at=NOW,
        answers=answers or {},
    )


given_answers = st.one_of(
    st.sampled_from(["no", "lunch"]).map(Refusal),
    st.builds(
        Offer,
        st.decimals(0, 10_000, places=2),
        st.sampled_from(["USD", "EUR"]),
        st.integers(0, 86_400),
    ),
)


def test_table_and_model_judge_alike() -> None:
    said = st.tuples(st.sampled_from(["u-a", "u-b", "u-x"]), given_answers, st.integers(0, 600))

    @settings(max_examples=40)
    @given(st.lists(said, max_size=12))
    def judge(answers: list[tuple[str, Answer, int]]) -> None:
        dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": "invitation#rfq-1"}})
        table, model = Invitations(dynamodb, TABLE), invitation({"u-a": "A", "u-b": "B"})
        assert table.open(model) == model
        assert table.answer("rfq-9", "u-a", Refusal("no"), NOW) is None
        for unicorn, said, seconds in answers:
            now = NOW + timedelta(seconds=seconds)
            verdict = model.judge(unicorn, said, now)
            assert table.answer("rfq-1", unicorn, said, now) is verdict
            if verdict is Verdict.ACCEPTED:
                model = invitation({"u-a": "A", "u-b": "B"}, answers={**model.answers, unicorn: said})
            item = dynamodb.get_item(TableName=TABLE, Key={"id": {"S": "invitation#rfq-1"}})["Item"]
            assert invitation_from(item) == model

    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name=REGION)
        create_table(dynamodb)
        judge()
