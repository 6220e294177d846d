"""Decide on a document that was read, and settle its rides. Part of the decisions and failsafe functions."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from settlement.adapters.document_table import DocumentTable, NoSuchDocument
from settlement.adapters.ledger_table import LedgerTable
from settlement.adapters.settlement_table import SettlementTable, Taken, held_rides
from settlement.domain.deciding import Account, Approved, Decision, Reason, Review, decide
from settlement.domain.document import Document
from settlement.domain.invoice import Found, Invoice
from settlement.domain.labels import folded
from settlement.domain.ledger import KEPT_FOR
from settlement.domain.settlement import (
    AT_ONCE,
    FAILED,
    Settlement,
    Standing,
    given_up,
    is_payable,
    owing,
    settlement_of,
)
from wild_rydes_dynamodb.change import TableBusy
from wild_rydes_messaging.consume import RetryLater

_TRIES: Final = 20
"""Others may be faster so often, in one attempt."""

WAIT: Final = 5.0
"""Seconds until a look at rides that are held for another invoice."""

_EVER: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Decides by what the books say at the moment of the write. Twice is as once, and a crash is finished by a retry."""

    documents: DocumentTable
    settlements: SettlementTable
    ledger: LedgerTable
    payees: Mapping[str, frozenset[str]]
    now: Callable[[], datetime]

    def decide(self, document: Document, invoice: Invoice) -> Document:
        """End a document with a decision on its invoice. One that has ended stays as it is.

        Raises RetryLater while another invoice holds what this one wants, NoSuchDocument, and TableBusy.
        """
        number = folded(invoice.number.value) if isinstance(invoice.number, Found) else None
        ride_ids = {line.ride_id for line in invoice.lines}
        for _ in range(_TRIES):
            if document.ended:
                return self.let_go(document, ride_ids)
            payee = document.payee or ""
            standing = self.settlements.standing(document.id, payee, ride_ids, number)
            if standing.waits:
                raise RetryLater(WAIT)
            account = Account(self.payees.get(payee, frozenset()), standing.rides, standing.numbers)
            # By the day of its arrival: a retry on the next day decides the same.
            verdict = decide(invoice, account, document.received_at.date())
            try:
                return self._carry_out(document, invoice, verdict, standing)
            except Taken:
                document = self._again(document.id)
        raise TableBusy("other decisions were faster")

    def give_up(self, document: Document, reasons: tuple[str, ...] = (FAILED,)) -> Document:
        """End a document as one for people, whatever was begun. Raises TableBusy."""
        for _ in range(_TRIES):
            if document.ended:
                return self.let_go(document)
            try:
                return self._end(document, given_up(document, reasons, self.now()), ())
            except Taken:
                document = self._again(document.id)
        raise TableBusy("other decisions were faster")

    def let_go(self, document: Document, ride_ids: Collection[str] = ()) -> Document:
        """Let go of what is held for a document that has ended without a decision: it was put aside while it was decided.

        The rides may be named; else all are found. Raises TableBusy.
        """
        if document.state == "decided":
            return document
        for _ in range(_TRIES):
            begun = self.settlements.get(document.id)
            if begun is None or begun.phase == "done":
                return document
            try:
                self._release(begun, ride_ids)
                self.settlements.close(given_up(document, document.reasons, self.now()), begun)
            except Taken:
                continue
            return document
        raise TableBusy("others were faster")

    def _carry_out(
        self, document: Document, invoice: Invoice, verdict: Decision, standing: Standing
    ) -> Document:
        if isinstance(verdict, Approved) and not is_payable(verdict):
            verdict = Review((Reason("uncertain", "total"),))
        settlement = settlement_of(document, invoice, verdict, self.now())
        if not isinstance(verdict, Approved):
            return self._end(document, settlement, {line.ride_id for line in invoice.lines})
        if standing.phase == "undoing":
            raise RetryLater(WAIT)  # somebody is giving it up
        rides = owing(invoice, verdict)
        after = document.decide("settled", (), settlement.at)
        if after == document:
            raise RetryLater(WAIT)  # it is not rendered yet: a message came early
        if len(rides) <= AT_ONCE and standing.phase is None:
            self.settlements.settle(document, after, settlement, rides)
            return after
        if standing.phase is None:
            self.settlements.begin(settlement)
        self.settlements.hold(settlement, rides)
        self.settlements.finish(document, after, settlement)
        return after

    def _end(self, document: Document, settlement: Settlement, ride_ids: Collection[str]) -> Document:
        """Write a decision that settles nothing, and let go of what is held: of these rides, or of whichever they are."""
        after = document.decide(settlement.decision, settlement.reasons, settlement.at)
        if after == document:
            raise RetryLater(WAIT)
        begun = self.settlements.get(document.id)
        if begun:
            self._release(begun, ride_ids)
        self.settlements.end(document, after, settlement, begun)
        return after

    def _release(self, begun: Settlement, ride_ids: Collection[str]) -> None:
        """Let go of those of these rides that are held, or of whichever they are. Raises Taken."""
        self.settlements.stop(begun.document_id)  # before the look at what is held
        wanted = ride_ids or self._rides_of(begun)
        self.settlements.release(begun.document_id, tuple(self.settlements.held(begun.document_id, wanted)))

    def _rides_of(self, begun: Settlement) -> Collection[str]:
        """Find the rides that may be held for a document of which nobody knows what it says."""
        entries = self.ledger.of(begun.payee, _EVER, begun.at + KEPT_FOR)
        return {*begun.ride_ids, *held_rides(entries, begun.document_id)}

    def _again(self, document_id: str) -> Document:
        document = self.documents.get(document_id)
        if document is None:
            raise NoSuchDocument(document_id)
        return document
