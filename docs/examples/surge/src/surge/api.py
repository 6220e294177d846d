"""The function behind the API: figures as JSON, and as a picture."""

import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import BadRequestError

from surge.figures import RESOLUTION
from surge.plot import plot
from surge.table import Table

LONGEST = 360
"""Minutes. A picture has no room for more, and each hour is a query."""

_logger = Logger()
_app = APIGatewayHttpResolver()
_table = Table(boto3.client("dynamodb"), os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Answer a request to the API."""
    return _app.resolve(event, context)


@_app.get("/figures")
def _figures() -> dict[str, Any]:
    since, until = _window()
    return {
        "since": _instant(since),
        "until": _instant(until),
        "h3-resolution": RESOLUTION,
        "figures": [
            {"minute": _instant(spot.minute), "cell": spot.cell, **asdict(figures)}
            for spot, figures in _table.between(since, until)
        ],
    }


@_app.get("/plot.svg")
def _plot() -> Response[str]:
    since, until = _window()
    return Response(
        200,
        content_type="image/svg+xml",
        body=plot(dict(_table.between(since, until)), since, until),
        headers={"Cache-Control": "max-age=10"},
    )


def _window() -> tuple[datetime, datetime]:
    """Read `minutes` (60) and `until` (now) of the query. The minute that is running is part of the window."""
    query = _app.current_event.query_string_parameters or {}
    try:
        minutes = int(query.get("minutes", "60"))
        until = datetime.fromisoformat(query["until"]) if "until" in query else datetime.now(UTC)
        if not 1 <= minutes <= LONGEST or until.tzinfo is None:
            raise ValueError
        end = until.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        return end - timedelta(minutes=minutes), end
    except (ValueError, OverflowError):
        raise BadRequestError(
            f"minutes is a number from 1 to {LONGEST}, and until an instant such as 2026-11-26T12:00:00Z"
        ) from None


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
