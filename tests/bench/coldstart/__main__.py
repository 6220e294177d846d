"""CPU time to import and initialise each handler: `uv run python -m tests.bench.coldstart`.

Each handler is imported from its own artifact by a fresh interpreter, with boto3 as the Lambda runtime has it, and set
beside the smallest handler that makes the same clients with boto3. Both alternate, so that ratios hold on a noisy
machine. Nothing is called: making a client connects to nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.artifacts import build, local_target
from infra.rydes.cloud.toolchain import install_emulator

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_LAMBDA_FUNCTION_NAME": "coldstart",
    "POWERTOOLS_METRICS_NAMESPACE": "WildRydes",
    "TABLE_NAME": "table",
    "BUS_NAME": "bus",
    "REPLY_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:wild-rydes-reply-x",
    "REPLY_TO_PATTERN": "arn:aws:sqs:us-east-1:000000000000:wild-rydes-reply-*",
    "DEADLINE_QUEUE_URL": "http://localhost/deadlines",
    "DEAD_LETTER_QUEUE_URL": "http://localhost/dlq",
    "MAX_ATTEMPTS": "5",
    "DOCUMENT_BUCKET": "documents",
    "CONNECTIONS_URL": "http://localhost/socket/v1",
    "UNICORN_API_URL": "http://localhost/unicorns/v1",
    "PARTNER_QUEUES": "{}",
    "TOKEN_ISSUER": "https://localhost/pool",
    "TOKEN_AUDIENCE": "app",
    "KEYS_URL": "http://localhost/keys",
}


@dataclass(frozen=True)
class Handler:
    """A handler module, the service it belongs to, and the AWS clients it makes."""

    service: str
    module: str
    clients: tuple[str, ...]


HANDLERS = (
    Handler("ride-booking", "ride_booking.functions.api", ("dynamodb",)),
    Handler("ride-booking", "ride_booking.functions.outbox", ("events", "sqs")),
    Handler("ride-booking", "ride_booking.functions.aggregator", ("dynamodb", "sqs")),
    Handler("ride-booking", "ride_booking.functions.closer", ("dynamodb", "sqs")),
    Handler("ride-booking", "ride_booking.functions.rides", ("dynamodb", "sqs")),
    Handler("ride-booking", "ride_booking.functions.authorizer", ()),
    Handler("ride-booking", "ride_booking.functions.socket", ("dynamodb", "apigatewaymanagementapi")),
    Handler("ride-booking", "ride_booking.functions.notifier", ("dynamodb", "apigatewaymanagementapi")),
    Handler("unicorn-mgmt", "unicorn_mgmt.functions.api", ("dynamodb",)),
    Handler("unicorn-mgmt", "unicorn_mgmt.functions.responder", ("dynamodb", "sqs")),
)


@dataclass(frozen=True)
class Timing:
    """CPU milliseconds, medians."""

    handler: Handler
    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        """Ours over the bare handler's."""
        return self.ours / self.bare


def measure(handler: Handler, artifact: Path, python: Path, runs: int) -> Timing:
    """Time the handler and its bare counterpart in turn."""
    bare = "import boto3\n" + "".join(f"boto3.client({name!r})\n" for name in handler.clients)
    bare += "def handler(event, context): return event"
    ours, base = [], []
    for _ in range(runs):
        base.append(_cpu_ms(python, bare, artifact))
        ours.append(_cpu_ms(python, f"import {handler.module}", artifact))
    return Timing(handler, median(ours), median(base))


def _cpu_ms(python: Path, code: str, path: Path) -> float:
    """User and system time of a fresh interpreter that runs the code with the artifact on its path."""
    process = subprocess.Popen([python, "-P", "-c", code], env={**ENVIRONMENT, "PYTHONPATH": str(path)})  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {code}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def report(timings: Sequence[Timing]) -> None:
    """Print a row per handler."""
    table = Table("handler", "clients", title="Cold start: CPU ms to import and initialise (medians)")
    for name in ("bare boto3", "handler", "ratio"):
        table.add_column(name, justify="right")
    for t in timings:
        table.add_row(
            t.handler.module, ", ".join(t.handler.clients), f"{t.bare:.0f}", f"{t.ours:.0f}", f"{t.ratio:.2f}"
        )
    Console().print(table)


def main() -> None:
    """Measure every handler and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--runs", type=int, default=9, help="fresh interpreters of each kind for each handler"
    )
    options = arguments.parse_args()
    python = install_emulator()  # it has boto3 and no more, like the Lambda runtime
    with tempfile.TemporaryDirectory() as scratch:
        artifacts = {}
        for service in {handler.service for handler in HANDLERS}:
            artifacts[service] = Path(scratch, service)
            with zipfile.ZipFile(build(service, local_target())) as artifact:
                artifact.extractall(artifacts[service])
        handlers = track(HANDLERS, "Measuring", transient=True)
        report([measure(h, artifacts[h.service], python, options.runs) for h in handlers])


if __name__ == "__main__":
    main()
