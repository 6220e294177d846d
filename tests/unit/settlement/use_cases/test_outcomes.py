"""What becomes of documents is told: to whoever reads them, the bus, people and the archive, and nothing twice."""

import json

import pytest

from settlement.domain.reading_work import ArchiveDue, DecisionDue
from tests.support.settlement.ledger import World
from tests.support.settlement.office import Office
from tests.support.settlement.pipeline import dearer, invoice
from wild_rydes_contracts.fakes import NOON, fake


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


# --- the archive


def archive(office: Office, *staged: object) -> int:
    return office.hear(
        office.archiving,
        *(fake(ArchiveDue, document_id=each.document_id) for each in staged),  # type: ignore[attr-defined]
    )


def test_the_archive_has_the_original_the_decision_and_the_trail(office: Office) -> None:
    staged = office.rendered()
    decide(office, staged)
    assert archive(office, staged) == 0
    kept = office.kept()
    place = f"documents/p-comet/b-1/{staged.document_id}"
    assert kept[f"{place}/invoice.pdf"] == staged.size
    assert kept[f"{place}.json"]["decision"] == "settled"
    assert [entry["step"] for entry in kept[f"{place}.json"]["trail"]] == ["read", "decide", "archive"]


def test_the_report_has_each_document_of_its_batch_once_however_often_it_is_written(office: Office) -> None:
    first = office.rendered()
    second = office.rendered(invoice(2, rides=2, now=NOON), "p-comet/b-1/2.pdf")
    other = office.rendered(invoice(3, rides=2, now=NOON), "p-comet/b-2/3.pdf")
    decide(office, first)
    archive(office, first)
    report = office.kept()["reports/p-comet/b-1.json"]
    assert report["totals"]["documents"] == {"rendered": 1, "settled": 1}
    decide(office, second)
    decide(office, other)
    archive(office, second, other, second)
    archive(office, first, second)
    report = office.kept()["reports/p-comet/b-1.json"]
    assert report["totals"]["documents"] == {"settled": 2}
    assert [row["name"] for row in report["documents"]] == ["invoice.pdf", "2.pdf"] or [
        row["name"] for row in report["documents"]
    ] == ["2.pdf", "invoice.pdf"]
    assert report["totals"]["pages"] == sum(row["pages"] for row in report["documents"])
    assert float(report["totals"]["dollars"]) >= 0.0015 * report["totals"]["pages"]


def test_a_report_that_somebody_else_has_written_meanwhile_loses_nothing(office: Office) -> None:
    first = office.rendered()
    second = office.rendered(invoice(2, rides=2, now=NOON), "p-comet/b-1/2.pdf")
    decide(office, first)
    decide(office, second)
    read = office.archiving.archive.report
    raced: list[bool] = []

    class Raced(type(office.archiving.archive)):  # type: ignore[misc]
        def report(self, *arguments: str) -> object:
            found = read(*arguments)
            if not raced:
                raced.append(True)
                archive(office, second)
            return found

    slow = object.__new__(type(office.archiving))
    for name in office.archiving.__slots__:
        object.__setattr__(slow, name, getattr(office.archiving, name))
    object.__setattr__(slow, "archive", Raced(lambda: office.s3, "archive"))
    assert office.hear(slow, fake(ArchiveDue, document_id=first.document_id)) == 0
    assert raced
    assert office.kept()["reports/p-comet/b-1.json"]["totals"]["documents"] == {"settled": 2}


def test_an_original_that_is_gone_is_reported_all_the_same(office: Office) -> None:
    staged = office.rendered()
    decide(office, staged)
    office.s3.delete_object(Bucket=staged.bucket, Key=staged.key)
    assert archive(office, staged) == 0
    [entry] = [entry for entry in office.trail.now(staged.document_id, 1) if entry.step == "archive"]
    assert entry.outcome == "gone"
    assert "reports/p-comet/b-1.json" in office.kept()


def test_a_document_that_has_not_ended_is_not_archived(office: Office, world: World) -> None:
    staged = office.rendered()
    assert archive(office, staged) == 0
    assert world.parked() == ["there is no such document that has ended"]
    assert office.kept() == {}
