from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from ride_booking.adapters.status_documents import S3_CONFIG
from tests.support.ride_booking.world import DOCUMENTS, REGION, Api, World, create_bus, create_table
from wild_rydes_runtime.aws import CLIENT_CONFIG

# One for all tests: it keeps what is read from botocore's data files.
SESSION = botocore.session.get_session()
SESSION.set_credentials("test", "test")


def client(service: str) -> Any:
    return SESSION.create_client(
        service, region_name=REGION, config=S3_CONFIG if service == "s3" else CLIENT_CONFIG
    )


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        dynamodb, sqs, events, s3 = (client(service) for service in ("dynamodb", "sqs", "events", "s3"))
        create_table(dynamodb)
        s3.create_bucket(Bucket=DOCUMENTS)
        world = World(
            dynamodb,
            sqs,
            events,
            s3,
            replies=sqs.create_queue(QueueName="wild-rydes-reply-ride-booking")["QueueUrl"],
            deadlines=sqs.create_queue(QueueName="ride-booking-deadlines")["QueueUrl"],
            dead=sqs.create_queue(QueueName="dead")["QueueUrl"],
            bus_copy=create_bus(events, sqs),
        )
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
