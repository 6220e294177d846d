from datetime import timedelta

from tests.support.messaging.samples import NOW, RETURN_ADDRESS
from wild_rydes_contracts import Metadata, RfqCompleted, RfqRequested, RfqResponse
from wild_rydes_contracts.metadata import caused_by, first_of


def first(**changes: object) -> Metadata:
    return first_of(
        RfqRequested,
        **{"correlation_id": "rfq-1", "occurred_at": NOW, **changes},  # type: ignore[arg-type]
    )


def test_first_of_carries_contract_and_conversation() -> None:
    deadline = NOW + timedelta(minutes=5)
    metadata = first(reply_to=RETURN_ADDRESS, deadline=deadline)
    assert metadata.event_version == RfqRequested.version
    assert metadata.occurred_at == NOW
    assert metadata.correlation_id == "rfq-1"
    assert metadata.causation_id is None
    assert (metadata.reply_to, metadata.deadline) == (RETURN_ADDRESS, deadline)


def test_telling_the_same_fact_twice_repeats_the_id() -> None:
    assert first().event_id == first().event_id


def test_another_fact_has_another_id() -> None:
    completed = first_of(RfqCompleted, correlation_id="rfq-1", occurred_at=NOW)
    others = {
        first(correlation_id="rfq-2").event_id,
        first(occurred_at=NOW + timedelta(milliseconds=1)).event_id,
        completed.event_id,
        first(distinct="1").event_id,
        first(distinct="2").event_id,
    }
    assert len({first().event_id, *others}) == 6


def test_caused_by_continues_the_conversation() -> None:
    cause = first(reply_to=RETURN_ADDRESS, deadline=NOW + timedelta(minutes=5))
    later = NOW + timedelta(seconds=2)
    metadata = caused_by(cause, RfqResponse, occurred_at=later)
    assert metadata.correlation_id == cause.correlation_id
    assert metadata.causation_id == cause.event_id
    assert metadata.occurred_at == later
    assert metadata.reply_to is None
    assert metadata.deadline is None


def test_handling_a_duplicate_repeats_the_id_at_any_time() -> None:
    cause = first()
    once = caused_by(cause, RfqResponse, occurred_at=NOW)
    again = caused_by(cause, RfqResponse, occurred_at=NOW + timedelta(minutes=1))
    assert once.event_id == again.event_id


def test_two_services_that_answer_one_message_have_ids_of_their_own() -> None:
    cause = first()
    ids = {
        caused_by(cause, RfqResponse, occurred_at=NOW, distinct=service).event_id
        for service in ("unicorn-mgmt", "partners")
    }
    assert len(ids) == 2
