"""SMS over phones and carriers that misbehave: what comes twice, in another order, too late or never."""

from datetime import timedelta
from typing import Any

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Json
from tests.support.logs import messages_about
from tests.support.patience import eventually
from tests.support.riders import ASKED, CALL_OFFERED, THANKED, Bus, Rider, Support, let_time_pass


@pytest.mark.parametrize("faults", [{"copies": 3}, {"copies": 3, "new_ids": True}], ids=["sns", "carrier"])
def test_what_comes_again_counts_once(
    rider: Rider, bus: Bus, support: Support, faults: dict[str, Any]
) -> None:
    rider.phone.set_faults(**faults)
    rider.rides()
    rider.rides()
    rider.read(ASKED)
    rider.says("3")
    rider.read(CALL_OFFERED)
    rider.says("no")
    rider.read("We will do better")
    [received] = bus.told(rider.ride_id, "FeedbackReceived")
    assert received["rating"] == {"count": 1, "total": 3}
    support.sees_sms(rider.ride_id, "delivered", 2)
    assert len(rider.got()) == 3
    names = [event["detail-type"] for event in bus.about(rider.ride_id)]
    assert sorted(names) == ["FeedbackReceived", "FeedbackRequested"]


def test_replies_that_overtake_each_other_give_one_score(rider: Rider, bus: Bus, support: Support) -> None:
    rider.rides()
    rider.read(ASKED)
    rider.phone.set_faults(hold=2, copies=2, new_ids=True)
    rider.says("7", "8")  # the 8 arrives first
    rider.read(THANKED)
    [received] = bus.told(rider.ride_id, "FeedbackReceived")
    assert received["score"] in {7, 8}  # SQS may turn them around once more
    assert support.feedback(rider.ride_id)["score"] == received["score"]
    assert received["rating"]["count"] == 1


def test_receipts_that_overtake_each_other_and_come_twice_end_the_same(
    cloud: Cloud, rider: Rider, support: Support
) -> None:
    rider.phone.set_faults(receipts=["TEXT_DELIVERED", "TEXT_PENDING", "TEXT_UNREACHABLE"], copies=2)
    rider.rides()

    eventually(
        lambda: messages_about(cloud, rider.ride_id, "feedback-receipts"),
        "six receipts",
        lambda messages: len(messages) >= 6,
    )
    sms = support.sees_sms(rider.ride_id, "delivered")
    assert "reason" not in sms
    assert len(rider.got()) == 1


def test_a_reply_that_is_lost_on_the_way_is_made_up_for_by_the_reminder(
    cloud: Cloud, rider: Rider, bus: Bus, support: Support
) -> None:
    rider.phone.set_faults(drop=1)
    rider.rides()
    rider.read(ASKED)
    rider.says("8")
    support.sees_sms(rider.ride_id, "delivered")
    let_time_pass(cloud, rider.ride_id, timedelta(hours=25))
    rider.read("we would still love to know")
    rider.says("8")
    rider.read(THANKED)
    [received] = bus.told(rider.ride_id, "FeedbackReceived")
    assert (received["score"], received["rating"]["count"]) == (8, 1)


def test_what_takes_its_time_is_waited_for(rider: Rider, support: Support) -> None:
    """An answer may be here before the first receipt of its question."""
    rider.phone.set_faults(delay=1)
    rider.rides()
    rider.read(ASKED)
    rider.says("6")
    rider.read(THANKED)
    for index in (0, 1):
        support.sees_sms(rider.ride_id, "delivered", index)
    assert support.feedback(rider.ride_id)["score"] == 6


def test_a_reply_that_does_not_say_what_it_answers_is_understood(rider: Rider, support: Support) -> None:
    rider.phone.set_faults(forget=True)
    rider.rides()
    rider.read(ASKED)
    rider.says("6")
    rider.read(THANKED)
    support.sees(rider.ride_id, lambda found: found.get("score") == 6, "the score")


def test_two_conversations_on_one_number_are_told_apart(
    cloud: Cloud, bus: Bus, rider: Rider, support: Support
) -> None:
    """As in a family that shares a phone: what answers nothing in particular belongs to the newest open one."""
    other = Rider(cloud, bus, rider.number)
    rider.rides()
    rider.read(ASKED)
    support.sees_sms(rider.ride_id, "delivered")
    other.rides()
    other.read(ASKED, count=2)
    support.sees_sms(other.ride_id, "delivered")
    other.says("9")  # answers the SMS that came last
    support.sees(other.ride_id, lambda found: found.get("score") == 9, "the score of the second ride")
    assert "score" not in support.feedback(rider.ride_id)
    rider.phone.set_faults(forget=True)
    rider.says("6")
    support.sees(rider.ride_id, lambda found: found.get("score") == 6, "the score of the first ride")
    assert support.feedback(other.ride_id)["score"] == 9


def test_a_throttled_sms_is_sent_later_and_once(cloud: Cloud, rider: Rider, support: Support) -> None:
    rider.phone.set_faults(refuse=["throttled"])
    rider.rides()

    def postponed(found: Json) -> bool:
        return bool(found["messages"][0].get("reason") == "ThrottlingException")

    found = support.sees(rider.ride_id, postponed, "the refusal")
    assert found["messages"][0]["state"] == "waiting"
    assert rider.got() == []
    let_time_pass(cloud, rider.ride_id)
    rider.read(ASKED)
    support.sees_sms(rider.ride_id, "delivered")
    assert len(rider.got()) == 1


def test_a_refused_sms_is_shown_and_not_sent_again(cloud: Cloud, rider: Rider, support: Support) -> None:
    rider.phone.set_faults(refuse=["invalid"])
    rider.rides()
    assert support.sees_sms(rider.ride_id, "refused")["reason"] == "INVALID_PARAMETER"
    let_time_pass(cloud, rider.ride_id)
    assert rider.got() == []


def test_a_send_without_an_answer_is_settled_by_its_receipt(rider: Rider, support: Support) -> None:
    rider.phone.set_faults(lose_answers=1)
    rider.rides()
    rider.read(ASKED)
    support.sees_sms(rider.ride_id, "delivered")
    rider.says("8")
    rider.read(THANKED)
    assert len(rider.got()) == 2


def test_a_failed_delivery_is_shown_and_not_sent_again(cloud: Cloud, rider: Rider, support: Support) -> None:
    rider.phone.set_faults(receipts=["TEXT_PENDING", "TEXT_CARRIER_BLOCKED"])
    rider.rides()
    assert support.sees_sms(rider.ride_id, "blocked")["reason"] == "TEXT_CARRIER_BLOCKED"
    let_time_pass(cloud, rider.ride_id)
    assert len(rider.got()) == 1
