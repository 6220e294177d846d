"""Invitations in the table: it judges as the rules do."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.support import aws
from tests.support.unicorn_mgmt.invitations import by_hand, invitation, respond
from tests.support.unicorn_mgmt.world import NOW, TABLE, World, create_table
from unicorn_mgmt.adapters.invitation_table import InvitationTable, invitation_from
from unicorn_mgmt.domain.invitation import Answer, Declined, Offer, Verdict

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
    @given(st.lists(said, max_size=12))
    def judge(answers: list[tuple[str, Answer, int]]) -> None:
        dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": "invitation#rfq-1"}})
        table, model = InvitationTable(dynamodb, TABLE), invitation({"u-a": "A", "u-b": "B"})
        assert table.open(model) == model
        assert table.answer("rfq-9", "u-a", Declined("no"), NOW) is None
        for unicorn, said, seconds in answers:
            now = NOW + timedelta(seconds=seconds)
            verdict = model.judge(unicorn, said, now)
            assert table.answer("rfq-1", unicorn, said, now) is verdict
            if verdict is Verdict.ACCEPTED:
                model = invitation({"u-a": "A", "u-b": "B"}, answers={**model.answers, unicorn: said})
            item = dynamodb.get_item(
                TableName=TABLE, Key={"id": {"S": "invitation#rfq-1"}}, ConsistentRead=True
            )["Item"]
            assert invitation_from(item) == model

    with mock_aws():
        dynamodb = aws.client("dynamodb")
        create_table(dynamodb)
        judge()


def test_an_invitation_of_before_there_were_ratings_is_still_read(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    respond(world)
    item = world.item("invitation#rfq-1")
    del item["ratings"]
    assert invitation_from(item).invited == {id_: "gandalf"}
