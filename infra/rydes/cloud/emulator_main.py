"""The emulator's process, which holds the run directory's lock while it lives, and ends with its owner.

It is started by path on the emulator's own interpreter, which sees neither this package nor its dependencies.

    python -P emulator_main.py LOCK_FILE [--owned]

The lock tells every other process whether this cloud is up, and its content has pid and port. The kernel
releases the lock however this process ends, so no stale pid file can mislead. ``--owned`` ties the emulator
to the process at the other end of its stdin: when that process ends, even by kill -9, the emulator ends too.

Workers share one unpacked copy of their artifact. The emulator would unpack a copy for each worker, and its
thousand small files take longer than all the rest of a cold start.

Workers say who they are in each AWS call, so that whoever answers the call can tell which process waits for it.

All that a worker has logged is on record when its answer goes out. The emulator would wait some milliseconds for
lines, and keep those that come later for the worker's next invocation, which may never be.

A worker whose handler has raised an exception goes on, as on AWS. The emulator would kill it, and each failure would cost
a cold start.

Notifications say when they were published to the millisecond, as on AWS. The emulator would say the second, and of
a STOP and a START in one second nobody could tell which was sent last.

A replay of an archive reaches the rules that it names, and no others. The emulator would tell all.

A share of the workers' calls to a table is throttled while the file throttles.json beside the lock says so:
`{"<table>": {"share": 0.5, "until": <seconds since 1970>}}`.

Functions behind an HTTP API get requests as on AWS: OPTIONS too, where the API itself has no CORS, and with the stage in
front of the path. When one fails, the caller learns no more than that.

Buckets are told of, and state machines reach Macie's simulator: see emulator_macie.py.
"""

import fcntl
import functools
import hashlib
import importlib
import importlib.util
import json
import os
import random
import re
import select
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

SECONDS_TO_SHUT_DOWN = 3.0

_USAGE = re.compile(r"/usageplans/([^/]+)/usage")
_OVERRIDE = re.compile(r'#set\(\$context\.responseOverride\.header\.([\w-]+) = "([^"]*)"\)')
_OF_A_WORKER = re.compile(r"\bapp/[\w-]+\.\d+")
_TABLE = re.compile(rb'"TableName"\s*:\s*"([^"]+)"')
_NAMED = 'export AWS_SDK_UA_APP_ID="$AWS_LAMBDA_FUNCTION_NAME.$$"; exec "$0" "$@"'
"""For a shell: become the worker, which knows its own process id."""


def _end_with_owner() -> None:
    os.read(0, 1)  # nothing is ever written: the call returns when the other end closes
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_SHUT_DOWN)  # a custom resource that never answers can block the shutdown
    os._exit(1)


def _hold(path: str) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(lock, 0)
    os.write(lock, json.dumps({"pid": os.getpid(), "port": int(os.environ["GATEWAY_PORT"])}).encode())
    return lock


def share_code(scratch: Path) -> None:
    """Make ``ZipFile.extractall`` link a worker's ``code`` directory to one copy under `scratch`.

    Handlers cannot tell the difference: on AWS, their code is read-only too.
    """
    extract, lock = zipfile.ZipFile.extractall, threading.Lock()

    def extract_once(
        archive: zipfile.ZipFile,
        path: str | os.PathLike[str] | None = None,
        members: Iterable[str | zipfile.ZipInfo] | None = None,
        pwd: bytes | None = None,
    ) -> None:
        target = Path(path or ".")
        if target.name != "code" or members or pwd:
            extract(archive, path, members, pwd)
            return
        content = repr([(entry.filename, entry.CRC) for entry in archive.infolist()])
        shared = scratch / f"artifact-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
        with lock:
            if not shared.exists():
                unfinished = shared.with_suffix(".unfinished")
                extract(archive, unfinished)
                unfinished.rename(shared)
        for entry in shared.iterdir():
            (target / entry.name).symlink_to(entry)

    zipfile.ZipFile.extractall = extract_once  # type: ignore[assignment, method-assign]  # ty: ignore[invalid-assignment]


def name_workers() -> None:
    """Let each worker end the User-Agent of its AWS calls with its function and process: `app/<function>.<pid>`."""
    start = subprocess.Popen.__init__

    def start_named(process: Any, args: Any, *more: Any, **options: Any) -> None:  # noqa: ANN401 - whatever Popen takes
        if "AWS_LAMBDA_FUNCTION_NAME" in (options.get("env") or {}):
            args = ["/bin/sh", "-c", _NAMED, *args]
        start(process, args, *more, **options)

    subprocess.Popen.__init__ = start_named  # type: ignore[assignment, method-assign]


class Log:
    """The stderr of one worker, which is its log."""

    def __init__(self, stderr: IO[str]) -> None:
        self._descriptor = os.dup(stderr.fileno())  # its own: the emulator may close the other at any time
        self._written = b""
        self._ended = False
        self._lock = threading.Lock()

    def follow(self) -> None:
        """Read until the worker ends, so that a worker never waits for a reader."""
        while not self._ended:
            self._wait(None)
            with self._lock:
                self._read()
        os.close(self._descriptor)

    def take(self) -> str:
        """Return all that was written and not yet taken."""
        with self._lock:
            self._read()
            taken, self._written = self._written, b""
        return taken.decode(errors="replace").rstrip("\n")

    def _read(self) -> None:
        while not self._ended and self._wait(0):
            chunk = os.read(self._descriptor, 1 << 16)
            self._written += chunk
            self._ended = not chunk

    def _wait(self, milliseconds: int | None) -> bool:
        waiting = select.poll()  # one for each call: threads cannot share one
        waiting.register(self._descriptor, select.POLLIN)
        return bool(waiting.poll(milliseconds))


def complete_logs(worker_class: Any) -> None:  # noqa: ANN401 - the emulator's
    """Have the emulator's workers hand over their whole log with each answer.

    What a worker wrote before its answer is in the pipe when the answer is here, so that nobody has to wait.
    """

    def follow(worker: Any) -> Any:  # noqa: ANN401 - a method of the emulator's, for the thread that is to run it
        worker.log = Log(worker._proc.stderr)
        return worker.log.follow

    worker_class._read_stderr = property(follow)
    worker_class._drain_stderr = lambda worker: worker.log.take()
    worker_class._drain_stderr_bounded = lambda worker: worker.log.take()


def keep_after_exception(runtime: Any) -> None:  # noqa: ANN401 - the emulator's module
    """Have a worker go on after an exception of its handler: AWS resets an environment that crashes or times out.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-invoke-with-errors
    """
    script, invoke = runtime._PYTHON_WORKER_SCRIPT, runtime.Worker.invoke
    raised = '{"status": "%s", "error": str(e), "trace": '
    if raised % "error" not in script:
        raise LookupError("The emulator's workers tell of an exception in another way.")

    def invoke_and_keep(worker: object, *of: object, **options: object) -> dict[str, Any]:
        answer: dict[str, Any] = invoke(worker, *of, **options)
        return answer | {"status": "error"} if "trace" in answer else answer

    runtime._PYTHON_WORKER_SCRIPT = script.replace(raised % "error", raised % "ok")
    runtime.Worker.invoke = invoke_and_keep


def tell_milliseconds(sns: Any) -> None:  # noqa: ANN401 - the emulator's module
    """Have each notification say when it was published to the millisecond."""
    build = sns._build_envelope

    def build_precisely(*of: Any) -> str:  # noqa: ANN401 - whatever it is made of
        envelope: str = build(*of)
        *_, raw = of
        if raw:
            return envelope
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json.dumps(json.loads(envelope) | {"Timestamp": now})

    sns._build_envelope = build_precisely


def replay_to_named_rules(eventbridge: Any) -> None:  # noqa: ANN401 - the emulator's module
    """Have a replay reach the rules that its `FilterArns` name, if it has some.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html
    """
    invoke = eventbridge._invoke_target

    def invoke_if_named(target: object, event: dict[str, Any], rule: dict[str, Any], *more: object) -> object:
        replay = eventbridge._replays.get(event.get("ReplayName")) or {}
        named = replay.get("Destination", {}).get("FilterArns")
        return None if named and rule["Arn"] not in named else invoke(target, event, rule, *more)

    eventbridge._invoke_target = invoke_if_named


def throttle_tables(dynamodb: Any, orders: Path) -> None:  # noqa: ANN401 - the emulator's module
    """Have DynamoDB refuse a share of the workers' calls to a table, as long as the file says so.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    """
    handle = dynamodb.handle_request

    def refused(body: bytes) -> bool:
        try:
            ordered = json.loads(orders.read_bytes())
        except (OSError, ValueError):
            return False
        now = time.time()
        return any(
            order["until"] > now and random.random() < order["share"]  # noqa: S311 - chance, no secret
            for table in {name.decode() for name in _TABLE.findall(body)}
            if (order := ordered.get(table.rpartition("/")[2]))
        )

    async def handle_or_refuse(method: str, path: str, headers: Any, body: bytes, query: object) -> Any:  # noqa: ANN401
        if orders.exists() and _OF_A_WORKER.search(headers.get("user-agent", "")) and refused(body):
            return dynamodb.error_response_json(
                "ThrottlingException", "Throughput exceeds the current capacity of your table or index.", 400
            )
        return await handle(method, path, headers, body, query)

    dynamodb.handle_request = handle_or_refuse


def hand_on_as_aws(gateway: Any, functions: Any) -> None:  # noqa: ANN401 - the emulator's modules
    """Have HTTP APIs hand on what AWS would.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html and
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    handle, invoke = gateway._handle_execute_in_scope, gateway._invoke_lambda_proxy
    answer = functions.lambda_execute_result_to_api_proxy_response

    async def handle_options_too(api: str, stage: str, path: str, method: str, *more: object) -> object:
        # The emulator takes OPTIONS for itself. In another case it is a method like any other.
        return await handle(api, stage, path, method.lower(), *more)

    async def invoke_with_stage(
        integration: object, api: str, stage: str, path: str, method: str, *more: object, **options: object
    ) -> object:
        return await invoke(integration, api, stage, f"/{stage}{path}", method.upper(), *more, **options)

    def answer_in_short(result: dict[str, Any]) -> Any:  # noqa: ANN401
        if not result.get("error"):
            return answer(result)
        body = json.dumps({"message": "Internal Server Error"})
        return {"statusCode": 500, "headers": {"Content-Type": "application/json"}, "body": body}, None

    gateway._handle_execute_in_scope = handle_options_too
    gateway._invoke_lambda_proxy = invoke_with_stage
    functions.lambda_execute_result_to_api_proxy_response = answer_in_short


def count_usage(gateway: Any) -> None:  # noqa: ANN401 - the emulator's module
    """Have REST APIs tell how much of a quota is used, which the emulator counts and never tells.

    https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsage.html
    """
    handle = gateway.handle_request

    async def handle_usage_too(method: str, path: str, headers: object, body: object, query: Any) -> Any:  # noqa: ANN401
        asked = _USAGE.fullmatch(path)
        if method != "GET" or not asked:
            return await handle(method, path, headers, body, query)
        plan = gateway._usage_plans.get(asked[1])
        if plan is None:
            return gateway._get_usage_plan(asked[1])
        limit = int(plan["quota"].get("limit", 0))
        keys = (
            [gateway._qp(query, "keyId")]
            if gateway._qp(query, "keyId")
            else gateway._usage_plan_keys[asked[1]]
        )
        used = {key: gateway._quota_state.get((asked[1], key), (0, 0))[0] for key in keys}
        values = {key: [[count, limit - count]] for key, count in used.items() if count}
        return gateway._v1_response({"usagePlanId": asked[1], "values": values})

    gateway.handle_request = handle_usage_too


def override_headers(gateway: Any) -> None:  # noqa: ANN401 - the emulator's module
    """Have templates of responses set headers, which the emulator passes over.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """
    respond = gateway._service_integration_response

    def respond_with_headers(integration: Any, status: int, text: str, accept: str, *more: Any) -> Any:  # noqa: ANN401
        answer = respond(integration, status, text, accept, *more)
        chosen = gateway._select_service_integration_response(integration, status) or {}
        for template in (chosen.get("responseTemplates") or {}).values():
            for name, value in _OVERRIDE.findall(template):
                answer[1][name] = gateway._render_request_template_v1(value, text, *more)
        return answer

    gateway._service_integration_response = respond_with_headers


def beside(name: str) -> Any:  # noqa: ANN401 - a module
    """Take in a module that lies beside this one, which is no part of any package here."""
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), Path(__file__).with_name(name))
    assert spec  # noqa: S101 - it is a file of Python
    assert spec.loader  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    _hold(sys.argv[1])
    if "--owned" in sys.argv:
        threading.Thread(target=_end_with_owner, daemon=True).start()
    share_code(Path(os.environ["TMPDIR"]))
    name_workers()
    complete_logs(importlib.import_module("ministack.core.lambda_runtime").Worker)
    keep_after_exception(importlib.import_module("ministack.core.lambda_runtime"))
    tell_milliseconds(importlib.import_module("ministack.services.sns"))
    replay_to_named_rules(importlib.import_module("ministack.services.eventbridge"))
    throttle_tables(
        importlib.import_module("ministack.services.dynamodb"), Path(sys.argv[1]).with_name("throttles.json")
    )
    hand_on_as_aws(
        importlib.import_module("ministack.services.apigateway"),
        importlib.import_module("ministack.services.lambda_svc"),
    )
    count_usage(importlib.import_module("ministack.services.apigateway_v1"))
    override_headers(importlib.import_module("ministack.services.apigateway_v1"))
    macie = beside("emulator_macie.py")
    macie.tell_of_buckets(
        importlib.import_module("ministack.services.s3"),
        importlib.import_module("ministack.services.cloudformation.provisioners"),
        importlib.import_module("ministack.services.eventbridge"),
    )
    macie.call_by_sdk(
        importlib.import_module("ministack.services.stepfunctions"),
        functools.cache(lambda: beside("emulator_sdk.py")),
        f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        Path(sys.argv[1]).with_name("macie.url"),
    )
    macie.filter_by_path(importlib.import_module("ministack.services.stepfunctions"))
    macie.let_macie_tell(importlib.import_module("ministack.services.eventbridge"))
    sys.argv = ["ministack"]
    importlib.import_module("ministack.app").main()
