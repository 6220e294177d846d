"""How many RFQs of a customer are open: never more than the limit, and no repetition is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ride_booking.adapters.open_rfqs import OpenRfqs, TooManyOpen, seconds_until
from ride_booking.domain.rfq import Rfq
from tests.support import aws
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import DEADLINE, NOW, TABLE, World, rfq

PRINT = b"f" * 32
LIMIT = 3


def submit(world: World, limit: int = LIMIT, **other: Any) -> Rfq:
    return world.open_rfqs.submit(rfq(**other), PRINT, limit)


def test_one_more_than_the_limit_is_refused_until_the_first_ends(world: World) -> None:
    first = DEADLINE - timedelta(seconds=60)
    for deadline in (DEADLINE, first, DEADLINE):
        submit(world, deadline=deadline)

    with pytest.raises(TooManyOpen) as refused:
        submit(world)
    assert (refused.value.limit, refused.value.until) == (LIMIT, first)
    assert world.count() == LIMIT
    submit(world, created_at=first, deadline=first + timedelta(seconds=300))


def test_a_completed_rfq_makes_room(world: World) -> None:
    ids = [submit(world).id for _ in range(LIMIT)]
    world.rfqs.change(ids[1], lambda found: found.cancel(NOW))
    aws.reads.catch_up()

    submit(world)
    with pytest.raises(TooManyOpen):
        submit(world)


def test_each_customer_has_a_limit_of_their_own(world: World) -> None:
    submit(world, 1)
    submit(world, 1, customer="cust-2")


def test_a_repetition_is_never_refused_and_takes_no_room(world: World) -> None:
    first = submit(world, 2)
    for seconds in range(1, 5):  # a repetition comes later, so it would have another deadline
        again = {"deadline": DEADLINE + timedelta(seconds=seconds)}
        assert submit(world, 2, id=first.id, **again) == first
    aws.reads.catch_up()
    submit(world, 2)
    with pytest.raises(TooManyOpen):
        submit(world, 2)
    assert submit(world, 2, id=first.id) == first


def test_a_worker_that_dies_before_the_rfq_is_written_leaves_nothing_for_longer_than_the_rfq(
    world: World,
) -> None:
    with throttle(world.dynamodb, "PutItem"), pytest.raises(Exception, match="PutItem"):
        submit(world, 1)
    assert world.count() == 0
    with pytest.raises(TooManyOpen):
        submit(world, 1)
    submit(world, 1, created_at=DEADLINE, deadline=DEADLINE + timedelta(seconds=300))


class Memory:
    """The table in memory: RFQs, and one item of slots, with what `OpenRfqs` asks of DynamoDB.

    Before the next write of an RFQ something else happens: `meanwhile`.
    """

    def __init__(self) -> None:
        self.slots: set[str] = set()
        self.kept: dict[str, Rfq] = {}
        self.meanwhile: Callable[[], object] | None = None

    def update_item(self, UpdateExpression: str, ExpressionAttributeValues: Any, **_: Any) -> None:  # noqa: N803
        values = ExpressionAttributeValues
        if UpdateExpression.startswith("DELETE"):
            self.slots -= set(values[":over"]["SS"])
            return
        if len(self.slots) >= int(values[":limit"]["N"]) and values[":one"]["S"] not in self.slots:
            item = {"slots": {"SS": list(self.slots)}}
            refused: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": item}
            raise ClientError(refused, "UpdateItem")
        self.slots |= set(values[":slot"]["SS"])

    def submit(self, rfq: Rfq, _: bytes) -> Rfq:
        now, self.meanwhile = self.meanwhile, None
        if now:
            now()
        return self.kept.setdefault(rfq.id, rfq)

    def get(self, rfq_id: str, **_: Any) -> Rfq | None:
        return self.kept.get(rfq_id)

    def get_all(self, ids: list[str]) -> dict[str, Rfq]:
        return {id_: self.kept[id_] for id_ in ids if id_ in self.kept}


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.integers(0, 5)),
        st.tuples(st.just("at once"), st.integers(0, 5), st.integers(0, 5)),
        st.tuples(st.just("complete"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.integers(1, 400)),
    ),
    min_size=1,
    max_size=20,
)


@given(ACTS, st.integers(1, 3))
def test_never_more_than_the_limit_and_never_fewer_than_there_is_room_for(acts: Any, limit: int) -> None:
    table, now = Memory(), NOW
    opened: Any = OpenRfqs(table, TABLE, table)  # type: ignore[arg-type]

    def running() -> int:
        return sum(not each.completion and each.deadline > now for each in table.kept.values())

    def submitted(number: int, *, in_the_midst: bool = False) -> None:
        new = rfq(id=str(number), created_at=now, deadline=now + timedelta(seconds=300))
        known, room = new.id in table.kept, running() < limit
        try:
            kept = opened.submit(new, PRINT, limit)
        except TooManyOpen:
            assert not known, "a repetition is never refused"
            assert not room or in_the_midst, "there was room"
        else:
            assert room or known
            assert kept == table.kept[new.id]
        assert running() <= limit

    for act in acts:
        match act:
            case ("submit", number):
                submitted(number)
            case ("at once", one, other):
                table.meanwhile = lambda other=other: submitted(other, in_the_midst=True)
                submitted(one)
                table.meanwhile = None
            case ("complete", number) if str(number) in table.kept:
                table.kept[str(number)] = table.kept[str(number)].cancel(now)
            case ("wait", seconds):
                now += timedelta(seconds=seconds)


def test_the_api_says_when_to_try_again(world: World, api: Any) -> None:
    world.limit = 1
    assert api.post().status == 202
    world.now += timedelta(seconds=30)

    answer = api.post()
    assert (answer.status, answer.headers["content-type"]) == (429, "application/problem+json")
    assert answer.headers["retry-after"] == "270"
    assert "1 open RFQs" in answer.body["detail"]
    assert world.count() == 1


@pytest.mark.parametrize(("left", "seconds"), [(0.2, 1), (1, 1), (1.2, 2), (-5, 1)])
def test_seconds_are_whole_and_one_at_least(left: float, seconds: int) -> None:
    assert seconds_until(NOW + timedelta(seconds=left), NOW) == seconds
