"""The kind of job `fleet-import`: the partner's vehicles, as a file that it uploads has them."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.domain.fleet_file import MOST_BYTES
from unicorn_mgmt.domain.fleet_import import KIND, UPLOADED_WITHIN, part_bytes, parts_of
from unicorn_mgmt.domain.job import Job
from wild_rydes_http.body import WHOLE, Representation
from wild_rydes_http.problem import FieldError

READABLE_FOR: Final = timedelta(minutes=5)
"""How long the link to a report works. Each look at the job gives a new one."""


class FileBody(Representation):
    """The parameters: what the file is. It is refused if it turns out to be another."""

    format: Literal["csv", "ndjson"]
    size: Annotated[int, Field(ge=1, le=MOST_BYTES, description="Bytes, 1 GiB at most."), WHOLE]
    sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="The SHA-256 of the file. A file that was damaged on its way is refused.",
    )


class ImportRequest(Representation):
    """Asks for an import. The vehicles that the file does not name stay as they are."""

    kind: Literal["fleet-import"]
    parameters: FileBody


class PartBody(Representation):
    """A part of the file. `PUT` so many bytes to the URL, and keep the `ETag` of the answer."""

    number: int = Field(ge=1)
    bytes: int = Field(ge=1)
    url: str


class UploadBody(Representation):
    """How to upload the file, while that is open: all parts, in any order, and then the completion.

    `complete` takes, by `POST`, the XML of S3's CompleteMultipartUpload: the number and the `ETag` of each part.
    """

    part_bytes: int = Field(ge=1)
    parts: tuple[PartBody, ...]
    complete: str
    expires_at: AwareDatetime


class ImportBody(Representation):
    """The result: counts of rows and of vehicles, and the report, if there are bad rows.

    `unchanged`: the file has the content of the last import, and nothing was done. `report` is NDJSON: a line for each fault
    (`line`, `field`, `detail`), `faults_listed` at most, and the totals in the last. Its link works for minutes.
    """

    sha256: str
    unchanged: bool = False
    rows: int | None = None
    bad_rows: int | None = None
    created: int | None = None
    changed: int | None = None
    same: int | None = None
    faults_listed: int | None = None
    report: str | None = None
    report_expires_at: AwareDatetime | None = None


class ImportKind:
    """What the API knows of the kind."""

    request = ImportRequest
    alone = True

    def __init__(self, files: ImportFiles) -> None:
        self._files = files

    def problems(self, request: ImportRequest, now: datetime) -> list[FieldError]:  # noqa: ARG002 - as kinds have it
        """Tell what is wrong with a request that is well-formed: nothing."""
        return []

    def begin(self, job: Job) -> Job:
        """Begin the upload for which the job waits. If the job is never written, the upload is gone in a day."""
        upload = self._files.begin(job.partner_id, job.id)
        return job.waiting({"upload": upload}, job.created_at + UPLOADED_WITHIN)

    def upload(self, job: Job, now: datetime) -> UploadBody | None:
        """Show how to upload the file; None if that is over."""
        left = job.awaits(now)
        if not left or job.holder is not None or not job.checkpoint:
            return None
        seconds = max(1, int(left.total_seconds()))
        upload, size = job.checkpoint["upload"], job.parameters["size"]
        urls = [
            self._files.part_url(job.partner_id, job.id, upload, part, seconds) for part in parts_of(size)
        ]
        return UploadBody(
            part_bytes=part_bytes(size),
            parts=tuple(PartBody(number=u.part.number, bytes=u.part.size, url=u.url) for u in urls),
            complete=self._files.complete_url(job.partner_id, job.id, upload, seconds),
            expires_at=now + timedelta(seconds=seconds),
        )

    def present(self, job: Job, now: datetime) -> ImportBody:
        """Show the result of a job that has one."""
        result: Any = job.result
        if "same_file" in result:
            return ImportBody(sha256=result["sha256"], unchanged=True)
        seconds = int(READABLE_FOR.total_seconds())
        return ImportBody(
            sha256=result["sha256"],
            rows=result["rows"],
            bad_rows=result["bad"],
            created=result["created"],
            changed=result["changed"],
            same=result["unchanged"],
            faults_listed=result["listed"],
            report=self._files.report_url(job.id, seconds) if result["bad"] else None,
            report_expires_at=now + READABLE_FOR if result["bad"] else None,
        )


__all__ = ["KIND", "ImportBody", "ImportKind", "ImportRequest", "UploadBody"]
