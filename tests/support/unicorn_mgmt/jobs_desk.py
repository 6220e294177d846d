"""Jobs in unicorn-mgmt's own little world: their API, their queue and their workers, moved on by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.support import aws
from tests.support.requests import BASE, believed, claims, request
from tests.support.unicorn_mgmt.api_client import Answer
from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, NOW, TABLE, World
from unicorn_mgmt.adapters.driven_rides import DrivenRides
from unicorn_mgmt.adapters.engaged_vehicles import EngagedVehicles
from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.job_archive import JobArchive
from unicorn_mgmt.adapters.job_measures import JobMeasures
from unicorn_mgmt.adapters.job_queue import JobQueue, JobTurns
from unicorn_mgmt.adapters.job_table import JOB, JobTable
from unicorn_mgmt.adapters.statement_files import PART_BYTES, StatementFiles
from unicorn_mgmt.adapters.status_documents import StatusDocuments
from unicorn_mgmt.api import fleet_import
from unicorn_mgmt.api.fleet_ride_routes import FleetRideRoutes
from unicorn_mgmt.api.job_routes import JobRoutes
from unicorn_mgmt.api.partner_caller import GROUP
from unicorn_mgmt.api.ride_statement import KIND, StatementKind
from unicorn_mgmt.domain.job import Job
from unicorn_mgmt.domain.job_turn import JobTurn
from unicorn_mgmt.domain.partner_ride import Completed, Terms, asked
from unicorn_mgmt.use_cases.fleet_import import FleetImport
from unicorn_mgmt.use_cases.job_failures import JobFailures
from unicorn_mgmt.use_cases.jobs import Continue, Done, Jobs, Kind
from unicorn_mgmt.use_cases.jobs_outbox import JobsOutbox
from unicorn_mgmt.use_cases.ride_statement import RideStatement
from wild_rydes_contracts import Money
from wild_rydes_http.api import HttpApi
from wild_rydes_http.machine_key import MachineKey
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_messaging.transient import is_transient
from wild_rydes_runtime.documents import S3_CONFIG, Documents

BUCKET, ARCHIVE, IMPORTS = "job-documents", "job-archive", "imports"
KEY = "a-key-that-is-long-enough-to-be-one"
LEASE = timedelta(seconds=35)
WORKERS = 2
PERIOD = {"from": "2026-11-01", "to": "2026-11-20"}
BODY = {"kind": KIND, "parameters": PERIOD}


class Killed(BaseException):
    """The worker is gone, at whatever it was."""


@dataclass
class Script:
    """A kind whose steps are written down: each is what it returns or raises."""

    steps: list[Continue | Done | BaseException]
    seen: list[Any] = field(default_factory=list)

    def step(self, job: Job) -> Continue | Done:
        self.seen.append(job.checkpoint)
        step = self.steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step


@dataclass
class Desk:
    """Everything about jobs. `waited` are the pauses of callers who wait; each hands the turn to `meanwhile`."""

    world: World
    kinds: dict[str, Kind] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    meanwhile: Any = None
    part_bytes: int = PART_BYTES

    def __post_init__(self) -> None:
        self.queue = self.world.sqs.create_queue(QueueName="unicorn-mgmt-jobs")["QueueUrl"]
        self.s3 = aws.client("s3", config=S3_CONFIG)
        for bucket in (BUCKET, ARCHIVE, IMPORTS):
            self.s3.create_bucket(Bucket=bucket)
        self.jobs = JobTable(self.world.dynamodb, TABLE)
        self.measures = JobMeasures(self.world.dynamodb, TABLE)
        self.files = StatementFiles(lambda: self.s3, BUCKET)
        self.imports = ImportFiles(lambda: self.s3, IMPORTS, range_bytes=1000, block_bytes=100)
        self.documents = StatusDocuments(Documents(lambda: self.s3, BUCKET))
        self.rides = DrivenRides(self.world.dynamodb, TABLE, page_size=2)
        self.ids = 0
        self._images: dict[str, Any] = {}

    # The API

    def call(
        self,
        method: str,
        path: str = "/jobs",
        body: Any = None,
        *,
        partner: str | None = "p-comet",
        group: str = GROUP,
        key: str | None = KEY,
        own_key: str = KEY,
        **headers: str,
    ) -> Answer:
        api = HttpApi(self.world.logger, BASE, verify=believed, is_transient=is_transient)
        JobRoutes(
            api,
            self.jobs,
            {
                KIND: StatementKind(self.files),
                fleet_import.KIND: fleet_import.ImportKind(self.imports),
            },
            self.world.logger,
            queue=JobQueue(self.world.sqs, self.queue, WORKERS),
            measures=self.measures,
            documents=self.documents,
            now=lambda: self.world.now,
            new_id=self._new_id,
            sleep=self._sleep,
            clock=lambda: (self.world.now - NOW).total_seconds(),  # noqa: PLW0108 - the time then
        )
        FleetRideRoutes(
            api,
            self.world.unicorns,
            EngagedVehicles(self.world.dynamodb, TABLE),
            self.world.logger,
            now=lambda: self.world.now,
        )
        who = claims("a-client", group) | {
            "custom:machine_key": str(MachineKey.of("silver", "p", "k", own_key))
        }
        if partner:
            who["custom:partner"] = partner
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["x-api-key"] = key
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        answer = api.handle(request(method, path, text, who=who, headers=sent))
        found = {name.lower(): value for name, value in answer["headers"].items()}
        if answer["statusCode"] >= 400:
            assert found["content-type"] == "application/problem+json"
        return Answer(answer["statusCode"], found, json.loads(answer["body"] or "null"))

    def submit(self, **more: Any) -> str:
        answer = self.call("POST", body=BODY, **more)
        assert answer.status == 202
        return str(answer.body["id"])

    # The stream, the queue, the workers

    def outbox(self) -> JobsOutbox:
        return JobsOutbox(
            consumer=StreamConsumer(self.world.parking_lot),
            turns=JobTurns(Queue(self.world.sqs, self.queue)),
            documents=self.documents,
            logger=self.world.logger,
            metrics=self.world.metrics,
            now=lambda: self.world.now,
        )

    def tell(self, job_id: str) -> dict[str, Any]:
        """Let the stream tell of a job's last change, and return the record."""
        key = f"{JOB}{job_id}"
        record = self.world.record(key, self._images.get(key))
        self._images[key] = self.world.item(key)
        self.outbox().handle({"Records": [record]})
        return record

    def messages(self) -> list[str]:
        """Take what is in the queue."""
        found = self.world.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages", []
        )
        for message in found:
            self.world.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def worker(self) -> Jobs:
        return Jobs(
            consumer=self.world.consumer(JobTurn),
            jobs=self.jobs,
            measures=self.measures,
            kinds={
                KIND: RideStatement(self.rides, self.files, part_bytes=self.part_bytes),
                fleet_import.KIND: FleetImport(self.imports),
                **self.kinds,
            },
            lease=LEASE,
            logger=self.world.logger,
            metrics=self.world.metrics,
            now=lambda: self.world.now,
        )

    def work(self, *bodies: str, attempt: int = 1) -> list[str]:
        """Have messages handled by one worker; the ids of those that come again."""
        event = self.world.deliver(*bodies, attempt=attempt)
        failed = self.worker().handle(event)["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failed]

    def run(self, job_id: str, *, most: int = 20) -> Job:
        """Go on until nothing is due."""
        for _ in range(most):
            self.tell(job_id)
            messages = self.messages()
            if not messages:
                break
            assert not self.work(*messages)
        return self.job(job_id)

    def job(self, job_id: str) -> Job:
        found = self.jobs.get(job_id)
        assert found
        return found

    def failures(self) -> JobFailures:
        return JobFailures(
            jobs=self.jobs,
            archive=JobArchive(lambda: self.s3, ARCHIVE),
            logger=self.world.logger,
            metrics=self.world.metrics,
            now=lambda: self.world.now,
        )

    def archived(self) -> list[dict[str, Any]]:
        found = self.s3.list_objects_v2(Bucket=ARCHIVE).get("Contents", [])
        return [
            json.loads(self.s3.get_object(Bucket=ARCHIVE, Key=each["Key"])["Body"].read()) for each in found
        ]

    # What there is

    def drive(self, prices: Sequence[str], partner: str = "p-comet", currency: str = "USD") -> None:
        """Have rides driven, an hour apart, from the 2nd of November on."""
        for i, amount in enumerate(prices):
            at = datetime.fromisoformat("2026-11-02T00:00:00Z") + timedelta(hours=i)
            terms = Terms(f"rfq-{i}", "customer-7", Money(amount=Decimal(amount), currency=currency))
            ride_id = f"{currency}-{i}"
            ride = asked(ride_id, partner, terms, at, at).heard(Completed(), at)
            self.world.partner_rides.change(partner, ride_id, lambda _, ride=ride: ride)  # type: ignore[misc]

    def lines(self, job_id: str, partner: str = "p-comet") -> list[Mapping[str, Any]]:
        """The lines of a statement."""
        key = f"statements/{partner}/{job_id}.ndjson"
        content = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        return [json.loads(line) for line in content.splitlines()]

    def document(self, job_id: str) -> dict[str, Any]:
        """The status document of a job."""
        found = self.s3.get_object(Bucket=BUCKET, Key=f"status/{job_id}.json")["Body"].read()
        document: dict[str, Any] = json.loads(found)
        return document

    def _new_id(self, _: datetime) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.world.now += timedelta(seconds=seconds)
        if self.meanwhile:
            self.meanwhile()


__all__ = ["BODY", "KEY", "LEASE", "MAX_ATTEMPTS", "NOW", "PERIOD", "Desk", "Killed", "Script"]
