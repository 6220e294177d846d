"""A little world of decisions: what comes after a document's pages, with a Textract that a test lets finish."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError
from pypdfium2 import PdfDocument

from infra.rydes.simulators.invoices.made import Made
from infra.rydes.simulators.textract.analysis import analysed
from settlement.adapters.archive import Archive
from settlement.adapters.completions import CompletionConsumer, JobEnded
from settlement.adapters.executions import Executions
from settlement.adapters.ledger_table import LedgerTable
from settlement.adapters.object_created import ObjectConsumer, ObjectCreated
from settlement.adapters.reading_table import ReadingTable
from settlement.adapters.reviews import Reviews
from settlement.adapters.settlement_table import SettlementTable
from settlement.adapters.textract import Textract
from settlement.domain.document import Document, StagedObject
from settlement.domain.payees import payees
from settlement.domain.reading_work import ArchiveDue, DecisionDue, ReadingDue
from settlement.use_cases.archive import Archiving
from settlement.use_cases.completions import Completions
from settlement.use_cases.decider import Decider
from settlement.use_cases.decisions import Decisions
from settlement.use_cases.failsafe import Failsafe
from settlement.use_cases.outcomes import Outcomes
from settlement.use_cases.reader import Reader
from settlement.use_cases.readings import Readings
from tests.support.settlement.documents import STAGING, Desk
from tests.support.settlement.ledger import World
from tests.support.settlement.pipeline import invoice
from tests.support.stream import changes
from wild_rydes_contracts import Message, Money
from wild_rydes_contracts.fakes import NOON, fake, in_a_queue
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer

ARCHIVE: Final = "archive"
TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:ends"


def refused(code: str, operation: str = "Call") -> ClientError:
    """An error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


class FakeTextract:
    """Jobs by their token, which run until they are finished, and what is refused."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self.jobs: dict[str, dict[str, Any]] = {}
        self.started: list[dict[str, Any]] = []
        self.refuses: list[str] = []
        self.fails = 0
        self.finishes_at_once = True

    def start_document_text_detection(self, **request: Any) -> dict[str, str]:
        if self.refuses:
            raise refused(self.refuses.pop(0))
        token = request["ClientRequestToken"]
        self.started.append(request)
        if token not in self.jobs:
            place = request["DocumentLocation"]["S3Object"]
            content = self._s3.get_object(Bucket=place["Bucket"], Key=place["Name"])["Body"].read()
            self.jobs[token] = {"content": content, "runs": True, "failed": self.fails > 0}
            self.fails -= self.fails > 0
            if self.finishes_at_once:
                self.finish()
        return {"JobId": f"job-{token}"}

    def finish(self) -> None:
        for job in self.jobs.values():
            job["runs"] = False

    def get_document_text_detection(self, JobId: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - boto3's
        job = self.jobs[JobId.removeprefix("job-")]
        if job["runs"]:
            return {"JobStatus": "IN_PROGRESS"}
        if job["failed"]:
            return {"JobStatus": "FAILED", "StatusMessage": "told to fail"}
        found = job.setdefault("found", analysed(job["content"], forms=False, seed=JobId))
        begin, blocks = int(NextToken), found.blocks
        more = {"NextToken": str(begin + 50)} if begin + 50 < len(blocks) else {}
        return {
            "JobStatus": "PARTIAL_SUCCESS" if found.unread else "SUCCEEDED",
            "DocumentMetadata": {"Pages": found.count},
            "Blocks": blocks[begin : begin + 50],
            "Warnings": found.warnings,
            **more,
        }


class Office(Desk):
    """Needs moto. It is noon, unless a test says otherwise."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.s3.create_bucket(Bucket=ARCHIVE)
        self.textract = FakeTextract(self.s3)
        self.told: list[tuple[str, str]] = []
        """Whoever has been told to go on: the token, and the state that was told."""
        self.begun: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.published: list[dict[str, Any]] = []
        self.archive_url = world.sqs.create_queue(QueueName=f"{world.name}-archive")["QueueUrl"]
        self.waits = True
        self.slept = 0.0
        lot = ParkingLot(world.sqs, world.parked_in, logger=self.logger, metrics=world.metrics)
        common: Any = {"logger": self.logger, "metrics": world.metrics}
        consumer: Any = {
            "sqs": world.sqs,
            "parking_lot": lot,
            "max_attempts": 5,
            "now": lambda: world.now,
            **common,
        }
        costed: Any = {"memory_mib": 1024, "now": lambda: world.now}
        self.readings_table = ReadingTable(world.dynamodb, world.name)
        self.settlements = SettlementTable(world.dynamodb, world.name)
        executions = Executions(self._machine, "arn:machine")
        textract = Textract(lambda: self.textract, STAGING, TOPIC, "arn:role")
        self.readings = Readings(
            consumer=Consumer(ReadingDue, **consumer),
            documents=self.table,
            readings=self.readings_table,
            textract=textract,
            executions=executions,
            now=lambda: world.now,
            **common,
        )
        self.completions = Completions(
            consumer=CompletionConsumer(JobEnded, **consumer),
            readings=self.readings_table,
            executions=executions,
            **common,
        )
        self.reader = Reader(
            documents=self.table,
            readings=self.readings_table,
            textract=textract,
            trail=self.trail,
            decider=Decider(
                documents=self.table,
                settlements=self.settlements,
                ledger=LedgerTable(world.dynamodb, world.name),
                payees=payees(),
                now=lambda: world.now,
            ),
            by="settlement-decisions",
            **costed,
        )
        self.decisions = Decisions(
            consumer=Consumer(DecisionDue, **consumer),
            documents=self.table,
            reader=self.reader,
            executions=executions,
            **common,
        )
        events: Any = SimpleNamespace(put_events=self._put_events)
        self.outcomes = Outcomes(
            consumer=StreamConsumer(lot),
            publisher=Publisher(events, "bus", parking_lot=lot, **common),
            settlements=self.settlements,
            executions=executions,
            reviews=Reviews(self._topic, "arn:reviews", "https://pages/"),
            archive=Queue(world.sqs, self.archive_url),
            **common,
        )
        archive = Archive(lambda: self.s3, ARCHIVE, STAGING)
        self.archiving = Archiving(
            consumer=Consumer(ArchiveDue, **consumer),
            documents=self.table,
            settlements=self.settlements,
            trail=self.trail,
            archive=archive,
            by="settlement-archive",
            **costed,
            **common,
        )
        self.failsafe = Failsafe(
            objects=ObjectConsumer(ObjectCreated, **consumer),
            documents=self.table,
            intake=self.documents,
            pages=self.pages,
            reader=self.reader,
            archiving=self.archiving,
            archive=archive,
            executions=executions,
            trail=self.trail,
            by="settlement-failsafe",
            patience=timedelta(minutes=10),
            now=lambda: world.now,
            sleep=self._sleep,
            **common,
        )

    # --- what others do

    def _machine(self) -> Any:
        def start(stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803 - boto3's
            assert stateMachineArn == "arn:machine"
            if name in self.begun:
                raise refused("ExecutionAlreadyExists")
            assert json.loads(input)["document_id"] == name
            self.begun.append(name)

        def succeed(taskToken: str, output: str) -> None:  # noqa: N803 - boto3's
            if not self.waits:
                raise refused("TaskTimedOut")
            told = json.loads(output)
            self.told.append((taskToken, next(iter(told.values()))))

        return SimpleNamespace(start_execution=start, send_task_success=succeed)

    def _topic(self) -> Any:
        def publish(TopicArn: str, Message: str) -> None:  # noqa: N803 - boto3's
            assert TopicArn == "arn:reviews"
            self.asked.append(json.loads(Message))

        return SimpleNamespace(publish=publish)

    def _put_events(self, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803 - boto3's
        self.published += [
            {"name": entry["DetailType"], **json.loads(entry["Detail"])["data"]} for entry in Entries
        ]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.textract.finish()

    # --- what a test does

    def rendered(
        self, made: Made | None = None, key: str = "p-comet/b-1/invoice.pdf", *, owed: bool = True
    ) -> StagedObject:
        """Have an invoice whose rides are owed, as it is when all of its pages are there."""
        made = made or invoice(1, rides=3, now=NOON)
        if owed:
            self.owe(made)
        staged = self.stage(made.pdf, key)
        with PdfDocument(made.pdf) as pdf:
            pages = len(pdf)
        payee, batch, _ = key.split("/")
        done = {"split_parts": frozenset({0}), "rendered_parts": frozenset({0}), "part_pages": pages}
        about: Any = {"payee": payee, "batch": batch, "state": "rendered", "pages": pages, **done}
        place = (staged.document_id, staged.bucket, key, staged.etag, staged.size)
        self.table.add(Document(*place, NOON, size_class="small", **about))
        return staged

    def owe(self, made: Made) -> None:
        """Let what an invoice asks for be owed to Comet Cars."""
        for ride in made.bill.rides:
            price = Money(amount=ride.amount, currency=made.bill.currency)
            self.world.ledger.note_price(ride.id, "p-comet", price, NOON)
            self.world.ledger.note_end(ride.id, "p-comet", NOON)

    def hear(self, use_case: Any, *messages: Any, received: int = 1, queue: str = "inbox") -> int:
        """Have a use case handle messages, and return how many come again."""
        event = in_a_queue(*messages, queue=queue)
        for record in event["Records"]:
            record["attributes"]["ApproximateReceiveCount"] = str(received)
        return len(use_case.handle(event)["batchItemFailures"])

    def due(self, contract: type[Message], staged: StagedObject, token: str = "token") -> Any:  # noqa: S107
        """A message about a document."""
        return fake(contract, document_id=staged.document_id, token=token)

    def ended_job(self, staged: StagedObject) -> dict[str, Any]:
        """What Textract tells of a job."""
        return {
            "JobId": f"job-{staged.document_id}",
            "Status": "SUCCEEDED",
            "API": "StartDocumentTextDetection",
            "JobTag": staged.document_id,
            "Timestamp": int(NOON.timestamp() * 1000),
            "DocumentLocation": {"S3ObjectName": staged.key, "S3Bucket": staged.bucket},
        }

    def tell(self, work: Callable[[], object], times: int = 1) -> None:
        """Do something, and have the outcomes function hear what it changes, so many times."""
        records = changes(self.world.dynamodb, self.world.name, work)
        for _ in range(times):
            self.outcomes.handle({"Records": records})

    def archive_messages(self) -> list[str]:
        """Take what waits to be archived."""
        found = self.world.sqs.receive_message(QueueUrl=self.archive_url, MaxNumberOfMessages=10)
        for message in found.get("Messages", ()):
            self.world.sqs.delete_message(QueueUrl=self.archive_url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found.get("Messages", ())]

    def kept(self) -> dict[str, Any]:
        """All that is in the archive: JSON as it is read, and the sizes of others."""
        listed = self.s3.list_objects_v2(Bucket=ARCHIVE).get("Contents", ())
        return {
            each["Key"]: json.loads(self.s3.get_object(Bucket=ARCHIVE, Key=each["Key"])["Body"].read())
            if each["Key"].endswith(".json")
            else each["Size"]
            for each in listed
        }

    def steps(self, staged: StagedObject) -> Counter[str]:
        """How many entries of each step the audit trail has."""
        return Counter(entry.step for entry in self.trail.now(staged.document_id, 10))
