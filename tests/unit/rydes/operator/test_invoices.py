"""What operators see of documents is what the service writes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.naming import STAGING_BUCKET_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator import invoices
from infra.rydes.operator.invoices import Invoices
from settlement.adapters import audit_trail, document_table
from settlement.domain import document
from tests.support import aws
from tests.support.settlement import hostile
from tests.support.settlement.documents import STAGING
from tests.support.settlement.ledger import World
from tests.support.settlement.ward import Ward

pytestmark = pytest.mark.moto


@pytest.fixture
def ward() -> Iterator[Ward]:
    with aws.account():
        yield Ward(World())


@pytest.fixture
def found(ward: Ward) -> Invoices:
    system: Any = SimpleNamespace(
        client=lambda service: ward.s3 if service == "s3" else ward.world.dynamodb,
        names=SimpleNamespace(of=lambda _: ward.world.name),
        parameters={STAGING_BUCKET_PARAMETER: STAGING},
    )
    return Invoices(system)


def test_names_are_the_services() -> None:
    assert document_table.BY_LISTING == invoices.INDEX
    assert (document_table.DOCUMENT, document_table.BATCH) == (invoices.DOCUMENT, invoices.BATCH)
    assert audit_trail.AUDIT == invoices.AUDIT
    assert document.ENDS == invoices.ENDS


def test_a_document_is_shown_as_it_is(ward: Ward, found: Invoices) -> None:
    staged = ward.stage(hostile.pages(9))
    ward.take_in(staged)
    seen = found.find(staged.document_id)
    assert (seen.partner, seen.batch, seen.name) == ("p-comet", "2026-11", "invoice.pdf")
    assert (seen.state, seen.pages, seen.size, seen.amount) == ("classified", 9, staged.size, "")
    assert seen.age(seen.received_at + timedelta(seconds=5)) == timedelta(seconds=5)
    ward.find(staged)
    seen = found.find(staged.document_id)
    assert (seen.state, seen.reasons) == ("quarantined", ["sensitive-data"])
    with pytest.raises(LocalCloudError, match="no document"):
        found.find("nobody's")


def test_a_decision_is_its_state_and_what_it_asks_for_is_shown(ward: Ward, found: Invoices) -> None:
    staged = ward.stage(hostile.pages(1))
    ward.take_in(staged)
    ward.table.change(staged.document_id, lambda it: it.decide("review", ("uncertain",), ward.world.now))
    item = {
        "id": {"S": f"settlement#{staged.document_id}"},
        "amount": {"S": "12.50"},
        "currency": {"S": "USD"},
    }
    ward.world.dynamodb.put_item(TableName=ward.world.name, Item=item)
    seen = found.find(staged.document_id)
    assert (seen.state, seen.reasons, seen.amount) == ("review", ["uncertain"], "12.50 USD")


def test_documents_are_listed_by_partner_and_batch_the_newest_first(ward: Ward, found: Invoices) -> None:
    keys = ["p-comet/b1/1.pdf", "p-nimbus/b1/2.pdf", "p-comet/b2/3.pdf", "p-comet/b1/4.pdf", "nonsense.pdf"]
    for key in keys:
        ward.world.now += timedelta(seconds=1)
        ward.take_in(ward.stage(hostile.pages(1), key))

    def names(**which: Any) -> list[str]:
        return [each.name for each in found.newest(which.pop("most", 20), **which)]

    assert names() == ["nonsense.pdf", "4.pdf", "3.pdf", "2.pdf", "1.pdf"]
    assert names(most=2) == ["nonsense.pdf", "4.pdf"]
    assert names(partner="p-comet") == ["4.pdf", "3.pdf", "1.pdf"]
    assert names(partner="p-comet", batch="b1") == ["4.pdf", "1.pdf"]
    assert names(partner="p-comet", batch="b3") == []
    with pytest.raises(LocalCloudError, match="partner is missing"):
        names(batch="b1")


def test_the_trail_takes_pages_together(ward: Ward, found: Invoices) -> None:
    staged = ward.stage(hostile.pages(9))
    ward.take_in(staged)
    ward.finish()
    ward.find(staged)
    trail = {each.step: each for each in found.trail(staged.document_id)}
    assert [*trail] == sorted(trail, key=lambda step: trail[step].at)
    assert list(trail["split"].pages) == list(trail["render"].pages) == [*range(1, 10)]
    assert (trail["split"].by, trail["split"].outcome) == ("settlement-pages", "done")
    assert trail["split"].cost == sum(
        entry.cost for entry in ward.trail.of(staged.document_id) if entry.step == "split"
    )
    assert trail["quarantine"].outcome.startswith("CREDIT_CARD_NUMBER 1")
    assert trail["receive"].pages == []


def test_a_document_is_followed_until_it_has_ended(
    ward: Ward, found: Invoices, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = ward.stage(hostile.pages(1))
    ward.take_in(staged)
    looks = 0

    def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks > 1:
            ward.find(staged)

    monkeypatch.setattr("time.sleep", sleep)
    assert [each.state for each in found.follow(staged.document_id)] == ["classified", "quarantined"]


def test_a_file_is_sent_where_documents_are_taken_in(ward: Ward, found: Invoices, tmp_path: Path) -> None:
    file = tmp_path / "invoice 1.pdf"
    file.write_bytes(hostile.pages(1))
    assert found.send(file, "p-comet", "b1") == "p-comet/b1/invoice 1.pdf"
    assert ward.held(STAGING) == ["p-comet/b1/invoice 1.pdf"]
    with pytest.raises(LocalCloudError, match="cannot be read"):
        found.send(tmp_path / "none.pdf", "p-comet", "b1")
