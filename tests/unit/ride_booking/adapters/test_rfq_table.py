from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from ride_booking.adapters.rfq_table import KeyReused, from_item, to_item
from ride_booking.domain.rfq import Completion, Decline, Place, Quote, Rating, Responder, Response, Rfq
from tests.bench.cost.dynamodb_size import item_bytes
from tests.support import aws
from tests.support.ride_booking.world import DEADLINE, NOW, TABLE, World, rfq
from wild_rydes_dynamodb.change import Change, TableBusy

PRINT = b"p" * 32
EVERYTHING = {
    "u-silent": Responder(asked=True),
    "u-late": Responder(asked=True, late=True),
    "u-quoted": Responder(asked=True, answer=Quote(1250, 240, name="Shadowfax")),
    "u-foreign": Responder(asked=True, answer=Quote(0, 0, "CHF")),
    "u-rated": Responder(asked=True, answer=Quote(1250, 240, rating=Rating(12, 103))),
    "u-limited": Responder(asked=True, answer=Quote(1250, 240, valid_until=DEADLINE)),
    "u-declined": Responder(asked=True, answer=Decline("too-far")),
    "u-unasked": Responder(asked=False, answer=Quote(1, 1)),
}


def answering(responder: str, pickup: int = 1) -> Callable[[Rfq], Rfq]:
    return lambda found: found.gather([Response(answers=((responder, Quote(100, pickup)),))], NOW)


@pytest.mark.parametrize(
    "kept",
    [
        rfq(),
        rfq(responders=EVERYTHING, revision=7),
        rfq(completion=Completion("all-answered", NOW)),
        rfq(start=Place(-90.0, 180.0), destination=Place(0.000001, -0.5, "東京駅")),
    ],
    ids=["new", "answered", "completed", "places"],
)
def test_an_rfq_comes_back_as_it_was(world: World, kept: Rfq) -> None:
    world.rfqs.submit(kept, PRINT)

    assert world.rfqs.get(kept.id) == kept


def test_the_stream_sees_the_status_and_the_ttl(world: World) -> None:
    kept = world.put()
    world.rfqs.change(kept.id, lambda found: found.close(DEADLINE))

    item = world.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": kept.id}}, ConsistentRead=True)["Item"]
    assert to_item(kept, PRINT)["status"] == {"S": "running"}
    assert item["status"] == {"S": "completed"}
    assert int(item["expires_at"]["N"]) == int((DEADLINE + timedelta(days=30)).timestamp())


def test_a_repeated_submission_finds_the_first(world: World) -> None:
    first = world.rfqs.submit(rfq(), PRINT)
    again = rfq(id=first.id, created_at=NOW + timedelta(seconds=9), deadline=DEADLINE + timedelta(seconds=9))

    assert world.rfqs.submit(again, PRINT) == first
    with pytest.raises(KeyReused):
        world.rfqs.submit(again, b"q" * 32)
    assert world.stored(first.id) == first


def test_one_write_for_a_change_none_for_no_change(world: World, calls: list[str]) -> None:
    kept = world.put()
    calls.clear()

    changed = world.rfqs.change(kept.id, answering("u-a"))
    assert changed
    assert changed.after == replace(answering("u-a")(kept), revision=1)
    assert world.stored(kept.id) == changed.after
    aws.reads.catch_up()
    calls.clear()

    assert world.rfqs.change(kept.id, answering("u-a")) == Change(changed.after, changed.after)
    assert calls == ["GetItem"]


def test_a_lost_race_is_run_again_on_what_the_winner_wrote(world: World, calls: list[str]) -> None:
    kept = world.put()
    rivals = [answering("u-rival"), lambda found: found.cancel(NOW)]
    aws.reads.catch_up()
    calls.clear()

    def slow(found: Rfq) -> Rfq:
        if rivals:
            world.rfqs.change(kept.id, rivals.pop(0), consistent=True)
        return answering("u-slow")(found)

    changed = world.rfqs.change(kept.id, slow)

    assert changed
    assert changed.after.completed_since(changed.before) is None
    assert world.stored(kept.id).completion == Completion("cancelled", NOW)
    assert world.stored(kept.id).responders.keys() == {"u-rival"}
    # Each rival reads and writes; we read once, lose twice, and have nothing left to write.
    assert calls[:7] == [
        "GetItem",
        "GetItem",
        "UpdateItem",
        "UpdateItem",
        "GetItem",
        "UpdateItem",
        "UpdateItem",
    ]


def test_exactly_one_writer_completes(world: World) -> None:
    kept = world.put()
    changes: list[Change[Rfq] | None] = []

    def late(found: Rfq) -> Rfq:
        if not changes:
            changes.append(world.rfqs.change(kept.id, lambda other: other.cancel(NOW)))
        return found.close(DEADLINE)

    changes.append(world.rfqs.change(kept.id, late))

    assert [change and change.after.completed_since(change.before) for change in changes] == [
        "cancelled",
        None,
    ]


def test_gives_up_when_others_are_always_faster(world: World) -> None:
    kept = world.put()
    rounds = iter(range(1000))

    def slow(found: Rfq) -> Rfq:
        world.rfqs.change(kept.id, answering(f"u-{next(rounds)}"))
        return answering("u-slow")(found)

    with pytest.raises(TableBusy):
        world.rfqs.change(kept.id, slow)
    assert "u-slow" not in world.stored(kept.id).responders


def test_an_rfq_not_yet_seen_by_a_stale_read_is_found(world: World, calls: list[str]) -> None:
    kept = world.put()
    reads: list[bool] = []

    def stale(params: dict[str, object], **_: object) -> None:
        reads.append(bool(params["ConsistentRead"]))
        if not params["ConsistentRead"]:
            params["Key"] = {"id": {"S": "not yet here"}}

    world.dynamodb.meta.events.register("provide-client-params.dynamodb.GetItem", stale)

    assert world.rfqs.get(kept.id) == kept
    assert reads == [False, True]
    assert world.rfqs.get("never") is None
    assert world.rfqs.change("never", answering("u-a")) is None


def test_an_rfq_that_expires_before_the_write_is_not_made_again(world: World) -> None:
    kept = world.put()

    def slow(found: Rfq) -> Rfq:
        world.dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": kept.id}})
        return answering("u-slow")(found)

    assert world.rfqs.change(kept.id, slow) is None
    assert world.count() == 0


def test_other_errors_are_raised(world: World) -> None:
    world.dynamodb.delete_table(TableName=TABLE)

    with pytest.raises(ClientError):
        world.rfqs.submit(rfq(), PRINT)


def test_a_customers_rfqs_newest_first_in_pages(world: World) -> None:
    mine = [world.put(created_at=NOW + timedelta(seconds=i)) for i in range(5)]
    world.put(customer="cust-2", created_at=NOW + timedelta(seconds=9))
    newest_first = [kept.id for kept in reversed(mine)]
    aws.reads.catch_up()

    one = world.rfqs.of_customer("cust-1", None, 2)
    two = world.rfqs.of_customer("cust-1", one.end, 2)
    three = world.rfqs.of_customer("cust-1", two.end, 2)

    assert [[kept.id for kept in page.rfqs] for page in (one, two, three)] == [
        newest_first[:2],
        newest_first[2:4],
        newest_first[4:],
    ]
    assert three.end is None


def test_there_is_no_page_behind_a_full_last_one(world: World) -> None:
    for _ in range(2):
        world.put()

    assert world.rfqs.of_customer("cust-1", None, 2).end is None
    assert world.rfqs.of_customer("cust-2", None, 2).rfqs == []


def test_keys_that_stay_behind_are_asked_for_again(world: World) -> None:
    kept = {world.put(created_at=NOW + timedelta(seconds=i)).id for i in range(3)}
    aws.reads.catch_up()
    asked: list[int] = []

    def half(parsed: dict[str, object], **_: object) -> None:
        """The table gives one item a call."""
        found = parsed["Responses"][TABLE]  # type: ignore[index]
        asked.append(len(found))
        parsed["Responses"] = {TABLE: found[:1]}
        left = [{"id": item["id"]} for item in found[1:]]
        parsed["UnprocessedKeys"] = {TABLE: {"Keys": left}} if left else {}

    world.dynamodb.meta.events.register("after-call.dynamodb.BatchGetItem", half)

    assert {found.id for found in world.rfqs.of_customer("cust-1", None, 20).rfqs} == kept
    assert asked == [3, 2, 1]


def test_gives_up_on_keys_that_stay_behind_for_good(world: World) -> None:
    world.put()

    def nothing(parsed: dict[str, object], **_: object) -> None:
        parsed["Responses"] = {}
        parsed["UnprocessedKeys"] = {TABLE: {"Keys": [{"id": {"S": "x"}}]}}

    world.dynamodb.meta.events.register("after-call.dynamodb.BatchGetItem", nothing)

    with pytest.raises(TableBusy):
        world.rfqs.of_customer("cust-1", None, 20)


def typical(quotes: int) -> Rfq:
    """A completed RFQ with real ids and names, labels of 30 characters and the most precise places."""
    return rfq(
        customer="6f1c8f3a-90a1-70c2-8d3e-1f2a3b4c5d6e",
        start=Place(47.620506, -122.349277, "S" * 30),
        destination=Place(47.450249, -122.308817, "D" * 30),
        responders={
            f"u-{i:012}": Responder(
                asked=True, answer=Quote(12345, 1234, name="Shadowfax the II", rating=Rating(1234, 10987))
            )
            for i in range(quotes)
        },
        completion=Completion("all-answered", NOW),
        revision=99,
    )


def test_an_rfq_with_ten_quotes_is_written_for_one_unit() -> None:
    """Whatever is in an item is paid for by the KB, each time it is written."""
    sizes = {quotes: item_bytes(to_item(typical(quotes), PRINT)) for quotes in (0, 10, 11)}

    assert sizes[10] <= 1024
    assert sizes[11] - sizes[10] < 60


def test_an_rfq_nobody_watches_says_nothing_of_watchers() -> None:
    assert "watchers" not in to_item(rfq(), PRINT)


def test_what_is_no_rfq_is_refused() -> None:
    item = to_item(rfq(), PRINT)

    for broken in (
        {},
        {**item, "created_at": {"N": "soon"}},
        {**item, "start": {"L": []}},
        {**item, "id": "x"},
    ):
        with pytest.raises((KeyError, ValueError, TypeError)):
            from_item(broken)
