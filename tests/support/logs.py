"""What the functions have logged, where a test waits for what nobody else tells."""

import json

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import log_events
from tests.support.clients import Json


def records_about(cloud: Cloud, id_: str, function: str) -> list[Json]:
    """The records of a function that name this id, in order."""
    logged = log_events.events(cloud, f'"{id_}"')
    return [json.loads(event.message) for event in logged if event.function == function]


def messages_about(cloud: Cloud, id_: str, function: str) -> list[str]:
    """What those records say."""
    return [record["message"] for record in records_about(cloud, id_, function)]
