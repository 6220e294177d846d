"""Macie in one account: whether it is enabled, its jobs, and what they have found. Threads may share it."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from infra.rydes.cloud.settings import ACCOUNT, REGION
from infra.rydes.simulators.macie.findings import Finding

Json = Mapping[str, Any]

MOST_ANSWERED: Final = 200
MOST_FINDINGS: Final = 50
_OPEN: Final = {"RUNNING", "IDLE"}
_LISTED: Final = (
    "bucketCriteria",
    "bucketDefinitions",
    "createdAt",
    "jobId",
    "jobStatus",
    "jobType",
    "lastRunErrorStatus",
    "name",
)
_STATUS: Final = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "ResourceNotFoundException": 404,
    "ThrottlingException": 429,
    "InternalServerException": 500,
}


class MacieError(Exception):
    """A call that is refused: Macie's code, and a message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message
        self.status = _STATUS.get(code, 400)


def _now() -> datetime:
    return datetime.now(UTC)


class Account:
    """The operations that the simulator knows raise MacieError under Macie's conditions. Answers are as on the wire."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now
        self._enabled = False
        self._jobs: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, tuple[Json, str]] = {}
        self._findings: dict[str, Finding] = {}
        self._lock = threading.Lock()
        self.changed = threading.Event()
        """Set whenever there may be an open job that there was not."""

    def enable(self, _: Json) -> Json:
        """Enable Macie, once."""
        with self._lock:
            if self._enabled:
                raise MacieError("ConflictException", "Macie has already been enabled")
            self._enabled = True
        return {}

    def create_job(self, asked: Json) -> Json:
        """Make a job; for a token that was used before, answer with the job of then."""
        with self._lock:
            self._require_enabled()
            token = asked["clientToken"]
            if token in self._tokens:
                before, id_ = self._tokens[token]
                if before != asked:
                    raise MacieError("ConflictException", "the token was used with other parameters")
                return self._named(id_)
            if not asked["s3JobDefinition"].get("bucketDefinitions"):
                raise MacieError("ValidationException", "the simulator wants the names of buckets")
            id_ = hashlib.sha256(f"{token}/{len(self._jobs)}".encode()).hexdigest()[:32]
            self._tokens[token] = dict(asked), id_
            self._jobs[id_] = {
                **asked,
                "createdAt": _text(self._now()),
                "jobId": id_,
                "jobArn": f"arn:aws:macie2:{REGION}:{ACCOUNT}:classification-job/{id_}",
                "jobStatus": "RUNNING",
                "lastRunErrorStatus": {"code": "NONE"},
                "statistics": {"approximateNumberOfObjectsToProcess": 0.0, "numberOfRuns": 1.0},
            }
            self.changed.set()
            return self._named(id_)

    def list_jobs(self, asked: Json) -> Json:
        """List jobs by name and status, the oldest first, page after page."""
        criteria = asked.get("filterCriteria", {})
        with self._lock:
            self._require_enabled()
            jobs = [
                {"bucketDefinitions": job["s3JobDefinition"]["bucketDefinitions"], **job}
                for job in self._jobs.values()
                if all(_meets(job, term) for term in criteria.get("includes", ()))
                and not any(_meets(job, term) for term in criteria.get("excludes", ()))
            ]
        listed = [{name: job[name] for name in _LISTED if name in job} for job in jobs]
        return _page("items", listed, asked, MOST_ANSWERED)

    def describe_job(self, asked: Json) -> Json:
        """All about a job."""
        with self._lock:
            self._require_enabled()
            return dict(self._job(asked["jobId"]))

    def update_job(self, asked: Json) -> Json:
        """Cancel a job, or pause it and let it go on. A cancelled one stays so."""
        with self._lock:
            self._require_enabled()
            job = self._job(asked["jobId"])
            if job["jobStatus"] == "CANCELLED":
                raise MacieError("ValidationException", "a cancelled job does not change")
            job["jobStatus"] = asked["jobStatus"]
            self.changed.set()
        return {}

    def list_findings(self, asked: Json) -> Json:
        """The ids of findings, the oldest first. It knows conditions on the names of buckets and objects."""
        criterion = asked.get("findingCriteria", {}).get("criterion", {})
        with self._lock:
            self._require_enabled()
            found = [
                id_
                for id_, finding in self._findings.items()
                if all(_value(finding, path) in term.get("eq", ()) for path, term in criterion.items())
            ]
        return _page("findingIds", found, asked, MOST_FINDINGS)

    def get_findings(self, asked: Json) -> Json:
        """The findings with these ids. Unknown ones are left out."""
        with self._lock:
            self._require_enabled()
            return {"findings": [self._findings[id_] for id_ in asked["findingIds"] if id_ in self._findings]}

    def open_jobs(self) -> list[Json]:
        """The jobs that look through buckets now."""
        with self._lock:
            return [dict(job) for job in self._jobs.values() if job["jobStatus"] in _OPEN]

    def keep(self, finding: Finding) -> bool:
        """Keep a finding. False if it is known."""
        with self._lock:
            known = finding["id"] in self._findings
            self._findings.setdefault(finding["id"], finding)
            return not known

    def _require_enabled(self) -> None:
        if not self._enabled:
            raise MacieError("AccessDeniedException", "Macie is not enabled.")

    def _job(self, id_: str) -> dict[str, Any]:
        if id_ not in self._jobs:
            raise MacieError("ResourceNotFoundException", f"there is no job {id_}")
        return self._jobs[id_]

    def _named(self, id_: str) -> Json:
        return {"jobId": id_, "jobArn": self._jobs[id_]["jobArn"]}


def _meets(job: Json, term: Json) -> bool:
    value, values = job[term["key"]], term["values"]
    match term["comparator"]:
        case "EQ":
            return value in values
        case "NE":
            return value not in values
        case "STARTS_WITH":
            return any(value.startswith(each) for each in values)
        case "CONTAINS":
            return any(each in value for each in values)
        case unknown:
            raise MacieError("ValidationException", f"the simulator does not know the comparator {unknown}")


def _value(finding: Finding, path: str) -> Any:  # noqa: ANN401 - JSON
    value: Any = finding
    for name in path.split("."):
        value = value.get(name, {}) if isinstance(value, Mapping) else {}
    return value


def _page(name: str, items: list[Any], asked: Json, most: int) -> Json:
    try:
        begin = int(asked.get("nextToken", "0"))
    except ValueError:
        raise MacieError("ValidationException", "this is no token of mine") from None
    end = begin + min(asked.get("maxResults", most), most)
    more = {"nextToken": str(end)} if end < len(items) else {}
    return {name: items[begin:end], **more}


def buckets_of(jobs: Iterable[Json]) -> dict[str, Json]:
    """The buckets of jobs, each with the job that looks through it: the oldest, if there are several."""
    found: dict[str, Json] = {}
    for job in jobs:
        for definition in job["s3JobDefinition"]["bucketDefinitions"]:
            for bucket in definition["buckets"]:
                found.setdefault(bucket, job)
    return found


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
