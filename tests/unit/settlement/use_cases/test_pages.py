"""Parts of documents are split and drawn by workers that may die, come twice or come late."""

from dataclasses import replace
from typing import Any

import pytest

from settlement.adapters.document_files import PageFiles
from settlement.use_cases.dangerous_work import MAX_DEATHS, SUSPECT_AFTER
from tests.support.aws import refusal
from tests.support.settlement import hostile
from tests.support.settlement.documents import Deadly, Desk, tries
from tests.support.settlement.ledger import World


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


def test_a_document_that_is_removed_while_it_is_split_is_put_aside(desk: Desk) -> None:
    staged = desk.stage(hostile.pages(9))
    desk.take_in(staged)
    first, *others = desk.messages()
    desk.work(first)
    desk.s3.delete_object(Bucket=staged.bucket, Key=staged.key)
    assert desk.work(*others) == 0
    assert (desk.document(staged).state, desk.document(staged).reasons) == ("quarantined", ("gone",))


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
