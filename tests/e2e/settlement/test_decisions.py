"""Invoices through the deployed pipeline, with IAM enforced: read, decided, settled, told of, archived and reported.

One batch has them all at once: a hundred invoices of all layouts, some of which ask for too much, while Textract throttles, loses
what it has to tell or tells it twice, and a worker dies.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.workers import running
from infra.rydes.simulators.invoices.layouts import LAYOUTS
from settlement.adapters.audit_trail import AuditTrail
from settlement.domain.document import Document
from tests.support.bus import Listener
from tests.support.patience import eventually
from tests.support.settlement.pipeline import COMET, Pipeline, Sent, dearer, invoice

INVOICES: Final = 100
WRONG: Final = (7, 31, 62)
"""Which of them ask for more than is owed."""
RIDES: Final = 230
"""Of one with more rides than fit into a transaction."""
ACCURATE: Final = 0.98
BACK_AFTER: Final = 15
"""Seconds until the message of a killed worker is back here: on AWS it is six minutes."""
DECISIONS: Final = "settlement-decisions"
TROUBLE: Final = {"throttle": 4, "lose": 2, "copies": 2}
SEED: Final = 70_000


@dataclass(frozen=True)
class Batch:
    """What was sent, and the documents that it became."""

    pipeline: Pipeline
    sent: Sequence[Sent]
    long: Sent
    documents: dict[str, Document]
    heard: list[dict[str, Any]]

    def of(self, sent: Sent) -> Document:
        return self.documents[sent.staged.document_id]

    def events(self, sent: Sent) -> list[dict[str, Any]]:
        """What the bus was told about an invoice."""
        return [
            {
                "name": event["detail-type"],
                "id": event["detail"]["metadata"]["event_id"],
                **event["detail"]["data"],
            }
            for event in self.heard
            if event["detail"]["data"]["invoice_id"] == self.of(sent).id
        ]


def _textract(cloud: Cloud, **faults: float) -> None:
    assert httpx.put(f"{cloud.settings.textract_url}/faults", json=faults).is_success


def _kill_a_decider(cloud: Cloud) -> bool:
    state = emulator.running(cloud.settings.run_dir)
    assert state
    for worker in running(state.pid):
        if worker.function == DECISIONS:
            worker.kill()
            return True
    return False


@pytest.fixture(scope="module")
def batch(cloud: Cloud) -> Iterator[Batch]:
    """All invoices, put into the bucket at once and seen to their ends."""
    pipeline = Pipeline(cloud)
    made = [invoice(SEED + number) for number in range(INVOICES)]
    statement = next(layout for layout in LAYOUTS if layout.name == "statement")
    long = invoice(SEED, layout=statement, rides=RIDES)
    for each in (*made, long):
        pipeline.owe(COMET[0], each.bill)
    sqs, url = cloud.client("sqs"), cloud.queues()[DECISIONS]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(BACK_AFTER)})
    listener = Listener(cloud, "wildrydes.settlement")
    _textract(cloud, **TROUBLE)
    sent_long = pipeline.send(long)
    sent = [
        pipeline.send(dearer(each) if number in WRONG else each, name=f"{number}")
        for number, each in enumerate(made)
    ]
    eventually(lambda: _kill_a_decider(cloud), "a worker to kill")
    decided = pipeline.ended(*sent, sent_long)
    _textract(cloud)
    documents = {document.id: document for document in decided}
    wanted = {document.id for document in decided if document.decision != "review"}
    eventually(
        lambda: {event["detail"]["data"].get("invoice_id") for event in listener.heard()},
        "events of all decisions",
        wanted.issubset,
    )
    yield Batch(pipeline, sent, sent_long, documents, list(listener.heard()))
    listener.close()


def test_of_a_hundred_invoices_nearly_all_are_read_right_and_none_is_approved_wrongly(batch: Batch) -> None:
    assert len({each.made.layout.name for each in batch.sent}) >= 10
    right = 0
    for number, sent in enumerate(batch.sent):
        document, bill = batch.of(sent), sent.bill
        found = batch.pipeline.settlement(document)
        amount = found.amount and (found.amount.amount, found.amount.currency)
        is_right = amount == (bill.total, bill.currency) and found.due == bill.due
        if document.decision == "settled":
            assert number not in WRONG, bill
            assert is_right, bill
            assert set(batch.pipeline.settled_with(ride.id for ride in bill.rides)) == {document.id}
        else:
            assert set(batch.pipeline.settled_with(ride.id for ride in bill.rides)) == {None}
        # The payee was read right, or else it would be a doubt or a dispute.
        right += is_right and not {"wrong-payee", "missing", "ambiguous"} & {*document.reasons}
    assert right >= ACCURATE * INVOICES


def test_what_asks_for_too_much_is_disputed_and_the_bus_is_told(batch: Batch) -> None:
    for number in WRONG:
        sent = batch.sent[number]
        assert (batch.of(sent).decision, batch.of(sent).reasons) == ("disputed", ("amount-differs",))
        [event] = {event["id"]: event for event in batch.events(sent)}.values()
        assert (event["name"], event["reasons"]) == ("InvoiceDisputed", ["amount-differs"])
        assert event["ride_ids"] == [sent.bill.rides[0].id]


def test_what_is_settled_is_told_once_by_its_id(batch: Batch) -> None:
    for sent in (*batch.sent, batch.long):
        if batch.of(sent).decision == "settled":
            [event] = {event["id"]: event for event in batch.events(sent)}.values()
            assert (event["name"], event["rides"]) == ("InvoiceSettled", len(sent.bill.rides))
            assert event["amount"]["amount"] == f"{sent.bill.total:.2f}"
            assert event["due"] == sent.bill.due.isoformat()


def test_an_invoice_of_more_rides_than_fit_into_a_transaction_settles_them_all(batch: Batch) -> None:
    document = batch.of(batch.long)
    assert document.decision == "settled"
    assert set(batch.pipeline.settled_with(ride.id for ride in batch.long.bill.rides)) == {document.id}


def test_the_report_and_the_archive_have_each_document(batch: Batch) -> None:
    sent = (*batch.sent, batch.long)
    report = eventually(
        batch.pipeline.report,
        "the report of all documents",
        lambda found: (
            found
            and sum(found["totals"]["documents"].values()) == len(sent)
            and {*found["totals"]["documents"]} <= {"settled", "disputed", "review"}
        ),
    )
    pages = sum(batch.of(each).pages for each in sent)
    assert report["totals"]["pages"] == pages
    assert report["totals"]["documents"]["disputed"] >= len(WRONG)
    textract = 0.0015 * pages
    assert textract <= float(report["totals"]["dollars"]) < 2 * textract
    document = batch.of(sent[0])
    assert len(batch.pipeline.archived(document)) == 2


def test_each_page_has_its_way_in_the_audit_trail(cloud: Cloud, batch: Batch) -> None:
    trail = AuditTrail(cloud.client("dynamodb"), "settlement")
    document = batch.of(batch.long)
    entries = trail.now(document.id, document.pages)
    for step in ("split", "render", "read"):
        assert [entry.page for entry in entries if entry.step == step] == [*range(1, document.pages + 1)]
    assert [entry.outcome for entry in entries if entry.step == "decide"] == ["settled"]


# --- the failsafe, after all others


def test_a_document_whose_message_is_a_dead_letter_is_taken_all_the_way(cloud: Cloud, batch: Batch) -> None:
    """Nobody handles the queue meanwhile; what comes into it is given up at once."""
    lambda_, sqs, queues = cloud.client("lambda"), cloud.client("sqs"), cloud.queues()
    pipeline = Pipeline(cloud)
    [mapping] = lambda_.list_event_source_mappings(FunctionName="settlement-readings")["EventSourceMappings"]
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        made = invoice(SEED + INVOICES)
        pipeline.owe(COMET[0], made.bill)
        sent = pipeline.send(made)
        [message] = eventually(
            lambda: sqs.receive_message(QueueUrl=queues["settlement-readings"], WaitTimeSeconds=1).get(
                "Messages"
            ),
            "somebody is to be asked to read it",
        )
        sqs.send_message(QueueUrl=queues["settlement-readings-dlq"], MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=queues["settlement-readings"], ReceiptHandle=message["ReceiptHandle"])
        [document] = pipeline.ended(sent)
    finally:
        lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert document.decision == "settled"
    trail = AuditTrail(cloud.client("dynamodb"), "settlement")

    def failsafe() -> list[tuple[str, str]]:
        entries = trail.now(document.id, document.pages)
        return [(entry.by, entry.outcome) for entry in entries if entry.step == "failsafe"]

    assert eventually(failsafe, "what it has noted") == [("settlement-failsafe", "done")]


def test_nothing_is_left_in_a_queue_or_an_execution(cloud: Cloud, batch: Batch) -> None:
    [machine] = [
        each["stateMachineArn"]
        for each in cloud.client("stepfunctions").list_state_machines()["stateMachines"]
        if each["name"] == "settlement-documents"
    ]
    executions = cloud.client("stepfunctions").get_paginator("list_executions")

    def open_() -> list[str]:
        pages = executions.paginate(stateMachineArn=machine, statusFilter="RUNNING")
        ours = {batch.of(each).id for each in (*batch.sent, batch.long)}
        return [each["name"] for page in pages for each in page["executions"] if each["name"] in ours]

    eventually(lambda: [open_()], "all executions to end", lambda found: found == [[]])
    for name, url in cloud.queues().items():
        if name.startswith("settlement-") and name.endswith(("-dlq", "-parking")) and "prices" not in name:
            waiting = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
            assert json.loads(waiting["Attributes"]["ApproximateNumberOfMessages"]) == 0, name
