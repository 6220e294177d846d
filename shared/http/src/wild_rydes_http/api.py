"""The resolver of all our HTTP APIs: every response that is not a success is a problem+json."""

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from time import perf_counter
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from wild_rydes_http.caller import Caller
from wild_rydes_http.cors import Origins
from wild_rydes_http.problem import Problem
from wild_rydes_http.tokens import Claims, InvalidToken, KeysUnavailable, bearer_token

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

_LONGEST_ID = 128
_REALM = 'Bearer realm="wild-rydes"'


class HttpApi(APIGatewayHttpResolver):
    """Routes of one HTTP API. Register them with `get`, `post`, …, and pass events to `handle`.

    `public_url` is the base of links. `verify` returns the claims of a token, or raises InvalidToken: every request
    needs one then, and none without `verify`. Pages of `origins` may call the API from a browser. `is_transient` tells which
    exceptions pass by themselves: callers are asked to try again.
    """

    def __init__(
        self,
        logger: Logger,
        public_url: str = "",
        *,
        verify: Callable[[str], Claims] | None = None,
        origins: Collection[str] = (),
        is_transient: Callable[[BaseException], bool] = lambda _: False,
    ) -> None:
        super().__init__(cors=Origins(origins) if origins else None)
        self.use([*([_identified_by(verify)] if verify else ()), _ids_are_short])
        self._logger = logger
        self._public_url = public_url.rstrip("/")
        self._is_transient = is_transient
        self.exception_handler(Problem)(Problem.response)
        self.exception_handler(NotFoundError)(self._not_found)
        self.exception_handler(Exception)(self._failed)

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Respond to one API Gateway proxy event of payload format 2.0. Log method, path, status and milliseconds.

        HEAD is answered as GET, without the body.
        """
        began = perf_counter()
        context, path = event["requestContext"], _path(event)
        method: str = context["http"]["method"]
        asked = {**context["http"], "method": "GET" if method == "HEAD" else method}
        response = self.resolve(
            {
                **event,
                "rawPath": f"/{context['stage']}{path}",  # as Powertools expects it, whatever the domain
                "requestContext": {**context, "http": asked},
            },
            LambdaContext(),
        )
        response["body"] = "" if method == "HEAD" else response["body"] or ""
        if self._cors:
            response["headers"]["Vary"] = "Origin"
        self._logger.info(
            "answered",
            method=method,
            path=path[:200],
            status=response["statusCode"],
            milliseconds=round((perf_counter() - began) * 1000, 1),
        )
        return response

    def url(self, path: str) -> str:
        """Make the absolute URL of a path of this API, as the caller can follow it."""
        return f"{self._public_url}{path}"

    def header(self, name: str) -> str | None:
        """Return a header of the current request, by its name in lower case. Lines that are repeated are joined by commas."""
        return self.current_event.headers.get(name)

    def caller(self, group: str) -> Caller:
        """Return the caller of the current request. Raises Problem (403) unless they belong to `group`."""
        found: Caller = self.context["caller"]
        if group not in found.groups:
            raise Problem(HTTPStatus.FORBIDDEN, f"This is for members of the group {group}.")
        return found

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
        if not isinstance(error, KeysUnavailable) and not self._is_transient(error):
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


def _identified_by(verify: Callable[[str], Claims]) -> Callable[[Any, "NextMiddleware"], Response[Any]]:
    """Let nobody through without a valid token (RFC 6750), wherever they go, but browsers that ask what a page may do."""

    def identify(app: HttpApi, proceed: "NextMiddleware") -> Response[Any]:
        if app.current_event.http_method == "OPTIONS":
            return proceed(app)
        token = bearer_token(app.header("authorization") or "")
        if token is None:
            raise _unauthorized("Sign in first.", _REALM)
        try:
            app.context["caller"] = Caller.of(verify(token))
        except InvalidToken as error:
            raise _unauthorized(str(error), f'{_REALM}, error="invalid_token"') from None
        return proceed(app)

    return identify


def _ids_are_short(app: ApiGatewayResolver, proceed: "NextMiddleware") -> Response[Any]:
    """Refuse what is longer than any id: a table's keys have a limit, which nobody should meet."""
    if any(len(id_) > _LONGEST_ID for id_ in app.context["_route_args"].values()):
        raise Problem(HTTPStatus.NOT_FOUND, "There is nothing here.")
    return proceed(app)


def _unauthorized(detail: str, challenge: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})


def _path(event: Mapping[str, Any]) -> str:
    """Find the path below the API. On a domain of one's own it comes without the stage."""
    path: str = event["rawPath"]
    return path.removeprefix(f"/{event['requestContext']['stage']}")
