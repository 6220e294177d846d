from collections.abc import Iterator
from typing import Any

import pytest

from ride_booking.adapters.status_documents import S3_CONFIG
from tests.support import aws
from tests.support.ride_booking.connections import Connections
from tests.support.ride_booking.world import DOCUMENTS, Api, World, create_bus, create_table


def clients() -> dict[str, Any]:
    return {name: aws.client(name) for name in ("dynamodb", "sqs", "events")} | {
        "s3": aws.client("s3", S3_CONFIG)
    }


def furnish() -> dict[str, Any]:
    """Create what the stack has; the URLs of its queues."""
    dynamodb, sqs, events, s3 = clients().values()
    create_table(dynamodb)
    s3.create_bucket(Bucket=DOCUMENTS)
    return {
        "replies": sqs.create_queue(QueueName="wild-rydes-reply-ride-booking")["QueueUrl"],
        "deadlines": sqs.create_queue(QueueName="ride-booking-deadlines")["QueueUrl"],
        "dead": sqs.create_queue(QueueName="dead")["QueueUrl"],
        "bus_copy": create_bus(events, sqs),
    }


@pytest.fixture
def world() -> Iterator[World]:
    with aws.account(furnish) as queues:
        world = World(**clients(), **queues)
        yield world
        world.metrics.clear_metrics()


@pytest.fixture
def api(world: World) -> Api:
    return Api(world)


@pytest.fixture
def calls(world: World) -> list[str]:
    """The names of the AWS calls made from now on."""
    made: list[str] = []
    for client in (world.dynamodb, world.sqs, world.events, world.s3):
        client.meta.events.register("before-call", lambda model, **_: made.append(model.name))
    return made


@pytest.fixture
def connections() -> Connections:
    return Connections()
