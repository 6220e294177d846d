"""Jobs: started once for each token, read one after the other, kept for a week as on AWS, and told of when they end."""

import base64
import hashlib
import json
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from infra.rydes.simulators.textract.analysis import Analysis, analysed
from infra.rydes.simulators.textract.documents import Document
from infra.rydes.simulators.textract.errors import TextractError
from infra.rydes.simulators.textract.faults import USUAL, Faults, Pace

MOST_RESULTS: Final = 1_000
"""Blocks in an answer. A larger MaxResults is taken for this."""
KEPT_SECONDS: Final = 7 * 86_400
API = {"analysis": "StartDocumentAnalysis", "detection": "StartDocumentTextDetection"}

Json = Mapping[str, Any]
Fetch = Callable[[Json], bytes]
"""Reads the document at an S3Object. Raises TextractError if it is not there, or is not for us."""
Publish = Callable[[Json, Json], None]
"""Publishes a completion message to a NotificationChannel."""


@dataclass
class Job:
    """A job: what it was asked, and what it has found once `status` is no longer IN_PROGRESS.

    `results` has the blocks of each page as compressed JSON, with their number: hundreds of pages would fill the memory.
    """

    id: str
    kind: str
    request: Json
    started: float
    count: int = 0
    status: str = "IN_PROGRESS"
    message: str = ""
    warnings: Sequence[Json] = field(default_factory=list)
    results: list[tuple[int, bytes]] = field(default_factory=list)


class Jobs:
    """All jobs. `start` and `get` raise TextractError under Textract's conditions; both may be called by many threads."""

    def __init__(
        self,
        fetch: Fetch,
        publish: Publish,
        pace: Pace = USUAL,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.faults = Faults()
        self._fetch, self._publish, self._pace, self._now, self._pause = fetch, publish, pace, now, pause
        self._jobs: dict[str, Job] = {}
        self._tokens: dict[tuple[str, str], Job] = {}
        self._lock = threading.Lock()
        self._waiting = ThreadPoolExecutor(max_workers=max(1, min(pace.concurrency, 64)))

    def set_faults(self, faults: Faults) -> None:
        """Behave like this from now on."""
        with self._lock:
            self.faults = faults

    def start(self, kind: str, request: Json) -> str:
        """Start a job and return its id; for a token that was used before with the same request, that of the job then."""
        token = request.get("ClientRequestToken")
        with self._lock:
            self._meet()
            known = self._tokens.get((kind, token)) if token else None
        if known:
            if known.request != request:
                raise TextractError(
                    "IdempotentParameterMismatchException", "the token was used with other parameters"
                )
            return known.id
        content = self._fetch(request["DocumentLocation"].get("S3Object", {}))
        with Document(content) as document:
            count = document.count
        with self._lock:
            if token and (known := self._tokens.get((kind, token))):
                return known.id  # a call at the same time was first
            if sum(job.status == "IN_PROGRESS" for job in self._jobs.values()) >= self._pace.concurrency:
                raise TextractError("LimitExceededException", "too many jobs are running")
            number = len(self._jobs)
            id_ = hashlib.sha256(f"{self._now()}/{number}".encode()).hexdigest()
            job = self._jobs[id_] = Job(id_, kind, request, self._now(), count)
            if token:
                self._tokens[(kind, token)] = job
        self._waiting.submit(self._run, job, content)
        return job.id

    def get(self, kind: str, request: Json) -> Json:
        """Answer with the job's status and, when it has ended, with blocks from NextToken on."""
        with self._lock:
            self._meet()
            job = self._jobs.get(request["JobId"])
        if job is None or job.kind != kind or self._now() - job.started > KEPT_SECONDS:
            raise TextractError("InvalidJobIdException", "Request has invalid Job Id")
        if job.status == "IN_PROGRESS":
            return {"JobStatus": job.status}
        answer = {"JobStatus": job.status, "DocumentMetadata": {"Pages": job.count}}
        if job.message:
            answer["StatusMessage"] = job.message
        if job.status == "FAILED":
            return answer
        begin = _begin(request.get("NextToken"), job)
        end = begin + min(request.get("MaxResults", MOST_RESULTS), MOST_RESULTS)
        more = {"NextToken": _token(job, end)} if end < sum(count for count, _ in job.results) else {}
        warnings = {"Warnings": job.warnings} if job.warnings else {}
        return answer | {"Blocks": _blocks(job, begin, end)} | more | warnings

    def close(self) -> None:
        """Wait for the jobs that run."""
        self._waiting.shutdown()

    def _meet(self) -> None:
        if self.faults.take("throttle"):
            raise TextractError("ProvisionedThroughputExceededException", "Provisioned rate exceeded")
        if self.faults.take("error"):
            raise TextractError("InternalServerError", "the simulator was told to fail")

    def _run(self, job: Job, content: bytes) -> None:
        with self._lock:
            fails = self.faults.take("fail")
            loses_page = not fails and self.faults.take("partial")
            copies = 0 if self.faults.take("lose") else self.faults.copies
            wait = self._pace.per_job + self._pace.per_page * job.count + self.faults.slow
        self._pause(wait)
        try:
            if fails:
                raise TextractError("InternalServerError", "the simulator was told to fail")
            analysis = analysed(content, forms="FORMS" in job.request.get("FeatureTypes", []), seed=job.id)
            _keep(job, _without_last_page(analysis) if loses_page else analysis)
        except TextractError as error:
            job.message, job.status = error.message, "FAILED"
        except Exception as error:  # noqa: BLE001 - a job that ends for no reason would never be told of
            job.message, job.status = f"the simulator broke: {error!r}", "FAILED"
        self._tell(job, copies)

    def _tell(self, job: Job, copies: int) -> None:
        channel = job.request.get("NotificationChannel")
        if channel is None:
            return
        place = job.request["DocumentLocation"]["S3Object"]
        message = {
            "JobId": job.id,
            # AWS documents no other: who got some pages gets them as a success.
            "Status": "FAILED" if job.status == "FAILED" else "SUCCEEDED",
            "API": API[job.kind],
            **({"JobTag": job.request["JobTag"]} if "JobTag" in job.request else {}),
            "Timestamp": int(self._now() * 1000),
            "DocumentLocation": {"S3ObjectName": place["Name"], "S3Bucket": place["Bucket"]},
        }
        for _ in range(copies):
            self._publish(channel, message)


def _keep(job: Job, analysis: Analysis) -> None:
    job.results = [
        (len(blocks), zlib.compress(json.dumps(blocks).encode(), 1)) for blocks in analysis.pages.values()
    ]
    job.warnings = analysis.warnings
    if not analysis.pages:
        job.message, job.status = analysis.reason, "FAILED"
    else:
        job.message, job.status = analysis.reason, "PARTIAL_SUCCESS" if analysis.unread else "SUCCEEDED"


def _without_last_page(analysis: Analysis) -> Analysis:
    if not analysis.pages:
        return analysis
    last = max(analysis.pages)
    pages = {number: blocks for number, blocks in analysis.pages.items() if number != last}
    reason = "the simulator was told to lose a page"
    return Analysis(analysis.count, pages, analysis.unread | {last: "PAGE_NOT_READABLE"}, reason)


def _blocks(job: Job, begin: int, end: int) -> list[Any]:
    found: list[Any] = []
    at = 0
    for count, compressed in job.results:
        if at < end and begin < at + count:
            blocks = json.loads(zlib.decompress(compressed))
            found += blocks[max(0, begin - at) : end - at]
        at += count
    return found


def _token(job: Job, begin: int) -> str:
    return base64.urlsafe_b64encode(f"{job.id[:16]}:{begin}".encode()).decode()


def _begin(token: str | None, job: Job) -> int:
    if token is None:
        return 0
    try:
        prefix, _, begin = base64.urlsafe_b64decode(token).decode().partition(":")
        if prefix == job.id[:16]:
            return int(begin)
    except ValueError:
        pass
    raise TextractError("InvalidParameterException", "Request has an invalid NextToken")
