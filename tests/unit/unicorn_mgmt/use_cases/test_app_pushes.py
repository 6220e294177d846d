"""Pushes to apps: what became of each, and what the log says of those that failed."""

from typing import Any

from botocore.exceptions import EndpointConnectionError

from tests.support.unicorn_mgmt.world import API, NOW, World
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.domain.unicorn import Ride
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from wild_rydes_http.sockets import Sockets

PUSH = AppMessages(API).ride(Ride("rfq-1.1", "rfq-1", "c-1", NOW))


def test_each_push_has_its_own_outcome(world: World) -> None:
    world.socket.failing |= {"gone": 410, "failing": 403}
    posted = world.pushes.send([(id_, PUSH) for id_ in ("fine", "gone", "failing")])
    assert [(outcome.taken, outcome.gone) for outcome in posted] == [(1, False), (0, True), (0, False)]
    assert [(line["message"], line["error"]) for line in world.logs] == [("cannot push", "ClientError")]
    assert world.metrics.metric_set["PushesRefused"]["Value"] == [1.0]


class Unreachable:
    def post_to_connection(self, **_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://socket")


def test_a_socket_that_cannot_be_reached_is_logged_by_the_kind_of_error(world: World) -> None:
    nowhere: Any = Unreachable()
    posted = AppPushes(Sockets(lambda: nowhere), world.logger, world.metrics).send([("c-1", PUSH)])
    assert not posted[0].taken
    assert [line["error"] for line in world.logs] == ["EndpointConnectionError"]
    assert "PushesRefused" not in world.metrics.metric_set  # the next one may arrive
