"""Invitations in the table: it judges as the rules do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import aws, modelled
from tests.support.unicorn_mgmt.invitations import by_hand, invitation, respond
from tests.support.unicorn_mgmt.world import AIRPORT, NOW, SPACE_NEEDLE, TABLE, World, create_table
from unicorn_mgmt.adapters.invitation_table import MOST_OPEN, InvitationTable, invitation_from
from unicorn_mgmt.domain.invitation import Answer, Declined, Offer, Verdict
from wild_rydes_dynamodb.change import TableBusy

given_answers = st.one_of(
    st.sampled_from(["no", "lunch"]).map(Declined),
    st.builds(
        Offer,
        st.decimals(0, 10_000, places=2),
        st.sampled_from(["USD", "EUR"]),
        st.integers(0, 86_400),
    ),
)


@pytest.mark.slow
def test_table_and_model_judge_alike() -> None:
    said = st.tuples(st.sampled_from(["u-a", "u-b", "u-x"]), given_answers, st.integers(0, 600))

    @settings(max_examples=settings().max_examples * 2 // 5)
    @given(st.lists(said | st.just(None), max_size=12))  # None: the RFQ is over
    def judge(answers: list[tuple[str, Answer, int] | None]) -> None:
        dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": "invitation#rfq-1"}})
        table, model = InvitationTable(dynamodb, TABLE), invitation({"u-a": "A", "u-b": "B"})
        assert table.open(model) == model
        assert table.answer("rfq-9", "u-a", Declined("no"), NOW) is None
        for each in answers:
            if each is None:
                model = replace(model, closed_at=model.closed_at or NOW)
                assert table.close("rfq-1", NOW) == model
                continue
            unicorn, said, seconds = each
            now = NOW + timedelta(seconds=seconds)
            verdict = model.judge(unicorn, said, now)
            assert table.answer("rfq-1", unicorn, said, now) is verdict
            if verdict is Verdict.ACCEPTED:
                model = replace(model, answers={**model.answers, unicorn: said})
            item = dynamodb.get_item(
                TableName=TABLE, Key={"id": {"S": "invitation#rfq-1"}}, ConsistentRead=True
            )["Item"]
            assert invitation_from(item) == model

    dynamodb = aws.client("dynamodb")
    with modelled.account(lambda: create_table(dynamodb)):
        judge()


def test_an_invitation_of_before_there_were_ratings_and_places_is_still_read(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    respond(world)
    item = world.item("invitation#rfq-1")
    for name in ("ratings", "start", "destination"):
        del item[name]
    assert invitation_from(item).invited == {id_: "gandalf"}
    world.dynamodb.put_item(TableName=TABLE, Item=item)
    world.socket.pushed.clear()
    respond(world)  # a duplicate of before
    assert [push["from"]["lat"] for _, push in world.socket.pushed] == [SPACE_NEEDLE.lat]
    assert world.invitations.open_to(id_, NOW) == []


def opened(world: World, rfq_id: str, **other: Any) -> None:
    """Invite u-a and u-b to an RFQ, other than said here where told so."""
    new = replace(
        invitation({"u-a": "A", "u-b": "B"}),
        rfq_id=rfq_id,
        start=SPACE_NEEDLE,
        destination=AIRPORT,
        **other,
    )
    assert world.invitations.open(new)
    world.invitations.note(new)


def open_to(world: World, unicorn: str, seconds: int = 0) -> list[str]:
    return [each.rfq_id for each in world.invitations.open_to(unicorn, NOW + timedelta(seconds=seconds))]


def test_a_unicorn_finds_what_it_may_still_answer_and_nothing_else(world: World) -> None:
    for rfq_id, seconds in (
        ("late", 200),
        ("soon", 100),
        ("answered", 300),
        ("over", 300),
        ("taken back", 9),
    ):
        opened(world, rfq_id, deadline=NOW + timedelta(seconds=seconds))
    world.invitations.answer("answered", "u-a", Declined("no"), NOW)
    world.invitations.close("over", NOW)
    assert world.invitations.withdraw("taken back", ["u-a"]) == {"u-a"}
    assert open_to(world, "u-a") == ["soon", "late"]
    assert open_to(world, "u-b") == ["taken back", "soon", "late", "answered"]
    assert open_to(world, "u-b", 100) == ["late", "answered"]
    assert open_to(world, "u-x") == []


@pytest.mark.slow
def test_a_hundred_that_are_answered_hide_none_that_is_open(world: World) -> None:
    answers: dict[str, Answer] = {"u-a": Declined("no")}
    for number in range(120):
        opened(world, f"rfq-{number}", answers={} if number > 60 else answers)
    found = open_to(world, "u-a")
    assert len(found) == len(set(found)) == MOST_OPEN
    assert not {f"rfq-{number}" for number in range(61)} & set(found)
    assert open_to(world, "u-a", 299) == found


def test_an_answer_that_was_faster_is_not_taken_back(world: World) -> None:
    opened(world, "rfq-1")
    assert world.invitations.answer("rfq-1", "u-a", Declined("no"), NOW) is Verdict.ACCEPTED
    assert world.invitations.withdraw("rfq-1", ["u-a"]) == set()
    assert world.invitations.withdraw("rfq-1", ["u-a", "u-b"]) == {"u-b"}
    item = invitation_from(world.item("invitation#rfq-1"))
    assert (item.invited, item.unanswered) == ({"u-a": "A"}, [])


def test_an_rfq_that_was_over_before_invites_nobody_and_the_note_of_it_expires(world: World) -> None:
    assert world.invitations.close("rfq-1", NOW) is None
    assert world.invitations.open(invitation({"u-a": "A"})) is None
    assert world.invitations.answer("rfq-1", "u-a", Declined("no"), NOW) is None
    before = world.item("invitation#rfq-1")
    assert world.invitations.close("rfq-1", NOW + timedelta(minutes=1)) is None
    assert world.item("invitation#rfq-1") == before
    assert int(before["expires_at"]["N"]) > NOW.timestamp()


def test_notes_that_the_table_does_not_take_are_written_again(world: World) -> None:
    dynamodb = Choosy(world.dynamodb, refusals=2)
    many = invitation({f"u-{number}": "A" for number in range(30)})
    InvitationTable(dynamodb, TABLE).note(many)  # type: ignore[arg-type]
    for unicorn in many.invited:
        assert world.item(f"invited#{unicorn}#rfq-1")["unicorn"] == {"S": unicorn}


def test_a_table_that_takes_none_is_busy(world: World) -> None:
    with pytest.raises(TableBusy):
        InvitationTable(Choosy(world.dynamodb, refusals=99), TABLE).note(invitation({"u-a": "A"}))  # type: ignore[arg-type]


class Choosy:
    """A table that refuses a part of the first few batches, as DynamoDB may."""

    def __init__(self, dynamodb: Any, refusals: int) -> None:
        self._dynamodb, self._refusals = dynamodb, refusals

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 - botocore's name
        self._refusals -= 1
        if self._refusals < 0:
            return self._dynamodb.batch_write_item(RequestItems=RequestItems)
        ((table, requests),) = RequestItems.items()
        if taken := requests[1:]:
            self._dynamodb.batch_write_item(RequestItems={table: taken})
        return {"UnprocessedItems": {table: requests[:1]}}
