"""The event catalogue: what each message says, who sends it and who hears it, and an example to send."""

import json
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from infra.assembly import Assembly
from infra.naming import BUS_NAME, REPLY_QUEUE_PREFIX, Names
from infra.registry.audience import emitters, listeners
from infra.registry.documents.examples import example
from infra.registry.documents.naming import details, identifier, summary
from infra.registry.documents.pages import shown
from infra.registry.documents.words import in_words, rows
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import ACCOUNT, REGION
from infra.rydes.cloud.system import System
from infra.rydes.control_room.unknown import Unknown
from wild_rydes_contracts import Event, Message
from wild_rydes_contracts.ids import derived_uuid7
from wild_rydes_contracts.schemas import json_schema

_QUEUES: Final = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
_ANSWERED: Final = f"{REPLY_QUEUE_PREFIX}ride-booking"
"""The return address of examples that want an answer: ride-booking lets go of what answers no RFQ of its own."""


class Catalogue:
    """What the services tell each other, by contracts and templates."""

    def __init__(self, assembly: Assembly, names: Names) -> None:
        self._assembly = assembly
        self._names = names
        self._messages = {
            identifier(contract): contract for versions in shown().values() for contract in versions
        }

    def all(self) -> list[dict[str, Any]]:
        """List all messages, each with all there is to know of it."""
        return [self._entry(id_, contract) for id_, contract in self._messages.items()]

    def send_example(self, system: System, id_: str) -> dict[str, str]:
        """Put a fresh example on the bus, and say what it is called there.

        Raises:
            Unknown: there is no such event.
            LocalCloudError: the bus refuses it.
        """
        event = self.fresh_example(system, id_)
        detail = event["detail"]
        entry = {
            "EventBusName": system.names.of(BUS_NAME),
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(detail),
        }
        [answer] = system.client("events").put_events(Entries=[entry])["Entries"]
        if "ErrorCode" in answer:
            raise LocalCloudError(f"The bus refuses it: {answer['ErrorCode']}.", "See the emulator's log.")
        return {
            "event_id": str(detail["metadata"]["event_id"]),
            "correlation_id": str(detail["metadata"]["correlation_id"]),
        }

    def fresh_example(self, system: System, id_: str) -> dict[str, Any]:
        """Make a fresh example of an event, as a consumer gets it from the bus.

        Raises:
            Unknown: there is no such event.
        """
        contract = self._messages.get(id_)
        if contract is None or not issubclass(contract, Event):
            raise Unknown(f"There is no event {id_}.", "Choose one of the catalogue.")
        detail = fresh(json.loads(example(contract).to_json()), datetime.now(UTC))
        if "reply_to" in detail["metadata"]:
            detail["metadata"]["reply_to"] = f"{_QUEUES}{system.names.of(_ANSWERED)}"
        return {"detail-type": contract.name, "source": contract.source, "detail": detail}

    def _entry(self, id_: str, contract: type[Message]) -> dict[str, Any]:
        schema = json_schema(contract)
        event = contract if issubclass(contract, Event) else None
        return {
            "id": id_,
            "name": contract.name,
            "version": contract.version,
            "summary": summary(contract),
            "details": details(contract),
            "source": event.source if event else None,
            "useful_life": in_words(event.useful_life) if event else None,
            "answered_with": event.answered_with.name if event and event.answered_with else None,
            "producers": list(emitters(contract)),
            "consumers": self._consumers(event) if event else [],
            "unheard": event.unheard if event else "",
            "fields": [asdict(row) for row in rows(schema["$defs"][contract.__name__], schema["$defs"])],
            "schema": schema,
            "example": json.loads(example(contract).to_json()),
        }

    def _consumers(self, event: type[Event]) -> list[dict[str, str]]:
        return [
            {key: self._names.plain(value) for key, value in asdict(each).items()}
            for each in listeners(event, self._assembly)
        ]


def fresh(detail: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Make of an example one that has happened just now, with ids that nobody has seen."""
    happened = datetime.fromisoformat(detail["metadata"]["occurred_at"])
    old = str(detail["metadata"]["correlation_id"])
    new = str(derived_uuid7(now, secrets.token_hex()))

    def anew(value: Any) -> Any:  # noqa: ANN401 - any JSON value
        match value:
            case dict():
                return {key: anew(inner) for key, inner in value.items()}
            case list():
                return [anew(inner) for inner in value]
            case str() if old in value:
                return value.replace(old, new)
            case str():
                return _later(value, now - happened)
        return value

    made: dict[str, Any] = anew(detail)
    made["metadata"]["event_id"] = str(derived_uuid7(now, secrets.token_hex()))
    return made


def _later(text: str, by: Any) -> str:  # noqa: ANN401 - a timedelta
    """Shift an instant; any other text stays the same."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at + by).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at.tzinfo else text
