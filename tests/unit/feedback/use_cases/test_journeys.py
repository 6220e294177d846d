"""Whole conversations."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.feedback.world import MADRID, NOON, SEATTLE, World, chosen, told
from wild_rydes_contracts import EVENTS, Envelope


def test_a_happy_customer(world: World) -> None:
    customer = world.customer()
    world.ride("r", customer)
    world.pump()
    [question] = world.phones.to(SEATTLE)
    assert question.text.startswith("Wild Rydes: how was your ride?")
    assert question.request["ConfigurationSetName"] == "feedback"
    assert question.request["MessageType"] == "TRANSACTIONAL"
    world.hear("8", question)
    world.pump()
    assert world.last_sms().text.startswith("Thank you!")
    requested, received = world.aws.told()
    about = {"ride_id": "r", "responder_id": "u-shadowfax", "customer_id": customer}
    noon = "2026-11-21T20:00:00Z"
    assert requested["detail"]["data"] == {**about, "requested_at": noon}
    assert received["detail"]["data"] == {
        **about,
        "score": 8,
        "rating": {"count": 1, "total": 8},
        "received_at": noon,
    }
    assert {e["detail"]["metadata"]["correlation_id"] for e in (requested, received)} == {"rfq-of-r"}


def test_an_unhappy_customer_who_wants_a_call(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.hear("2/10", world.last_sms())
    world.pump()
    assert "call you" in world.last_sms().text
    world.hear("yes please", world.last_sms())
    world.pump()
    assert world.prompts("r") == ["ask-score", "ask-call", "promise-call"]
    assert world.names_told() == ["FeedbackRequested", "FeedbackReceived", "CallbackRequested"]


def test_a_silent_customer(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.pass_time(days=1)
    world.pump()
    assert world.prompts("r") == ["ask-score", "remind-score"]
    world.pass_time(days=2)
    world.pump()
    assert len(world.phones.sent) == 2
    [_, expired] = world.aws.told()
    assert (expired["detail-type"], expired["detail"]["data"]["reason"]) == ("FeedbackExpired", "no-answer")


def test_a_customer_who_is_not_understood(world: World) -> None:
    world.ride("r", world.customer())
    for text in ("nice", "999", "8 or 9"):
        world.pump()
        world.hear(text, world.last_sms())
    world.pump()
    assert world.prompts("r") == ["ask-score", "ask-score-again", "ask-score-again", "give-up"]
    assert world.aws.told()[-1]["detail"]["data"]["reason"] == "not-understood"


def test_every_event_is_one_of_the_contracts(world: World) -> None:
    for i, texts in enumerate((["8"], ["1", "yes"], [])):
        number = f"+1206555014{i}"
        world.ride(f"r{i}", world.customer(number))
        world.pump()
        for text in texts:
            world.hear(text, world.last_sms(number), sender=number)
            world.pump()
    world.pass_time(days=3)
    world.pump()
    events = world.aws.told()
    contracts = {contract.name: contract for contract in EVENTS}
    assert {event["detail-type"] for event in events} == {
        "FeedbackRequested",
        "FeedbackReceived",
        "CallbackRequested",
        "FeedbackExpired",
    }
    for event in events:
        contract = contracts[event["detail-type"]]
        assert event["source"] == contract.source
        Envelope[contract].model_validate(event["detail"])  # type: ignore[valid-type]


@pytest.mark.parametrize(
    ("number", "locale", "greeting"),
    [
        (MADRID, None, "¿qué tal el viaje?"),
        (SEATTLE, "es-US", "¿qué tal"),
        (MADRID, "en-GB", "how was your ride?"),
    ],
)
def test_the_customers_language(world: World, number: str, locale: str | None, greeting: str) -> None:
    world.now = datetime(2026, 11, 21, 17, tzinfo=UTC)
    world.ride("r", world.customer(number, locale=locale))
    world.pump()
    assert greeting in world.last_sms(number).text
    world.hear("2", world.last_sms(number), sender=number)
    world.pump()
    world.hear("sí", world.last_sms(number), sender=number)
    assert world.conversation("r").call_wanted


def test_the_night_is_waited_for(world: World) -> None:
    world.now = NOON + timedelta(hours=10, minutes=30)  # half past ten at night in Seattle
    world.ride("r", world.customer())
    world.pump()
    assert world.phones.sent == []
    assert world.conversation("r").last.reason == "night"
    morning = datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert world.next_due() == morning
    world.pass_time(hours=9, minutes=29)
    world.pump()
    assert world.phones.sent == []
    world.pass_time(minutes=1)
    world.pump()
    [question] = world.phones.sent
    assert question.at == morning
    assert world.names_told() == ["FeedbackRequested"]


def test_an_answer_in_the_night_is_heard_and_replied_to_in_the_morning(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.now += timedelta(hours=10)
    world.hear("3", world.last_sms())
    world.pump()
    assert world.conversation("r").score == 3
    assert len(world.phones.sent) == 1
    world.hear("STOP", world.last_sms())
    world.pass_time(hours=10)
    world.pump()
    assert len(world.phones.sent) == 1


def test_one_survey_a_ride_whatever_becomes_of_it(world: World) -> None:
    customer = world.customer()
    completed = world.completed("r", customer)
    assert world.handle(world.rides, completed) == []
    world.pump()
    world.hear("8", world.last_sms())
    world.pump()
    for days in (0, 1, 2):
        world.now += timedelta(days=days)
        assert world.handle(world.rides, completed, completed) == []
    # The same ride told anew, with another responder and a later end.
    world.ride("r", customer, responder_id="u-other")
    world.pump()
    conversation = world.conversation("r")
    assert (conversation.score, conversation.responder_id, len(world.phones.sent)) == (8, "u-shadowfax", 2)


def test_no_more_than_one_survey_a_day_for_a_customer(world: World) -> None:
    customer = world.customer()
    world.ride("first", customer)
    world.now += timedelta(hours=23, minutes=59)
    world.ride("too-soon", customer)
    world.ride("of-another", world.customer(MADRID))
    world.now += timedelta(minutes=1)
    world.ride("next-day", customer)
    assert world.table.conversation("too-soon") is None
    assert world.table.conversation("of-another")
    assert world.table.conversation("next-day")


def test_a_ride_of_long_ago_is_not_asked_about(world: World) -> None:
    body = world.completed("r", world.customer())
    world.now += timedelta(days=3, seconds=1)
    assert world.handle(world.rides, body) == []
    assert world.table.conversation("r") is None


@pytest.mark.parametrize("number", [None, "not a number", "+1206"])
def test_a_customer_without_a_number(world: World, number: str | None) -> None:
    world.ride("r", world.customer(number))
    world.pump()
    assert (world.states("r"), world.conversation("r").last.reason) == (["refused"], "no-number")
    world.pass_time(days=3)
    world.pump()
    assert world.conversation("r").ending == "undeliverable"
    assert world.names_told() == []


def test_a_customer_who_has_left(world: World) -> None:
    world.ride("r", "sub-of-nobody")
    world.pump()
    assert world.conversation("r").last.reason == "no-number"


def test_the_rating_of_a_responder_runs(world: World) -> None:
    for i, score in enumerate((9, 4, 10)):
        number = f"+1206555014{i}"
        world.ride(f"r{i}", world.customer(number), responder_id="u-silver")
        world.pump()
        world.hear(str(score), world.last_sms(number), sender=number)
        world.pump()
    ratings = [
        e["detail"]["data"]["rating"] for e in world.aws.told() if e["detail-type"] == "FeedbackReceived"
    ]
    assert ratings == [{"count": 1, "total": 9}, {"count": 2, "total": 13}, {"count": 3, "total": 23}]


def test_telling_twice_says_the_same(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.hear("8", world.last_sms())
    answered = chosen(world.aws.records(), told)
    world.outbox.handle({"Records": answered})
    tallied = chosen(world.aws.records(), told)
    for records in (answered, tallied, answered, tallied):
        world.outbox.handle({"Records": records})
    # What moto's stream tells from here on is of no account: it holds the writes of refused transactions as well.
    events = {e["detail"]["metadata"]["event_id"]: e["detail"]["data"] for e in world.aws.told()}
    assert [data["rating"] for data in events.values() if "rating" in data] == [{"count": 1, "total": 8}]
    assert len(events) == 2


def test_a_record_that_is_no_conversation_is_parked_and_stops_nothing(world: World) -> None:
    world.ride("r", world.customer())
    world.outreach.handle({"Records": world.aws.records()})
    broken = {
        "eventID": "e1",
        "dynamodb": {"Keys": {"id": {"S": "ride#x"}}, "NewImage": {"id": {"S": "ride#x"}}},
    }
    good = [r for r in world.aws.records() if r["dynamodb"]["Keys"]["id"]["S"] == "ride#r"]
    world.outbox.handle({"Records": [broken, *good]})
    assert world.names_told() == ["FeedbackRequested"]
    [parked] = world.aws.parked()
    assert (parked["queue"], parked["event_id"]) == ("stream", "e1")


def test_items_expire_but_an_opt_out_does_not(world: World) -> None:
    for number in (SEATTLE, MADRID):
        world.ride(f"r{number[1:4]}", world.customer(number))
    world.now = datetime(2026, 11, 22, 17, tzinfo=UTC)
    world.timers.handle()
    world.pump()
    world.hear("STOP", world.last_sms(MADRID), sender=MADRID)
    forever = {item["id"]["S"] for item in world.aws.items() if "expires_at" not in item}
    assert forever == {f"number#{world.pseudonyms.pseudonym_of(MADRID)}"}
    for item in world.aws.items():
        if "expires_at" in item:
            days = (int(item["expires_at"]["N"]) - world.now.timestamp()) / 86_400
            assert 10 < days <= 91, item["id"]


def test_nothing_personal_is_stored_logged_or_told(world: World) -> None:
    world.ride("r", world.customer())
    world.phones.faults = ["invalid"]
    world.pump()
    world.ride("r2", world.customer())
    world.pump()
    for text in ("my name is Gandalf", "3", "YES"):
        world.hear(text, world.last_sms())
        world.pump()
    world.hear("hello from a stranger", sender="+12065550199")
    world.track("TEXT_CARRIER_BLOCKED", world.last_sms())
    assert world.handle(world.replies, world.notification({"originationNumber": SEATTLE})) == []
    assert world.aws.parked()
    seen = repr([world.aws.items(), world.logs, world.aws.told(), world.metrics.metric_set])
    for secret in ("2065550142", "2065550199", "Gandalf", "stranger", "555-0142"):
        assert secret not in seen
    assert re.search(r"\+1\d{10}", seen.replace("+18445550100", "")) is None
