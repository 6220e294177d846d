"""Write the vehicles of one chunk of a file: the step of an import's state machine that many workers take at once."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Final

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.fleet_file import lines_of
from unicorn_mgmt.domain.fleet_import import MOST_LISTED, job_of
from unicorn_mgmt.domain.fleet_row import BadRow, Fault, read_row, vehicle_of
from unicorn_mgmt.domain.job import Job, Progress
from unicorn_mgmt.domain.vehicle import Vehicle

BATCH: Final = 2000
"""Vehicles that are written before it is noted how far the chunk is, and looked whether the job was cancelled."""

_STOPPED: Final[dict[str, Any]] = {"stopped": True}


@dataclass(slots=True)
class _Found:
    """What a chunk has: counts, and what is wrong."""

    rows: int = 0
    bytes: int = 0
    bad: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def refuse(self, line: int, faults: tuple[Fault, ...]) -> None:
        self.bad += 1
        room = MOST_LISTED - len(self.faults)
        self.faults += [{"line": line, **asdict(fault)} for fault in faults[:room]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChunk:
    """Reads a range of the file line by line. Twice is as once: rows are written as they are, and counted as at first."""

    jobs: JobTable
    files: ImportFiles
    vehicles: VehicleTable
    logger: Logger

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Write a chunk, and return its counts. `stopped` if the import has ended, or is another's.

        It raises botocore's errors, and TableBusy.
        """
        partner_id, job_id = job_of(event["key"])
        self.logger.set_correlation_id(job_id)
        attempt, number = event["attempt"], event["number"]
        job = self._held(job_id, attempt)
        if job is None:
            return _STOPPED
        found, sums = _Found(), {"created": 0, "changed": 0, "unchanged": 0}
        blocks = self.files.read(partner_id, job_id, event["start"], event["end"])
        vehicles = self._vehicles(job, event["columns"], lines_of(blocks, event["line"]), found)
        while batch := [*islice(vehicles, BATCH)]:
            if not self._noted(job_id, attempt, number, found.rows, found.bytes):
                return _STOPPED
            written = self.vehicles.write(batch, job_id)
            sums = {name: before + getattr(written, name) for name, before in sums.items()}
        if found.faults:
            self.files.keep_faults(job_id, number, found.faults)
        if not self._noted(job_id, attempt, number, found.rows, event["end"] - event["start"]):
            return _STOPPED
        counts = {"number": number, "rows": found.rows, "bad": found.bad, **sums}
        self.logger.info("chunk written", chunk=counts)
        return counts

    def _held(self, job_id: str, attempt: int) -> Job | None:
        job = self.jobs.get(job_id)
        if job is None or not job.held(attempt):
            self.logger.info("dropped: the import has ended", state=job.state if job else None)
            return None
        return job

    def _noted(self, job_id: str, attempt: int, number: int, rows: int, size: int) -> bool:
        """Note how far the chunk is: so many rows, in so many bytes. False if the import has ended."""
        change = self.jobs.change(job_id, lambda job: _after(job, attempt, number, rows, size))
        if change is None or not change.after.held(attempt):
            self.logger.info("stopped: the import has ended")
            return False
        return True

    def _vehicles(
        self, job: Job, columns: list[str], lines: Iterator[tuple[int, bytes]], found: _Found
    ) -> Iterator[Vehicle]:
        """Make the vehicles of rows that are in order, and note the others."""
        format_ = job.parameters["format"]
        for number, line in lines:
            found.rows += 1
            found.bytes += len(line) + 1
            try:
                vehicle = vehicle_of(job.partner_id, read_row(format_, columns, line))
                if vehicle.id in found.ids:
                    raise BadRow(Fault("id", "is that of a row before"))
            except BadRow as bad:
                found.refuse(number, bad.faults)
            else:
                found.ids.add(vehicle.id)
                yield vehicle


def _after(job: Job, attempt: int, number: int, rows: int, size: int) -> Job:
    """Note how far a chunk is. Chunks come along in any order, and one that is written again is no step back."""
    if not job.held(attempt) or not job.checkpoint:
        return job
    was_rows, was_size = job.checkpoint["done"].get(str(number), (0, 0))
    done = {**job.checkpoint["done"], str(number): [max(rows, was_rows), max(size, was_size)]}
    share = sum(size for _, size in done.values()) / job.checkpoint["bytes"]
    progress = Progress(sum(rows for rows, _ in done.values()), min(1.0, share))
    return job.keep(attempt, {**job.checkpoint, "done": done}, progress)
