"""Documents come in, and go their way to pages, whatever comes twice, late, broken or not at all."""

import random
from typing import Any

import pytest

from settlement.use_cases.dangerous_work import MAX_DEATHS, SUSPECT_AFTER
from tests.support.settlement import hostile
from tests.support.settlement.documents import BATCH, Deadly, Desk, event_of, tries
from tests.support.settlement.ledger import World


def test_twice_is_as_once(desk: Desk, world: World) -> None:
    staged = desk.stage(hostile.pages(9))
    desk.take_in(staged, staged)
    draw = random.Random(1)
    seen: list[str] = []
    while bodies := desk.messages():
        seen += bodies
        again = [*bodies, *bodies]
        draw.shuffle(again)
        assert desk.work(*again) == 0
    assert len(seen) == 2 * 3
    before = world.items()
    assert desk.take_in(staged) == desk.work(*seen) == 0
    assert world.items() == before
    assert world.parked() == []


def test_the_same_content_in_another_batch_is_another_document(desk: Desk) -> None:
    first, second = (desk.stage(hostile.pages(1), f"p-comet/{batch}/a.pdf") for batch in ("b1", "b2"))
    desk.take_in(first, second)
    desk.finish()
    assert first.document_id != second.document_id
    assert [desk.document(each).state for each in (first, second)] == ["rendered", "rendered"]


@pytest.mark.parametrize("name", [*hostile.BROKEN])
def test_what_is_broken_ends_with_its_reason_and_no_dead_letter(desk: Desk, world: World, name: str) -> None:
    make, reasons = hostile.BROKEN[name]
    staged = desk.stage(make())
    desk.take_in(staged)
    desk.finish()
    document = desk.document(staged)
    assert document.state == "unreadable"
    assert document.reasons[0] in reasons
    assert desk.trail.of(document.id)[-1].outcome == document.reasons[0]
    assert "DocumentsRefused" in world.counted()
    assert world.parked() == []


@pytest.mark.parametrize(
    ("key", "reason"),
    [("invoice.pdf", "wrong-key"), ("p-nobody/2026-11/invoice.pdf", "unknown-payee")],
)
def test_what_is_nobodys_is_put_aside_unopened(desk: Desk, key: str, reason: str) -> None:
    staged = desk.stage(hostile.pages(1), key)
    desk.s3.delete_object(Bucket=staged.bucket, Key=staged.key)
    desk.take_in(staged)
    assert (desk.document(staged).state, desk.document(staged).reasons) == ("quarantined", (reason,))
    assert [entry.outcome for entry in desk.trail.of(staged.document_id)] == [reason]


def test_a_document_of_too_many_pages_is_refused(desk: Desk) -> None:
    staged = desk.stage(hostile.pages(13))
    desk.take_in(staged)
    assert desk.document(staged).reasons == ("too-many-pages",)


def test_a_document_that_was_replaced_or_removed_is_put_aside_and_its_successor_is_taken_in(
    desk: Desk,
) -> None:
    removed = desk.stage(hostile.pages(1), f"{BATCH}/removed.pdf")
    desk.s3.delete_object(Bucket=removed.bucket, Key=removed.key)
    emptied = desk.stage(hostile.pages(1), f"{BATCH}/emptied.pdf")
    desk.stage(b"", f"{BATCH}/emptied.pdf")
    old = desk.stage(hostile.pages(1))
    new = desk.stage(hostile.pages(2))
    assert desk.take_in(removed, emptied, old, new) == 0
    told = [desk.document(each).reasons for each in (removed, emptied, old, new)]
    assert told == [("gone",), ("gone",), ("gone",), ()]
    assert desk.document(new).pages == 2


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        pytest.param("[" * 100_000, id="deep"),
        "{}",
        '{"source": "aws.s3", "detail-type": "Object Created", "time": "2026-11-26T12:00:00Z", "detail": {}}',
    ],
)
def test_garbage_is_parked_and_harms_no_other_message(desk: Desk, world: World, body: str) -> None:
    staged = desk.stage(hostile.pages(1))
    assert desk.take_in(body, staged) == 0
    [work] = desk.messages()
    assert desk.work(body, work) == 0
    assert desk.document(staged).state == "split"
    assert len(world.parked()) == 2


def test_an_event_of_another_kind_source_or_bucket_is_garbage(desk: Desk, world: World) -> None:
    event = event_of(desk.stage(hostile.pages(1)))
    for old, new in (("aws.s3", "ours"), ("Object Created", "Object Deleted"), ("staging", "another")):
        assert desk.take_in(event.replace(old, new)) == 0
    assert world.items() == []
    assert len(world.parked()) == 3


def test_a_document_that_kills_its_workers_ends(world: World) -> None:
    desk = Desk(world, Deadly(512, 60))
    staged = desk.stage(hostile.pages(1))
    assert tries(desk, lambda: desk.take_in(staged)) == SUSPECT_AFTER + MAX_DEATHS + 1
    assert (desk.document(staged).state, desk.document(staged).reasons) == ("unreadable", ("kills-workers",))
    assert world.parked() == []


@pytest.mark.parametrize("call", ["UpdateItem", "PutItem"])
def test_a_worker_that_dies_before_any_of_its_writes_loses_nothing(
    desk: Desk, world: World, call: str
) -> None:
    """The write fails as if the worker had died before it; its message comes again."""
    staged = desk.stage(hostile.pages(2))

    class Died(BaseException):
        pass

    def die(**_: Any) -> None:
        raise Died

    def dying(work: Any) -> None:
        world.dynamodb.meta.events.register(f"before-call.dynamodb.{call}", die)
        with pytest.raises(Died):
            work()
        world.dynamodb.meta.events.unregister(f"before-call.dynamodb.{call}", die)

    dying(lambda: desk.take_in(staged))
    desk.take_in(staged)
    while bodies := desk.messages():
        for body in bodies:
            dying(lambda body=body: desk.work(body))
            desk.work(body)
    assert desk.document(staged).state == "rendered"
    assert len(desk.trail.of(staged.document_id)) == 2 + 2 * 2
