"""Whatever a unicorn's app says, it is kept and shown or answered, or refused with the name of each wrong field."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import modelled
from tests.support.any_body import values
from tests.support.boundary import boundary
from tests.support.stream import changes
from tests.support.unicorn_mgmt.api_client import Answer, Client
from tests.support.unicorn_mgmt.invitations import by_hand, respond
from tests.support.unicorn_mgmt.world import TABLE, furnish, furnished
from unicorn_mgmt.domain.unicorn import unicorn_id
from wild_rydes_contracts import Envelope, RfqResponse

pytestmark = pytest.mark.slow

ID = unicorn_id("gandalf")
AMOUNTS = st.decimals(0, 2_000, places=2).map(str)
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "XXX"])


def money(currency: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return values(st.fixed_dictionaries({"amount": values(AMOUNTS), "currency": values(currency)}))


def rate_cards(currency: str) -> st.SearchStrategy[object]:
    fares = dict.fromkeys(("base", "per-km", "minimum"), money(st.just(currency)))
    return st.fixed_dictionaries(fares, optional={"max-km": values(st.floats(0, 1_000))})


REGISTRATIONS = st.fixed_dictionaries(
    {
        "name": values(st.text(min_size=1, max_size=40)),
        "rate-card": values(CURRENCIES.flatmap(rate_cards)),
        "auto-quote": values(st.booleans()),
    },
    optional={"surplus": st.none()},
)
POSITIONS = st.fixed_dictionaries(
    {
        "lat": values(st.floats(-90, 90)),
        "lon": values(st.floats(-180, 180)),
        "available": values(st.booleans()),
    }
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "price": money(CURRENCIES),
        "pickup-in-seconds": values(st.integers(0, 7200)),
        "decline": values(st.just("no")),
    },
)


@boundary
@given(REGISTRATIONS, POSITIONS)
def test_a_registration_and_a_report(registration: dict[str, Any], position: dict[str, Any]) -> None:
    with modelled.account(furnish) as queues:
        world = furnished(queues)
        call = Client(world)
        registered = call("POST", "/unicorns", registration)
        if registered.status != 201:
            refused(registered, registration)
            return
        reported = call("PUT", f"/unicorns/{ID}/position", position)
        if reported.status != 204:
            refused(reported, position)
        assert call("GET", f"/unicorns/{ID}").status == 200


@boundary
@given(ANSWERS)
def test_an_answer(body: dict[str, Any]) -> None:
    with modelled.account(furnish) as queues:
        world = furnished(queues)
        by_hand(world, "gandalf", "c-1")
        respond(world)
        world.answers()
        answered: list[Answer] = []
        records = changes(
            world.dynamodb,
            TABLE,
            lambda: answered.append(Client(world)("POST", "/rfqs/rfq-1/answers", body)),
        )
        [answer] = answered
        if answer.status != 202:
            refused(answer, [*body, "price", "pickup-in-seconds", "decline", "body"])
            assert records == []
            return
        world.outbox().handle({"Records": records})
        [sent] = world.answers()
        Envelope[RfqResponse].model_validate_json(json.dumps(sent))
        assert world.parked() == []


def refused(answer: Answer, fields: Iterable[str]) -> None:
    assert answer.status == 400, answer.body
    named = {error["field"].partition(".")[0] for error in answer.body["errors"]}
    assert named
    assert named <= {*fields, "body"}
