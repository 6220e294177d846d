"""Records of a table's stream, as Lambda hands them on.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html and
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html
"""

import hashlib
from typing import Any

from infra.proof.resolver import ACCOUNT, REGION
from tests.simulation.aws.dynamo.table import Kept, Table
from tests.simulation.aws.dynamo.values import size, streamed

EXPIRED = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""Who deletes what has expired."""


class Stream:
    """The stream of one table."""

    def __init__(self, table: Table) -> None:
        self.arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table.name}/stream/2026-01-01T00:00:00.000"
        self._table = table
        self._sequence = 0

    def record(self, old: Kept | None, new: Kept | None, now: float, *, expired: bool) -> dict[str, Any]:
        """Make the record of a change. It shares its images with others and with the table."""
        self._sequence += 1
        kept: Any = new or old
        keys = {name: kept.item[name] for name in self._table.schema.names}
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": int(now),
            "Keys": streamed(keys),
            "SequenceNumber": f"{self._sequence:021d}",
            "SizeBytes": size(keys),
            "StreamViewType": self._table.view,
        }
        if new is not None and self._table.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["NewImage"] = new.image
            change["SizeBytes"] += new.size
        if old is not None and self._table.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["OldImage"] = old.image
            change["SizeBytes"] += old.size
        of = f"{self.arn}/{self._sequence}".encode()
        return {
            "eventID": hashlib.blake2b(of, digest_size=16).hexdigest(),
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": change,
            "eventSourceARN": self.arn,
            **({"userIdentity": dict(EXPIRED)} if expired else {}),
        }
