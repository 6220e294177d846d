"""The failsafe takes a document all the way by itself, from wherever it was left, and ends it whatever happens."""

import json
from typing import Any

import pytest

from settlement.adapters.pdf_reader import PdfReader, ReaderDied
from settlement.domain.reading_work import ArchiveDue, DecisionDue, HandOver, ReadingDue
from settlement.use_cases.failsafe import TRIES
from tests.support.settlement import hostile
from tests.support.settlement.documents import event_of
from tests.support.settlement.ledger import World
from tests.support.settlement.office import Office
from tests.support.settlement.pipeline import invoice
from wild_rydes_contracts.fakes import NOON, fake


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_an_object_of_which_nobody_could_hear_is_decided(office: Office) -> None:
    made = invoice(1, rides=3, now=NOON)
    office.owe(made)
    office.textract.finishes_at_once = False
    staged = office.stage(made.pdf, "p-comet/b-1/invoice.pdf")
    assert office.hear(office.failsafe, event_of(staged)) == 0
    assert office.document(staged).decision == "settled"
    assert office.slept > 0, "it has waited for Textract"
    pages = office.document(staged).pages
    assert office.steps(staged) == {
        "receive": 1,
        "classify": 1,
        "split": pages,
        "render": pages,
        "read": pages,
        "decide": 1,
        "failsafe": 1,
    }


@pytest.mark.parametrize("contract", [ReadingDue, DecisionDue, HandOver])
def test_a_message_of_any_queue_is_enough(office: Office, contract: type[HandOver]) -> None:
    staged = office.rendered()
    token: dict[str, Any] = {} if contract is HandOver else {"token": "waits"}
    assert office.hear(office.failsafe, fake(contract, document_id=staged.document_id, **token)) == 0
    assert office.document(staged).decision == "settled"
    assert office.told == ([] if contract is HandOver else [("waits", "decided")])


def test_a_completion_and_what_a_rule_tells_of_an_execution_are_enough(office: Office) -> None:
    first = office.rendered()
    second = office.rendered(invoice(2, rides=2, now=NOON), "p-comet/b-1/2.pdf")
    failed = json.dumps({"data": {"document_id": second.document_id}})
    assert office.hear(office.failsafe, json.dumps(office.ended_job(first)), failed) == 0
    assert [office.document(each).decision for each in (first, second)] == ["settled", "settled"]


def test_twice_is_as_once(office: Office) -> None:
    staged = office.rendered()
    for _ in range(2):
        office.hear(office.failsafe, fake(HandOver, document_id=staged.document_id))
    assert office.steps(staged)["failsafe"] == 1
    assert office.document(staged).revision == 3  # rendered, reading, decided


def test_what_fails_again_and_again_is_for_people_with_the_reason_in_its_trail(office: Office) -> None:
    office.textract.refuses = ["InternalServerError"] * TRIES
    staged = office.rendered()
    assert office.hear(office.failsafe, fake(HandOver, document_id=staged.document_id)) == 0
    found = office.document(staged)
    assert (found.decision, found.reasons) == ("review", ("failed",))
    [entry] = [entry for entry in office.trail.now(staged.document_id, 1) if entry.step == "failsafe"]
    assert entry.outcome.startswith("failed: An error occurred (InternalServerError)")


def test_what_passes_by_itself_is_tried_again(office: Office) -> None:
    office.textract.refuses = ["InternalServerError"] * (TRIES - 1)
    staged = office.rendered()
    office.hear(office.failsafe, fake(HandOver, document_id=staged.document_id))
    assert office.document(staged).decision == "settled"


def test_what_kills_its_workers_is_for_people(office: Office) -> None:
    staged = office.rendered()
    assert (
        office.hear(office.failsafe, fake(HandOver, document_id=staged.document_id), received=TRIES + 1) == 0
    )
    assert office.document(staged).reasons == ("failed",)
    assert office.textract.started == []


def test_a_pdf_that_kills_its_reader_ends_unreadable(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> int:
        raise ReaderDied

    monkeypatch.setattr(PdfReader, "count", die)
    staged = office.stage(hostile.pages(1), "p-comet/b-1/1.pdf")
    for _ in range(2):
        office.hear(office.failsafe, event_of(staged))
    assert office.document(staged).reasons == ("kills-workers",)


def test_a_message_about_no_document_is_kept_for_people(office: Office) -> None:
    nobody = fake(HandOver, document_id="00000000-0000-7000-8000-000000000000")
    assert office.hear(office.failsafe, "garbage", nobody, queue="settlement-readings-dlq") == 0
    kept = office.kept()
    assert sorted(each["reason"] for each in kept.values()) == ["not JSON", "there is no such document"]
    assert {each["queue"] for each in kept.values()} == {"settlement-readings-dlq"}


def test_what_could_not_be_archived_is_archived(office: Office) -> None:
    staged = office.rendered()
    office.hear(office.decisions, office.due(DecisionDue, staged))
    letter = fake(ArchiveDue, document_id=staged.document_id)
    assert office.hear(office.failsafe, letter, queue="settlement-archive-dlq") == 0
    assert "reports/p-comet/b-1.json" in office.kept()
    assert office.steps(staged)["failsafe"] == 0
