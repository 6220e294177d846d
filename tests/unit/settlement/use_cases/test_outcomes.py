"""What becomes of documents is told: to whoever reads them, the bus, people and the archive, and nothing twice."""

import json

import pytest

from settlement.domain.reading_work import DecisionDue
from tests.support.settlement.ledger import World
from tests.support.settlement.office import Office
from tests.support.settlement.pipeline import dearer, invoice
from wild_rydes_contracts.fakes import NOON


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def decide(office: Office, staged: object) -> None:
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0  # type: ignore[arg-type]


def test_a_rendered_document_begins_one_execution(office: Office) -> None:
    staged = None

    def render() -> None:
        nonlocal staged
        staged = office.rendered()

    office.tell(render, times=2)
    assert staged
    assert office.begun == [staged.document_id]
    assert (office.published, office.asked, office.archive_messages()) == ([], [], [])


def test_a_settled_invoice_is_told_to_the_bus_and_goes_to_the_archive(office: Office) -> None:
    made = invoice(1, rides=3, now=NOON)
    staged = office.rendered(made)
    office.tell(lambda: decide(office, staged))
    assert office.published == [
        {
            "name": "InvoiceSettled",
            "invoice_id": staged.document_id,
            "partner_id": "p-comet",
            "batch": "b-1",
            "amount": {"amount": f"{made.bill.total:.2f}", "currency": made.bill.currency},
            "due": made.bill.due.isoformat(),
            "rides": 3,
            "ride_ids": [ride.id for ride in made.bill.rides],
        }
    ]
    assert office.asked == []
    [message] = office.archive_messages()
    assert json.loads(message)["data"] == {"document_id": staged.document_id}


def test_what_is_told_twice_has_the_same_ids(office: Office) -> None:
    staged = office.rendered()
    office.tell(lambda: decide(office, staged), times=2)
    first, second = office.published
    assert first == second
    messages = office.archive_messages()
    assert len(messages) == 2
    assert len({json.loads(message)["metadata"]["event_id"] for message in messages}) == 1


def test_a_disputed_invoice_is_told_with_its_reasons(office: Office) -> None:
    made = invoice(1, rides=3, now=NOON)
    office.owe(made)
    staged = office.rendered(dearer(made), owed=False)
    office.tell(lambda: decide(office, staged))
    [event] = office.published
    assert (event["name"], event["reasons"]) == ("InvoiceDisputed", ["amount-differs"])
    assert event["ride_ids"] == [made.bill.rides[0].id]


def test_people_are_asked_about_what_is_for_them_and_told_no_names(office: Office) -> None:
    staged = office.rendered()
    office.tell(lambda: office.reader.give_up(office.document(staged)))
    assert office.asked == [
        {
            "document_id": staged.document_id,
            "partner_id": "p-comet",
            "batch": "b-1",
            "state": "decided",
            "reasons": ["failed"],
            "pages": f"https://pages/{staged.document_id}/",
        }
    ]
    assert office.published == []


def test_people_are_asked_about_what_nobody_can_open(office: Office) -> None:
    office.tell(lambda: office.take_in(office.stage(b"", "p-comet/b-1/empty.pdf")))
    assert [(asked["state"], asked["reasons"]) for asked in office.asked] == [("unreadable", ["empty"])]
