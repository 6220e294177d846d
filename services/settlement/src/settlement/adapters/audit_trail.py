"""The table's items `audit#<document>#<step>#<chunk>`: what was done to a document, and to each of its pages.

An item holds one step of up to 50 pages, so none grows without bound, and a document of 300 pages takes six writes a step.
Each entry is an attribute of its own (`e<page>`, `e0` for the document) that is set if it is not there: twice is as once,
whichever pages come together. The index `by-listing` has all items of a document under `audit#<document>`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from settlement.adapters.document_table import BY_LISTING
from settlement.domain.audit import STEPS, AuditEntry
from settlement.domain.ledger import KEPT_FOR
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

AUDIT: Final = "audit#"
"""How the ids of these items begin, and their key in the index."""

PAGES_OF_AN_ITEM: Final = 50

_READ_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Writes and reads audit entries. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def write(self, entries: Iterable[AuditEntry]) -> None:
        """Add entries. Of one that is there, the first word stands.

        Write them before the change that they tell of: a worker that dies between the two does both again.
        """
        chunks: defaultdict[tuple[str, str, int], list[AuditEntry]] = defaultdict(list)
        for entry in entries:
            chunks[entry.document_id, entry.step, _chunk(entry.page)].append(entry)
        for (document_id, step, chunk), together in chunks.items():
            self._write(f"{AUDIT}{document_id}#{step}#{chunk}", together)

    def of(self, document_id: str) -> Sequence[AuditEntry]:
        """Read what was done to a document, by step and page.

        What was written a moment ago may be missing.
        """
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=BY_LISTING,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": {"S": f"{AUDIT}{document_id}"}},
        )
        entries = [entry for page in pages for item in page["Items"] for entry in _entries(item)]
        return sorted(entries, key=lambda entry: (STEPS.index(entry.step), entry.page or 0))

    def now(self, document_id: str, pages: int) -> Sequence[AuditEntry]:
        """Read what was done to a document of so many pages, all that was written before the call."""
        chunks = range(_chunk(max(1, pages)) + 1)
        keys = [{"id": {"S": f"{AUDIT}{document_id}#{step}#{chunk}"}} for step in STEPS for chunk in chunks]
        entries: list[AuditEntry] = []
        for start in range(0, len(keys), _READ_AT_ONCE):
            wanted: Any = {self.table: {"Keys": keys[start : start + _READ_AT_ONCE], "ConsistentRead": True}}
            while wanted:
                answer = self.dynamodb.batch_get_item(RequestItems=wanted)
                entries += [
                    entry for item in answer["Responses"].get(self.table, []) for entry in _entries(item)
                ]
                wanted = answer.get("UnprocessedKeys")
        return sorted(entries, key=lambda entry: (STEPS.index(entry.step), entry.page or 0))

    def _write(self, item_id: str, together: Sequence[AuditEntry]) -> None:
        first = together[0]
        numbered = dict(
            enumerate(together)
        )  # so that the text of the expression depends on how many there are alone
        sets = [f"#e{n} = if_not_exists(#e{n}, :e{n})" for n in numbered]
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"id": {"S": item_id}},
            UpdateExpression="SET listed = :listed, listed_at = if_not_exists(listed_at, :at),"
            f" expires_at = if_not_exists(expires_at, :until), {', '.join(sets)}",
            ExpressionAttributeNames={f"#e{n}": f"e{entry.page or 0}" for n, entry in numbered.items()},
            ExpressionAttributeValues={
                ":listed": {"S": f"{AUDIT}{first.document_id}"},
                ":at": to_number(first.at),
                ":until": to_seconds(first.at + KEPT_FOR),
                **{f":e{n}": _value(entry) for n, entry in numbered.items()},
            },
        )


def _chunk(page: int | None) -> int:
    return 0 if page is None else (page - 1) // PAGES_OF_AN_ITEM


def _value(entry: AuditEntry) -> "AttributeValueTypeDef":
    return {
        "M": {
            "at": to_number(entry.at),
            "by": {"S": entry.by},
            "outcome": {"S": entry.outcome},
            "cost": {"N": str(entry.cost)},
        }
    }


def _entries(item: Mapping[str, Any]) -> Iterable[AuditEntry]:
    _, document_id, step, _ = str(item["id"]["S"]).split("#")
    for name, value in item.items():
        if name[0] == "e" and name[1:].isdigit():
            entry = value["M"]
            yield AuditEntry(
                document_id,
                int(name[1:]) or None,
                step,  # type: ignore[arg-type]
                from_number(entry["at"]),
                entry["by"]["S"],
                entry["outcome"]["S"],
                Decimal(entry["cost"]["N"]),
            )
