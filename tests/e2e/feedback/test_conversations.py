"""SMS after the ride, from the event of its end to the event of its score."""

from datetime import timedelta

from infra.naming import USER_POOL_ID_PARAMETER
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.phones.client import Phone
from tests.support.clients import Json
from tests.support.patience import eventually
from tests.support.riders import (
    ASKED,
    CALL_OFFERED,
    NUMBERS,
    OPTED_OUT,
    PROMISED,
    THANKED,
    Bus,
    Rider,
    Support,
    let_time_pass,
)


def test_a_good_score_is_thanked_for_told_and_counted(rider: Rider, bus: Bus, support: Support) -> None:
    rider.rides()
    [asked] = rider.read(ASKED)
    assert asked.context == {"ride": rider.ride_id, "sms": "0"}
    rider.says("I give it an 8!")
    rider.read(THANKED)

    requested, received = bus.told(rider.ride_id, "FeedbackRequested", "FeedbackReceived")
    ids = {"ride_id": rider.ride_id, "customer_id": rider.id, "responder_id": rider.responder_id}
    assert ids.items() <= requested.items()
    assert {**ids, "score": 8, "rating": {"count": 1, "total": 8}}.items() <= received.items()
    support.sees_sms(rider.ride_id, "delivered", 1)
    found = support.feedback(rider.ride_id)
    assert (found["status"], found["ending"], found["score"]) == ("ended", "answered", 8)
    assert [sms["prompt"] for sms in found["messages"]] == ["ask-score", "thank"]
    assert len(rider.got()) == 2


def test_a_low_score_offers_a_call_and_support_gets_to_know(rider: Rider, bus: Bus, support: Support) -> None:
    rider.rides()
    rider.read(ASKED)
    rider.says("2")
    rider.read(CALL_OFFERED)
    rider.says("yes please")
    rider.read(PROMISED)
    [wanted] = bus.told(rider.ride_id, "CallbackRequested")
    assert (wanted["score"], wanted["customer_id"]) == (2, rider.id)
    assert support.callbacks()[rider.ride_id]["score"] == 2


def test_a_stop_is_confirmed_once_and_then_there_is_silence(rider: Rider, bus: Bus, support: Support) -> None:
    rider.rides()
    rider.read(ASKED)
    rider.stops("Please stop")
    rider.read(OPTED_OUT)
    second = f"{rider.ride_id}-2"
    bus.completed(second, f"{rider.id}", rider.responder_id)  # one a day: none in any case
    rider.says("STOP", "9")
    [received] = bus.told(rider.ride_id, "FeedbackReceived")
    assert received["score"] == 9
    support.sees_sms(rider.ride_id, "withheld", 2)
    assert [OPTED_OUT in sms.text for sms in rider.got()] == [False, True]
    assert support.feedback(second) == {}


def test_start_asks_again(rider: Rider, support: Support) -> None:
    rider.rides()
    rider.read(ASKED)
    rider.stops("STOP")
    rider.read(OPTED_OUT)
    rider.says("START")
    rider.read(ASKED, count=2)
    rider.says("10")
    rider.read(THANKED)
    support.sees(rider.ride_id, lambda found: found.get("score") == 10, "the score")


def test_start_asks_a_question_that_was_withheld(
    cloud: Cloud, bus: Bus, rider: Rider, support: Support
) -> None:
    """That of another ride, of which nobody on this phone has heard yet."""
    rider.rides()
    rider.read(ASKED)
    rider.says("9")
    rider.read(THANKED)
    rider.stops("STOP")
    rider.read(OPTED_OUT)
    other = Rider(cloud, bus, rider.number)
    other.rides()
    support.sees_sms(other.ride_id, "withheld")
    rider.says("START")
    rider.read(ASKED, count=2)
    rider.says("7")
    support.sees(other.ride_id, lambda found: found.get("score") == 7, "the score")


def test_help_names_the_brand_and_a_contact_in_any_stage_and_after_the_end(rider: Rider) -> None:
    rider.rides()
    rider.read(ASKED)
    for count, (text, answer) in enumerate(
        [("HELP", "reply 1 to 10"), ("9", THANKED), ("HELP", "asks once")], 1
    ):
        rider.says(text)
        rider.read(answer, count=1 + (count == 3))
    helps = [sms.text for sms in rider.got() if "More help" in sms.text]
    assert len(helps) == 2
    assert all(text.startswith("Wild Rydes") and "wildrydes.example/help" in text for text in helps)


def test_who_has_not_agreed_is_not_texted(cloud: Cloud, rider: Rider, support: Support) -> None:
    pool = cloud.parameters[USER_POOL_ID_PARAMETER]
    cloud.client("cognito-idp").admin_update_user_attributes(
        UserPoolId=pool,
        Username=rider.name,
        UserAttributes=[{"Name": "custom:sms_consent_at", "Value": ""}],
    )
    rider.rides()
    assert support.sees_sms(rider.ride_id, "refused")["reason"] == "no-consent"
    assert rider.got() == []


def test_a_number_that_has_said_stop_to_aws_is_left_alone(rider: Rider, support: Support) -> None:
    rider.phone.set_faults(refuse=["opted-out"])
    rider.rides()
    support.sees_sms(rider.ride_id, "withheld")
    assert rider.got() == []


def test_without_an_answer_there_is_one_reminder_and_an_end(
    cloud: Cloud, rider: Rider, bus: Bus, support: Support
) -> None:
    rider.rides()
    rider.read(ASKED)
    support.sees_sms(rider.ride_id, "delivered")
    let_time_pass(cloud, rider.ride_id, timedelta(hours=25))
    rider.read("we would still love to know")
    support.sees_sms(rider.ride_id, "delivered", 1)
    let_time_pass(cloud, rider.ride_id, timedelta(days=3))
    [expired] = bus.told(rider.ride_id, "FeedbackExpired")
    assert expired["reason"] == "no-answer"
    assert len(rider.got()) == 2


def test_a_stranger_who_says_stop_is_confirmed_and_leaves_no_number(cloud: Cloud) -> None:
    phone = Phone(cloud, next(NUMBERS))
    phone.say("STOP")
    eventually(phone.messages, "the confirmation", lambda got: OPTED_OUT in got[-1].text)

    def sealed() -> list[Json]:
        items: list[Json] = cloud.client("dynamodb").scan(TableName="feedback", ConsistentRead=True)["Items"]
        return [item for item in items if "sealed_number" in item]

    eventually(lambda: [sealed()], "the number gone", lambda found: not found[0])
