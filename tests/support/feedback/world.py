"""A little world for the feedback service: table with its stream, queues, bus, user pool and phones."""

import io
import itertools
import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters.feedback_table import BY_CALLBACK, BY_DUE, BY_OPT_OUT, FeedbackTable
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sealed_numbers import seal, unseal
from feedback.adapters.sms_service import NotNow, SmsSender
from feedback.adapters.sns_notifications import DeliveryEvent, InboundSms, NotificationConsumer
from feedback.adapters.user_directory import UserDirectory
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.correction import Correction, corrected
from feedback.domain.flow import flow
from feedback.domain.quiet_hours import WakingHours
from feedback.use_cases.outbox import Outbox
from feedback.use_cases.outreach import Outreach
from feedback.use_cases.receipts import Receipts
from feedback.use_cases.replies import Replies
from feedback.use_cases.rides import SurveyOpener
from feedback.use_cases.timers import Timers
from infra.rydes.simulators.phones.client import agreed
from tests.support import aws, modelled
from tests.support.epoch import milliseconds
from tests.support.feedback.memory import Memory
from tests.support.feedback.phones import Phones, Sent
from tests.support.modelled import MakeAccount
from wild_rydes_contracts import Envelope, FeedbackReceived, RideCompleted
from wild_rydes_contracts.instants import truncated
from wild_rydes_contracts.metadata import first_of
from wild_rydes_dynamodb.instants import from_number
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.stream import StreamConsumer

REGION = "us-east-1"
BUS = "wild-rydes"
NOON = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # in Seattle
OURS = "+18445550100"
SEATTLE = "+12065550142"
MADRID = "+34600123456"
SECRET = b"secret of the pseudonyms"
CONTACT = "wildrydes.example/help"
MAX_ATTEMPTS = 3
MACHINE = SurveyMachine(flow())


@dataclass
class Account:
    """An account of AWS: a table of its own, the rest shared."""

    dynamodb: Any
    streams: Any
    sqs: Any
    events: Any
    cognito: Any
    kms: Any
    key: str
    pool: str
    dead: str
    told_to: str
    """The queue that gets all of our events."""

    def __post_init__(self) -> None:
        self.table = f"feedback-{uuid.uuid4()}"
        self._iterator = create_table(self, self.table)

    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.dynamodb.scan(TableName=self.table)["Items"]
        return found

    def records(self) -> list[dict[str, Any]]:
        answer = self.streams.get_records(ShardIterator=self._iterator)
        self._iterator = answer["NextShardIterator"]
        return [json.loads(json.dumps(record, default=str)) for record in answer["Records"]]

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(message["Body"]) for message in self._take(self.told_to)]

    def parked(self) -> list[dict[str, str]]:
        return [
            {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            for message in self._take(self.dead)
        ]

    def close(self) -> None:
        self.dynamodb.delete_table(TableName=self.table)
        self.told()
        self.parked()

    def _take(self, queue: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while taken := self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += taken
            for message in taken:
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@dataclass
class World:
    aws: Account | Memory
    now: datetime = NOON
    lines: io.StringIO = field(default_factory=io.StringIO)
    ours: str | None = OURS
    """Our own number, once there is one."""

    def __post_init__(self) -> None:
        # Powertools keeps one logger per service name, and with it the stream.
        self.logger = Logger(service=f"feedback-{uuid.uuid4()}", stream=self.lines)
        self.metrics = Metrics(namespace="WildRydes", service="feedback")
        self.phones = Phones(lambda: self.now)
        self.pseudonyms = Pseudonyms(SECRET)
        self.table = FeedbackTable(self.aws.dynamodb, self.aws.table, MACHINE)
        self._ids = itertools.count()
        told: dict[str, Any] = {"logger": self.logger, "metrics": self.metrics}
        self.parking_lot = ParkingLot(self.aws.sqs, self.aws.dead, **told)
        clock: dict[str, Any] = {**told, "now": lambda: truncated(self.now)}
        every: dict[str, Any] = {"table": self.table, "machine": MACHINE, **clock}
        self.rides = SurveyOpener(consumer=self._consumer(Consumer, RideCompleted), **every)
        self.replies = Replies(
            consumer=self._consumer(NotificationConsumer, InboundSms),
            pseudonyms=self.pseudonyms,
            seal=partial(seal, self.aws.kms, self.aws.key),
            **every,
        )
        self.receipts = Receipts(consumer=self._consumer(NotificationConsumer, DeliveryEvent), **every)
        self.timers = Timers(**every)
        self.directory = UserDirectory(self.aws.cognito, self.aws.pool)
        self.outreach = Outreach(
            directory=self.directory,
            sender=SmsSender(self.phones.client, configuration_set="feedback"),
            pseudonyms=self.pseudonyms,
            unseal=partial(unseal, self.aws.kms),
            ours=self._our_number,
            contact=CONTACT,
            waking_hours=WakingHours(),
            uniform=max,
            **every,
        )
        self.outbox = Outbox(
            consumer=StreamConsumer(self.parking_lot),
            publisher=Publisher(self.aws.events, BUS, parking_lot=self.parking_lot, **told),
            table=self.table,
            **told,
        )

    def _our_number(self) -> str:
        if self.ours is None:
            raise NotNow("no-origination-number")
        return self.ours

    # -- what happens to the service -----------------------------------------------------------------------------

    def customer(self, number: str | None = SEATTLE, **attributes: str | None) -> str:
        """Create a customer whose number is verified and who has consented, unless the attributes tell otherwise.

        Return their id, which is also their name: moto knows users only by that, AWS also by their sub.
        """
        id_ = f"sub-{uuid.uuid4()}"
        self.set_customer(id_, number, **attributes)
        return id_

    def set_customer(self, id_: str, number: str | None = SEATTLE, **attributes: str | None) -> None:
        """Write all attributes of a customer, as `customer` does."""
        told = {**agreed(number or "", NOON - timedelta(days=30)), **attributes}
        self.aws.cognito.admin_create_user(
            UserPoolId=self.aws.pool,
            Username=id_,
            UserAttributes=[{"Name": n, "Value": v} for n, v in told.items() if v],
        )

    def completed(
        self,
        ride_id: str,
        customer_id: str,
        responder_id: str = "u-shadowfax",
        time_zone: str | None = None,
    ) -> str:
        """The body in which EventBridge puts a RideCompleted into our queue."""
        data = RideCompleted(
            ride_id=ride_id,
            rfq_id=f"rfq-of-{ride_id}",
            responder_id=responder_id,
            customer_id=customer_id,
            completed_at=self.now,
            time_zone=time_zone,
        )
        metadata = first_of(RideCompleted, correlation_id=f"rfq-of-{ride_id}", occurred_at=self.now)
        detail = json.loads(Envelope(metadata=metadata, data=data).to_json())
        return json.dumps(
            {"source": RideCompleted.source, "detail-type": RideCompleted.name, "detail": detail}
        )

    def reply(
        self,
        text: str,
        answers: Sent | str | None = None,
        *,
        sender: str = SEATTLE,
        inbound_id: str | None = None,
        at: datetime | None = None,
        ours: str = OURS,
    ) -> str:
        """The body in which SNS puts an inbound SMS into our queue."""
        content: dict[str, Any] = {
            "originationNumber": sender,
            "destinationNumber": ours,
            "messageKeyword": "KEYWORD_123456789012",
            "messageBody": text,
            "inboundMessageId": inbound_id or f"in/{next(self._ids)}=",
        }
        if answers:
            content["previousPublishedMessageId"] = answers if isinstance(answers, str) else answers.id
        return self.notification(content, at)

    def event(self, type_: str, sms: Sent, **changes: Any) -> str:
        """The body in which SNS puts a delivery event into our queue."""
        content = {
            "eventType": type_,
            "eventVersion": "1.0",
            "eventTimestamp": milliseconds(self.now),
            "isFinal": type_ not in ("TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT"),
            "originationPhoneNumber": OURS,
            "destinationPhoneNumber": sms.to,
            "isoCountryCode": "US",
            "messageId": sms.id,
            "messageRequestTimestamp": milliseconds(sms.at),
            "messageEncoding": "GSM",
            "messageType": "TRANSACTIONAL",
            "messageStatus": type_.removeprefix("TEXT_"),
            "messageStatusDescription": "as the type says",
            "context": sms.context,
            "totalMessageParts": 1,
            "totalMessagePrice": 0.00581,
            "totalCarrierFee": 0.003,
            **changes,
        }
        return self.notification(content)

    def notification(self, content: object, at: datetime | None = None) -> str:
        at = at or self.now
        return json.dumps(
            {
                "Type": "Notification",
                "MessageId": str(uuid.UUID(int=next(self._ids))),
                "TopicArn": f"arn:aws:sns:{REGION}:123456789012:feedback",
                "Message": content if isinstance(content, str) else json.dumps(content),
                "Timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            }
        )

    def handle(
        self, use_case: Any, *bodies: str, attempt: int = 1, waited: timedelta = timedelta()
    ) -> list[str]:
        """Hand a batch of bodies to a queue's function, so long after the first time; the bodies that come again."""
        first = str(milliseconds(self.now - waited))
        records = [
            {
                "messageId": str(i),
                "receiptHandle": f"receipt-{i}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(attempt), "SentTimestamp": first},
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:feedback-dead",
            }
            for i, body in enumerate(bodies)
        ]
        answer = use_case.handle({"Records": records})
        return [bodies[int(failure["itemIdentifier"])] for failure in answer["batchItemFailures"]]

    def ride(self, ride_id: str, customer_id: str, **more: Any) -> None:
        assert self.handle(self.rides, self.completed(ride_id, customer_id, **more)) == []

    def hear(self, text: str, answers: Sent | str | None = None, **more: Any) -> None:
        assert self.handle(self.replies, self.reply(text, answers, **more)) == []

    def track(self, type_: str, sms: Sent, **changes: Any) -> None:
        assert self.handle(self.receipts, self.event(type_, sms, **changes)) == []

    def correct(self, ride_id: str, score: int | None) -> None:
        """Support puts another score in the place of one, or voids it."""
        correction = Correction(score, "misread", "sub-agent", truncated(self.now))
        self.table.change(ride_id, lambda c: corrected(c, correction), correction.at)

    def pass_time(self, **duration: float) -> None:
        """Time passes, and the timers run at its end."""
        self.now += timedelta(**duration)
        self.timers.handle()

    def pump(self) -> None:
        """Bring the stream's records to both functions behind it, until nothing more comes."""
        for _ in range(100):
            if not (records := self.aws.records()):
                return
            self.outbox.handle({"Records": chosen(records, told)})
            self.outreach.handle({"Records": chosen(records, waiting)})
        raise AssertionError("the functions behind the stream bring it a new record for ever")

    def wants_call(
        self, ride_id: str, number: str = SEATTLE, *, time_zone: str | None = None, **more: Any
    ) -> str:
        """A new customer gives a low score, and wants to be called. Their id."""
        customer_id = self.customer(number, **more)
        self.ride(ride_id, customer_id, time_zone=time_zone)
        self.pump()
        for text in ("2", "yes"):
            self.hear(text, self.last_sms(number), sender=number)
            self.pump()
        return customer_id

    # -- what is seen of it --------------------------------------------------------------------------------------

    def conversation(self, ride_id: str) -> Conversation:
        found = self.table.conversation(ride_id)
        assert found
        return found

    def last_sms(self, number: str = SEATTLE) -> Sent:
        return self.phones.to(number)[-1]

    def prompts(self, ride_id: str) -> list[str]:
        return [sms.prompt for sms in self.conversation(ride_id).sms]

    def states(self, ride_id: str) -> list[str]:
        return [sms.state for sms in self.conversation(ride_id).sms]

    def names_told(self) -> list[str]:
        return [event["detail-type"] for event in self.aws.told()]

    def next_due(self) -> datetime | None:
        """When time will next change something."""
        times = [from_number(item["due_at"]) for item in self.aws.items() if "due_at" in item]
        return min(times, default=None)

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]

    def on_call(self, step: Callable[..., None] | None) -> None:
        """Have `step` called before and after each call to AWS, the SMS service included; None ends that."""
        hooks = self.phones.client.meta.events
        if isinstance(self.aws, Memory):
            self.aws.on_call = step or (lambda: None)
        for name, hook in (("before-call", "crash-before"), ("after-call", "crash-after")):
            hooks.unregister(name, unique_id=hook)
            if step:
                hooks.register(name, step, unique_id=hook)

    def close(self) -> None:
        self.metrics.clear_metrics()
        self.aws.close()

    def _consumer(self, kind: Any, contract: Any) -> Any:
        return kind(
            contract,
            sqs=self.aws.sqs,
            parking_lot=self.parking_lot,
            logger=self.logger,
            metrics=self.metrics,
            max_attempts=MAX_ATTEMPTS,
            now=lambda: self.now,
            uniform=random.Random(0).uniform,
        )


def chosen(
    records: list[dict[str, Any]], of_interest: Callable[[Mapping[str, Any]], bool]
) -> list[dict[str, Any]]:
    return [record for record in records if of_interest(record["dynamodb"])]


def waiting(change: Mapping[str, Any]) -> bool:
    """The filter of the outreach function."""
    return bool(change.get("NewImage", {}).get("sms_state") == {"S": "waiting"})


def told(change: Mapping[str, Any]) -> bool:
    """The filter of the outbox function. moto reports an upsert twice, first with only the key."""
    key, new = change["Keys"]["id"]["S"], change.get("NewImage", {})
    return key.startswith("ride#") or (key.startswith("responder#") and "scores" in new)


def create_table(aws: Account, name: str) -> str:
    """The table with its indexes; an iterator over its stream."""
    aws.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "due", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
            {"AttributeName": "callback", "AttributeType": "S"},
            {"AttributeName": "callback_at", "AttributeType": "N"},
            {"AttributeName": "opt_outs", "AttributeType": "S"},
            {"AttributeName": "opt_outs_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": key, "KeyType": "HASH"},
                    {"AttributeName": f"{key}_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": projection},
            }
            for index, key, projection in (
                (BY_DUE, "due", "KEYS_ONLY"),
                (BY_CALLBACK, "callback", "ALL"),
                (BY_OPT_OUT, "opt_outs", "ALL"),
            )
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    arn = aws.dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    (shard,) = aws.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator: str = aws.streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return iterator


def _furnish() -> dict[str, str]:
    sqs, events, cognito, kms = map(aws.client, ("sqs", "events", "cognito-idp", "kms"))
    told = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=told, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    pattern = json.dumps({"source": [FeedbackReceived.source]})
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "told", "Arn": arn}])
    return {
        "key": kms.create_key()["KeyMetadata"]["Arn"],
        "pool": cognito.create_user_pool(PoolName="pool")["UserPool"]["Id"],
        "dead": sqs.create_queue(QueueName="feedback-dead")["QueueUrl"],
        "told_to": told,
    }


@contextmanager
def an_account(account: MakeAccount[dict[str, str]] = modelled.account) -> Iterator[dict[str, Any]]:
    """What the worlds of an account share, which is made by this."""
    clients = {"dynamodb": "dynamodb", "streams": "dynamodbstreams", "cognito": "cognito-idp"}
    with account(_furnish) as made:
        yield {
            **{name: aws.client(service) for name, service in clients.items()},
            **{name: aws.client(name) for name in ("sqs", "events", "kms")},
            **made,
        }
