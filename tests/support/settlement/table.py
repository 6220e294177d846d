"""settlement's table on moto, as the stack makes it. tests/infra/test_platform.py holds the indexes to the stack."""

import uuid
from typing import Any

from settlement.adapters.document_table import BY_LISTING
from settlement.adapters.ledger_table import BY_PAYEE

INDEXES = {BY_PAYEE: ("payee", "completed_at"), BY_LISTING: ("listed", "listed_at")}


def made(dynamodb: Any) -> str:
    """Make a table. Returns its name."""
    name = f"settlement-{uuid.uuid4()}"
    keys = [pair for index in INDEXES.values() for pair in zip(index, ("S", "N"), strict=True)]
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            *({"AttributeName": key, "AttributeType": kind} for key, kind in keys),
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": hash_key, "KeyType": "HASH"},
                    {"AttributeName": range_key, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, (hash_key, range_key) in INDEXES.items()
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
