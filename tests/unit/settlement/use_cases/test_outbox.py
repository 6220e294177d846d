"""What changes of documents make due: work on each of their parts, for the workers of their size class."""

from collections.abc import Callable
from typing import Any

import pytest

from settlement.adapters.document_table import to_item
from settlement.domain.document import Document
from settlement.domain.page_work import is_due, work_due
from tests.support.settlement import hostile
from tests.support.settlement.documents import Desk
from tests.support.settlement.ledger import World
from tests.unit.settlement.domain.test_document import begun, classified
from wild_rydes_contracts.fakes import NOON

SPLIT = classified(60).split(0).split(1).split(2)
RENDERED = SPLIT.render(0).render(1).render(2)


def due(before: Document | None, after: Document) -> list[tuple[str, int]]:
    return [(work.data.step, work.data.part) for work in work_due(before, after)]


def test_each_part_is_split_and_when_all_are_each_is_rendered() -> None:
    parts = range(3)
    assert due(None, classified(60)) == [("split", part) for part in parts]
    assert due(classified(60), classified(60).split(0)) == []
    assert due(classified(60).split(0).split(1), SPLIT) == [("render", part) for part in parts]
    assert due(SPLIT, RENDERED) == due(RENDERED, RENDERED.read()) == []
    assert due(classified(60), classified(60).refuse("damaged", NOON)) == []
    assert due(None, begun("nobody.pdf")) == []


def test_the_messages_of_a_change_are_the_same_when_it_comes_again_and_no_two_are_alike() -> None:
    first, again = work_due(None, classified(60)), work_due(None, classified(60))
    assert first == again
    later = work_due(classified(60), SPLIT)
    assert len({work.metadata.event_id for work in (*first, *later)}) == 6


def test_what_is_done_is_not_due() -> None:
    document = classified(60)
    for work in work_due(None, document):
        assert is_due(document, work.data)
        assert not is_due(document.split(work.data.part), work.data)
        assert not is_due(SPLIT, work.data)


def record(key: str, image: Any) -> dict[str, Any]:
    return {
        "eventID": key,
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"id": {"S": key}}, "NewImage": image},
    }


@pytest.mark.parametrize(
    "spoil",
    [
        lambda item: item.pop("state"),
        lambda item: item.update(pages={"N": "many"}),
        lambda item: item.update(key={"N": "1"}),
    ],
    ids=["no state", "no number", "no text"],
)
def test_a_record_that_holds_no_document_is_parked_and_those_behind_it_are_sent(
    world: World, spoil: Callable[[Any], None]
) -> None:
    desk = Desk(world)
    broken, whole = (to_item(classified(pages)) for pages in (1, 2))
    spoil(broken)
    desk.outbox.handle({"Records": [record("document#1", broken), record("document#2", whole)]})
    assert len(desk.messages()) == len(world.parked()) == 1


def test_other_items_of_the_table_and_documents_that_have_expired_send_nothing(world: World) -> None:
    desk = Desk(world)
    expired = record("document#1", None)
    desk.outbox.handle({"Records": [record("ride#1", {"id": {"S": "ride#1"}}), expired]})
    assert desk.messages() == world.parked() == []


def test_a_batch_of_the_stream_that_comes_again_sends_the_same_and_changes_nothing(world: World) -> None:
    desk = Desk(world)
    staged = desk.stage(hostile.pages(9))
    desk.take_in(staged)
    desk.outbox.handle({"Records": [record("document#1", to_item(desk.document(staged)))]})
    bodies = desk.messages()
    assert len(bodies) == 6
    assert len(set(bodies)) == 3
    desk.work(*bodies)
    desk.finish()
    assert desk.document(staged).state == "rendered"
