"""Documents on their way from their pages to a decision, whatever comes twice, late, broken or not at all."""

import json

import pytest

from settlement.domain.reading_work import DecisionDue, ReadingDue
from tests.support.settlement.ledger import World
from tests.support.settlement.office import Office
from tests.support.settlement.pipeline import dearer, invoice
from wild_rydes_contracts.fakes import NOON


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_an_invoice_is_looked_at_and_decided(office: Office, world: World) -> None:
    staged = office.rendered()
    assert office.hear(office.readings, office.due(ReadingDue, staged, "first")) == 0
    assert office.document(staged).state == "reading"
    [request] = office.textract.started
    assert request["ClientRequestToken"] == request["JobTag"] == staged.document_id
    assert request["NotificationChannel"]["RoleArn"] == "arn:role"
    assert office.hear(office.completions, json.dumps(office.ended_job(staged))) == 0
    assert office.told == [("first", "SUCCEEDED")]
    assert office.hear(office.decisions, office.due(DecisionDue, staged, "second")) == 0
    assert office.document(staged).decision == "settled"
    assert office.told[1:] == [("second", "settled")]
    assert all("invoice" in item for item in world.items() if item["id"]["S"].startswith("ride#"))


def test_each_page_that_is_read_has_its_price_in_the_audit_trail(office: Office) -> None:
    made = invoice(3, rides=80, now=NOON)
    staged = office.rendered(made)
    office.hear(office.decisions, office.due(DecisionDue, staged))
    pages = office.document(staged).pages
    assert pages > 1
    read = [entry for entry in office.trail.now(staged.document_id, pages) if entry.step == "read"]
    assert [(entry.page, str(entry.cost), entry.by) for entry in read] == [
        (page, "0.0015", "textract") for page in range(1, pages + 1)
    ]


def test_everything_twice_is_as_once(office: Office) -> None:
    staged = office.rendered()
    for _ in range(2):
        office.hear(office.readings, office.due(ReadingDue, staged))
        office.hear(office.completions, *[json.dumps(office.ended_job(staged))] * 2)
        office.hear(office.decisions, *[office.due(DecisionDue, staged)] * 2)
    assert len(office.textract.jobs) == 1
    assert office.document(staged).decision == "settled"
    assert office.steps(staged)["decide"] == office.steps(staged)["read"] == 1


def test_what_is_wrong_is_disputed(office: Office) -> None:
    made = invoice(1, rides=3, now=NOON)
    office.owe(made)
    staged = office.rendered(dearer(made), owed=False)
    office.hear(office.decisions, office.due(DecisionDue, staged))
    found = office.document(staged)
    assert (found.decision, found.reasons) == ("disputed", ("amount-differs",))


def test_a_job_that_runs_is_looked_at_again(office: Office) -> None:
    office.textract.finishes_at_once = False
    staged = office.rendered()
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 1
    office.textract.finish()
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0
    assert office.document(staged).decision == "settled"


def test_a_job_that_fails_is_tried_once_more_and_a_second_failure_is_for_people(office: Office) -> None:
    office.textract.fails = 1
    staged = office.rendered()
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 1
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0
    assert office.document(staged).decision == "settled"
    office.textract.fails = 2
    other = office.rendered(invoice(2, rides=2, now=NOON), "p-comet/b-1/2.pdf")
    assert office.hear(office.decisions, office.due(DecisionDue, other)) == 1
    assert office.hear(office.decisions, office.due(DecisionDue, other)) == 0
    assert office.document(other).reasons == ("textract-failed",)


@pytest.mark.parametrize("name", ["readings", "completions", "decisions"])
def test_garbage_is_parked_and_holds_up_nothing(office: Office, world: World, name: str) -> None:
    staged = office.rendered()
    good = {
        "readings": office.due(ReadingDue, staged),
        "completions": json.dumps(office.ended_job(staged)),
        "decisions": office.due(DecisionDue, staged),
    }[name]
    garbage = ["garbage", "[]", '{"JobTag": 1}']
    assert office.hear(getattr(office, name), *garbage, good) == 0
    assert len(world.parked()) == len(garbage)


def test_a_message_about_no_document_is_parked(office: Office, world: World) -> None:
    staged = office.stage(b"%PDF-")  # nobody has heard of it
    assert office.hear(office.readings, office.due(ReadingDue, staged)) == 0
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0
    assert world.parked() == ["there is no such document"] * 2


def test_trouble_that_passes_brings_the_message_again(office: Office) -> None:
    staged = office.rendered()
    office.textract.refuses = ["InternalServerError"]
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 1
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0
