"""Customers with phones after their rides, the bus as feedback uses it, the support team, and time."""

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from infra.naming import BUS_NAME, USER_POOL_ID_PARAMETER
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.phones.client import Phone, give_phone
from infra.rydes.simulators.phones.model import Sms
from tests.support.clients import Json, api
from tests.support.patience import eventually

PREFIX = "+1425555"
"""Of nearly all customers' numbers, and of no other."""
NUMBERS = (f"{PREFIX}{number % 10_000:04d}" for number in itertools.count(uuid.uuid4().int))
TAP = "test-feedback-tap"
ASKED, CALL_OFFERED, THANKED, PROMISED, OPTED_OUT = (
    "how was your ride?",
    "our support team to call you",
    "Thank you! Your unicorn",
    "will call you",
    "you have opted out",
)


class Bus:
    """The bus, with everything that our services publish."""

    def __init__(self, cloud: Cloud) -> None:
        self._events = cloud.client("events")
        self._sqs = cloud.client("sqs")
        self._name, self._tap = cloud.names.of(BUS_NAME), cloud.names.of(TAP)
        self._queue = self._sqs.create_queue(QueueName=self._tap)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": [{"prefix": "wildrydes."}]})
        self._events.put_rule(Name=self._tap, EventBusName=self._name, EventPattern=pattern)
        target = {"Id": "tap", "Arn": arn["Attributes"]["QueueArn"]}
        self._events.put_targets(Rule=self._tap, EventBusName=self._name, Targets=[target])
        self._seen: list[Json] = []

    def close(self) -> None:
        self._events.remove_targets(Rule=self._tap, EventBusName=self._name, Ids=["tap"])
        self._events.delete_rule(Name=self._tap, EventBusName=self._name)
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
                    "EventBusName": self._name,
                    "Source": "wildrydes.unicorn-mgmt",
                    "DetailType": "RideCompleted",
                    "Detail": json.dumps({"metadata": metadata, "data": data}),
                }
            ]
        )
        assert answer["FailedEntryCount"] == 0

    def everything(self) -> list[Json]:
        """What was published so far: each event once, in the order of its arrival."""
        while batch := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in batch:
                self._seen.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return list({e["detail"]["metadata"]["event_id"]: e for e in self._seen}.values())

    def about(self, ride_id: str) -> list[Json]:
        """What feedback has published about a ride so far."""
        return [
            event
            for event in self.everything()
            if event["source"] == "wildrydes.feedback" and event["detail"]["data"]["ride_id"] == ride_id
        ]

    def told(self, ride_id: str, *names: str) -> list[Json]:
        """Wait for the events of these names about a ride; their data, in this order."""

        def heard() -> dict[str, Json]:
            return {event["detail-type"]: event["detail"]["data"] for event in self.about(ride_id)}

        found = eventually(heard, f"{names} about {ride_id}", lambda found: found.keys() >= set(names))
        return [found[name] for name in names]


class Rider:
    """A customer with a phone, after a ride."""

    def __init__(self, cloud: Cloud, bus: Bus, number: str | None = None) -> None:
        self.cloud, self.bus = cloud, bus
        self.number = number or next(NUMBERS)
        self.phone = Phone(cloud, self.number)
        self.name = f"rider-{uuid.uuid4().hex[:12]}"
        cloud.token(self.name, "customers")
        self.id = give_phone(cloud, self.name, self.number)
        self.ride_id = f"ride-{uuid.uuid4().hex}"
        self.responder_id = f"u-{uuid.uuid4().hex[:12]}"

    def goes_by(self, name: str) -> None:
        """Write a name to the user directory."""
        self.cloud.client("cognito-idp").admin_update_user_attributes(
            UserPoolId=self.cloud.parameters[USER_POOL_ID_PARAMETER],
            Username=self.id,
            UserAttributes=[{"Name": "name", "Value": name}],
        )

    def rides(self) -> None:
        self.bus.completed(self.ride_id, self.id, self.responder_id)

    def read(self, text: str, count: int = 1) -> list[Sms]:
        """Wait until so many SMS with this text have come; all that have come so far."""

        return eventually(
            self.got, f"{text!r} on the phone", lambda got: sum(text in sms.text for sms in got) >= count
        )

    def got(self) -> list[Sms]:
        return [sms for sms in self.phone.messages() if sms.ours]

    def says(self, *texts: str) -> None:
        for text in texts:
            self.phone.say(text)

    def stops(self, text: str) -> None:
        """Say so, and wait until it is heard: messages overtake each other."""
        self.says(text)
        dynamodb, key = self.cloud.client("dynamodb"), {"id": {"S": f"ride#{self.ride_id}"}}

        eventually(
            lambda: dynamodb.get_item(TableName="feedback", Key=key, ConsistentRead=True)["Item"],
            f"{text!r} heard",
            lambda item: item["muted"]["BOOL"],
        )


class Support:
    """The support team, over its API."""

    def __init__(self, cloud: Cloud, group: str = "support") -> None:
        self.name = f"agent-{group}-{uuid.uuid4().hex[:8]}"
        self.token = cloud.token(self.name, group)
        self.http = api(cloud.urls["support-api"], f"Bearer {self.token}")

    def callbacks(self) -> dict[str, Json]:
        """The calls that customers wait for, by their ride."""
        return {callback["ride-id"]: callback for callback in self._pages("callbacks")}

    def opt_outs(self) -> list[Json]:
        """The export of numbers that want no SMS."""
        return list(self._pages("opt-outs"))

    def _pages(self, name: str) -> Iterator[Json]:
        url: str | None = f"/{name}"
        while url:
            page = self.http.get(url).raise_for_status().json()
            yield from page[name]
            url = page["links"].get("next")

    def feedback(self, ride_id: str) -> Json:
        answer = self.http.get(f"/rides/{ride_id}/feedback")
        return dict(answer.json()) if answer.status_code == 200 else {}

    def sees(self, ride_id: str, what: Callable[[Json], object], described: str) -> Json:
        return eventually(lambda: self.feedback(ride_id), described, lambda found: found and what(found))

    def sees_sms(self, ride_id: str, state: str, index: int = 0) -> Json:
        """Wait until the ride's SMS is in this state; the SMS."""

        def there(found: Json) -> bool:
            return len(found["messages"]) > index and found["messages"][index]["state"] == state

        sms: Json = self.sees(ride_id, there, f"SMS {index} {state}")["messages"][index]
        return sms


def let_time_pass(cloud: Cloud, ride_id: str, by: timedelta | None = None) -> None:
    """Let the timers find the conversation due, or by so much older."""
    dynamodb, key = cloud.client("dynamodb"), {"id": {"S": f"ride#{ride_id}"}}
    milliseconds = int((by or timedelta(days=1)) / timedelta(milliseconds=1))

    def earlier(attributes: Json) -> None:
        for name in ("due_at", "since", "created_at", "at", "said_at", "not_before", "look_at"):
            if name in attributes:
                attributes[name] = {"N": str(int(attributes[name]["N"]) - milliseconds)}

    def written() -> bool:
        """Whether nobody else wrote meanwhile; whoever wants to now has to read again."""
        item = dynamodb.get_item(TableName="feedback", Key=key, ConsistentRead=True)["Item"]
        revision = item["revision"]
        earlier(item)
        for sms in item["sms"]["L"]:
            earlier(sms["M"])
        item["revision"] = {"N": str(int(revision["N"]) + 1)}
        unchanged = {
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": {":revision": revision},
        }
        try:
            dynamodb.put_item(TableName="feedback", Item=item, **unchanged)
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    eventually(written, "time passes")
    answer = cloud.client("lambda").invoke(FunctionName="feedback-timers", Payload=b"{}")
    assert "FunctionError" not in answer
