"""Invoices that were read, and documents that wait for a decision, in the ledger's little world."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from settlement.adapters.document_table import DocumentTable
from settlement.adapters.ledger_table import LedgerTable
from settlement.adapters.settlement_table import SettlementTable
from settlement.domain.document import Document
from settlement.domain.invoice import Found, Invoice, RideLine
from settlement.domain.page import Place
from settlement.use_cases.decider import Decider
from tests.support.settlement.ledger import World, usd
from wild_rydes_contracts.fakes import NOON

SOMEWHERE = Place(1, 0.1, 0.1, 0.1, 0.01)
PRICE = Decimal("12.50")


def invoice(
    *rides: str, number: str = "INV-1", amount: Decimal = PRICE, payee: str = "Comet Cars", **other: Any
) -> Invoice:
    """An invoice of Comet Cars about rides at 12.50 dollars each."""
    said: dict[str, Any] = {
        "payee": Found(payee, 0.99, SOMEWHERE),
        "number": Found(number, 0.99, SOMEWHERE),
        "issued": Found(date(2026, 11, 20), 0.99, SOMEWHERE),
        "due": Found(date(2026, 12, 20), 0.99, SOMEWHERE),
        "total": Found(amount * len(rides), 0.99, SOMEWHERE),
        "currency": Found("USD", 0.99, SOMEWHERE),
        "lines": tuple(RideLine(ride, amount, 0.99, SOMEWHERE) for ride in rides),
    }
    return Invoice(**{**said, **other})


class Decisions(World):
    """The world of the ledger with documents. Needs moto."""

    def owe(self, *rides: str, payee: str = "p-comet", price: str = "12.50") -> None:
        """Let rides be owed, at so many dollars each."""
        for ride in rides:
            self.ledger.note_price(ride, payee, usd(price), NOON)
            self.ledger.note_end(ride, payee, NOON)

    def document(
        self, id_: str, *, pages: int = 1, payee: str = "p-comet", state: str = "rendered"
    ) -> Document:
        """A document whose pages are rendered."""
        return DocumentTable(self.dynamodb, self.name).add(
            Document(
                id_,
                "staging",
                f"{payee}/b-1/{id_}.pdf",
                "etag",
                10_000,
                NOON,
                payee,
                "b-1",
                state,  # type: ignore[arg-type]
                pages,
                "single",
                pages,
                frozenset({0}),
                frozenset({0}),
            )
        )

    def decider(self, client: Any = None) -> Decider:
        """Who decides, by a client of its own."""
        client = client or self.dynamodb
        return Decider(
            documents=DocumentTable(client, self.name),
            settlements=SettlementTable(client, self.name),
            ledger=LedgerTable(client, self.name),
            payees={"p-comet": frozenset({"Comet Cars"})},
            now=lambda: self.now,
        )

    def decided(self, id_: str) -> Document:
        """A document as it is now."""
        found = DocumentTable(self.dynamodb, self.name).get(id_)
        assert found
        return found

    def invoices(self) -> dict[str, str | None]:
        """Each ride's invoice."""
        return {
            item["id"]["S"].removeprefix("ride#"): item["invoice"]["S"] if "invoice" in item else None
            for item in self.items()
            if item["id"]["S"].startswith("ride#")
        }


def ids(count: int) -> Sequence[str]:
    """Ids of so many rides, in order."""
    return [f"ride-{number:03}.1" for number in range(count)]
