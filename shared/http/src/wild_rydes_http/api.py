"""The resolver of all our REST APIs: every response that is not a success is a problem+json."""

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from time import perf_counter
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from wild_rydes_http.cors import Origins
from wild_rydes_http.problem import Problem

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

_LONGEST_ID = 128


class RestApi(APIGatewayRestResolver):
    """Routes of one REST API. Register them with `get`, `post`, …, and pass events to `handle`.

    `public_url` is the base of links where the caller's host does not show it, as on the local stage. Pages of
    `origins` may call the API from a browser. `is_transient` tells which exceptions pass by themselves: callers are
    asked to try again.
    """

    def __init__(
        self,
        logger: Logger,
        public_url: str | None = None,
        *,
        origins: Collection[str] = (),
        is_transient: Callable[[BaseException], bool] = lambda _: False,
    ) -> None:
        super().__init__(cors=Origins(origins) if origins else None)
        self.use([_ids_are_short])
        self._logger = logger
        self._public_url = public_url
        self._is_transient = is_transient
        self.exception_handler(Problem)(Problem.response)
        self.exception_handler(NotFoundError)(self._not_found)
        self.exception_handler(Exception)(self._failed)

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Respond to one API Gateway proxy event. Log method, path, status and duration in milliseconds.

        HEAD is answered as GET, without the body.
        """
        began = perf_counter()
        is_head = event["httpMethod"] == "HEAD"
        method = "GET" if is_head else event["httpMethod"]
        response = self.resolve({**event, "httpMethod": method, "path": _path(event)}, LambdaContext())
        # Not every gateway takes null for an empty body.
        response["body"] = "" if is_head else response["body"] or ""
        if self._cors:
            response["multiValueHeaders"]["Vary"] = ["Origin"]
        self._logger.info(
            "answered",
            method=event["httpMethod"],
            path=event["path"][:200],
            status=response["statusCode"],
            milliseconds=round((perf_counter() - began) * 1000, 1),
        )
        return response

    def url(self, path: str) -> str:
        """Make the absolute URL of a path of this API, as the caller can follow it."""
        return f"{(self._public_url or self._base()).rstrip('/')}{path}"

    def header(self, name: str) -> list[str]:
        """List the lines of a header of the current request, in lower case by `name`.

        Of lines that are repeated, the gateway's plain `headers` show just the last.
        """
        event = self.current_event
        sent = event.get("multiValueHeaders") or {key: [line] for key, line in event.headers.items()}
        return [line for key, lines in sent.items() if key.lower() == name for line in lines]

    def _base(self) -> str:
        """Take this request's path off its URL: the stage or a custom domain's base path is left."""
        context = self.current_event["requestContext"]
        called, path = context["path"].rstrip("/"), self.current_event.path.rstrip("/")
        prefix = called.removesuffix(path) if called.endswith(path) else f"/{context['stage']}"
        return f"https://{context['domainName']}{prefix}"

    def _not_found(self, _: NotFoundError) -> Response[str]:
        routes = self._static_routes + self._dynamic_routes
        found = {r.method for r in routes if r.rule.match(self.current_event.path)}
        allowed = sorted(found | ({"HEAD"} if "GET" in found else set()))
        if allowed:
            return Problem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                f"Allowed here: {', '.join(allowed)}.",
                headers={"Allow": ", ".join(allowed)},
            ).response()
        return Problem(HTTPStatus.NOT_FOUND, "There is nothing here.").response()

    def _failed(self, error: Exception) -> Response[str]:
        if not self._is_transient(error):
            return self._unexpected(error)
        self._logger.warning("not available", error=type(error).__name__, reason=str(error))
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "Try again in a moment.", headers={"Retry-After": "1"}
        ).response()

    def _unexpected(self, error: Exception) -> Response[str]:
        # Only AWS's own errors are logged with their text: that of others may quote what the caller sent.
        stack = [f"{frame.f_code.co_qualname}:{line}" for frame, line in walk_tb(error.__traceback__)]
        reason = str(error) if isinstance(error, ClientError) else None
        self._logger.error("unexpected", error=type(error).__name__, reason=reason, stack=stack)
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "This is our mistake; it is logged.").response()


def _ids_are_short(app: APIGatewayRestResolver, proceed: "NextMiddleware") -> Response[Any]:
    """Refuse what is longer than any id: a table's keys have a limit, which nobody should meet."""
    if any(len(id_) > _LONGEST_ID for id_ in app.context["_route_args"].values()):
        raise Problem(HTTPStatus.NOT_FOUND, "There is nothing here.")
    return proceed(app)


def _path(event: Mapping[str, Any]) -> str:
    """Find the path below the API. A custom domain's base path is part of `path`, but not of `{proxy+}`."""
    caught = (event.get("pathParameters") or {}).get("proxy")
    return event["path"] if caught is None else f"/{caught}"
