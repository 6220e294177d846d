"""JSON bodies, read strictly and written with kebab-case keys."""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from wild_rydes_http.problem import FieldError, Problem

_PLAIN = "identity"

MAX_BYTES = 32 * 1024
"""The largest body that an API reads. Our bodies are below 1 KB; the rest is room, not an invitation."""


class Representation(BaseModel):
    """Base of the bodies of an API: kebab-case keys, strict types, no unknown keys, no NaN."""

    model_config = ConfigDict(
        frozen=True,
        defer_build=True,  # a cold start builds only the validators that its first request needs
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        populate_by_name=True,  # for our own code; read_body accepts only kebab-case names
        alias_generator=lambda name: name.rstrip("_").replace("_", "-"),
    )


WHOLE = BeforeValidator(
    lambda value: int(value) if isinstance(value, float) and value.is_integer() else value
)
"""Takes a whole number that JSON writes as `5.0`. Name it, like `rounded`, after the number's bounds: they would be lost
in the schema of what is no plain number any longer."""


def rounded(places: int) -> BeforeValidator:
    """Round a number to decimal places before its bounds are checked. Never gives -0.0."""
    return BeforeValidator(lambda value: round(value, places) + 0.0 if isinstance(value, float) else value)


R = TypeVar("R", bound=Representation)


def read_body(event: APIGatewayProxyEventV2, model: type[R]) -> R:
    """Parse the request's JSON body as a `model`.

    Raises Problem: 413 if the body is over MAX_BYTES, 415 if it is not declared as plain JSON, 400 with each
    wrong field.
    """
    if event.headers.get("content-encoding", _PLAIN).strip().lower() != _PLAIN:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as it is, without a Content-Encoding.",
            headers={"Accept-Encoding": _PLAIN},
        )
    content = bytes_of(event)
    media_type = event.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != content_types.APPLICATION_JSON:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Send {content_types.APPLICATION_JSON}.",
            headers={"Accept": content_types.APPLICATION_JSON},
        )
    try:
        return model.model_validate_json(content, by_alias=True, by_name=False)
    except ValidationError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not valid.", errors=field_errors(error)) from None


def field_errors(error: ValidationError) -> list[FieldError]:
    """Name each wrong field, without its value."""
    return [FieldError(_path(e["loc"]), e["msg"]) for e in error.errors(include_input=False)]


def bytes_of(event: APIGatewayProxyEventV2) -> bytes:
    """Return the request's body, whatever it is.

    Raises Problem: 413 if it is over MAX_BYTES, 400 if the gateway's base64 is none.
    """
    body = event.body or ""
    try:
        content = (
            base64.b64decode(body, validate=True)
            if event.is_base64_encoded
            else body.encode("utf-8", "surrogatepass")
        )
    except ValueError:  # binascii.Error is one; so is a character that is not ASCII
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not valid base64.") from None
    if len(content) > MAX_BYTES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {MAX_BYTES} bytes.")
    return content


def json_response(
    status: HTTPStatus, body: BaseModel | None = None, headers: Mapping[str, str] | None = None
) -> Response[str]:
    """Make a response, with this JSON body or with none. Absent optional fields are left out."""
    text = body.model_dump_json(by_alias=True, exclude_none=True) if body else ""
    return Response(
        status.value, content_types.APPLICATION_JSON if body else None, text, headers=dict(headers or {})
    )


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "body"
