"""Documents in which Macie finds what must not be there: whenever it says so, however often, and whoever works on them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from settlement.adapters.archive import Archive, place_of
from settlement.domain.document import Decision, StagedObject
from tests.support.aws import refusal
from tests.support.settlement import hostile
from tests.support.settlement.documents import STAGING, WORKING
from tests.support.settlement.ledger import World
from tests.support.settlement.ward import ARCHIVE, CARD, IBAN, QUARANTINE, Ward, finding_of

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def ward(world: World) -> Ward:
    return Ward(world)


@pytest.fixture
def staged(ward: Ward) -> StagedObject:
    return ward.stage(hostile.pages(3))


def decided(ward: Ward, staged: StagedObject, decision: Decision) -> None:
    ward.table.change(staged.document_id, lambda found: found.decide(decision, (), NOW))


def is_away(ward: Ward, staged: StagedObject, prefix: str = "undecided") -> bool:
    """Whether the document is in quarantine, and nowhere else."""
    elsewhere = [key for bucket in (STAGING, WORKING, ARCHIVE) for key in ward.held(bucket)]
    return ward.held() == [f"{prefix}/{staged.document_id}"] and not elsewhere


def test_a_document_with_a_card_number_goes_into_quarantine(
    ward: Ward, staged: StagedObject, world: World
) -> None:
    ward.take_in(staged)
    ward.finish()
    assert ward.document(staged).state == "rendered"
    ward.find(staged)
    document = ward.document(staged)
    assert (document.state, document.reasons) == ("quarantined", ("sensitive-data",))
    assert is_away(ward, staged)
    assert "SensitiveDocuments" in world.counted()


def test_the_audit_trail_has_kinds_counts_and_job_and_nothing_else(ward: Ward, staged: StagedObject) -> None:
    ward.find(staged, {"CREDIT_CARD_NUMBER": 2, "PHONE_NUMBER": 1})
    (entry,) = ward.trail.of(staged.document_id)
    assert (entry.step, entry.by) == ("quarantine", "settlement-findings")
    assert entry.outcome == "CREDIT_CARD_NUMBER 2, PHONE_NUMBER 1 (job job-1, finding f1)"


def test_a_document_with_the_payees_bank_account_goes_on(
    ward: Ward, staged: StagedObject, world: World
) -> None:
    ward.take_in(staged)
    ward.find(staged, IBAN)
    ward.finish()
    assert ward.document(staged).state == "rendered"
    assert ward.held() == ward.sweeps() == []
    scan = next(entry for entry in ward.trail.of(staged.document_id) if entry.step == "scan")
    assert "GERMANY_BANK_ACCOUNT_NUMBER 2" in scan.outcome
    assert "SensitiveDocuments" not in world.counted()


def test_a_finding_that_comes_before_its_document_ends_it(ward: Ward, staged: StagedObject) -> None:
    ward.find(staged)
    assert ward.take_in(staged) == 0
    assert ward.document(staged).state == "quarantined"
    assert ward.messages() == []
    assert is_away(ward, staged)


def test_a_finding_that_comes_while_its_document_is_taken_in_ends_it(
    ward: Ward, staged: StagedObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look whether it is known and the write that makes it known."""
    get = ward.table.get

    def get_and_find(document_id: str) -> Any:
        found = get(document_id)
        monkeypatch.undo()
        ward.find(staged)
        return found

    monkeypatch.setattr(type(ward.table), "get", lambda _, document_id: get_and_find(document_id))
    assert ward.take_in(staged) == 0
    assert ward.document(staged).reasons == ("sensitive-data",)
    assert ward.messages() == []


def test_nobody_works_on_a_document_in_quarantine(ward: Ward, staged: StagedObject) -> None:
    ward.take_in(staged)
    work = ward.messages()
    ward.find(staged)
    assert ward.work(*work) == 0
    assert is_away(ward, staged)
    decided(ward, staged, "settled")
    assert ward.document(staged).state == "quarantined"


def test_what_a_worker_writes_after_the_finding_is_swept_away(ward: Ward, staged: StagedObject) -> None:
    ward.take_in(staged)
    ward.find(staged)
    ward.s3.put_object(Bucket=WORKING, Key=f"pages/{staged.document_id}/1.pdf", Body=b"late")
    ward.s3.put_object(Bucket=WORKING, Key=f"pages/{staged.document_id}0/1.pdf", Body=b"another's")
    (sweep,) = ward.sweeps()
    assert ward.hear(sweep, sweep) == 0
    assert ward.held(WORKING) == [f"pages/{staged.document_id}0/1.pdf"]
    assert ward.sweeps() == [], "a sweep is the last one"


@pytest.mark.parametrize("decision", ["settled", "disputed", "review"])
def test_a_decision_stands_and_its_document_goes_where_nobody_reads_it(
    ward: Ward, staged: StagedObject, decision: Decision, world: World
) -> None:
    ward.take_in(staged)
    ward.finish()
    decided(ward, staged, decision)
    ward.find(staged)
    assert (ward.document(staged).state, ward.document(staged).decision) == ("decided", decision)
    assert is_away(ward, staged, "decided")
    assert "SensitiveDocuments" in world.counted()


@pytest.mark.parametrize("is_staged", [True, False])
def test_an_original_in_the_archive_is_moved_and_what_was_decided_stays_there(
    ward: Ward, staged: StagedObject, is_staged: bool
) -> None:
    """The staged object may have expired by then: Macie looks once a day, and may be late."""
    ward.take_in(staged)
    ward.finish()
    decided(ward, staged, "settled")
    document = ward.document(staged)
    assert Archive(lambda: ward.s3, bucket=ARCHIVE, staging_bucket=STAGING).keep(document)
    ward.s3.put_object(Bucket=ARCHIVE, Key=f"{place_of(document)}.json", Body=b"{}")
    if not is_staged:
        ward.s3.delete_object(Bucket=STAGING, Key=staged.key)
    ward.find(staged)
    assert ward.held(ARCHIVE) == [f"{place_of(document)}.json"]
    assert ward.held() == [f"decided/{staged.document_id}"]
    body = ward.s3.get_object(Bucket=QUARANTINE, Key=f"decided/{staged.document_id}")["Body"].read()
    assert body == hostile.pages(3)


def test_twice_is_as_once(ward: Ward, staged: StagedObject, world: World) -> None:
    ward.take_in(staged)
    assert ward.hear(finding_of(staged, CARD), finding_of(staged, CARD), finding_of(staged, CARD, "f2")) == 0
    before = world.items()
    assert ward.hear(*ward.sweeps(), finding_of(staged, CARD)) == 0
    assert world.items() == before
    assert is_away(ward, staged)


def test_what_replaced_the_document_stays(ward: Ward, staged: StagedObject) -> None:
    successor = ward.stage(hostile.pages(1))
    ward.find(staged)
    assert (ward.held(), ward.held(STAGING)) == ([], [successor.key])
    ward.take_in(successor)
    ward.finish()
    assert ward.document(successor).state == "rendered"


def test_a_document_that_is_gone_is_ended_all_the_same(ward: Ward, staged: StagedObject) -> None:
    ward.s3.delete_object(Bucket=STAGING, Key=staged.key)
    assert ward.find(staged) == 0
    assert ward.document(staged).state == "quarantined"


@pytest.mark.parametrize("fails", ["copy_object", "delete_object", "delete_objects", "list_objects_v2"])
def test_what_s3_refuses_for_now_is_done_the_next_time(
    ward: Ward, staged: StagedObject, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    ward.take_in(staged)
    ward.finish()
    call = ward.s3._make_api_call
    operation = "".join(part.title() for part in fails.split("_"))

    def refuse(name: str, parameters: Any) -> Any:
        if name == operation:
            raise refusal("SlowDown", 503)
        return call(name, parameters)

    monkeypatch.setattr(ward.s3, "_make_api_call", refuse)
    assert ward.find(staged) == 1
    assert ward.document(staged).state == "quarantined", "from the first moment nobody settles it"
    monkeypatch.undo()
    assert ward.find(staged) == 0
    assert is_away(ward, staged)


def _event(change: Callable[[Any], Any]) -> str:
    staged = StagedObject(STAGING, "p-comet/b/x.pdf", "0" * 32, 5)
    event = json.loads(finding_of(staged, CARD))
    change(event)
    return json.dumps(event)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "nonsense",
        "[" * 100_000,
        '{"metadata": {}, "data": {}}',
        _event(lambda event: event.update(source="aws.s3")),
        _event(lambda event: event["detail"].pop("resourcesAffected")),
        _event(lambda event: event["detail"]["resourcesAffected"].pop("s3Object")),
        _event(lambda event: event["detail"].update(classificationDetails=7)),
    ],
    ids=lambda body: body[:12],
)
def test_garbage_is_parked_and_harms_no_other_message(
    ward: Ward, staged: StagedObject, world: World, body: str
) -> None:
    assert ward.hear(body, finding_of(staged, CARD)) == 0
    assert is_away(ward, staged)
    (reason,) = world.parked()
    assert "p-comet" not in reason
