"""A little world of documents: buckets, queues and the table on moto, and the functions' use cases between them."""

import json
from collections.abc import Callable
from typing import Any, Final

from aws_lambda_powertools import Logger

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.death_counts import DeathCounts
from settlement.adapters.document_files import PageFiles, StagedFiles
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.object_created import ObjectConsumer, ObjectCreated
from settlement.adapters.page_queues import PageQueues
from settlement.adapters.pdf_reader import PdfReader, ReaderDied
from settlement.domain.document import SIZE_CLASSES, Document, Limits, StagedObject
from settlement.domain.page_work import PageWork
from settlement.domain.payees import payees
from settlement.use_cases.dangerous_work import DangerousWork
from settlement.use_cases.documents import Documents
from settlement.use_cases.outbox import Outbox
from settlement.use_cases.pages import Pages
from tests.support import aws
from tests.support.settlement.ledger import World
from tests.support.stream import changes
from wild_rydes_contracts.fakes import NOON, in_a_queue
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer

STAGING, WORKING = "staging", "working"
BATCH: Final = "p-comet/2026-11"
LIMITS: Final = Limits(
    single_bytes=100_000,
    small_bytes=200_000,
    small_pages=3,
    part_pages=4,
    most_bytes=1_000_000,
    most_pages=12,
)


def event_of(staged: StagedObject) -> str:
    """What S3 tells of an object, as EventBridge sends it to a queue."""
    detail = {
        "version": "0",
        "bucket": {"name": staged.bucket},
        "object": {"key": staged.key, "size": staged.size, "etag": staged.etag, "sequencer": "00624"},
        "reason": "PutObject",
    }
    return json.dumps(
        {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "123456789012",
            "time": NOON.isoformat(),
            "region": "us-east-1",
            "resources": [f"arn:aws:s3:::{staged.bucket}"],
            "detail": detail,
        }
    )


class Desk:
    """Needs moto. Messages are handled when a test says so."""

    def __init__(self, world: World, pdfs: PdfReader | None = None) -> None:
        self.world = world
        self.s3: Any = aws.client("s3")
        for bucket in (STAGING, WORKING):
            self.s3.create_bucket(Bucket=bucket)
        self.urls: dict[Any, str] = {
            size_class: world.sqs.create_queue(QueueName=f"{world.name}-{size_class}")["QueueUrl"]
            for size_class in SIZE_CLASSES
        }
        self.table = DocumentTable(world.dynamodb, world.name)
        self.trail = AuditTrail(world.dynamodb, world.name)
        self.logger = Logger(service=world.name, level="CRITICAL")
        self.received = 1
        """How often a message has been received when it is handled."""
        lot = ParkingLot(world.sqs, world.parked_in, logger=self.logger, metrics=world.metrics)
        common: Any = {"logger": self.logger, "metrics": world.metrics, "now": lambda: world.now}
        consumer: Any = {"sqs": world.sqs, "parking_lot": lot, "max_attempts": 5, **common}
        about: Any = {
            "documents": self.table,
            "trail": self.trail,
            "files": StagedFiles(lambda: self.s3, STAGING),
            "pdfs": pdfs or PdfReader(512, 60),
            "dangerous": DangerousWork(DeathCounts(world.dynamodb, world.name, lambda: world.now)),
            "memory_mib": 1024,
            **common,
        }
        self.documents = Documents(
            consumer=ObjectConsumer(ObjectCreated, **consumer),
            payees=frozenset(payees()),
            limits=LIMITS,
            by="settlement-documents",
            **about,
        )
        self.pages = Pages(
            consumer=Consumer(PageWork, **consumer),
            pages=PageFiles(lambda: self.s3, WORKING),
            by="settlement-pages",
            **about,
        )
        self.outbox = Outbox(
            consumer=StreamConsumer(lot),
            queues=PageQueues({each: Queue(world.sqs, url) for each, url in self.urls.items()}),
            logger=self.logger,
        )

    def stage(self, pdf: bytes, key: str = f"{BATCH}/invoice.pdf") -> StagedObject:
        """Put a document into the bucket."""
        etag = self.s3.put_object(Bucket=STAGING, Key=key, Body=pdf)["ETag"].strip('"')
        return StagedObject(STAGING, key, etag, len(pdf))

    def take_in(self, *told: StagedObject | str) -> int:
        """Have the documents function hear of objects. Returns how many messages come again."""
        bodies = [each if isinstance(each, str) else event_of(each) for each in told]
        return self._heard(lambda: self._handle(self.documents, *bodies))

    def messages(self) -> list[str]:
        """Take the messages out of the queues of all classes."""
        found: list[str] = []
        for url in self.urls.values():
            while batch := self.world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                for message in batch:
                    self.world.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    found.append(message["Body"])
        return found

    def work(self, *bodies: str) -> int:
        """Have workers handle messages. Returns how many come again."""
        return self._heard(lambda: self._handle(self.pages, *bodies))

    def finish(self) -> None:
        """Have everything handled that is in the queues, until nothing is."""
        while bodies := self.messages():
            assert self.work(*bodies) == 0

    def document(self, staged: StagedObject) -> Document:
        found = self.table.get(staged.document_id)
        assert found
        return found

    def drawn(self, document_id: str) -> list[str]:
        """The files of a document's pages."""
        found = self.s3.list_objects_v2(Bucket=WORKING, Prefix=f"pages/{document_id}/").get("Contents", [])
        return sorted(each["Key"].rpartition("/")[2] for each in found)

    def _handle(self, use_case: Documents | Pages, *bodies: str) -> int:
        event = in_a_queue(*bodies, queue=self.urls["single"].rpartition("/")[2])
        for record in event["Records"]:
            record["attributes"]["ApproximateReceiveCount"] = str(self.received)
        return len(use_case.handle(event)["batchItemFailures"])

    def _heard(self, work: Callable[[], int]) -> int:
        """Do work, and have the outbox hear of what it changes."""
        answers: list[int] = []
        records = changes(self.world.dynamodb, self.world.name, lambda: answers.append(work()))
        self.outbox.handle({"Records": records})
        return answers[0]


class Deadly(PdfReader):
    """Dies over every document."""

    def _ask(self, command: str, *arguments: object) -> Any:
        raise ReaderDied(command, *arguments)


def tries(desk: Desk, attempt: Any) -> int:
    """How often a message is received until it is over."""
    for received in range(1, 50):
        desk.received = received
        if attempt() == 0:
            return received
    raise AssertionError("it never ends")
