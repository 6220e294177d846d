"""Call the APIs of a local cloud, which must answer as they promise."""

import time
from typing import Any

import httpx

from infra.rydes.cloud.errors import LocalCloudError

TRIES = 10


def call(
    api: httpx.Client,
    method: str,
    url: str,
    promised: set[int],
    **options: Any,  # noqa: ANN401 - as httpx has them
) -> httpx.Response:
    """Call an API, again after 503 if the API asks for that.

    Raises:
        LocalCloudError: the API does not answer, or not with a promised status code.
    """
    try:
        answer = api.request(method, url, **options)
        for _ in range(TRIES - 1):
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or "Retry-After" not in answer.headers:
                break
            time.sleep(float(answer.headers["Retry-After"]))
            answer = api.request(method, url, **options)
    except httpx.HTTPError as error:
        raise LocalCloudError(
            f"{method} {url}: {error or type(error).__name__}.",
            "Is the cloud still up? `uv run rydes status`",
        ) from error
    if answer.status_code not in promised:
        ours = answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
        raise LocalCloudError(
            f"{method} {answer.url.path} answered {answer.status_code}: {_said(answer)}",
            "What it logged: `uv run rydes logs`, or functions.log in .run/logs when the cloud has ended."
            if ours
            else "Change the request.",
        )
    return answer


def _said(answer: httpx.Response) -> str:
    """Tell in one line what is wrong: for a problem+json, its detail and `field: what` for each error."""
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return answer.text[:300].strip()
    problem = answer.json()
    errors = "; ".join(f"{error['field']}: {error['detail']}" for error in problem.get("errors", []))
    return f"{problem.get('detail', problem.get('title', ''))} {errors and f'({errors})'}".rstrip()
