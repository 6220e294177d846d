"""Documents on their way from the staging bucket to pages, whatever comes twice, late, broken or not at all."""

import random
from dataclasses import replace
from typing import Any

import pytest

from settlement.adapters.document_files import PageFiles
from settlement.adapters.pdf_reader import PdfReader, ReaderDied
from settlement.use_cases.dangerous_work import MAX_DEATHS, SUSPECT_AFTER
from tests.support.aws import refusal
from tests.support.settlement import hostile
from tests.support.settlement.documents import BATCH, Desk, event_of
from tests.support.settlement.ledger import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.mark.parametrize(
    ("pages", "size_class", "parts"), [(1, "single", 1), (3, "small", 1), (9, "large", 3)]
)
def test_a_document_becomes_pages_and_pictures(desk: Desk, pages: int, size_class: str, parts: int) -> None:
    staged = desk.stage(hostile.pages(pages))
    assert desk.take_in(staged) == 0
    document = desk.document(staged)
    assert (document.state, document.size_class, len(document.parts)) == ("classified", size_class, parts)
    bodies = desk.messages()
    assert len(bodies) == parts
    desk.work(*bodies)
    assert desk.document(staged).state == "split"
    desk.finish()
    assert desk.document(staged).state == "rendered"
    expected = [f"{page}.{kind}" for page in range(1, pages + 1) for kind in ("pdf", "png")]
    assert desk.drawn(staged.document_id) == sorted(expected)
    assert desk.messages() == [], "until there is somebody who reads it, this is the end"


def test_the_audit_trail_tells_of_the_document_and_each_page(desk: Desk) -> None:
    staged = desk.stage(hostile.pages(9))
    desk.take_in(staged)
    desk.finish()
    trail = desk.trail.of(staged.document_id)
    told = [(entry.step, entry.page, entry.outcome) for entry in trail]
    pages = [(step, page, "done") for step in ("split", "render") for page in range(1, 10)]
    assert told == [("receive", None, "done"), ("classify", None, "large"), *pages]
    assert {entry.by for entry in trail} == {"settlement-documents", "settlement-pages"}
    assert all(entry.cost > 0 for entry in trail if entry.step != "classify")


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


@pytest.mark.parametrize("pages", [13])
def test_a_document_of_too_many_pages_is_refused(desk: Desk, pages: int) -> None:
    staged = desk.stage(hostile.pages(pages))
    desk.take_in(staged)
    assert desk.document(staged).reasons == ("too-many-pages",)


def test_a_document_that_was_replaced_or_removed_is_put_aside_and_its_successor_is_taken_in(
    desk: Desk,
) -> None:
    removed = desk.stage(hostile.pages(1), f"{BATCH}/removed.pdf")
    desk.s3.delete_object(Bucket=removed.bucket, Key=removed.key)
    old = desk.stage(hostile.pages(1))
    new = desk.stage(hostile.pages(2))
    desk.take_in(removed, old, new)
    assert [desk.document(each).reasons for each in (removed, old, new)] == [("gone",), ("gone",), ()]
    assert desk.document(new).pages == 2


def test_a_document_that_is_removed_while_it_is_split_is_put_aside(desk: Desk) -> None:
    staged = desk.stage(hostile.pages(9))
    desk.take_in(staged)
    first, *others = desk.messages()
    desk.work(first)
    desk.s3.delete_object(Bucket=staged.bucket, Key=staged.key)
    assert desk.work(*others) == 0
    assert (desk.document(staged).state, desk.document(staged).reasons) == ("quarantined", ("gone",))


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


def test_an_event_of_another_kind_or_source_is_garbage(desk: Desk, world: World) -> None:
    event = event_of(desk.stage(hostile.pages(1)))
    for old, new in (("aws.s3", "ours"), ("Object Created", "Object Deleted")):
        assert desk.take_in(event.replace(old, new)) == 0
    assert world.items() == []
    assert len(world.parked()) == 2


def test_work_on_a_document_that_there_is_not_is_parked_and_a_part_that_there_is_not_is_dropped(
    desk: Desk, world: World
) -> None:
    staged = desk.stage(hostile.pages(1))
    desk.take_in(staged)
    [work] = desk.messages()
    assert desk.work(work.replace(staged.document_id, "0" * 32)) == 0
    assert world.parked() == ["there is no such document"]
    before = desk.document(staged)
    assert desk.work(work.replace('"part":0', '"part":7'), work.replace('"split"', '"render"')) == 0
    assert desk.document(staged) == before


class Deadly(PdfReader):
    """Dies over every document."""

    def _ask(self, command: str, *arguments: object) -> Any:
        raise ReaderDied(command, *arguments)


def tries(desk: Desk, attempt: Any) -> int:
    """How often a message is received until it is over."""
    for received in range(1, 50):
        desk.received = received
        if attempt() == 0:
            return received
    raise AssertionError("it never ends")


def test_a_document_that_kills_its_workers_ends(world: World) -> None:
    desk = Desk(world, Deadly(512, 60))
    staged = desk.stage(hostile.pages(1))
    assert tries(desk, lambda: desk.take_in(staged)) == SUSPECT_AFTER + MAX_DEATHS + 1
    assert (desk.document(staged).state, desk.document(staged).reasons) == ("unreadable", ("kills-workers",))
    assert world.parked() == []


def test_a_part_that_kills_its_workers_ends_its_document(desk: Desk, world: World) -> None:
    staged = desk.stage(hostile.pages(9))
    desk.take_in(staged)
    first, second, third = desk.messages()
    desk.work(first)
    deadly = replace(desk.pages, pdfs=Deadly(512, 60))
    desk.pages = deadly
    assert tries(desk, lambda: desk.work(second)) == SUSPECT_AFTER + MAX_DEATHS + 1
    assert desk.document(staged).reasons == ("kills-workers",)
    assert desk.work(third) == 0, "its other parts are dropped"
    assert world.parked() == []


def test_trouble_with_the_bucket_is_no_death(desk: Desk) -> None:
    staged = desk.stage(hostile.pages(1))
    desk.take_in(staged)
    [work] = desk.messages()
    whole = desk.pages.pages

    class Throttled(PageFiles):
        def put(self, *_: Any) -> None:
            raise refusal("SlowDown")

    desk.pages = replace(desk.pages, pages=Throttled(whole.make_client, whole.bucket))
    for received in range(1, 20):
        desk.received = received
        assert desk.work(work) == 1
    desk.pages = replace(desk.pages, pages=whole)
    assert desk.work(work) == 0
    assert desk.document(staged).state == "split"


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
