"""Imports of fleets in unicorn-mgmt's own little world: their uploads, and their state machine as it is deployed."""

import json
from collections.abc import Callable
from typing import Any

from infra.stacks.unicorn_mgmt_import import DEFINITION
from tests.support import asl
from tests.support.unicorn_mgmt.jobs_desk import IMPORTS, Desk
from tests.support.unicorn_mgmt.world import TABLE
from unicorn_mgmt.adapters.imported_content import ImportedContent
from unicorn_mgmt.domain.fleet_import import KIND, upload_key
from unicorn_mgmt.use_cases.import_chunk import ImportChunk
from unicorn_mgmt.use_cases.import_end import ImportEnd
from unicorn_mgmt.use_cases.import_validate import ImportValidate

COMET = "p-comet"
Event = dict[str, Any]


class ImportsDesk(Desk):
    """Jobs, and what imports have besides. `before` may look at each step before it is taken, or raise TaskFailed."""

    chunk_bytes = 300
    before: Callable[[str, Event], object] = staticmethod(lambda _name, _event: None)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sent: list[Event] = []
        self.world.sqs.meta.events.register("provide-client-params.sqs.SendMessageBatch", self._note)
        self.imported = ImportedContent(self.world.dynamodb, TABLE)

    def sent(self) -> list[Event]:
        """Take what the outbox has sent, as it was sent: the queue would keep what is delayed."""
        taken, self._sent[:] = [*self._sent], []
        return taken

    def _note(self, params: Any, **_: Any) -> None:
        self._sent += params["Entries"]

    def ask(self, content: bytes, format_: str = "csv", *, partner: str = COMET, **more: Any) -> Any:
        """Ask for an import, and return what the API answers."""
        body = {"kind": KIND, "parameters": {"format": format_, "size": len(content), **more}}
        return self.call("POST", body=body, partner=partner)

    def upload(self, job_id: str, content: bytes, partner: str = COMET) -> Event:
        """Have a file uploaded, and return what the rule makes of S3's event."""
        key = upload_key(partner, job_id)
        self.s3.put_object(Bucket=IMPORTS, Key=key, Body=content)
        return {"key": key, "size": len(content)}

    def begin(self, content: bytes, **more: Any) -> tuple[str, Event]:
        """A job, and the event of its upload."""
        job_id = self.ask(content, **more).body["id"]
        return job_id, self.upload(job_id, content)

    def execute(self, event: Event, execution: str = "first") -> list[str]:
        """Run an execution, and return the names of its states."""
        text = DEFINITION.read_text().replace("${at_once}", "5")
        return asl.run(json.loads(text), event, self._step, execution)

    def run_import(self, content: bytes, format_: str = "csv", **more: Any) -> Any:
        """Import a file, and return its job as the API shows it."""
        answer = self.ask(content, format_, **more)
        assert answer.status == 202, answer.body
        job_id = answer.body["id"]
        self.execute(self.upload(job_id, content), f"of-{job_id}")
        return self.call("GET", f"/jobs/{job_id}").body

    def report(self, job_id: str) -> list[Any]:
        """The lines of a report."""
        found = self.s3.get_object(Bucket=IMPORTS, Key=f"reports/{job_id}/report.ndjson")["Body"].read()
        return [json.loads(line) for line in found.splitlines()]

    def step(self, name: str, event: Event) -> Any:
        """Take a step as its function does. What comes and goes is JSON."""
        world = self.world
        common: dict[str, Any] = {"jobs": self.jobs, "files": self.imports, "logger": world.logger}
        ending: dict[str, Any] = {
            "imported": self.imported,
            "metrics": world.metrics,
            "now": lambda: world.now,
        }
        steps: dict[str, Any] = {
            "${validate}": lambda: ImportValidate(**common, **ending, chunk_bytes=self.chunk_bytes),
            "${chunk}": lambda: ImportChunk(**common, vehicles=world.vehicles),
            "${end}": lambda: ImportEnd(**common, **ending),
        }
        return json.loads(json.dumps(steps[name]().handle(json.loads(json.dumps(event)))))

    def _step(self, service: str, operation: str, parameters: Event) -> Event:
        assert (service, operation) == ("lambda", "invoke")
        name, event = parameters["FunctionName"], parameters["Payload"]
        self.before(name, event)
        return {"StatusCode": 200, "Payload": self.step(name, event)}


def counts(job: Any) -> list[int]:
    """Rows, bad ones, and vehicles that were created, changed, and the same."""
    return [job["result"][name] for name in ("rows", "bad-rows", "created", "changed", "same")]
