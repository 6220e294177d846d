"""Payees' documents, as settlement's table has them, and the way in for new ones."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from infra.naming import STAGING_BUCKET_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from wild_rydes_dynamodb.instants import from_number

TABLE: Final = "settlement"
"""The table that keeps documents. tests/unit/rydes/operator/test_invoices.py holds what is read of it to the service."""
INDEX: Final = "by-listing"
DOCUMENT, AUDIT, BATCH, SETTLEMENT = "document#", "audit#", "batch#", "settlement#"
"""How ids, and keys in the index, begin."""
ENDS: Final = frozenset({"decided", "unreadable", "quarantined"})
FIRST: Final = ("receive", "classify")
"""Steps of one moment, in their order."""
_AT_ONCE: Final = 100
_BETWEEN_LOOKS: Final = 1.0


@dataclass(frozen=True)
class InvoiceView:
    """A document. `state` is the decision, if there is one; `amount` is what the invoice asks for, if that could be read."""

    id: str
    partner: str
    batch: str
    name: str
    state: str
    pages: int
    size: int
    amount: str
    reasons: Sequence[str]
    received_at: datetime
    ended_at: datetime | None

    def age(self, now: datetime) -> timedelta:
        """How long it took to its end, or has taken until now."""
        return (self.ended_at or now) - self.received_at


@dataclass(frozen=True)
class StepView:
    """A step of the audit trail: of these pages, or of the document if there are none. `cost` is in dollars."""

    step: str
    pages: Sequence[int]
    at: datetime
    by: str
    outcome: str
    cost: Decimal


class Invoices:
    """The documents of one environment. Methods raise botocore's errors."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._dynamodb = system.client("dynamodb")
        self._table = system.names.of(TABLE)

    def newest(self, most: int, partner: str = "", batch: str = "") -> list[InvoiceView]:
        """List the newest documents, the newest first. Without partner and batch the whole table is read for it.

        Raises:
            LocalCloudError: a batch without a partner.
        """
        if batch and not partner:
            raise LocalCloudError("The partner is missing.", "Name one: --partner p-comet")
        items = self._listed(f"{BATCH}{partner}/{batch}") if batch else self._scanned()
        found = [item for item in items if not partner or _text(item, "payee_id") == partner]
        newest = sorted(found, key=lambda item: int(item["listed_at"]["N"]), reverse=True)[:most]
        return self._viewed(newest)

    def find(self, document_id: str) -> InvoiceView:
        """Read a document.

        Raises:
            LocalCloudError: there is none of this id.
        """
        item = self._dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": DOCUMENT + document_id}}, ConsistentRead=True
        ).get("Item")
        if not item:
            raise LocalCloudError(
                f"There is no document {document_id}.", "`uv run rydes invoices` lists the newest."
            )
        return self._viewed([item])[0]

    def follow(self, document_id: str) -> Iterator[InvoiceView]:
        """Read a document whenever it has changed, until it has ended."""
        last = None
        while True:
            invoice = self.find(document_id)
            if invoice != last:
                yield invoice
            if invoice.ended_at:
                return
            last = invoice
            time.sleep(_BETWEEN_LOOKS)

    def trail(self, document_id: str) -> list[StepView]:
        """Read what was done to a document, by time. Pages with which the same was done by the same are one step."""
        together: dict[tuple[str, str, str], list[tuple[int, datetime, Decimal]]] = {}
        for item in self._listed(AUDIT + document_id):
            _, _, step, _ = item["id"]["S"].split("#")
            for name, value in item.items():
                if name[0] == "e" and name[1:].isdigit():
                    entry = value["M"]
                    key = step, entry["by"]["S"], entry["outcome"]["S"]
                    done = int(name[1:]), from_number(entry["at"]), Decimal(entry["cost"]["N"])
                    together.setdefault(key, []).append(done)
        steps = [
            StepView(
                step,
                sorted(page for page, _, _ in done if page),
                max(at for _, at, _ in done),
                by,
                outcome,
                sum((cost for _, _, cost in done), Decimal(0)),
            )
            for (step, by, outcome), done in together.items()
        ]
        return sorted(steps, key=lambda each: (each.at, each.step not in FIRST, each.step != FIRST[0]))

    def send(self, file: Path, partner: str, batch: str) -> str:
        """Put a file where documents are taken in, and return its key.

        Raises:
            LocalCloudError: it cannot be read.
        """
        key = f"{partner}/{batch}/{file.name}"
        bucket = self._system.parameters[STAGING_BUCKET_PARAMETER]
        try:
            with file.open("rb") as body:
                self._system.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        except OSError as error:
            raise LocalCloudError(f"{file} cannot be read: {error.strerror}.", "Name a file.") from error
        return key

    def _listed(self, key: str) -> Iterator[Mapping[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=INDEX,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": {"S": key}},
        )
        for page in pages:
            yield from page["Items"]

    def _scanned(self) -> Iterator[Mapping[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(id, :document)",
            ExpressionAttributeValues={":document": {"S": DOCUMENT}},
        )
        for page in pages:
            yield from page["Items"]

    def _viewed(self, items: Sequence[Mapping[str, Any]]) -> list[InvoiceView]:
        amounts: dict[str, str] = {}
        for start in range(0, len(items), _AT_ONCE):
            ids = [item["id"]["S"].removeprefix(DOCUMENT) for item in items[start : start + _AT_ONCE]]
            keys = [{"id": {"S": SETTLEMENT + id_}} for id_ in ids]
            wanted: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
            while wanted:
                answer = self._dynamodb.batch_get_item(RequestItems=wanted)
                for item in answer["Responses"].get(self._table, []):
                    if "amount" in item:
                        id_ = item["id"]["S"].removeprefix(SETTLEMENT)
                        amounts[id_] = f"{item['amount']['S']} {item['currency']['S']}"
                wanted = answer.get("UnprocessedKeys")
        return [view_of(item, amounts.get(item["id"]["S"].removeprefix(DOCUMENT), "")) for item in items]


def view_of(item: Mapping[str, Any], amount: str = "") -> InvoiceView:
    """Read a document's item."""
    return InvoiceView(
        item["id"]["S"].removeprefix(DOCUMENT),
        _text(item, "payee_id"),
        _text(item, "batch"),
        item["key"]["S"].rpartition("/")[2],
        _text(item, "decision") or item["state"]["S"],
        int(item["pages"]["N"]),
        int(item["size"]["N"]),
        amount,
        [reason["S"] for reason in item.get("reasons", {"L": []})["L"]],
        from_number(item["listed_at"]),
        from_number(item["ended_at"]) if "ended_at" in item else None,
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item[name]["S"]) if name in item else ""


def now() -> datetime:
    """The time by which ages are told."""
    return datetime.now(UTC)
