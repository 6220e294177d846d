"""A contract states its name, source and version as literals, and the bus carries no personal data."""

import ast
import importlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import wild_rydes_contracts
from ride_booking.api.rfq_representations import LONGEST
from ride_booking.domain.ride import TIME_TO_CONFIRM
from wild_rydes_contracts import EVENTS, MESSAGES, RETIRED, Event, Message, Metadata
from wild_rydes_contracts.feedback import FeedbackEvent
from wild_rydes_contracts.invoices import InvoiceEvent
from wild_rydes_contracts.rides import RideEvent
from wild_rydes_contracts.strategies import CONTRACTS

SERVICES = {f"wildrydes.{folder.name}" for folder in (Path(__file__).parents[2] / "services").iterdir()}

# Words that no field on the bus may have in its name. An id (`customer_id`) is not personal data.
PERSONAL = {
    *(
        "address",
        "birthday",
        "comment",
        "customer",
        "email",
        "label",
        "mail",
        "message",
        "mobile",
        "name",
        "number",
    ),
    *("owner", "person", "phone", "sms", "text", "user"),
}

# They hold what several messages share, and are not messages themselves.
BASES = {Event, RideEvent, FeedbackEvent, InvoiceEvent}

# The name a unicorn goes by is shown to customers. It goes to a return address, never on the bus.
STAGE_NAME = {"display_name"}


def every_subclass(base: type[Message]) -> Iterator[type[Message]]:
    for subclass in base.__subclasses__():
        if subclass.__module__.startswith("wild_rydes_contracts"):
            yield subclass
        yield from every_subclass(subclass)


def test_every_message_class_is_listed() -> None:
    for module in Path(wild_rydes_contracts.__path__[0]).glob("*.py"):
        importlib.import_module(f"wild_rydes_contracts.{module.stem}")
    retired = {old for contract in CONTRACTS for old in contract.followed()} - set(CONTRACTS)
    assert {old.versioned_name() for old in retired} <= RETIRED
    assert set(every_subclass(Message)) - BASES - retired == set(CONTRACTS)
    assert all(issubclass(event, Event) for event in EVENTS)
    assert not any(issubclass(message, Event) for message in MESSAGES)


def test_names_are_unique_and_in_the_past_tense_style() -> None:
    versions = [contract.versioned_name() for contract in CONTRACTS]
    assert len(set(versions)) == len(versions)
    assert all(re.fullmatch(r"([A-Z][a-z]+)+", contract.name) for contract in CONTRACTS)
    assert all(event.name.endswith(("ed", "Done")) for event in EVENTS)


def literals(contract: type[Message]) -> dict[str, Any]:
    """The class variables of a contract that its source states as literals."""
    module = importlib.import_module(contract.__module__)
    tree = ast.parse(Path(str(module.__file__)).read_text())
    (definition,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == contract.__name__]
    return {
        statement.target.id: statement.value.value
        for statement in definition.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(statement.value, ast.Constant)
    }


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_name_source_and_version_are_literals(contract: type[Message]) -> None:
    stated = literals(contract)
    assert stated["name"] == contract.name
    assert stated["version"] == contract.version
    assert contract.version >= 1
    if issubclass(contract, Event):
        assert stated["source"] == contract.source
        assert contract.source in SERVICES


FACTS = (
    *("RfqCompleted", "RideBooked", "RideBookingFailed", "RideRejected", "RideCompleted"),
    *("PartnerCircuitOpened", "PartnerCircuitClosed", "CallbackRequested", "CallbackDone"),
    *("FeedbackRequested", "FeedbackReceived", "FeedbackCorrected", "FeedbackExpired"),
)


def test_an_event_is_of_use_for_as_long_as_somebody_waits_for_it_and_no_longer() -> None:
    longest_rfq = timedelta(seconds=LONGEST)
    asks = {"RfqRequested": longest_rfq, "QuoteAccepted": TIME_TO_CONFIRM, "RideConfirmed": TIME_TO_CONFIRM}
    known = asks | dict.fromkeys(FACTS, timedelta(days=1))
    assert {event.name: event.useful_life for event in EVENTS if event.name in known} == known
    for event in EVENTS:
        assert timedelta(minutes=1) <= event.useful_life <= timedelta(days=1), "what EventBridge can keep to"


def fields(annotation: Any) -> Iterator[str]:
    """Names of all fields of a model and of the models in it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield name
            yield from fields(field.annotation)
    for argument in get_args(annotation):
        yield from fields(argument)


def personal(model: type[BaseModel]) -> set[str]:
    return {
        name for name in fields(model) if not name.endswith("_id") and PERSONAL & set(name.lower().split("_"))
    }


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_no_field_of_an_event_is_personal(event: type[Event]) -> None:
    assert list(fields(event))
    assert personal(event) == set()


def test_no_field_of_a_reply_or_of_metadata_is_personal() -> None:
    assert personal(Metadata) == set()
    for message in MESSAGES:
        assert personal(message) <= STAGE_NAME


def test_personal_fields_are_found_at_any_depth() -> None:
    class Person(BaseModel):
        phone_number: str | None = None
        customer_id: str
        email: str

    class Ride(BaseModel):
        riders: tuple[Person, ...]

    assert personal(Ride) == {"phone_number", "email"}
