"""Invoices through the deployed pipeline: made about rides that are owed, put into the staging bucket, watched to their end."""

import itertools
import json
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from infra.naming import SETTLEMENT_ARCHIVE_PARAMETER, STAGING_BUCKET_PARAMETER
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.invoices.bill import Bill, Party
from infra.rydes.simulators.invoices.layouts import Layout
from infra.rydes.simulators.invoices.made import Made, drawn, invented
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.settlement_table import SettlementTable
from settlement.domain.document import Document, StagedObject
from settlement.domain.settlement import Settlement
from tests.support.patience import eventually
from wild_rydes_contracts.currencies import DECIMAL_PLACES

COMET: Final = ("p-comet", Party("Comet Cars", ("400 Pine Street", "Seattle, WA 98101")))
PEGASUS: Final = ("p-pegasus", Party("Pegasus Airways", ("17 Harbour Road", "London E1 6AN")))
TABLE: Final = "settlement"
_WRITTEN_AT_ONCE: Final = 25

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Sent:
    """An invoice that was put into the staging bucket, and what is true about it."""

    staged: StagedObject
    made: Made
    payee: str

    @property
    def bill(self) -> Bill:
        """What it says."""
        return self.made.bill


class Pipeline:
    """The staging bucket, the table and the archive of a cloud, and a batch of the test's own."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.batch = f"b-{uuid.uuid4().hex[:12]}"
        self.bucket = cloud.parameters[STAGING_BUCKET_PARAMETER]
        self.archive = cloud.parameters[SETTLEMENT_ARCHIVE_PARAMETER]
        self._s3, self._dynamodb = cloud.client("s3"), cloud.client("dynamodb")
        self.documents = DocumentTable(self._dynamodb, TABLE)

    def owe(self, payee: str, bill: Bill) -> None:
        """Let what a bill asks for be owed."""
        now = int(datetime.now(UTC).timestamp() * 1000)
        rides = {
            ride.id: {
                "id": {"S": f"ride#{ride.id}"},
                "payee": {"S": payee},
                "price": {"S": f"{ride.amount:.2f}"},
                "currency": {"S": bill.currency},
                "completed_at": {"N": str(now)},
                "expires_at": {"N": str(now // 1000 + 86_400)},
            }
            for ride in bill.rides
        }
        writes: list[Any] = [{"PutRequest": {"Item": item}} for item in rides.values()]
        for start in range(0, len(writes), _WRITTEN_AT_ONCE):
            answer = self._dynamodb.batch_write_item(
                RequestItems={TABLE: writes[start : start + _WRITTEN_AT_ONCE]}
            )
            assert not answer["UnprocessedItems"]

    def send(self, made: Made, payee: str = COMET[0], name: str = "") -> Sent:
        """Put an invoice into the staging bucket."""
        key = f"{payee}/{self.batch}/{name or made.bill.number.replace('/', '-')}.pdf"
        etag = self._s3.put_object(Bucket=self.bucket, Key=key, Body=made.pdf)["ETag"].strip('"')
        return Sent(StagedObject(self.bucket, key, etag, len(made.pdf)), made, payee)

    def document(self, sent: Sent) -> Document | None:
        """The document of an invoice, if there is one yet."""
        return self.documents.get(sent.staged.document_id)

    def ended(self, *sent: Sent) -> list[Document]:
        """Wait until all of these have ended: as long as it takes for one after the other."""
        found = []
        for each in sent:
            document = eventually(
                lambda each=each: self.document(each),  # type: ignore[misc]
                f"{each.staged.key} to end",
                lambda document: document.ended,
            )
            found.append(document)
        return found

    def settlement(self, document: Document) -> Settlement:
        """What was decided on a document."""
        found = SettlementTable(self._dynamodb, TABLE).get(document.id)
        assert found
        return found

    def settled_with(self, ride_ids: Iterable[str]) -> list[str | None]:
        """The document that each of these rides was settled with."""
        items = [
            self._dynamodb.get_item(TableName=TABLE, Key={"id": {"S": f"ride#{id_}"}}, ConsistentRead=True)[
                "Item"
            ]
            for id_ in ride_ids
        ]
        return [item["invoice"]["S"] if "invoice" in item else None for item in items]

    def report(self, payee: str = COMET[0]) -> dict[str, Any]:
        """The batch's report; empty if there is none yet."""
        try:
            answer = self._s3.get_object(Bucket=self.archive, Key=f"reports/{payee}/{self.batch}.json")
        except self._s3.exceptions.NoSuchKey:
            return {}
        report: dict[str, Any] = json.loads(answer["Body"].read())
        return report

    def archived(self, document: Document) -> list[str]:
        """The keys of what the archive has of a document."""
        prefix = f"documents/{document.payee}/{document.batch}/{document.id}"
        found = self._s3.list_objects_v2(Bucket=self.archive, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", ())]


def invoice(
    seed: int,
    payee: Party = COMET[1],
    *,
    layout: Layout | None = None,
    rides: int | None = None,
    now: datetime | None = None,
) -> Made:
    """Make an invoice of today, with a number of its own, in a currency whose amounts have two places."""
    made = invented(seed, layout=layout, rides=rides)
    while DECIMAL_PLACES[made.bill.currency] != 2:
        seed += 100_000
        made = invented(seed, layout=layout, rides=rides)
    bill = made.bill
    draw = random.Random(seed)
    issued = (now or datetime.now(UTC)).date() - timedelta(days=draw.randrange(3))
    # One that is due in fewer days than it is old would be for people, and rightly.
    due = issued + timedelta(days=bill.net_days or draw.randrange(7, 60))
    number = f"{bill.number}{next(_numbers):04}{uuid.uuid4().hex[:4]}"
    bill = replace(bill, payee=payee, issued=issued, due=due, number=number)
    return redrawn(made, bill, seed)


def redrawn(made: Made, bill: Bill, seed: int = 1) -> Made:
    """Draw another bill in the way of an invoice."""
    return replace(made, pdf=drawn(bill, made.layout, made.style, made.paper, seed), bill=bill)


def dearer(made: Made) -> Made:
    """The invoice with another price for its first ride, and the sum that goes with it."""
    first, *others = made.bill.rides
    rides = (replace(first, amount=first.amount + Decimal("1.00")), *others)
    return redrawn(made, replace(made.bill, rides=rides))
