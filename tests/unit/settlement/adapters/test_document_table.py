"""Documents and their audit trails in the table: each once, whoever writes them again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable, NoSuchDocument, document_from, to_item
from settlement.domain.audit import STEPS, AuditEntry
from settlement.domain.document import Document
from tests.support.settlement.ledger import World
from tests.unit.settlement.domain.test_document import LIMITS, begun, classified
from wild_rydes_contracts.fakes import NOON


@pytest.fixture
def documents(world: World) -> DocumentTable:
    return DocumentTable(world.dynamodb, world.name)


@pytest.fixture
def trail(world: World) -> AuditTrail:
    return AuditTrail(world.dynamodb, world.name)


@pytest.mark.parametrize(
    "document",
    [
        begun(),
        begun("nowhere.pdf"),
        classified(300),
        classified(60).split(0).split(1).split(2).render(1),
        classified(1).split(0).render(0).decide("disputed", ("sum-differs", "ride-twice"), NOON),
        begun().refuse("encrypted", NOON),
    ],
    ids=lambda document: document.state,
)
def test_a_document_is_read_as_it_was_written(documents: DocumentTable, document: Document) -> None:
    assert document_from(to_item(document)) == document
    documents.add(document)
    assert documents.get(document.id) == document


def test_a_document_that_is_added_again_is_the_one_that_is_there(documents: DocumentTable) -> None:
    documents.add(begun())
    changed = documents.change(begun().id, lambda document: document.classify(3, LIMITS, NOON)).after
    assert documents.add(begun()) == changed == documents.get(begun().id)


def test_a_change_of_what_was_changed_meanwhile_starts_over(documents: DocumentTable) -> None:
    stale = documents.add(classified(60))
    documents.change(stale.id, lambda document: document.split(1))
    change = documents.change(stale.id, lambda document: document.split(0), known=stale)
    assert change.after.split_parts == {0, 1}
    assert documents.change(stale.id, lambda document: document.split(0), known=stale).after.revision == 3


def test_a_document_that_there_is_not_is_not_changed(documents: DocumentTable, world: World) -> None:
    with pytest.raises(NoSuchDocument):
        documents.change("nobody", lambda document: document.split(0))
    with pytest.raises(NoSuchDocument):
        documents.change("nobody", lambda document: document.split(0), known=classified(2))
    assert world.items() == []


def test_a_batch_lists_its_documents_in_the_order_of_their_coming(documents: DocumentTable) -> None:
    for minute, key in enumerate(["p-comet/b1/x", "p-comet/b1/a", "p-comet/b2/x", "p-nimbus/b1/x", "odd"]):
        documents.add(replace(begun(key), received_at=NOON + timedelta(minutes=minute)))
    assert [document.name for document in documents.of_batch("p-comet", "b1")] == ["x", "a"]


def entry(page: int | None, outcome: str = "done", step: Any = "split") -> AuditEntry:
    return AuditEntry("d-1", page, step, NOON, "settlement-large", outcome, Decimal("0.000000667"))


def test_of_each_step_of_a_page_the_first_word_stands(trail: AuditTrail) -> None:
    trail.write([entry(None, step="receive"), entry(1), entry(2)])
    trail.write([entry(2, "again"), entry(3), entry(None, "again", "receive"), entry(3, step="render")])
    assert [(each.step, each.page, each.outcome) for each in trail.of("d-1")] == [
        ("receive", None, "done"),
        ("split", 1, "done"),
        ("split", 2, "done"),
        ("split", 3, "done"),
        ("render", 3, "done"),
    ]
    assert trail.of("d-1")[1] == entry(1)


def test_no_item_of_a_trail_grows_without_bound(trail: AuditTrail, world: World) -> None:
    for step in STEPS:
        trail.write(entry(page, step=step) for page in range(1, 301))
    assert len(trail.of("d-1")) == 300 * len(STEPS)
    assert len(world.items()) == 6 * len(STEPS)
    assert max(len(str(item)) for item in world.items()) < 10_000
    assert trail.of("d-2") == []
