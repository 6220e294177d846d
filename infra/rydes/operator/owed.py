"""What partners are owed, from the ledger of settlement to what is read on the terminal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from infra.rydes.cloud.aws import Account
from wild_rydes_dynamodb.instants import to_number

TABLE: Final = "settlement"
INDEX: Final = "by-payee"
"""Of rides that are over. tests/infra/test_platform.py holds it to the service's."""


@dataclass(slots=True)
class Sum:
    """Rides, and what they come to in one currency."""

    rides: int = 0
    amount: Decimal = Decimal("0.00")

    def add(self, amount: Decimal) -> None:
        """Add a ride."""
        self.rides += 1
        self.amount += amount


@dataclass(slots=True)
class Standing:
    """What a partner is owed and what was settled, by currency, and how many rides are over whose price is not known."""

    owed: dict[str, Sum] = field(default_factory=dict)
    settled: dict[str, Sum] = field(default_factory=dict)
    unpriced: int = 0


def standing_of(items: Iterable[Mapping[str, Any]]) -> Standing:
    """Add up a partner's items of the table."""
    found = Standing()
    for item in items:
        if "price" not in item:
            found.unpriced += 1
            continue
        sums = found.settled if "invoice" in item else found.owed
        sums.setdefault(item["currency"]["S"], Sum()).add(Decimal(item["price"]["S"]))
    return found


def items_of(account: Account, partner: str, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a partner's rides that were over in a period, `until` not included, page after page.

    Raises botocore's errors.
    """
    pages = (
        account.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=account.names.of(TABLE),
            IndexName=INDEX,
            KeyConditionExpression="payee = :payee AND completed_at BETWEEN :since AND :last",
            ExpressionAttributeValues={
                ":payee": {"S": partner},
                ":since": to_number(since),
                ":last": to_number(until - timedelta(milliseconds=1)),
            },
        )
    )
    for page in pages:
        yield from page["Items"]


def to_json(standings: Mapping[str, Standing]) -> dict[str, Any]:
    """Write the standings for programs. Amounts are decimal strings, as in messages."""
    return {
        partner: {
            "owed": _money(standing.owed),
            "settled": _money(standing.settled),
            "rides-without-a-price": standing.unpriced,
        }
        for partner, standing in standings.items()
    }


def _money(sums: Mapping[str, Sum]) -> dict[str, dict[str, Any]]:
    return {code: {"amount": str(each.amount), "rides": each.rides} for code, each in sorted(sums.items())}


def to_table(standings: Mapping[str, Standing]) -> Table:
    """Write the standings for people: a line for each partner and currency."""
    table = Table("partner", "currency", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading in ("owed", "rides", "settled", "rides", "without a price"):
        table.add_column(heading, justify="right")
    for partner, standing in standings.items():
        currencies = sorted({*standing.owed, *standing.settled}) or [""]
        for number, currency in enumerate(currencies):
            owed, settled = standing.owed.get(currency, Sum()), standing.settled.get(currency, Sum())
            table.add_row(
                "" if number else partner,
                currency,
                f"{owed.amount:,}" if owed.rides else "",
                str(owed.rides or ""),
                f"{settled.amount:,}" if settled.rides else "",
                str(settled.rides or ""),
                "" if number or not standing.unpriced else str(standing.unpriced),
            )
    return table
