"""The import of a fleet as a partner's program does it: begin a job, upload the file in parts, follow the job to its end."""

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import httpx
from rich.console import Console

from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.errors import LocalCloudError

FORMATS: Final = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
"""The format of a file by the end of its name."""
ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})

_TRIES: Final = 5
_BLOCK: Final = 256 * 1024
_BETWEEN_LOOKS: Final = 0.1, 1.0
"""Seconds from one look at the job to the next: at first, and at most."""

Json = dict[str, Any]


@dataclass(frozen=True)
class FleetFile:
    """A file of vehicles, and what the API wants to know of it."""

    path: Path
    format: str
    size: int = field(init=False)
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        try:
            with self.path.open("rb") as file:
                object.__setattr__(self, "sha256", hashlib.file_digest(file, "sha256").hexdigest())
            object.__setattr__(self, "size", self.path.stat().st_size)
        except OSError as error:
            raise LocalCloudError(
                f"{self.path} cannot be read: {error.strerror}.", "Name another."
            ) from error
        if not self.size:
            raise LocalCloudError(f"{self.path} is empty.", "Give each vehicle a row.")

    @classmethod
    def at(cls, path: Path, format_: str = "") -> "FleetFile":
        """Look at a file, whose format its name may tell.

        Raises:
            LocalCloudError: it cannot be read, is empty, or its format is none or not known.
        """
        known = sorted({*FORMATS.values()})
        found = format_ or FORMATS.get(path.suffix.lower(), "")
        if found not in known:
            raise LocalCloudError(
                f"{found} is no format." if found else f"The name of {path} does not tell its format.",
                f"Say --format, one of {', '.join(known)}.",
            )
        return cls(path, found)

    def blocks(self, start: int, size: int, sent: Callable[[int], None]) -> Iterator[bytes]:
        """Read a part of the file, and tell of each block that is taken."""
        with self.path.open("rb") as file:
            file.seek(start)
            while size and (block := file.read(min(size, _BLOCK))):
                yield block
                size -= len(block)
                sent(len(block))


class FleetImport:
    """Imports one file over the API, as the program that `api` signs in.

    `sent` hears of bytes as they are uploaded, of a negative number if some have to be sent again. It is slept between
    tries and looks.
    """

    def __init__(
        self, api: httpx.Client, file: FleetFile, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._api = api
        self._file = file
        self._sleep = sleep
        self.url = ""
        """Where the job is, once it is begun."""

    def begin(self) -> Json:
        """Begin the job.

        Raises:
            LocalCloudError: the API refuses it.
        """
        parameters = {"format": self._file.format, "size": self._file.size, "sha256": self._file.sha256}
        answer = call(
            self._api, "POST", "jobs", {202, 409}, json={"kind": "fleet-import", "parameters": parameters}
        )
        if answer.status_code == httpx.codes.CONFLICT:
            raise LocalCloudError(answer.json()["detail"], _way_out(answer))
        job: Json = answer.json()
        self.url = job["links"]["self"]
        return job

    def upload(self, job: Json, sent: Callable[[int], None]) -> None:
        """Upload the parts, one after the other, and complete the upload.

        Raises:
            LocalCloudError: a part is refused, however often it is sent, or the job waits for it no more.
        """
        tags, start = [], 0
        for part in job["upload"]["parts"]:
            tags.append((part["number"], self._part(part, start, sent)))
            start += part["bytes"]
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"
            for number, tag in tags
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        answer = self._tried(
            lambda: httpx.post(job["upload"]["complete"], content=body, timeout=60), "The completion"
        )
        # S3 may answer 200 and say in the body that it has failed.
        if "<Error>" in answer.text:
            raise LocalCloudError("The upload was not completed.", "Begin again.")

    def follow(self) -> Iterator[Json]:
        """Look at the job until it has ended, and yield it whenever it has changed."""
        last, pause = None, _BETWEEN_LOOKS[0]
        while True:
            job: Json = call(self._api, "GET", self.url, {200}).json()
            seen = job["status"], job.get("progress")
            if seen != last:
                yield job
            if job["status"] in ENDED:
                return
            last = seen
            self._sleep(pause)
            pause = min(_BETWEEN_LOOKS[1], 1.5 * pause)

    def cancel(self) -> None:
        """Cancel the job, if it is begun. Nothing is imported any more."""
        if self.url:
            call(self._api, "DELETE", self.url, {204, 409})

    def _part(self, part: Json, start: int, sent: Callable[[int], None]) -> str:
        """Send a part, again if need be, and return its tag."""
        done = 0

        def note(size: int) -> None:
            nonlocal done
            done += size
            sent(size)

        def put() -> httpx.Response:
            nonlocal done
            sent(-done)
            done = 0
            return httpx.put(
                part["url"],
                content=self._file.blocks(start, part["bytes"], note),
                headers={"Content-Length": str(part["bytes"])},
                timeout=60,
            )

        return self._tried(put, f"Part {part['number']}").headers["ETag"]

    def _tried(self, send: Callable[[], httpx.Response], what: str) -> httpx.Response:
        """Send until it is taken. What S3 refuses for what it is, it refuses again."""
        for attempt in itertools.count(1):
            try:
                answer = send()
                if answer.is_success:
                    return answer
                why, final = str(answer.status_code), answer.is_client_error
            except httpx.HTTPError as error:
                why, final = str(error) or type(error).__name__, False
            if final or attempt == _TRIES:
                raise LocalCloudError(f"{what} of the file was not taken: {why}.", "Begin again.")
            self._sleep(0.2 * 2**attempt)
        raise AssertionError


def first_faults(job: Json, most: int) -> list[Json]:
    """Read the first bad rows of an import that has ended: `line`, `field` and `detail`.

    Raises:
        LocalCloudError: the report cannot be read.
    """
    url = (job.get("result") or {}).get("report")
    if not url:
        return []
    with httpx.Client(timeout=30) as plain:
        text = call(plain, "GET", url, {200}).text
    faults = (json.loads(line) for line in text.splitlines())
    return [*itertools.islice((fault for fault in faults if "line" in fault), most)]


def show(to: Console, job: Json, faults: list[Json]) -> None:
    """Show what an import has done, and the first bad rows."""
    result = job["result"]
    if result.get("unchanged"):
        to.print("The file is the one of the last import: nothing was done.", highlight=False)
        return
    to.print(
        f"[green]✓[/] {result['rows']:,} rows: {result['created']:,} vehicles new, {result['changed']:,} changed,"
        f" {result['same']:,} as they were, {result['bad-rows']:,} bad",
        highlight=False,
        soft_wrap=True,
    )
    for fault in faults:
        to.print(
            f"  line {fault['line']:<8} {fault['field']:<10} {fault['detail']}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if more := result["bad-rows"] - len({fault["line"] for fault in faults}):
        to.print(
            f"  and {more:,} more: GET {job['links']['self']} has a link to the report",
            highlight=False,
            soft_wrap=True,
        )


def _way_out(answer: httpx.Response) -> str:
    if url := answer.headers.get("Location"):
        return f"Follow it: uv run rydes jobs {url.rpartition('/')[2]} --follow"
    return f"Wait {answer.headers['Retry-After']} s." if "Retry-After" in answer.headers else "Try again."
