"""What is announced, and what of the stream is not."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from feedback.domain.figures import figures
from tests.support.feedback.world import World, chosen, told
from wild_rydes_contracts import EVENTS, Envelope
from wild_rydes_dynamodb.change import TableBusy


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
    # One that is void leaves the rating, and what is left is a rating of its own.
    after: tuple[tuple[int | None, object], ...] = (
        (None, {"count": 2, "total": 14}),
        (5, {"count": 3, "total": 19}),
    )
    for corrected, left in after:
        world.correct("r0", corrected)
        world.pump()
        [event] = world.aws.told()
        assert (event["detail-type"], event["detail"]["data"].get("score")) == (
            "FeedbackCorrected",
            corrected,
        )
        assert event["detail"]["data"]["rating"] == left


def test_a_rating_whose_only_score_is_void_is_none(world: World) -> None:
    customer = world.customer()
    world.ride("r", customer)
    world.pump()
    world.hear("8", world.last_sms())
    world.correct("r", 7)  # before the rating has taken in the first
    world.correct("r", None)
    world.pump()
    received, corrected, void = [
        e["detail"]["data"] for e in world.aws.told() if e["detail-type"] != "FeedbackRequested"
    ]
    about = {"ride_id": "r", "responder_id": "u-shadowfax", "customer_id": customer}
    noon = "2026-11-21T20:00:00Z"
    first = {"score": 8, "rating": {"count": 1, "total": 8}, "rating_revision": 1, "received_at": noon}
    second = {"score": 7, "rating": {"count": 1, "total": 7}, "rating_revision": 2, "corrected_at": noon}
    assert received == {**about, **first}
    assert corrected == {**about, **second}
    assert void == {**about, "rating_revision": 3, "corrected_at": noon}


def test_telling_twice_says_the_same(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.hear("8", world.last_sms())
    answered = chosen(world.aws.records(), told)
    world.outbox.handle({"Records": answered})
    tallied = chosen(world.aws.records(), told)
    for records in (answered, tallied, answered, tallied):
        world.outbox.handle({"Records": records})
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


def test_an_item_that_has_expired_is_no_news(world: World) -> None:
    world.ride("r", world.customer())
    [record, *_] = world.aws.records()
    change = record["dynamodb"]
    expired = {"dynamodb": {"Keys": change["Keys"], "OldImage": change["NewImage"]}}
    world.outbox.handle({"Records": [expired]})
    assert (world.names_told(), world.aws.parked()) == ([], [])


def counting(world: World) -> Counter[str]:
    """What the outbox counts from now on."""
    counted: Counter[str] = Counter()
    metrics = SimpleNamespace(add_metric=lambda name, _, value: counted.update({name: value}))
    world.outbox = replace(world.outbox, metrics=metrics)  # type: ignore[arg-type]
    return counted


def test_a_batch_that_comes_again_is_counted_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ride("r", world.customer())
    world.pump()
    counted = counting(world)
    world.hear("8", world.last_sms())
    records = chosen(world.aws.records(), told)
    with monkeypatch.context() as patched:
        patched.setattr(world.table, "tally", Mock(side_effect=TableBusy("busy")))
        with pytest.raises(TableBusy):
            world.outbox.handle({"Records": records})
    assert counted == {}
    world.outbox.handle({"Records": records})
    assert counted == {"Score8": 1, "EndedAnswered": 1}


def test_what_is_counted_of_all_changes_is_what_the_conversations_have_come_to(world: World) -> None:
    counted = counting(world)
    numbers = [f"+1206555014{i}" for i in range(4)]
    for i, number in enumerate(numbers):
        world.ride(f"r{i}", world.customer(number))
        world.pump()
        world.track("TEXT_BLOCKED" if i == 3 else "TEXT_DELIVERED", world.last_sms(number))
        for text in (["9"], ["what?", "2", "no"], ["STOP"], [])[i]:
            world.hear(text, world.last_sms(number), sender=number)
            world.pump()
            world.track("TEXT_QUEUED", world.last_sms(number))
    world.correct("r0", None)
    world.pass_time(days=3)
    world.pump()
    expected = sum((figures(world.conversation(f"r{i}")) for i in range(4)), Counter[str]())
    assert +counted == +expected
    assert (counted["Score9"], counted["Score2"]) == (0, 1)
    assert counted["SmsMicrodollars"] == 8_810 * counted["SmsSent"] > 0
    assert counted.items() >= {"EndedAnswered": 2, "EndedOptedOut": 1, "EndedUndeliverable": 1}.items()
