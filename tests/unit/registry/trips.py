"""A small event with all that fields may be, its readers, and the ways to change it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, create_model

from infra.assembly import Assembly
from infra.registry.published import Publication, draft, publications, write
from infra.registry.readers import Readers, Statement
from wild_rydes_contracts import Compatibility, Contract, Event, Message, rule_pattern


class Fare(Contract):
    amount: str = Field(pattern=r"^\d{1,7}\.\d{2}$")
    currency: str = Field(pattern="^[A-Z]{3}$")


class Stop(Contract):
    lat: float = Field(ge=-90, le=90)
    label: str | None = None


class Card(Contract):
    kind: Literal["card"] = "card"
    fare: Fare


class Cash(Contract):
    kind: Literal["cash"] = "cash"
    change: int | None = None


class Ended(Event):
    name: ClassVar[str] = "TripEnded"
    source: ClassVar[str] = "wildrydes.trips"
    version: ClassVar[int] = 1


def of(mode: Compatibility) -> type[Ended]:
    """The event's base, in a mode."""

    class Held(Ended):
        compatibility: ClassVar[Compatibility] = mode

    return Held


FIELDS: Mapping[str, Any] = {
    "trip_id": (str, Field(pattern="^[a-z0-9-]+$")),
    "fare": (Fare, ...),
    "stops": (tuple[Stop, ...], Field(max_length=9)),
    "paid": (Annotated[Card | Cash, Field(discriminator="kind")], ...),
    "reason": (Literal["arrived", "given-up"], ...),
    "score": (int, Field(ge=1, le=10)),
    "note": (str | None, Field(default=None, max_length=40)),
    "tip": (Fare | None, None),
}


def trip(base: type[Message] = Ended, *, without: str = "", **changed: Any) -> type[Any]:
    """The event as published, but for some fields."""
    fields = {name: field for name, field in {**FIELDS, **changed}.items() if name != without}
    return create_model("TripEnded", __base__=base, **fields)


def publish(directory: Path, *classes: type[Message]) -> Mapping[str, list[Publication]]:
    """Publish one revision after the other."""
    for contract in classes:
        new = draft(contract, publications(directory), date(2026, 11, 26), "Something is new.")
        assert new
        write(new, directory)
    return publications(directory)


def subscription(service: str, rule: str, pattern: Mapping[str, Any]) -> dict[str, Any]:
    """A stack whose function reads from a queue what a rule brings."""
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    variables = {"POWERTOOLS_SERVICE_NAME": service}
    return {
        "Resources": {
            "Rule": _resource(
                "Events::Rule",
                Name=rule,
                EventBusName="wild-rydes",
                EventPattern=pattern,
                Targets=[{"Arn": queue}],
            ),
            "Queue": _resource("SQS::Queue", QueueName=f"dev-{rule}"),
            "Mapping": _resource(
                "Lambda::EventSourceMapping", EventSourceArn=queue, FunctionName={"Ref": "Function"}
            ),
            "Function": _resource(
                "Lambda::Function", FunctionName=f"dev-{rule}", Environment={"Variables": variables}
            ),
        }
    }


def _resource(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{type_}", "Properties": properties}


ENDED = rule_pattern(Ended)
ASSEMBLY = Assembly(
    Path(),
    {
        "Feedback": subscription("feedback", "dev-feedback-trips", ENDED),
        "Surge": subscription("surge", "dev-surge-trips", ENDED),
        "Other": subscription("unicorn-mgmt", "dev-other", {**ENDED, "detail-type": ["TripBegun"]}),
    },
)
NEEDS = Statement(
    "tips", {"TripEnded.v1": {"reason": {"enum": ["arrived", "given-up"]}, "fare.currency": {}}}
)
READERS = Readers(ASSEMBLY, [NEEDS])
