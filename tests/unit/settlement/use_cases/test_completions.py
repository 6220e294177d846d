"""Ends of Textract's jobs let go on who waits for them, and disturb nobody else."""

import json

import pytest

from settlement.domain.reading_work import DecisionDue, ReadingDue
from tests.support.settlement.ledger import World
from tests.support.settlement.office import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_a_completion_before_anybody_waits_is_dropped_and_the_decision_asks_itself(office: Office) -> None:
    staged = office.rendered()
    assert office.hear(office.completions, json.dumps(office.ended_job(staged))) == 0
    assert office.told == []
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0
    assert office.document(staged).decision == "settled"


def test_nobody_who_has_stopped_waiting_brings_a_message_back(office: Office) -> None:
    office.waits = False
    staged = office.rendered()
    assert office.hear(office.readings, office.due(ReadingDue, staged)) == 0
    assert office.hear(office.completions, json.dumps(office.ended_job(staged))) == 0
    assert office.hear(office.decisions, office.due(DecisionDue, staged)) == 0
