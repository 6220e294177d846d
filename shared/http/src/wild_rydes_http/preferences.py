"""The header `Prefer` (RFC 7240): what a client would like, and may not get."""

from typing import Final

STATUS_DOCUMENT: Final = "status-document"
"""Asks for a document in S3 that always tells the status: polling it costs no request to the API."""
RESPOND_ASYNC: Final = "respond-async"
"""Asks for an answer before the work is done."""
WAIT: Final = "wait"
"""How many seconds the client would wait for the work to be done."""


def preferences(header: str) -> dict[str, str]:
    """Read the preferences by their names in lower case: each with its value, empty without one, and without its
    parameters. Of one that is repeated the first counts.
    """
    found: dict[str, str] = {}
    for part in header.split(","):
        name, _, value = part.partition(";")[0].partition("=")
        if name := name.strip().lower():
            found.setdefault(name, value.strip().strip('"'))
    return found
