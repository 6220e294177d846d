"""Begin, follow, list and cancel jobs. Partners see only their own."""

import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from botocore.exceptions import BotoCoreError, ClientError

from unicorn_mgmt.adapters.job_measures import JobMeasures
from unicorn_mgmt.adapters.job_queue import JobQueue
from unicorn_mgmt.adapters.job_table import JobTable, KeyReused, Outrun
from unicorn_mgmt.adapters.status_documents import ProgressBody, StatusDocuments
from unicorn_mgmt.api import cursor
from unicorn_mgmt.api.fleet_import import ImportBody, UploadBody
from unicorn_mgmt.api.job_representations import (
    AnyRequest,
    JobBody,
    JobLinks,
    JobList,
    JobListLinks,
    JobSummary,
)
from unicorn_mgmt.api.partner_caller import partner_of
from unicorn_mgmt.api.ride_statement import StatementBody
from unicorn_mgmt.domain.job import Job
from wild_rydes_contracts.instants import truncated
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import Representation, json_response, read_body
from wild_rydes_http.idempotency_key import idempotency_key, key_reused
from wild_rydes_http.preferences import RESPOND_ASYNC, STATUS_DOCUMENT, WAIT, preferences
from wild_rydes_http.problem import FieldError, Problem

PATH: Final = "/jobs"
LONGEST_WAIT: Final = 20
"""Seconds, the most that a caller may wait: API Gateway ends a request after 30."""
PAGE_SIZE: Final = 20

LONGEST_STEP: Final = timedelta(minutes=2)
"""For how long a function of an import may still write after the import has ended: it lives no longer."""

_BETWEEN_LOOKS: Final = 0.25, 1.0
"""Seconds from one look at a job that somebody waits for to the next: at first, and at most."""
_LONGEST_RETRY: Final = 60
_KEYS: Final = uuid5(NAMESPACE_URL, "wild-rydes:jobs")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECONDS: Final = re.compile(r"[0-9]{1,6}")
_NO_STORE: Final = {"Cache-Control": "no-store"}


class JobKind(Protocol):
    """What the API knows of a kind of job: what its request looks like, what may be wrong with it, and its result."""

    @property
    def request(self) -> type[Representation]:
        """The body that asks for one: its `kind` and its `parameters`."""

    @property
    def alone(self) -> bool:
        """Whether a partner has no two of them open."""

    def problems(self, request: Any, now: datetime) -> list[FieldError]:  # noqa: ANN401 - one of its own
        """Tell what is wrong with a request that is well-formed."""

    def begin(self, job: Job) -> Job:
        """Prepare what a job needs that is about to be written."""

    def upload(self, job: Job, now: datetime) -> UploadBody | None:
        """Show how to upload the file that a job waits for; None if it waits for none."""

    def present(self, job: Job, now: datetime) -> StatementBody | ImportBody:
        """Show the result of a job that has one."""


class JobRoutes:
    """Adds its routes to a HttpApi.

    `new_id` makes the id of a job that begins at a given time. `sleep` and `clock`, in seconds, are for callers who wait.
    """

    def __init__(
        self,
        api: HttpApi,
        jobs: JobTable,
        kinds: Mapping[str, JobKind],
        logger: Logger,
        *,
        queue: JobQueue,
        measures: JobMeasures,
        documents: StatusDocuments,
        now: Callable[[], datetime],
        new_id: Callable[[datetime], UUID],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._jobs = jobs
        self._kinds = kinds
        self._logger = logger
        self._queue = queue
        self._measures = measures
        self._documents = documents
        self._now = now
        self._new_id = new_id
        self._sleep = sleep
        self._clock = clock
        api.post(PATH)(self.submit)
        api.get(PATH)(self.list)
        api.get(f"{PATH}/<id_>")(self.follow)
        api.delete(f"{PATH}/<id_>")(self.cancel)

    def submit(self) -> Response[str]:
        """Begin a job: 202 and where to follow it, or 200 with its end if the caller would wait and that is long enough.

        A repetition with the same Idempotency-Key is about the same job.
        """
        partner_id = partner_of(self._api)
        began = self._clock()
        request = self._request()
        key = idempotency_key(self._api.header("idempotency-key"))
        preferred = preferences(self._api.header("prefer") or "")
        now = truncated(self._now())  # as it is stored
        body = request.model_dump(mode="json", by_alias=True, exclude_none=True)
        job = Job(
            str(self._new_id(now) if key is None else uuid5(_KEYS, f"{partner_id}/{key}")),
            partner_id,
            body["kind"],
            body["parameters"],
            now,
            document=STATUS_DOCUMENT in preferred,
        )
        self._logger.set_correlation_id(job.id)
        fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
        try:
            job = self._submitted(job, fingerprint, repeated=key is not None)
        except KeyReused:
            raise key_reused() from None
        applied, wait = _applied(preferred, job)
        if wait:
            job = self._awaited(job, began + wait)
        headers = {"Preference-Applied": ", ".join(applied)} if applied else {}
        if wait and job.ended:
            return json_response(HTTPStatus.OK, self._body(job), {**headers, **_NO_STORE})
        shown = self._body(job)
        return json_response(
            HTTPStatus.ACCEPTED,
            shown,
            {"Location": shown.links.self_, **self._retry_after(job), **headers, **_NO_STORE},
        )

    def follow(self, id_: str) -> Response[str]:
        """See how far a job is: 200, with its result once it has one."""
        job = self._own(id_)
        return json_response(HTTPStatus.OK, self._body(job), {**self._retry_after(job), **_NO_STORE})

    def cancel(self, id_: str) -> Response[str]:
        """Cancel a job: 204, or 409 if it has succeeded or failed before."""
        self._own(id_)
        now = self._now()
        change = self._jobs.change(id_, lambda job: job.cancel(now))
        if change is None:
            raise _no_such_job()
        if change.after.state != "cancelled":
            raise Problem(
                HTTPStatus.CONFLICT,
                f"The job has {change.after.state}. There is nothing to cancel.",
                code=change.after.state,
            )
        return json_response(HTTPStatus.NO_CONTENT)

    def list(self) -> Response[str]:
        """List the partner's jobs: 200 and one page of them, newest first."""
        partner_id = partner_of(self._api)
        text = self._api.current_event.query_string_parameters.get("cursor")
        try:
            after = None if text is None else cursor.decode(text)
        except ValueError as error:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "Follow the `next` link unchanged.",
                errors=[FieldError("cursor", str(error))],
            ) from None
        page = self._jobs.of_partner(partner_id, after, PAGE_SIZE)
        here = self._api.url(PATH)
        body = JobList(
            jobs=tuple(
                JobSummary(
                    id=job.id,
                    kind=job.kind,
                    status=job.state,
                    created_at=job.created_at,
                    ended_at=job.ended_at,
                    links=JobLinks(self_=f"{here}/{job.id}"),
                )
                for job in page.jobs
            ),
            links=JobListLinks(
                self_=f"{here}?cursor={text}" if text else here,
                next=f"{here}?cursor={cursor.encode(page.end)}" if page.end else None,
            ),
        )
        return json_response(HTTPStatus.OK, body, _NO_STORE)

    def _request(self) -> Any:  # noqa: ANN401 - that of a kind
        """Read the body of a request for a job of a kind that there is."""
        event = self._api.current_event
        name = read_body(event, AnyRequest).kind
        kind = self._kinds.get(name)
        if kind is None:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "The body is not valid.",
                errors=[FieldError("kind", f"one of {', '.join(sorted(self._kinds))}")],
            )
        request = read_body(event, kind.request)
        if errors := kind.problems(request, self._now()):
            raise Problem(HTTPStatus.BAD_REQUEST, "The body is not valid.", errors=errors)
        return request

    def _own(self, job_id: str) -> Job:
        """Read a job of the caller's partner. Raises Problem (404); another's is answered like a missing one."""
        partner_id = partner_of(self._api)
        if not _ID.fullmatch(job_id):
            raise _no_such_job()
        self._logger.set_correlation_id(job_id)
        job = self._jobs.get(job_id)
        if job is None or job.partner_id != partner_id:
            raise _no_such_job()
        return job

    def _submitted(self, job: Job, fingerprint: bytes, *, repeated: bool) -> Job:
        """Write a new job, or find the one that was submitted before.

        Raises KeyReused, and Problem (409) for a second one of a kind of which a partner has one.
        """
        kind = self._kinds[job.kind]
        if not kind.alone:
            return self._jobs.submit(self._estimated(kind.begin(job)), fingerprint)
        if repeated and self._jobs.get(job.id):
            return self._jobs.submit(job, fingerprint)  # which finds it
        last_id, last = self._jobs.last_alone(job.kind, job.partner_id)
        if last is not None:
            self._require_rest(last, job.created_at)
        try:
            return self._jobs.submit_alone(kind.begin(job), fingerprint, last_id)
        except Outrun:
            _, last = self._jobs.last_alone(job.kind, job.partner_id)
            raise self._open(last) from None

    def _require_rest(self, last: Job, now: datetime) -> None:
        """Raise Problem (409) if the last job of its kind is open, or may still be at work."""
        quiet_at = last.quiet_at(LONGEST_STEP)
        if quiet_at is None:
            raise self._open(last)
        if quiet_at > now:
            raise Problem(
                HTTPStatus.CONFLICT,
                "Your last import has ended before it was done, and comes to rest. Ask again in a moment.",
                code="import-ending",
                headers={"Retry-After": str(math.ceil((quiet_at - now).total_seconds()))},
            )

    def _open(self, last: Job | None) -> Problem:
        return Problem(
            HTTPStatus.CONFLICT,
            "You have an import that is open. Follow that one, or cancel it.",
            code="import-open",
            headers={"Location": self._api.url(f"{PATH}/{last.id}")} if last else None,
        )

    def _estimated(self, job: Job) -> Job:
        """Say when the job is likely to end. Nobody has to know: a job without that is as good."""
        try:
            queued, measures = self._queue.queued(), self._measures.get()
        except (BotoCoreError, ClientError) as error:
            self._logger.warning("no estimate", error=type(error).__name__)
            return job
        seconds = measures.estimate(job.kind, queued.ahead, queued.workers)
        estimated_at = truncated(job.created_at + timedelta(seconds=seconds))
        return replace(job, ahead=queued.ahead, estimated_at=estimated_at)

    def _awaited(self, job: Job, until: float) -> Job:
        """Look at the job until it has ended, or the time has come."""
        pause, longest = _BETWEEN_LOOKS
        while not job.ended and (left := until - self._clock()) > 0:
            self._sleep(min(pause, left))
            pause = min(longest, 1.5 * pause)
            job = self._jobs.get(job.id) or job
        return job

    def _retry_after(self, job: Job) -> dict[str, str]:
        """Say after how many seconds to look again: when it is likely to have ended, or in a minute."""
        if job.ended:
            return {}
        now = self._now()
        left = ((job.expected_at(now) or now) - now).total_seconds()
        return {"Retry-After": str(min(_LONGEST_RETRY, max(1, math.ceil(left))))}

    def _body(self, job: Job) -> JobBody:
        now, kind = self._now(), self._kinds.get(job.kind)
        return JobBody(
            id=job.id,
            kind=job.kind,
            status=job.state,
            parameters=dict(job.parameters),
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            progress=ProgressBody.from_domain(job.progress) if job.progress else None,
            estimated_completion_at=job.expected_at(now),
            upload=kind.upload(job, now) if kind else None,
            result=kind.present(job, now) if kind and job.result is not None else None,
            reasons=job.reasons or None,
            links=JobLinks(
                self_=self._api.url(f"{PATH}/{job.id}"),
                status_document=self._documents.url(job.id) if job.document else None,
            ),
        )


def _applied(preferred: Mapping[str, str], job: Job) -> tuple[list[str], int]:
    """Return the preferences that are met, as the caller is told, and for how many seconds to wait."""
    applied = []
    asked = preferred.get(WAIT, "")
    wait = min(LONGEST_WAIT, int(asked)) if _SECONDS.fullmatch(asked) else 0
    if RESPOND_ASYNC in preferred:
        applied.append(RESPOND_ASYNC)
    if wait:
        applied.append(f"{WAIT}={wait}")
    if STATUS_DOCUMENT in preferred and job.document:
        applied.append(STATUS_DOCUMENT)
    return applied, wait


def _no_such_job() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "You have no such job.", code="unknown-job")
