"""Documents that have ended are archived and reported: each once, whoever else writes at the same time."""

import pytest

from settlement.domain.reading_work import ArchiveDue, DecisionDue
from tests.support.settlement.ledger import World
from tests.support.settlement.office import Office
from tests.support.settlement.pipeline import invoice
from wild_rydes_contracts.fakes import NOON, fake


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def decide(office: Office, staged: object) -> None:
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0  # type: ignore[arg-type]


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
    object.__setattr__(slow, "archive", Raced(lambda: office.s3, "archive", "staging"))
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
