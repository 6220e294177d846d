"""What the functions are told by their environment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Environment of the API function. `public_url` is set on the local stage only."""

    table_name: str
    document_bucket: str
    public_url: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "ApiSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(environment["TABLE_NAME"], environment["DOCUMENT_BUCKET"], environment.get("PUBLIC_URL"))


@dataclass(frozen=True, slots=True)
class RequesterSettings:
    """Environment of the function behind the table's stream. `reply_to` is the ARN of the return address."""

    bus_name: str
    reply_to: str
    deadline_queue_url: str
    dead_letter_queue_url: str
    document_bucket: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "RequesterSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(
            environment["BUS_NAME"],
            environment["REPLY_QUEUE_ARN"],
            environment["DEADLINE_QUEUE_URL"],
            environment["DEAD_LETTER_QUEUE_URL"],
            environment["DOCUMENT_BUCKET"],
        )


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """Environment of a function that sends to the RFQ socket's connections, at `connections_url`."""

    table_name: str
    connections_url: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "SocketSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(environment["TABLE_NAME"], environment["CONNECTIONS_URL"])
