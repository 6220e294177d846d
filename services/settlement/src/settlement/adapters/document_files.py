"""Documents in the staging bucket, and their pages in the working bucket: `pages/<document>/<page>.pdf` and `.png`."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from botocore.exceptions import ClientError

from settlement.domain.document import Document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGES: Final = "pages"
"""How the keys of pages begin."""

Kind: TypeAlias = Literal["pdf", "png"]

_TYPES: Final = {"pdf": "application/pdf", "png": "image/png"}
_CHUNK: Final = 1 << 20
_GONE: Final = {"NoSuchKey", "InvalidRange"}
"""What S3 answers for an object that was removed, and for one that is empty now: it was not when it was told of."""


class Gone(Exception):
    """The object is not there any more, or is another one under the same key."""


@dataclass(frozen=True)
class StagedFiles:
    """Reads documents. The client is made for the first one. Methods raise botocore's errors."""

    make_client: "Callable[[], S3Client]"
    bucket: str

    @cached_property
    def _s3(self) -> "S3Client":
        return self.make_client()

    def head(self, document: Document, length: int) -> bytes:
        """Read the first bytes of a document that is not empty. Raises Gone."""
        with self._opened(document, length) as body:
            return bytes(body.read())

    def fetch(self, document: Document, path: Path) -> None:
        """Write a document into a file. Raises Gone."""
        with self._opened(document, document.size) as body, path.open("wb") as file:
            for chunk in body.iter_chunks(_CHUNK):
                file.write(chunk)

    @contextmanager
    def _opened(self, document: Document, length: int) -> Iterator[Any]:
        """Open the first bytes of a document. Of one that is shorter there are fewer."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=document.key, Range=f"bytes=0-{length - 1}")
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise Gone(document.id) from None
            raise
        with closing(answer["Body"]) as body:
            if answer["ETag"].strip('"') != document.etag:
                raise Gone(document.id)
            yield body


@dataclass(frozen=True)
class PageFiles:
    """Reads and writes pages. Whoever writes one again writes the same. Methods raise botocore's errors."""

    make_client: "Callable[[], S3Client]"
    bucket: str

    @cached_property
    def _s3(self) -> "S3Client":
        return self.make_client()

    def put(self, document_id: str, page: int, kind: Kind, path: Path) -> None:
        """Write a page from a file."""
        self._s3.put_object(
            Bucket=self.bucket,
            Key=page_key(document_id, page, kind),
            Body=path.read_bytes(),
            ContentType=_TYPES[kind],
        )

    def fetch(self, document_id: str, page: int, kind: Kind, path: Path) -> None:
        """Write a page into a file."""
        answer = self._s3.get_object(Bucket=self.bucket, Key=page_key(document_id, page, kind))
        with closing(answer["Body"]) as body, path.open("wb") as file:
            for chunk in body.iter_chunks(_CHUNK):
                file.write(chunk)


def page_key(document_id: str, page: int, kind: Kind) -> str:
    """Name the object of a page."""
    return f"{PAGES}/{document_id}/{page}.{kind}"
