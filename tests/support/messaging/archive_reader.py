"""A Lambda function that reads rides in version 2, whichever version they are told in. A test deploys it."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from tests.support.messaging.versions import RideCompletedV2
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_runtime.aws import client

_dynamodb = client("dynamodb")
_logger = Logger()
_metrics = Metrics()
_consumer = Consumer.from_environment(
    os.environ, RideCompletedV2, sqs=client("sqs"), logger=_logger, metrics=_metrics
)


@_metrics.log_metrics
def handler(event: dict[str, Any], _: object) -> PartialBatchResponse:
    """Keep one item an event, by its id, and count how often it came."""
    batch = _consumer.receive(event)
    for message in batch:
        with batch.attempt(message):
            ride, version = message.data, message.metadata.event_version
            _dynamodb.update_item(
                TableName=os.environ["TABLE_NAME"],
                Key={"id": {"S": str(message.metadata.event_id)}},
                UpdateExpression="SET told = :told ADD heard :once",
                ExpressionAttributeValues={
                    ":told": {"S": f"{ride.ride_id} of {ride.rider_id} in version {version}"},
                    ":once": {"N": "1"},
                },
            )
    return batch.settle()
