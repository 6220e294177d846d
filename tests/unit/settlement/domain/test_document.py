"""A document goes one way and ends once, whatever comes twice, late or out of order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.domain.document import ENDS, STATES, Document, Limits, StagedObject, received
from settlement.domain.payees import payees
from wild_rydes_contracts.fakes import NOON

LIMITS = Limits(
    single_bytes=1_000, small_bytes=10_000, small_pages=10, part_pages=25, most_bytes=100_000, most_pages=300
)
STAGED = StagedObject("staging", "p-comet/2026-11/invoice 7.pdf", "abc", 900)


def begun(key: str = STAGED.key, size: int = STAGED.size) -> Document:
    return received(replace(STAGED, key=key, size=size), frozenset(payees()), LIMITS, NOON)


def classified(pages: int, size: int = STAGED.size) -> Document:
    return begun(size=size).classify(pages, LIMITS, NOON)


def test_a_key_names_payee_batch_and_document() -> None:
    document = begun()
    assert (document.payee, document.batch, document.name) == ("p-comet", "2026-11", "invoice 7.pdf")
    assert document.state == "received"


@pytest.mark.parametrize(
    ("key", "size", "state", "reason"),
    [
        ("invoice.pdf", 900, "quarantined", "wrong-key"),
        ("p-comet/invoice.pdf", 900, "quarantined", "wrong-key"),
        ("p-comet/2026/11/invoice.pdf", 900, "quarantined", "wrong-key"),
        ("p-comet/2026-11/", 900, "quarantined", "wrong-key"),
        ("p-comet/2026-11/a\nb", 900, "quarantined", "wrong-key"),
        ("../p-comet/invoice.pdf", 900, "quarantined", "wrong-key"),
        ("p-nobody/2026-11/invoice.pdf", 900, "quarantined", "unknown-payee"),
        ("u-astra/2026-11/invoice.pdf", 900, "quarantined", "wrong-key"),
        (STAGED.key, 100_001, "quarantined", "too-big"),
        (STAGED.key, 0, "unreadable", "empty"),
    ],
)
def test_what_cannot_be_taken_in_ends_at_once(key: str, size: int, state: str, reason: str) -> None:
    document = begun(key, size)
    assert (document.state, document.reasons, document.ended_at) == (state, (reason,), NOON)


def test_the_same_object_is_one_document_and_another_content_or_batch_is_another() -> None:
    same = replace(STAGED)
    others = [replace(STAGED, etag="abd"), replace(STAGED, key="p-comet/2026-12/invoice 7.pdf")]
    others += [replace(STAGED, bucket="other"), replace(STAGED, key=STAGED.key + "\nabc", etag="")]
    assert same.document_id == STAGED.document_id
    assert len({STAGED.document_id, *(other.document_id for other in others)}) == 5


@pytest.mark.parametrize(
    ("pages", "size", "size_class", "parts"),
    [
        (1, 1_000, "single", 1),
        (1, 1_001, "small", 1),
        (2, 900, "small", 1),
        (10, 10_000, "small", 1),
        (10, 10_001, "large", 1),
        (11, 900, "large", 1),
        (25, 900, "large", 1),
        (26, 900, "large", 2),
        (300, 900, "large", 12),
    ],
)
def test_size_and_pages_make_the_class(pages: int, size: int, size_class: str, parts: int) -> None:
    document = classified(pages, size)
    assert (document.state, document.size_class, len(document.parts)) == ("classified", size_class, parts)
    assert [page for part in document.parts for page in document.pages_of(part)] == [*range(1, pages + 1)]


@pytest.mark.parametrize(("pages", "reason"), [(0, "no-pages"), (301, "too-many-pages")])
def test_a_document_has_some_pages_and_not_too_many(pages: int, reason: str) -> None:
    assert classified(pages).reasons == (reason,)


def test_it_is_split_and_rendered_when_its_last_part_is() -> None:
    document = classified(60)
    for part, state in ((2, "classified"), (0, "classified"), (0, "classified"), (1, "split")):
        document = document.split(part)
        assert document.state == state
    for part, state in ((1, "split"), (1, "split"), (2, "split"), (0, "rendered")):
        document = document.render(part)
        assert document.state == state
    assert document.read().decide("settled", (), NOON).decision == "settled"


@pytest.mark.parametrize("part", [-1, 3, 99])
def test_a_part_that_there_is_not_changes_nothing(part: int) -> None:
    document = classified(60)
    assert document.split(part) == document
    assert not document.pages_of(part)


def test_nothing_is_settled_or_disputed_that_nobody_can_have_read() -> None:
    for document in (begun(), classified(1), classified(1).split(0)):
        assert document.decide("settled", (), NOON) == document
        assert document.decide("disputed", ("ride-twice",), NOON) == document
        assert document.decide("review", ("failed",), NOON).decision == "review"


STEPS: dict[str, Any] = {
    "classify 3": lambda document, now: document.classify(3, LIMITS, now),
    "classify 60": lambda document, now: document.classify(60, LIMITS, now),
    "classify 0": lambda document, now: document.classify(0, LIMITS, now),
    "split 0": lambda document, _: document.split(0),
    "split 1": lambda document, _: document.split(1),
    "split 2": lambda document, _: document.split(2),
    "render 0": lambda document, _: document.render(0),
    "render 1": lambda document, _: document.render(1),
    "render 2": lambda document, _: document.render(2),
    "read": lambda document, _: document.read(),
    "settle": lambda document, now: document.decide("settled", (), now),
    "dispute": lambda document, now: document.decide("disputed", ("sum-differs",), now),
    "review": lambda document, now: document.decide("review", ("unread",), now),
    "refuse": lambda document, now: document.refuse("damaged", now),
    "quarantine": lambda document, now: document.quarantine("gone", now),
}
USUAL = ["classify 3", "split 0", "render 0", "read", "settle"]


@given(st.lists(st.sampled_from([*STEPS]), max_size=40) | st.permutations([*USUAL, *USUAL]))
def test_nothing_undoes_an_end_and_no_document_goes_back(steps: list[str]) -> None:
    document = begun()
    for second, name in enumerate(steps):
        after = STEPS[name](document, NOON + timedelta(seconds=second))
        if document.ended:
            assert after == document
        assert STATES.index(after.state) >= STATES.index(document.state)
        assert after.ended == (after.state in ENDS) == (after.ended_at is not None)
        assert (after.decision is not None) == (after.state == "decided")
        assert after.split_parts >= document.split_parts
        assert after.rendered_parts >= document.rendered_parts
        if after.state in ("split", "rendered", "reading"):
            assert after.split_parts == {*after.parts}
        if after.state in ("rendered", "reading") or after.decision in ("settled", "disputed"):
            assert after.rendered_parts == {*after.parts}
        assert STEPS[name](after, NOON) == after, "twice is as once"
        document = after


@given(st.permutations([f"{step} {part}" for step in ("split", "render") for part in range(3)] * 3))
def test_every_order_of_the_parts_leads_on_as_long_as_each_comes_again(steps: list[str]) -> None:
    document = classified(60)
    for _ in range(2):
        for name in steps:
            document = STEPS[name](document, NOON)
    assert document.state == "rendered"
