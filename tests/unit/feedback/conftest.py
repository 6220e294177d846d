import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import aws
from tests.support.feedback.memory import Memory
from tests.support.feedback.world import BUS, Moto, World
from wild_rydes_contracts import FeedbackReceived


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, Any]]:
    """What all tables of a test module share."""
    sqs, events, cognito = map(aws.client, ("sqs", "events", "cognito-idp"))
    with aws.account():
        told = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=told, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.create_event_bus(Name=BUS)
        pattern = json.dumps({"source": [FeedbackReceived.source]})
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "told", "Arn": arn}])
        yield {
            "dynamodb": aws.client("dynamodb"),
            "streams": aws.client("dynamodbstreams"),
            "sqs": sqs,
            "events": events,
            "cognito": cognito,
            "pool": cognito.create_user_pool(PoolName="pool")["UserPool"]["Id"],
            "dead": sqs.create_queue(QueueName="feedback-dead")["QueueUrl"],
            "told_to": told,
        }


@pytest.fixture
def world() -> Iterator[World]:
    """In memory: for all that is not about expressions and calls."""
    world = World(Memory())
    yield world
    world.close()


@pytest.fixture
def world_on_moto(account: dict[str, Any]) -> Iterator[World]:
    world = World(Moto(**account))
    yield world
    world.close()
