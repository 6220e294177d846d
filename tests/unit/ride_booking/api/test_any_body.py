"""Whatever a request says, it is kept, announced and shown, or refused with the name of each wrong field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import modelled
from tests.support.any_body import coordinates, values
from tests.support.boundary import boundary
from tests.support.published import is_as_published
from tests.support.ride_booking.world import TABLE, Api, World, clients, furnish
from tests.support.stream import changes

pytestmark = pytest.mark.slow

FIELDS = {"from", "to", "customer", "respond-within"}
SUBMISSIONS = st.fixed_dictionaries(
    {"from": values(coordinates()), "to": values(coordinates())},
    optional={
        "customer": values(st.just("cust-1")),
        "respond-within": values(st.integers(5, 900)),
        "surplus": st.none(),
    },
)


@boundary
@given(SUBMISSIONS)
def test_a_submission(body: dict[str, Any]) -> None:
    with modelled.account(furnish) as queues:
        world = World(**clients(), **queues)
        api = Api(world)
        answers = []
        records = changes(world.dynamodb, TABLE, lambda: answers.append(api.post(body)))
        [answer] = answers
        if answer.status == 202:
            world.outbox().handle({"Records": records})
            [event] = world.published()
            is_as_published(event)
            assert world.parked() == []
            rfq_id = answer.body["id"]
            assert [api.get(f"/{rfq_id}{part}").status for part in ("", "/quotes", "/result")] == [
                200,
                200,
                409,
            ]
        elif answer.status == 403:
            assert body["customer"] != "cust-1"
        else:
            assert answer.status == 400, answer.body
            named = {error["field"].partition(".")[0] for error in answer.body["errors"]}
            assert named
            assert named <= FIELDS | {"surplus"}
            assert records == []
