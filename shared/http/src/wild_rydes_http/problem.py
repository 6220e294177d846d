"""Problem details for HTTP APIs (RFC 9457): the form of every error response."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, such as `rate-card.per-km` in the body, or with a parameter or header."""

    field: str
    detail: str


class Problem(Exception):
    """Ends a request with this status. Raise it anywhere below a route.

    The type is `about:blank`: the status names the kind of problem. `detail` says what the caller can do
    about it. Neither `detail` nor `errors` may hold anything secret or personal. `code`, such as `too-many-open`, tells apart
    what has the same status, for programs: it stays when the words of `detail` change.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status.value} {status.phrase}: {detail}")
        self.status = status
        self.detail = detail
        self.code = code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response[str]:
        """Make the response."""
        body: dict[str, object] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }
        if self.code:
            body["code"] = self.code
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        return Response(self.status.value, MEDIA_TYPE, json.dumps(body), headers=dict(self.headers))
