"""Documents of a deployed settlement: put into its bucket, and followed."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psutil

from infra import naming
from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.workers import Worker, running
from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.domain.document import Document, StagedObject
from tests.support.patience import eventually


@dataclass(frozen=True)
class Intake:
    """One batch of documents, whose name nobody else has."""

    cloud: Cloud
    batch: str

    @classmethod
    def begun(cls, cloud: Cloud) -> "Intake":
        return cls(cloud, f"batch-{uuid4().hex[:8]}")

    def bucket(self, parameter: str) -> str:
        name = self.cloud.names.of(parameter)
        return str(self.cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])

    def stage(self, pdf: bytes, name: str, payee: str = "p-comet") -> StagedObject:
        """Put a document into the bucket, as a payee does."""
        bucket, key = self.bucket(naming.STAGING_BUCKET_PARAMETER), f"{payee}/{self.batch}/{name}"
        etag = self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=pdf)["ETag"]
        return StagedObject(bucket, key, etag.strip('"'), len(pdf))

    def look(self, staged: StagedObject) -> Document | None:
        """A document as it is in the table."""
        return self.table.get(staged.document_id)

    def done(self, staged: StagedObject) -> Document:
        """A document once its pages are drawn, or it has ended."""
        return eventually(
            lambda: self.look(staged),
            f"{staged.key} is rendered or has ended",
            lambda found: found.state in ("rendered", "reading") or found.ended,
        )

    def ended(self, staged: StagedObject) -> Document:
        """A document once it has ended."""
        return eventually(lambda: self.look(staged), f"{staged.key} has ended", lambda found: found.ended)

    def pages(self, document: Document) -> set[str]:
        """The files of a document's pages."""
        pages = (
            self.cloud.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.bucket(naming.WORKING_BUCKET_PARAMETER), Prefix=f"pages/{document.id}/")
        )
        return {each["Key"].rpartition("/")[2] for page in pages for each in page.get("Contents", [])}

    def tell(self, queue: str, body: str) -> None:
        """Send a message to a queue."""
        self.cloud.client("sqs").send_message(QueueUrl=self.cloud.queues()[queue], MessageBody=body)

    def at_work(self, function: str) -> Worker | None:
        """A worker that has a PDF open at this moment."""
        state = emulator.running(self.cloud.settings.run_dir)
        assert state
        for worker in running(state.pid):
            if worker.function == self.cloud.names.of(function) and _children(worker):
                return worker
        return None

    @property
    def table(self) -> DocumentTable:
        return DocumentTable(self._dynamodb, self.cloud.names.of("settlement"))

    @property
    def trail(self) -> AuditTrail:
        return AuditTrail(self._dynamodb, self.cloud.names.of("settlement"))

    @property
    def _dynamodb(self) -> Any:
        return self.cloud.client("dynamodb")


def _children(worker: Worker) -> list[psutil.Process]:
    try:
        return list(psutil.Process(worker.pid).children())
    except psutil.NoSuchProcess:
        return []
