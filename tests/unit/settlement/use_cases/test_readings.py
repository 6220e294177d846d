"""Documents go to Textract, once, however often that is asked for and whatever Textract says."""

import pytest

from settlement.domain.reading_work import DecisionDue, ReadingDue
from tests.support.settlement.ledger import World
from tests.support.settlement.office import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "LimitExceededException"])
def test_a_start_that_is_throttled_comes_again(office: Office, code: str) -> None:
    office.textract.refuses = [code]
    staged = office.rendered()
    assert office.hear(office.readings, office.due(ReadingDue, staged)) == 1
    assert office.told == []
    assert office.hear(office.readings, office.due(ReadingDue, staged), received=2) == 0
    assert len(office.textract.jobs) == 1


def test_a_document_that_textract_refuses_is_for_people(office: Office) -> None:
    office.textract.refuses = ["UnsupportedDocumentException"] * 2
    staged = office.rendered()
    assert office.hear(office.readings, office.due(ReadingDue, staged)) == 0
    assert office.told == [("token", "refused")]
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0
    found = office.document(staged)
    assert (found.decision, found.reasons) == ("review", ("textract-refused",))


def test_a_reading_of_what_has_ended_starts_nothing(office: Office) -> None:
    staged = office.rendered()
    office.hear(office.decisions, office.due(DecisionDue, staged))
    started = len(office.textract.started)
    office.hear(office.readings, office.due(ReadingDue, staged, "late"))
    assert (len(office.textract.started), office.told[-1]) == (started, ("late", "decided"))
