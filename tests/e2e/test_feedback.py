"""SMS after the ride, from the event of its end to the event of its score, over phones that misbehave."""

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from infra.local import trace
from infra.local.cloud import Cloud
from infra.local.phones.client import Phone, give_phone
from infra.local.phones.model import Sms
from tests.e2e.clients import Json, Queues, eventually

PREFIX = "+1425555"
"""Of all customers' numbers, and of no other."""
NUMBERS = (f"{PREFIX}{number % 10_000:04d}" for number in itertools.count(uuid.uuid4().int))
TAP = "test-feedback-tap"
ASKED, CALL_OFFERED, THANKED, PROMISED = (
    "how was your ride?",
    "our support team to call you",
    "Thank you! Your unicorn",
    "will call you",
)


class Bus:
    """The bus, with everything that feedback publishes."""

    def __init__(self, cloud: Cloud) -> None:
        self._events = cloud.client("events")
        self._sqs = cloud.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=TAP)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["wildrydes.feedback"]})
        self._events.put_rule(Name=TAP, EventBusName="wild-rydes", EventPattern=pattern)
        target = {"Id": "tap", "Arn": arn["Attributes"]["QueueArn"]}
        self._events.put_targets(Rule=TAP, EventBusName="wild-rydes", Targets=[target])
        self._seen: list[Json] = []

    def close(self) -> None:
        self._events.remove_targets(Rule=TAP, EventBusName="wild-rydes", Ids=["tap"])
        self._events.delete_rule(Name=TAP, EventBusName="wild-rydes")
        self._sqs.delete_queue(QueueUrl=self._queue)

    def completed(self, ride_id: str, customer_id: str, responder_id: str) -> None:
        """Tell that a ride is over, as unicorn-mgmt does."""
        now = datetime.now(UTC)
        data = {
            "ride_id": ride_id,
            "rfq_id": f"rfq-{ride_id}",
            "responder_id": responder_id,
            "customer_id": customer_id,
            "completed_at": now.isoformat(),
        }
        metadata = {
            "event_id": str(uuid.uuid4()),
            "event_version": 1,
            "occurred_at": now.isoformat(),
            "correlation_id": f"rfq-{ride_id}",
        }
        answer = self._events.put_events(
            Entries=[
                {
                    "EventBusName": "wild-rydes",
                    "Source": "wildrydes.unicorn-mgmt",
                    "DetailType": "RideCompleted",
                    "Detail": json.dumps({"metadata": metadata, "data": data}),
                }
            ]
        )
        assert answer["FailedEntryCount"] == 0

    def about(self, ride_id: str) -> list[Json]:
        """What was published about a ride so far: each event once, in the order of its arrival."""
        while batch := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in batch:
                self._seen.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        by_id = {e["detail"]["metadata"]["event_id"]: e for e in self._seen}
        return [event for event in by_id.values() if event["detail"]["data"]["ride_id"] == ride_id]

    def told(self, ride_id: str, *names: str) -> list[Json]:
        """Wait for the events of these names about a ride; their data, in this order."""

        def look() -> list[Json] | None:
            found = {event["detail-type"]: event["detail"]["data"] for event in self.about(ride_id)}
            return [found[name] for name in names] if found.keys() >= set(names) else None

        return eventually(look, f"{names} about {ride_id}")


class Rider:
    """A customer with a phone, after a ride."""

    def __init__(self, cloud: Cloud, bus: Bus, number: str | None = None) -> None:
        self.cloud, self.bus = cloud, bus
        self.number = number or next(NUMBERS)
        self.phone = Phone(cloud, self.number)
        name = f"rider-{uuid.uuid4().hex[:12]}"
        cloud.token(name, "customers")
        self.id = give_phone(cloud, name, self.number)
        self.ride_id = f"ride-{uuid.uuid4().hex}"
        self.responder_id = f"u-{uuid.uuid4().hex[:12]}"

    def rides(self) -> None:
        self.bus.completed(self.ride_id, self.id, self.responder_id)

    def read(self, text: str, count: int = 1) -> list[Sms]:
        """Wait until so many SMS with this text have come; all that have come so far."""

        def look() -> list[Sms] | None:
            got = self.got()
            return got if sum(text in sms.text for sms in got) >= count else None

        return eventually(look, f"{text!r} on the phone")

    def got(self) -> list[Sms]:
        return [sms for sms in self.phone.messages() if sms.ours]

    def says(self, *texts: str) -> None:
        for text in texts:
            self.phone.say(text)

    def stops(self, text: str) -> None:
        """Say so, and wait until it is heard: messages overtake each other."""
        self.says(text)
        dynamodb, key = self.cloud.client("dynamodb"), {"id": {"S": f"ride#{self.ride_id}"}}

        def look() -> bool | None:
            item = dynamodb.get_item(TableName="feedback", Key=key, ConsistentRead=True)["Item"]
            return item["muted"]["BOOL"] or None

        eventually(look, f"{text!r} heard")


class Support:
    """The support team, over its API."""

    def __init__(self, cloud: Cloud, group: str = "support") -> None:
        token = cloud.token(f"agent-{group}-{uuid.uuid4().hex[:8]}", group)
        self.http = httpx.Client(
            base_url=cloud.urls["support-api"], headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def feedback(self, ride_id: str) -> Json:
        answer = self.http.get(f"/rides/{ride_id}/feedback")
        return dict(answer.json()) if answer.status_code == 200 else {}

    def sees(self, ride_id: str, what: Callable[[Json], object], described: str) -> Json:
        def look() -> Json | None:
            found = self.feedback(ride_id)
            return found if found and what(found) else None

        return eventually(look, described)

    def sees_sms(self, ride_id: str, state: str, index: int = 0) -> Json:
        """Wait until the ride's SMS is in this state; the SMS."""

        def there(found: Json) -> bool:
            return len(found["messages"]) > index and found["messages"][index]["state"] == state

        sms: Json = self.sees(ride_id, there, f"SMS {index} {state}")["messages"][index]
        return sms


@pytest.fixture(scope="module")
def bus(cloud: Cloud) -> Iterator[Bus]:
    tapped = Bus(cloud)
    yield tapped
    tapped.close()


@pytest.fixture
def rider(cloud: Cloud, bus: Bus) -> Rider:
    return Rider(cloud, bus)


@pytest.fixture(scope="module")
def support(cloud: Cloud) -> Support:
    return Support(cloud)


def let_time_pass(cloud: Cloud, ride_id: str, by: timedelta | None = None) -> None:
    """Let the timers find the conversation due, or by so much older."""
    dynamodb = cloud.client("dynamodb")
    item = dynamodb.get_item(TableName="feedback", Key={"id": {"S": f"ride#{ride_id}"}}, ConsistentRead=True)[
        "Item"
    ]
    milliseconds = int((by or timedelta(days=1)) / timedelta(milliseconds=1))

    def earlier(attributes: Json) -> None:
        for name in ("due_at", "since", "created_at", "at", "said_at", "not_before", "look_at"):
            if name in attributes:
                attributes[name] = {"N": str(int(attributes[name]["N"]) - milliseconds)}

    earlier(item)
    for sms in item["sms"]["L"]:
        earlier(sms["M"])
    dynamodb.put_item(TableName="feedback", Item=item)
    answer = cloud.client("lambda").invoke(FunctionName="feedback-timers", Payload=b"{}")
    assert "FunctionError" not in answer


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

    def open_callbacks() -> dict[str, Json]:
        waiting = support.http.get("/callbacks").raise_for_status().json()["callbacks"]
        return {callback["ride-id"]: callback for callback in waiting}

    callback = open_callbacks()[rider.ride_id]
    assert callback["score"] == 2
    assert support.http.delete(callback["links"]["self"]).status_code == 204
    assert rider.ride_id not in open_callbacks()


def test_after_stop_there_is_silence_until_start(rider: Rider, bus: Bus, support: Support) -> None:
    rider.rides()
    rider.read(ASKED)
    rider.stops("Please stop")
    second = f"{rider.ride_id}-2"
    bus.completed(second, f"{rider.id}", rider.responder_id)  # one a day: none in any case
    rider.says("9")
    [received] = bus.told(rider.ride_id, "FeedbackReceived")
    assert received["score"] == 9
    support.sees_sms(rider.ride_id, "withheld", 1)
    assert len(rider.got()) == 1
    assert support.feedback(second) == {}


def test_start_asks_again(rider: Rider, support: Support) -> None:
    rider.rides()
    rider.read(ASKED)
    rider.stops("STOP")
    time.sleep(1)  # SNS tells whole seconds here, and of a STOP and a START at once the STOP counts
    rider.says("START")
    rider.read(ASKED, count=2)
    rider.says("10")
    rider.read(THANKED)
    support.sees(rider.ride_id, lambda found: found.get("score") == 10, "the score")


def test_a_number_that_has_said_stop_to_aws_is_left_alone(rider: Rider, support: Support) -> None:
    rider.phone.set_faults(refuse=["opted-out"])
    rider.rides()
    support.sees_sms(rider.ride_id, "withheld")
    assert rider.got() == []


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
    rider.phone.set_faults(hold=2)
    rider.says("7", "8")  # the 8 arrives first
    rider.read(THANKED)
    [received] = bus.told(rider.ride_id, "FeedbackReceived")
    assert received["score"] in {7, 8}  # SQS may turn them around once more
    assert support.feedback(rider.ride_id)["score"] == received["score"]
    assert received["rating"]["count"] == 1


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


def test_only_the_support_team_may_look(cloud: Cloud, rider: Rider) -> None:
    url = f"{cloud.urls['support-api']}/callbacks"
    assert httpx.get(url).status_code == 401
    for group in ("customers", "unicorns"):
        stranger = Support(cloud, group)
        assert stranger.http.get("/callbacks").status_code == 403
        assert stranger.http.get(f"/rides/{rider.ride_id}/feedback").status_code == 403


def test_the_sender_of_sms_may_not_publish(cloud: Cloud) -> None:
    """IAM has the last word, whatever the code does."""
    role = cloud.client("lambda").get_function_configuration(FunctionName="feedback-outreach")["Role"]
    credentials = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    events = boto3.client(
        "events",
        endpoint_url=cloud.settings.endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(
            Entries=[{"EventBusName": "wild-rydes", "Source": "x", "DetailType": "x", "Detail": "{}"}]
        )


def test_no_number_and_no_word_of_a_customer_stands_in_a_log_a_metric_an_event_or_the_table(
    cloud: Cloud, rider: Rider, bus: Bus, support: Support, queues: Queues
) -> None:
    secret = "my cat Tiffany flew along"
    rider.rides()
    rider.read(ASKED)
    rider.says(secret)
    rider.read("Sorry, we did not get that")
    # Poison on the way of replies: it is parked, and the log says so without quoting it.
    topic = "arn:aws:sns:us-east-1:000000000000:wild-rydes-sms-replies"
    poison = {"originationNumber": rider.number, "messageBody": secret}
    cloud.client("sns").publish(TopicArn=topic, Message=json.dumps(poison))
    queues.parked("feedback-sms-replies", rider.number)
    rider.phone.set_faults(refuse=["invalid"])  # whose error message quotes the number, as AWS's does
    rider.says("2")
    support.sees_sms(rider.ride_id, "refused", 2)

    def lines() -> list[str] | None:
        """Metrics, too: they are log lines in the embedded metric format."""
        found = [line for function, line in trace.everything(cloud) if function.startswith("feedback-")]
        return found if any("parked" in line for line in found) else None

    for line in eventually(lines, "the functions' logs"):
        assert PREFIX[1:] not in line
        assert "Tiffany" not in line
    events = json.dumps(bus.about(rider.ride_id))
    items = json.dumps(cloud.client("dynamodb").scan(TableName="feedback")["Items"])
    assert rider.ride_id in events
    assert rider.ride_id in items
    for text in (events, items):
        assert PREFIX[1:] not in text
        assert "Tiffany" not in text
