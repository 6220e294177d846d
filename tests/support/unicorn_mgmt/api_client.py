"""The unicorn API, called as API Gateway does."""

import json
from dataclasses import dataclass
from typing import Any

from tests.support.requests import BASE, believed, claims, request
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.api.routes import Routes
from wild_rydes_http.api import HttpApi
from wild_rydes_messaging.transient import is_transient

SUB = "gandalf"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


class Client:
    """Calls the API as API Gateway does, for a caller it has verified."""

    def __init__(self, world: World) -> None:
        self._api = HttpApi(world.logger, BASE, verify=believed, is_transient=is_transient)
        Routes(self._api, world.unicorns, world.invitations, world.logger, now=lambda: world.now)

    def __call__(
        self, method: str, path: str, body: Any = None, *, sub: str | None = SUB, group: str = "unicorns"
    ) -> Answer:
        text = body if isinstance(body, str) else json.dumps(body)
        who = claims(sub, group) if sub else None
        answer = self._api.handle(request(method, path, None if body is None else text, who=who))
        headers = answer["headers"]
        if answer["statusCode"] >= 400:
            assert headers["Content-Type"] == "application/problem+json"
        return Answer(answer["statusCode"], headers, json.loads(answer["body"] or "null"))
