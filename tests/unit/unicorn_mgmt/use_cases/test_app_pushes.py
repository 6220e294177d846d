"""Pushes to apps: what became of each, and what the log says of those that failed."""

from typing import Any

from botocore.exceptions import EndpointConnectionError

from tests.support.unicorn_mgmt.world import API, NOW, World
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.domain.unicorn import Ride
from unicorn_mgmt.use_cases.app_pushes import push_all
from wild_rydes_http.sockets import Sockets

PUSH = AppMessages(API).ride(Ride("rfq-1.1", "rfq-1", "c-1", NOW))


def test_each_push_has_its_own_outcome(world: World) -> None:
    world.socket.failing |= {"gone": 410, "failing": 403}
    posted = push_all(world.sockets, dict.fromkeys(("fine", "gone", "failing"), PUSH), world.logger)
    assert {id_: (outcome.taken, outcome.gone) for id_, outcome in posted.items()} == {
        "fine": (1, False),
        "gone": (0, True),
        "failing": (0, False),
    }
    assert [(line["message"], line["reason"]) for line in world.logs] == [("cannot push", "403")]


class Unreachable:
    def post_to_connection(self, **_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://socket")


def test_a_socket_that_cannot_be_reached_is_logged_by_the_kind_of_error(world: World) -> None:
    nowhere: Any = Unreachable()
    posted = push_all(Sockets(lambda: nowhere), {"c-1": PUSH}, world.logger)
    assert not posted["c-1"].taken
    assert [line["reason"] for line in world.logs] == ["EndpointConnectionError"]
