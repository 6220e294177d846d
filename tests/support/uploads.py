"""Files for imports, uploaded as partners' programs do it."""

from typing import Any
from xml.sax.saxutils import escape

import httpx

from tests.support.patience import PATIENCE

Json = dict[str, Any]


def send_parts(upload: Json, content: bytes) -> list[tuple[int, str]]:
    """Put all parts, and return their numbers and tags."""
    tags, start = [], 0
    for part in upload["parts"]:
        answer = httpx.put(part["url"], content=content[start : start + part["bytes"]], timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        tags.append((part["number"], answer.headers["ETag"]))
        start += part["bytes"]
    return tags


def complete(upload: Json, tags: list[tuple[int, str]]) -> httpx.Response:
    """Have the file made of its parts."""
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>" for number, tag in tags
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    return httpx.post(upload["complete"], content=body.encode(), timeout=PATIENCE)


def send(upload: Json, content: bytes) -> None:
    """Upload a file whole."""
    answer = complete(upload, send_parts(upload, content))
    assert answer.status_code == 200, answer.text
