"""CPU time to import and initialise each handler: `uv run python -m tests.bench.coldstart`.

Each handler is imported from its own artifact by a fresh interpreter, with boto3 as the Lambda runtime has it, and set
beside the smallest handler that makes the same clients with boto3. Both alternate, so that ratios hold on a noisy
machine. The interpreters end without taking down what they have built, as a worker never does. What functions fetch
while they start, the keys of an issuer or a secret, they get from stand-ins. Those behind an API of users also answer a
first request: a token to verify, and a body to refuse.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.app import SERVICES
from infra.artifacts import build, local_target
from infra.rydes.cloud.toolchain import install_emulator
from tests.support.issuer import ISSUER, issuer, token
from tests.support.requests import request
from tests.support.secrets_manager import secrets_manager

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_LAMBDA_FUNCTION_NAME": "coldstart",
    "POWERTOOLS_METRICS_NAMESPACE": "WildRydes",
    "POWERTOOLS_SERVICE_NAME": "coldstart",
    "TABLE_NAME": "table",
    "VEHICLE_TABLE_NAME": "vehicles",
    "BUS_NAME": "bus",
    "REPLY_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:wild-rydes-reply-x",
    "RETURN_ADDRESSES": '{"wildrydes.ride-booking": "arn:aws:sqs:us-east-1:000000000000:wild-rydes-reply-ride-booking"}',
    "DEADLINE_QUEUE_URL": "http://localhost/deadlines",
    "DEAD_LETTER_QUEUE_URL": "http://localhost/dlq",
    "MAX_ATTEMPTS": "5",
    "DOCUMENT_BUCKET": "documents",
    "CONNECTIONS_URL": "http://localhost/socket/v1",
    "PUBLIC_URL": "http://localhost/v1",
    "UNICORN_API_URL": "http://localhost/unicorns/v1",
    "PARTNER_QUEUES": "{}",
    "PARTNER_RIDE_QUEUES": "{}",
    "PARTNER_ID": "p-comet",
    "SECRET_ID": "comet",
    "SECRET_IDS": "{}",
    "CALLBACK_URL": "http://localhost/partners/v1",
    "CHECKS_URL": "http://localhost/checks",
    "USER_POOL_ID": "us-east-1_pool",
    "NUMBER_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:number",
    "NUMBER_KEY_ARN": "arn:aws:kms:us-east-1:000000000000:key/number",
    "NUMBER_PARAMETER": "/number",
    "CONFIGURATION_SET": "feedback",
    "SUPPORT_CONTACT": "wildrydes.example/help",
    "WAKING_HOURS": "8-21",
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_AUDIENCE": "app",
}

REFUSED = {
    "ride_booking.functions.api": ("/instant-ride-rfqs", "customers"),
    "unicorn_mgmt.functions.api": ("/unicorns", "unicorns"),
    "feedback.functions.api": ("/opt-outs", "support"),
}
"""Where each users' API takes a body, and who may send it."""

_END = "\nimport os; os._exit(0)"
_CLIENTS = """
import botocore.session, json
make, made = botocore.session.Session.create_client, set()
def note(session, name, *more, **options):
    made.add(name)
    return make(session, name, *more, **options)
botocore.session.Session.create_client = note
import {module}
print(json.dumps(sorted(made)))
"""
_CONTEXT = """
from types import SimpleNamespace
context = SimpleNamespace(function_name="f", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1")
"""


@dataclass(frozen=True)
class Handler:
    """A handler module, and the artifact that it is in."""

    module: str
    artifact: Path

    def clients(self, python: Path, environment: Mapping[str, str]) -> list[str]:
        """The AWS services whose clients it makes when it starts."""
        found = subprocess.run(  # noqa: S603 - the emulator's interpreter
            [python, "-P", "-c", _CLIENTS.format(module=self.module)],
            env={**environment, "PYTHONPATH": str(self.artifact)},
            capture_output=True,
            text=True,
            check=True,
        )
        services: list[str] = json.loads(found.stdout)
        return services


@dataclass(frozen=True)
class Timing:
    """CPU milliseconds of both handlers, run by run. The machine is fast at times and slow at others, and within a run alike."""

    name: str
    clients: Sequence[str]
    ours: Sequence[float]
    bare: Sequence[float]

    @property
    def ratio(self) -> float:
        """Ours over the bare handler's in the median run."""
        return median(mine / theirs for mine, theirs in zip(self.ours, self.bare, strict=True))


def measure(handler: Handler, python: Path, environment: Mapping[str, str], runs: int) -> Iterator[Timing]:
    """Time the handler and its bare counterpart in turn; if it is behind an API, with a first request, too."""
    clients = handler.clients(python, environment)
    bare = "import boto3\n" + "".join(f"boto3.client({name!r})\n" for name in clients)
    bare += "def handler(event, context): return event\n"
    start = f"from {handler.module} import handler\n"
    codes = [("", start, bare)]
    if handler.module in REFUSED:
        call = f"{_CONTEXT}\nanswer = handler({_refused(handler.module)!r}, context)\n"
        codes.append(
            (" + request", start + call + "assert answer['statusCode'] == 400, answer\n", bare + call)
        )
    for what, mine, theirs in codes:
        ours, base = [], []
        for _ in range(runs):
            base.append(_cpu_ms(python, theirs, handler.artifact, environment))
            ours.append(_cpu_ms(python, mine, handler.artifact, environment))
        yield Timing(handler.module + what, clients, ours, base)


def _refused(module: str) -> dict[str, object]:
    """A request with a genuine token, and an empty object for a body."""
    path, group = REFUSED[module]
    return request("POST", path, "{}", headers={"authorization": token(groups=[group])})


def _cpu_ms(python: Path, code: str, path: Path, environment: Mapping[str, str]) -> float:
    """User and system time of a fresh interpreter that runs the code with the artifact on its path."""
    process = subprocess.Popen(  # noqa: S603 - the emulator's interpreter
        [python, "-P", "-c", code + _END],
        env={**environment, "PYTHONPATH": str(path)},
        stdout=subprocess.DEVNULL,
    )
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
        name = t.name.replace(".functions.", " ")
        table.add_row(
            name, ", ".join(t.clients), f"{median(t.bare):.0f}", f"{median(t.ours):.0f}", f"{t.ratio:.2f}"
        )
    Console(width=100).print(table)


def handlers(scratch: Path, only: str) -> list[Handler]:
    """Unpack the artifacts of all services, and list their functions whose names hold `only`."""
    found = []
    for service in SERVICES:
        artifact = scratch / service
        with zipfile.ZipFile(build(service, local_target())) as packed:
            packed.extractall(artifact)
        package = service.replace("-", "_")
        found += [
            Handler(f"{package}.functions.{path.stem}", artifact)
            for path in sorted((artifact / package / "functions").glob("[a-z]*.py"))
        ]
    return [handler for handler in found if only in handler.module]


def main() -> None:
    """Measure every handler and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--runs", type=int, default=9, help="fresh interpreters of each kind for each handler"
    )
    arguments.add_argument("--only", default="", help="part of the names of the functions to measure")
    options = arguments.parse_args()
    python = install_emulator()  # it has boto3 and no more, like the Lambda runtime
    with tempfile.TemporaryDirectory() as scratch, issuer() as users, secrets_manager() as secrets:
        environment = {**ENVIRONMENT, "KEYS_URL": users.url, "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets}
        found = track(handlers(Path(scratch), options.only), "Measuring", transient=True)
        report([t for handler in found for t in measure(handler, python, environment, options.runs)])


if __name__ == "__main__":
    main()
