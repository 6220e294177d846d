"""The little world of documents, with what is done about Macie's findings."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from settlement.adapters.macie_findings import FindingConsumer, SensitiveDataFound
from settlement.adapters.quarantine import Quarantine
from settlement.domain.document import StagedObject
from settlement.domain.payees import payees
from settlement.use_cases.findings import Findings
from tests.support.aws import refusal
from tests.support.settlement.documents import LIMITS, STAGING, WORKING, Desk
from tests.support.settlement.ledger import World
from wild_rydes_contracts.fakes import NOON, in_a_queue
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.send import Queue

QUARANTINE: Final = "quarantine"
ARCHIVE: Final = "archive"
CARD: Final = {"CREDIT_CARD_NUMBER": 1}
IBAN: Final = {"GERMANY_BANK_ACCOUNT_NUMBER": 2, "PHONE_NUMBER": 1}


def finding_of(staged: StagedObject, kinds: Mapping[str, int], id_: str = "f1", **detail: Any) -> str:
    """What Macie tells, as EventBridge sends it to a queue. tests/e2e has one that the simulator made."""
    detections = [{"type": kind, "count": count} for kind, count in kinds.items()]
    found = {
        "schemaVersion": "1.0",
        "id": id_,
        "type": "SensitiveData:S3Object/Financial",
        "severity": {"score": 3, "description": "High"},
        "resourcesAffected": {
            "s3Bucket": {"name": staged.bucket},
            "s3Object": {"key": staged.key, "eTag": staged.etag, "size": staged.size},
        },
        "classificationDetails": {
            "jobId": "job-1",
            "result": {
                "sensitiveData": [
                    {"category": "FINANCIAL_INFORMATION", "totalCount": 1, "detections": detections}
                ]
            },
        },
        **detail,
    }
    event = {
        "version": "0",
        "id": "6a2b1c6e-04f8-4a4e-9c8b-0f4a5d1c2b3a",
        "detail-type": "Macie Finding",
        "source": "aws.macie",
        "account": "123456789012",
        "time": NOON.isoformat(),
        "region": "us-east-1",
        "resources": [],
        "detail": found,
    }
    return json.dumps(event)


class Conditional:
    """A client of S3 that heeds conditions on ETags. moto does not; the emulator does."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def copy_object(self, *, CopySource: Mapping[str, str], CopySourceIfMatch: str = "", **asked: Any) -> Any:  # noqa: N803
        if CopySourceIfMatch:
            self._require(CopySource["Bucket"], CopySource["Key"], CopySourceIfMatch)
        return self._s3.copy_object(CopySource=CopySource, **asked)

    def delete_object(self, *, Bucket: str, Key: str, IfMatch: str) -> Any:  # noqa: N803
        self._require(Bucket, Key, IfMatch)
        return self._s3.delete_object(Bucket=Bucket, Key=Key)

    def _require(self, bucket: str, key: str, etag: str) -> None:
        if self._s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"') != etag:
            raise refusal("PreconditionFailed", 412)


class Ward(Desk):
    """A desk beside which documents are put into quarantine."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        for bucket in (QUARANTINE, ARCHIVE):
            self.s3.create_bucket(Bucket=bucket)
        self.own_url = world.sqs.create_queue(QueueName=f"{world.name}-findings")["QueueUrl"]
        lot = ParkingLot(world.sqs, world.parked_in, logger=self.logger, metrics=world.metrics)
        common: Any = {"logger": self.logger, "metrics": world.metrics, "now": lambda: world.now}
        self.findings = Findings(
            consumer=FindingConsumer(
                SensitiveDataFound, sqs=world.sqs, parking_lot=lot, max_attempts=5, **common
            ),
            documents=self.table,
            trail=self.trail,
            quarantine=Quarantine(
                lambda: cast("Any", Conditional(self.s3)), QUARANTINE, STAGING, WORKING, ARCHIVE
            ),
            own_queue=Queue(world.sqs, self.own_url),
            payees=frozenset(payees()),
            limits=LIMITS,
            sweep_seconds=0,
            by="settlement-findings",
            **common,
        )

    def hear(self, *bodies: str) -> int:
        """Have the function hear of findings. Returns how many messages come again."""
        event = in_a_queue(*bodies, queue="settlement-findings")
        return len(self.findings.handle(event)["batchItemFailures"])

    def find(self, staged: StagedObject, kinds: Mapping[str, int] = CARD, id_: str = "f1") -> int:
        """Have Macie find something in an object."""
        return self.hear(finding_of(staged, kinds, id_))

    def sweeps(self) -> list[str]:
        """Take the sweeps out of the queue."""
        answer = self.world.sqs.receive_message(QueueUrl=self.own_url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        for message in messages:
            self.world.sqs.delete_message(QueueUrl=self.own_url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    def held(self, bucket: str = QUARANTINE) -> list[str]:
        """The keys of a bucket."""
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
