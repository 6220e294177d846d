"""S3: buckets of objects, and URLs that work for a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import md5
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from infra.proof.resolver import REGION
from tests.simulation.aws.client import Answer, refused

_HOST: Final = f"https://s3.{REGION}.amazonaws.com"
_KEPT: Final = ("ContentType", "CacheControl")


@dataclass(frozen=True, slots=True)
class Object:
    """An object, and what stands in the headers of answers that have it."""

    body: bytes
    etag: str
    headers: Mapping[str, str]


class S3:
    """The buckets of one world, by name."""

    def __init__(self, buckets: list[str], now: Callable[[], float]) -> None:
        self.buckets: dict[str, dict[str, Object]] = {name: {} for name in buckets}
        self._now = now

    def put_object(self, arguments: Mapping[str, Any]) -> Answer:
        """Write an object over what was there."""
        body = bytes(arguments["Body"])
        etag = f'"{md5(body, usedforsecurity=False).hexdigest()}"'
        headers = {name: arguments[name] for name in _KEPT if name in arguments}
        self._bucket("PutObject", arguments)[arguments["Key"]] = Object(body, etag, headers)
        return {"ETag": etag}

    def get_object(self, arguments: Mapping[str, Any]) -> Answer:
        """Read an object."""
        found = self._bucket("GetObject", arguments).get(arguments["Key"])
        if found is None:
            raise refused("GetObject", "NoSuchKey", "The specified key does not exist.", status=404)
        return {"Body": BytesIO(found.body), **_told(found)}

    def head_object(self, arguments: Mapping[str, Any]) -> Answer:
        """Tell of an object. An answer to HEAD has no body that says what is wrong."""
        found = self._bucket("HeadObject", arguments).get(arguments["Key"])
        if found is None:
            raise refused("HeadObject", "404", "Not Found", status=404)
        return _told(found)

    def generate_presigned_url(self, arguments: Mapping[str, Any]) -> str:
        """Make a URL that reads an object. This calls nobody: the object may be there or not."""
        path = f"{arguments['Params']['Bucket']}/{quote(arguments['Params']['Key'])}"
        return f"{_HOST}/{path}?X-Amz-Date={self._now()!r}&X-Amz-Expires={arguments['ExpiresIn']}"

    def fetch(self, url: str) -> tuple[int, bytes]:
        """Read what a presigned URL leads to, as anybody may: the status, and the body of an object."""
        parts = urlsplit(url)
        signed = {name: float(values[0]) for name, values in parse_qs(parts.query).items()}
        bucket, _, key = parts.path[1:].partition("/")
        found = self.buckets.get(bucket, {}).get(unquote(key))
        if self._now() > signed["X-Amz-Date"] + signed["X-Amz-Expires"]:
            return 403, b""
        # The signer may list the bucket, so S3 says that an object is missing.
        return (200, found.body) if found else (404, b"")

    def _bucket(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Object]:
        found = self.buckets.get(arguments["Bucket"])
        if found is None:
            raise refused(operation, "NoSuchBucket", "The specified bucket does not exist", status=404)
        return found


def _told(found: Object) -> Answer:
    return {"ETag": found.etag, "ContentLength": len(found.body), **found.headers}
