"""What passengers think of a unicorn: from the bus into its next quotes."""

import random
import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.faults import throttled
from tests.support.unicorn_mgmt.messages import accepted, rescored, scored
from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, World
from unicorn_mgmt.adapters.unicorn_table import Rated
from unicorn_mgmt.domain.unicorn import Rating, unicorn_id
from wild_rydes_messaging.retry import PATIENCE

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


def keep(world: World, *bodies: str) -> None:
    assert world.ratings().handle(world.deliver(*bodies)) == DONE


def rating(world: World, owner: str) -> Rating | None:
    unicorn = world.unicorns.find(unicorn_id(owner), owner)
    assert unicorn
    return unicorn.rating


def test_a_score_costs_one_write(world: World, calls: list[str]) -> None:
    event = world.deliver(scored(world.add("gandalf"), 1, 8))
    calls.clear()
    assert world.ratings().handle(event) == DONE
    assert calls == ["UpdateItem"]
    assert rating(world, "gandalf") == Rating(1, 8)


def test_a_duplicate_and_a_late_one_change_nothing(world: World) -> None:
    id_ = world.add("gandalf")
    keep(world, scored(id_, 2, 11))
    before = world.item(id_)
    keep(world, scored(id_, 2, 11), scored(id_, 1, 8))
    assert world.item(id_) == before
    assert [line["outcome"] for line in world.logs if line["message"] == "rating"] == [
        "kept",
        "outdated",
        "outdated",
    ]


@pytest.mark.slow
@settings(
    max_examples=settings().max_examples // 5,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture],
)
@given(
    scores=st.lists(st.integers(0, 10), min_size=1, max_size=8), randomly=st.randoms(use_true_random=False)
)
def test_in_any_order_and_any_number_of_times_the_newest_stands(
    world: World, scores: list[int], randomly: random.Random
) -> None:
    """A 0 voids the score before it, if there is one."""
    owner = f"unicorn {uuid.uuid4()}"  # the world is the same for all examples
    id_ = world.add(owner)
    in_force: list[int] = []
    told: list[tuple[Rating | None, int]] = []
    for revision, score in enumerate(scores, start=1):
        in_force = [*in_force, score] if score else in_force[:-1]
        told.append((Rating(len(in_force), sum(in_force)) if in_force else None, revision))
    newest = told[-1][0]
    told += randomly.choices(told, k=4)
    randomly.shuffle(told)
    for each in told:
        world.unicorns.rate(id_, *each)
    assert rating(world, owner) == newest


def test_a_void_score_leaves_the_rating_and_the_last_one_takes_it_along(world: World) -> None:
    id_ = world.add("gandalf")
    keep(world, scored(id_, 2, 11, revision=2), rescored(id_, 1, 8, 3))
    assert rating(world, "gandalf") == Rating(1, 8)
    keep(world, rescored(id_, 0, 0, 4))
    assert rating(world, "gandalf") is None
    before = world.item(id_)
    keep(world, rescored(id_, 1, 8, 3), scored(id_, 2, 11, revision=2), rescored(id_, 0, 0, 4))
    assert world.item(id_) == before, "a late or repeated message brought the rating back"
    keep(world, scored(id_, 1, 9, revision=5))
    assert rating(world, "gandalf") == Rating(1, 9)


def test_ratings_with_and_without_a_revision_are_in_one_order(world: World) -> None:
    """Of before there were corrections, on both sides: then the count is the revision."""
    id_ = world.add("gandalf")
    keep(world, scored(id_, 3, 24))
    item = {name: value for name, value in world.item(id_).items() if name != "rating_revision"}
    world.dynamodb.put_item(TableName="unicorn-mgmt", Item=item)  # as it was kept then
    for body, expected in (
        (scored(id_, 2, 17), Rating(3, 24)),  # late
        (scored(id_, 3, 24, revision=3), Rating(3, 24)),  # told again
        (rescored(id_, 2, 14, 4), Rating(2, 14)),
        (scored(id_, 4, 33), Rating(2, 14)),  # sent before the correction by who knows none
        (scored(id_, 3, 22, revision=5), Rating(3, 22)),
    ):
        keep(world, body)
        assert rating(world, "gandalf") == expected, body


def test_one_who_is_not_on_our_books_is_not_put_there(world: World) -> None:
    keep(world, scored("p-comet", 3, 20), scored("u-nobody", 1, 8), rescored("p-acme", 0, 0, 2))
    for id_ in ("p-comet", "u-nobody", "p-acme"):
        assert "Item" not in world.dynamodb.get_item(
            TableName="unicorn-mgmt", Key={"id": {"S": id_}}, ConsistentRead=True
        )
    assert world.unicorns.rate("u-nobody", Rating(1, 8), 1) is Rated.UNKNOWN


def test_what_is_no_score_is_parked_and_the_rest_kept(world: World) -> None:
    id_ = world.add("gandalf")
    keep(world, scored(id_, 1, 8).replace('"count": 1', '"count": 0'), scored(id_, 2, 15))
    [parked] = world.parked()
    assert "rating.count" in parked["reason"]
    assert rating(world, "gandalf") == Rating(2, 15)


@pytest.mark.moto
def test_a_table_that_is_throttled_brings_back_the_message_and_parks_it_after_an_hour(world: World) -> None:
    id_ = world.add("gandalf")
    with throttled(world.dynamodb, "dynamodb.UpdateItem", times=100):
        for waited in (timedelta(), PATIENCE - timedelta(seconds=1)):
            again = world.deliver(
                *([] if waited else [scored(id_, 1, 8)]), attempt=10 * MAX_ATTEMPTS, tried_for=waited
            )
            [_] = world.ratings().handle(again)["batchItemFailures"]
        assert world.parked() == []
        again = world.deliver(attempt=10 * MAX_ATTEMPTS, tried_for=PATIENCE)
        assert world.ratings().handle(again) == DONE
    assert len(world.parked()) == 1


def test_the_next_quote_shows_it(world: World) -> None:
    rated, unrated = world.add("rated"), world.add("unrated")
    keep(world, scored(rated, 3, 26))
    world.responder().handle(world.deliver(world.request()))
    [response] = world.answers()
    shown = {answer["responder_id"]: answer.get("rating") for answer in response["data"]["answers"]}
    assert shown == {rated: {"count": 3, "total": 26}, unrated: None}


@pytest.mark.parametrize("first", ["rating", "ride"])
def test_a_rating_and_a_ride_do_not_disturb_each_other(world: World, first: str) -> None:
    """They are two writers of one item: a rule of the model that is being applied does not undo a rating."""
    id_ = world.add("gandalf")
    ride, score = accepted(id_), scored(id_, 1, 8)
    before = world.item(id_)
    if first == "ride":
        world.bookings().handle(world.deliver(ride))
        between = world.item(id_)
        keep(world, score)
        world.outbox().handle({"Records": [world.record(id_, between)]})
        assert world.published() == []  # of a rating the world hears from the feedback service
    else:
        keep(world, score)
        world.bookings().handle(world.deliver(ride))
        world.outbox().handle({"Records": [world.record(id_, before)]})
        assert [event["detail-type"] for event in world.published()] == ["RideConfirmed"]
    unicorn = world.unicorns.find(id_, "gandalf")
    assert unicorn
    assert unicorn.ride
    assert unicorn.rating == Rating(1, 8)
