"""Documents on the deployed stacks, with IAM enforced: each becomes pages or has a reason, whatever happens to its workers."""

import json
from collections.abc import Mapping

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.invoices.made import invented
from settlement.domain.document import Document, StagedObject
from tests.support.logs import messages_about, records_about
from tests.support.patience import eventually
from tests.support.settlement import hostile
from tests.support.settlement.documents import event_of
from tests.support.settlement.intake import Intake

LARGE, PAGES = "settlement-pages-large", 300
BACK_AFTER = 15
"""Seconds until the message of a killed worker is back here: on AWS it is three minutes."""
INVOICES = {"single": 1, "small": 40}
"""Size class -> rides of an invoice of it."""


@pytest.fixture(scope="module")
def intake(cloud: Cloud) -> Intake:
    return Intake.begun(cloud)


@pytest.fixture(scope="module")
def staged(cloud: Cloud, intake: Intake) -> Mapping[str, StagedObject]:
    """All documents, put there at once. A worker of the large one was killed with a PDF open."""
    sqs, url = cloud.client("sqs"), cloud.queues()[LARGE]
    [hidden] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])[
        "Attributes"
    ].values()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(BACK_AFTER)})
    found = {"large": intake.stage(hostile.pages(PAGES), "large.pdf")}
    for size_class, rides in INVOICES.items():
        found[size_class] = intake.stage(invented(3, rides=rides).pdf, f"{size_class}.pdf")
    for name, (make, _) in hostile.BROKEN.items():
        found[name] = intake.stage(make(), f"{name}.pdf")
    found["unknown payee"] = intake.stage(hostile.pages(1), "invoice.pdf", "p-nobody")
    eventually(lambda: intake.at_work(LARGE), "a worker at work").kill()
    eventually(lambda: _again(cloud, found["large"]), "the dead worker's message comes again")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": hidden})
    return found


def _again(cloud: Cloud, staged: StagedObject) -> bool:
    return any(record.get("attempt", 0) > 1 for record in records_about(cloud, staged.document_id, LARGE))


def drawn(intake: Intake, document: Document) -> None:
    """Check that each page has its file, its picture and its entries."""
    pages = range(1, document.pages + 1)
    assert intake.pages(document) == {f"{page}.{kind}" for page in pages for kind in ("pdf", "png")}
    trail = intake.trail.of(document.id)
    for step in ("split", "render"):
        assert [entry.page for entry in trail if entry.step == step] == [*pages]
    assert all(entry.cost > 0 for entry in trail if entry.page)


@pytest.mark.parametrize("size_class", ["single", "small", "large"])
def test_a_document_becomes_pages_with_an_audit_trail(
    intake: Intake, staged: Mapping[str, StagedObject], size_class: str
) -> None:
    document = intake.done(staged[size_class])
    assert document.state in ("rendered", "reading", "decided")
    assert document.size_class == size_class
    assert document.pages == PAGES if size_class == "large" else document.pages > 0
    drawn(intake, document)


def test_a_document_of_hundreds_of_pages_is_read_to_its_last_and_left_to_people(
    intake: Intake, staged: Mapping[str, StagedObject]
) -> None:
    """It is no invoice: nothing of what makes one is found."""
    document = intake.ended(staged["large"])
    assert (document.state, document.decision) == ("decided", "review")
    assert "missing" in document.reasons
    trail = intake.trail.now(document.id, document.pages)
    assert [entry.page for entry in trail if entry.step == "read"] == [*range(1, PAGES + 1)]


@pytest.mark.parametrize("name", [*hostile.BROKEN])
def test_what_is_broken_has_its_reason(intake: Intake, staged: Mapping[str, StagedObject], name: str) -> None:
    document = intake.done(staged[name])
    assert document.state == "unreadable"
    assert document.reasons[0] in hostile.BROKEN[name][1]


def test_a_document_by_nobody_is_put_aside(intake: Intake, staged: Mapping[str, StagedObject]) -> None:
    document = intake.done(staged["unknown payee"])
    assert (document.state, document.reasons) == ("quarantined", ("unknown-payee",))


def test_what_is_told_twice_is_done_once(
    cloud: Cloud, intake: Intake, staged: Mapping[str, StagedObject]
) -> None:
    before = intake.ended(staged["small"])
    intake.tell("settlement-documents", event_of(staged["small"]))
    eventually(
        lambda: messages_about(cloud, before.id, "settlement-documents"),
        "it is told of again",
        lambda said: "known" in said,
    )
    after = intake.look(staged["small"])
    assert after
    assert (after, after.revision) == (before, before.revision)


def test_nothing_of_it_is_a_dead_letter(
    cloud: Cloud, intake: Intake, staged: Mapping[str, StagedObject]
) -> None:
    for each in staged.values():
        intake.done(each)
    for name, url in cloud.queues().items():
        if name.startswith(("settlement-documents", "settlement-pages", "settlement-outbox")):
            attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
            waiting = attributes["Attributes"]["ApproximateNumberOfMessages"]
            assert json.loads(waiting) == 0 or not name.endswith(("-dlq", "-parking")), name
