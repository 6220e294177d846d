"""Customers who are to be asked how their ride was, once: what `feedback-rides` does with a message can be seen."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.phones.client import Phone, give_phone
from tests.support.patience import eventually
from tests.support.riders import ASKED, NUMBERS
from wild_rydes_contracts import RideCompleted
from wild_rydes_contracts.fakes import fake, on_the_bus

QUEUE = FUNCTION = "feedback-rides"


class Passenger:
    """A customer with a phone, who is asked about a ride by SMS."""

    def __init__(self, cloud: Cloud, name: str | None = None) -> None:
        self.name = name or f"rider-{uuid.uuid4().hex[:12]}"
        cloud.token(self.name, "customers")
        self.phone = Phone(cloud, next(NUMBERS))
        self.id = give_phone(cloud, self.name, self.phone.number)

    def questions(self) -> int:
        """How often the customer was asked."""
        return sum(ASKED in message.text for message in self.phone.messages())

    def is_asked(self) -> None:
        """Wait for the question."""
        eventually(self.questions, f"the question to {self.name}")

    def completed(self, at: datetime | None = None) -> dict[str, Any]:
        """The event that a ride is over."""
        ride = fake(
            RideCompleted,
            ride_id=f"{uuid.uuid4()}.1",
            customer_id=self.id,
            completed_at=at or datetime.now(UTC),
        )
        return on_the_bus(ride)


def send(cloud: Cloud, queue: str, event: dict[str, Any], /, **told: str) -> None:
    """Put a message into a queue, with what was told of it before."""
    attributes: Any = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
    cloud.client("sqs").send_message(
        QueueUrl=cloud.queues()[queue], MessageBody=json.dumps(event), MessageAttributes=attributes
    )


@contextmanager
def configured(cloud: Cloud, **variables: str) -> Iterator[None]:
    """Let the function have other variables meanwhile, and much time: on a slow machine it would park a message twice."""
    functions, sqs, url = cloud.client("lambda"), cloud.client("sqs"), cloud.queues()[QUEUE]
    before = functions.get_function_configuration(FunctionName=FUNCTION)
    hidden = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    kept = before["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=FUNCTION, Timeout=60, Environment={"Variables": kept | variables}
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "180"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=hidden)
        functions.update_function_configuration(
            FunctionName=FUNCTION, Timeout=before["Timeout"], Environment={"Variables": kept}
        )


def id_of(listed: str, text: str) -> str:
    """The id of the one dead letter in a list of which this text is told."""
    letters = re.split(r"^(?=[0-9a-f]{8}  )", listed, flags=re.MULTILINE)
    [letter] = [each for each in letters if text in each]
    return letter[:8]
