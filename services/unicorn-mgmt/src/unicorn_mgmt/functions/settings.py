"""What the functions are told by their environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Environment of the API function. `public_url` is set on the local stage only."""

    table_name: str
    public_url: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "ApiSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(environment["TABLE_NAME"], environment.get("PUBLIC_URL"))


@dataclass(frozen=True, slots=True)
class ResponderSettings:
    """Environment of the responder function.

    `reply_to_pattern` is an SQS ARN ending in `*`, `connections_url` where the socket's connections are posted to,
    `api_url` the base of links for unicorns, `partner_queues` the URLs of the partners' queues by partner id.
    """

    table_name: str
    reply_to_pattern: str
    connections_url: str
    api_url: str
    partner_queues: Mapping[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "ResponderSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(
            environment["TABLE_NAME"],
            environment["REPLY_TO_PATTERN"],
            environment["CONNECTIONS_URL"],
            environment["UNICORN_API_URL"],
            json.loads(environment["PARTNER_QUEUES"]),
        )


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """Environment of the function behind the table's stream. For the rest see `ResponderSettings`.

    `ride_queues` are the URLs of the partners' queues for rides by partner id.
    """

    bus_name: str
    reply_to_pattern: str
    connections_url: str
    api_url: str
    dead_letter_queue_url: str
    ride_queues: Mapping[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "OutboxSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(
            environment["BUS_NAME"],
            environment["REPLY_TO_PATTERN"],
            environment["CONNECTIONS_URL"],
            environment["UNICORN_API_URL"],
            environment["DEAD_LETTER_QUEUE_URL"],
            json.loads(environment["PARTNER_RIDE_QUEUES"]),
        )
