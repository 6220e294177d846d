"""The support team's API, as an agent calls it."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from feedback.api.callbacks import CallbackRoutes
from feedback.api.opt_outs import OptOutRoutes
from feedback.api.routes import Routes
from tests.support.feedback.world import MACHINE, World
from tests.support.requests import BASE, believed, claims, request
from wild_rydes_http.api import HttpApi
from wild_rydes_messaging.transient import is_transient


class Client:
    def __init__(self, world: World) -> None:
        self.api = HttpApi(world.logger, BASE, verify=believed, is_transient=is_transient)
        Routes(self.api, world.table, MACHINE, lambda: world.now)
        shared: dict[str, Any] = {
            "table": world.table,
            "directory": world.directory,
            "pseudonyms": lambda: world.pseudonyms,
            "logger": world.logger,
            "now": lambda: world.now,
        }
        claimed_for = timedelta(seconds=MACHINE.limits.call_claimed_for)
        CallbackRoutes(self.api, claimed_for=claimed_for, **shared)
        OptOutRoutes(self.api, machine=MACHINE, **shared)

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        agent: str | None = "ann",
        groups: tuple[str, ...] = ("support",),
        query: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """The status and the body of the answer."""
        text = None if body is None else json.dumps(body)
        event = request(
            method, f"{path}?{urlencode(query or {})}", text, who=claims(agent, *groups) if agent else None
        )
        answer = self.api.handle(event)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    def follow(self, url: str, method: str = "GET", body: object = None, **more: Any) -> Any:
        """What a link leads to."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}/v1" == BASE
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, found = self(method, parts.path.removeprefix("/v1"), body, query=query, **more)
        assert status == 200
        return found
