"""The table's items `document#<id>`: one for each document. Each is kept as long as the books are.

`listed` and `listed_at` are the keys of the index `by-listing`, which has the documents of a batch, and the audit trail of each
(`adapters/audit_trail.py`). A document whose key names no batch is in no list.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from settlement.domain.document import Document
from settlement.domain.ledger import AWAITED_FOR, KEPT_FOR
from wild_rydes_dynamodb.change import Change, Conflict, change
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

DOCUMENT: Final = "document#"
"""How the ids of these items begin."""
BATCH: Final = "batch#"
"""How the key of a batch begins in the index."""
BY_LISTING: Final = "by-listing"
"""The index of what belongs together, by time: `listed`, and `listed_at`."""

_TRIES = 20
"""The parts of a document end at the same time."""


class NoSuchDocument(Exception):
    """The table holds no document of this id."""


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """Reads and writes documents. Each change is one conditional write. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def add(self, document: Document) -> Document:
        """Write a new document, or return the one that is there: the same object was told of before."""
        document = replace(document, revision=1)
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=to_item(document),
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            found: Any = error.response.get("Item")
            return document_from(found) if found else document
        return document

    def get(self, document_id: str) -> Document | None:
        """Read a document as it is now; None if there is none."""
        item = self.dynamodb.get_item(TableName=self.table, Key=_key(document_id), ConsistentRead=True).get(
            "Item"
        )
        return document_from(item) if item else None

    def change(
        self, document_id: str, rule: Callable[[Document], Document], known: Document | None = None
    ) -> Change[Document]:
        """Apply a rule in one conditional write, or in none if it changes nothing.

        It is applied to `known` first if that was read a moment ago. Raises NoSuchDocument, and TableBusy when others
        are faster each time.
        """

        def read() -> Document:
            if document := known or self.get(document_id):
                return document
            raise NoSuchDocument(document_id)

        return change(read, rule, self._write, tries=_TRIES)

    def of_batch(self, payee: str, batch: str) -> Iterator[Document]:
        """Yield the documents of a batch, page after page, in the order in which they came.

        What was written a moment ago may be missing, or be as it was before.
        """
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=BY_LISTING,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": _batch(payee, batch)},
        )
        for page in pages:
            yield from map(document_from, page["Items"])

    def _write(self, before: Document, after: Document) -> Document:
        after = replace(after, revision=before.revision + 1)
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=to_item(after),
                ConditionExpression="revision = :was",
                ExpressionAttributeValues={":was": {"N": str(before.revision)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            current: Any = error.response.get("Item")
            if not current:
                raise NoSuchDocument(before.id) from None
            raise Conflict(document_from(current)) from None
        return after


def document_from(item: Mapping[str, Any]) -> Document:
    """Decode the document in an item or a stream's image.

    Raises KeyError, TypeError or ValueError if it holds none.
    """
    texts = {
        name: item[name]["S"] for name in ("payee_id", "batch", "size_class", "decision") if name in item
    }
    state: Any = item["state"]["S"]
    size_class: Any = texts.get("size_class")
    decision: Any = texts.get("decision")
    return Document(
        id=str(item["id"]["S"]).removeprefix(DOCUMENT),
        bucket=item["bucket"]["S"],
        key=item["key"]["S"],
        etag=item["etag"]["S"],
        size=int(item["size"]["N"]),
        received_at=from_number(item["listed_at"]),
        payee=texts.get("payee_id"),
        batch=texts.get("batch"),
        state=state,
        pages=int(item["pages"]["N"]),
        size_class=size_class,
        part_pages=int(item["part_pages"]["N"]),
        split_parts=_numbers(item, "split_parts"),
        rendered_parts=_numbers(item, "rendered_parts"),
        decision=decision,
        reasons=tuple(reason["S"] for reason in item["reasons"]["L"]) if "reasons" in item else (),
        ended_at=from_number(item["ended_at"]) if "ended_at" in item else None,
        revision=int(item["revision"]["N"]),
    )


def to_item(document: Document) -> "dict[str, AttributeValueTypeDef]":
    """Encode a document. What it has not is left out."""
    kept_for = KEPT_FOR if document.payee else AWAITED_FOR
    item: dict[str, AttributeValueTypeDef] = {
        **_key(document.id),
        "bucket": {"S": document.bucket},
        "key": {"S": document.key},
        "etag": {"S": document.etag},
        "size": {"N": str(document.size)},
        "listed_at": to_number(document.received_at),
        "state": {"S": document.state},
        "pages": {"N": str(document.pages)},
        "part_pages": {"N": str(document.part_pages)},
        "revision": {"N": str(document.revision)},
        "expires_at": to_seconds(document.received_at + kept_for),
    }
    if document.payee and document.batch:
        item["listed"] = _batch(document.payee, document.batch)
    # `payee` is a key of the index of rides, which documents stay out of.
    for name, text in (
        ("payee_id", document.payee),
        ("batch", document.batch),
        ("size_class", document.size_class),
        ("decision", document.decision),
    ):
        if text is not None:
            item[name] = {"S": text}
    for name, parts in (("split_parts", document.split_parts), ("rendered_parts", document.rendered_parts)):
        if parts:
            item[name] = {"NS": [str(part) for part in sorted(parts)]}
    if document.reasons:
        item["reasons"] = {"L": [{"S": reason} for reason in document.reasons]}
    if document.ended_at is not None:
        item["ended_at"] = to_number(document.ended_at)
    return item


def _key(document_id: str) -> "dict[str, AttributeValueTypeDef]":
    return {"id": {"S": f"{DOCUMENT}{document_id}"}}


def _batch(payee: str, batch: str) -> "AttributeValueTypeDef":
    return {"S": f"{BATCH}{payee}/{batch}"}


def _numbers(item: Mapping[str, Any], name: str) -> frozenset[int]:
    return frozenset(int(number) for number in item[name]["NS"]) if name in item else frozenset()
