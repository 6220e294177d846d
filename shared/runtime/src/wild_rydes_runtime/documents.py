"""JSON documents in a bucket, for clients that poll often: each is read through a URL that expires."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.config import Config

from wild_rydes_runtime.aws import CLIENT_CONFIG

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

S3_CONFIG = CLIENT_CONFIG.merge(Config(s3={"addressing_style": "path"}, signature_version="s3v4"))
"""The bucket in the URL's path, since its host name resolves only on AWS. Every region accepts the signature."""

WRITE_CONFIG = S3_CONFIG.merge(
    Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})
)
"""Of a client that writes documents: a write is tried once, for a second or so, as announcements wait behind it."""

TRANSFER_CONFIG = S3_CONFIG.merge(Config(read_timeout=5))
"""Of a client that moves some megabytes at once."""

WRITING_FOR = timedelta(seconds=2)
"""How long `Documents.write_all` begins writes. With the time that the last one may take, this leaves more than half
of the ten seconds of the function."""

AT_ONCE = 10
"""Writes under way: botocore's default for the connections that a client keeps open."""

_CONTENT_TYPE = "application/json"


class Late(Exception):
    """A document was not written: those before it have used up the time."""


class Documents:
    """The documents of a bucket. The client is made for the first one: most workers never need one."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    @cached_property
    def _s3(self) -> "S3Client":
        return self._make_client()

    def url(self, key: str, seconds: int) -> str:
        """Make the URL of a document. It works for so many seconds, one at least."""
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=max(1, seconds)
        )

    def write_all(self, texts: Mapping[str, str], now: Callable[[], datetime]) -> dict[str, Exception]:
        """Write the documents with these texts, many at once, for as long as `WRITING_FOR`.

        Returns what kept documents from being written, by their keys: Late if there was no time. It raises nothing.
        """
        if not texts:
            return {}
        until = now() + WRITING_FOR
        try:
            _ = self._s3  # made here, as the threads would each make one
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of all documents
            return dict.fromkeys(texts, error)

        def write(key: str) -> Exception | None:
            try:
                if now() >= until:
                    raise Late("the time is over")
                self.write(key, texts[key])
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this document
                return error
            return None

        with ThreadPoolExecutor(min(AT_ONCE, len(texts))) as pool:
            results = zip(texts, pool.map(write, texts), strict=True)
            return {key: error for key, error in results if error}

    def write(self, key: str, text: str) -> None:
        """Write a document. Raises botocore's errors."""
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=text.encode(),
            ContentType=_CONTENT_TYPE,
            CacheControl="no-cache",
        )
