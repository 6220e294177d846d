import asyncio
import json
import os
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.rydes.cloud.emulator_main import (
    complete_logs,
    keep_after_exception,
    name_workers,
    replay_to_named_rules,
    share_code,
    tell_milliseconds,
    throttle_tables,
)
from infra.rydes.cloud.settings import Settings
from infra.rydes.cloud.throttles import throttle, throttles
from infra.rydes.cloud.workers import Worker, caller


@pytest.fixture
def _shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "extractall", zipfile.ZipFile.extractall)  # put back afterwards
    share_code(tmp_path)


def unpack(archive: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    with zipfile.ZipFile(archive) as content:
        content.extractall(str(target))
    return target


def artifact(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("package/module.py", text)
        content.writestr("handler.py", "")
    return path


@pytest.mark.usefixtures("_shared")
def test_workers_of_one_artifact_read_the_same_copy_and_those_of_another_do_not(tmp_path: Path) -> None:
    one, other = artifact(tmp_path / "1.zip", "ONE"), artifact(tmp_path / "2.zip", "OTHER")
    found = [
        unpack(z, tmp_path / str(i) / "code") / "package/module.py" for i, z in enumerate([one, one, other])
    ]
    assert [path.read_text() for path in found] == ["ONE", "ONE", "OTHER"]
    first, second, third = (path.resolve() for path in found)
    assert first == second != third


@pytest.mark.usefixtures("_shared")
def test_what_is_not_a_workers_code_is_unpacked_as_ever(tmp_path: Path) -> None:
    layer = unpack(artifact(tmp_path / "1.zip", "LAYER"), tmp_path / "layer_0")
    assert not (layer / "package").is_symlink()
    assert (layer / "package/module.py").read_text() == "LAYER"


def test_a_worker_names_function_and_process_in_its_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess.Popen, "__init__", subprocess.Popen.__init__)  # put back afterwards
    name_workers()
    code = """
import botocore.session
client = botocore.session.get_session().create_client("sqs", region_name="us-east-1")
print(client.meta.config.user_agent_appid, client._user_agent_creator.to_string(), sep="\\n")
"""
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "ride-booking-api"}
    with subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout
        name, user_agent = worker.stdout.read().splitlines()
    assert name == f"ride-booking-api.{worker.pid}"
    assert caller(user_agent) == Worker("ride-booking-api", worker.pid)


def test_who_is_no_worker_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess.Popen, "__init__", subprocess.Popen.__init__)
    name_workers()
    said = subprocess.run(["/bin/sh", "-c", "echo -$AWS_SDK_UA_APP_ID-"], capture_output=True, check=True)
    assert said.stdout == b"--\n"
    assert caller("Boto3/1.43 md/Botocore#1.43") is None


class EmulatorsWorker:
    """As the emulator has them."""

    def __init__(self, code: str) -> None:
        self._proc = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.reader = threading.Thread(target=self._read_stderr)
        self.reader.start()

    def _read_stderr(self) -> None: ...

    def _drain_stderr_bounded(self) -> str:
        return ""

    def invoke(self) -> str:
        """Have it work; its log as it is with its answer."""
        assert self._proc.stdin
        assert self._proc.stdout
        self._proc.stdin.write("\n")
        self._proc.stdin.flush()
        assert self._proc.stdout.readline() == "done\n"
        return self._drain_stderr_bounded()


def test_all_that_a_worker_has_logged_comes_with_its_answer() -> None:
    complete_logs(EmulatorsWorker)
    code = """
import sys
for number, _ in enumerate(sys.stdin):
    for line in range(20_000):
        print(number, line, file=sys.stderr)
    print("done", flush=True)
"""
    worker = EmulatorsWorker(code)
    for number in range(3):
        assert worker.invoke().splitlines() == [f"{number} {line}" for line in range(20_000)]
    assert worker._drain_stderr_bounded() == ""
    with worker._proc:
        assert worker._proc.stdin
        worker._proc.stdin.close()
        worker.reader.join()


SCRIPT = """
import json
import sys

for event in sys.stdin:
    try:
        print(json.dumps({"status": "ok", "result": 1 / int(event)}), flush=True)
    except Exception as e:
        print(json.dumps({"status": "error", "error": str(e), "trace": "..."}), flush=True)
"""


class Killed(Exception):
    """What the emulator does to a worker that answers with an error."""


class WorkerOfScript:
    """As the emulator has them, running what `runtime` has for them."""

    def __init__(self, runtime: SimpleNamespace) -> None:
        self._runtime = runtime

    def invoke(self, event: str) -> dict[str, object]:
        done = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-c", self._runtime._PYTHON_WORKER_SCRIPT],
            input=f"{event}\n",
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, object] = json.loads(done.stdout)
        if answer["status"] == "error":
            raise Killed
        return answer


def test_a_worker_whose_handler_raises_is_not_killed_and_the_caller_learns_of_the_exception() -> None:
    runtime = SimpleNamespace(
        _PYTHON_WORKER_SCRIPT=SCRIPT,
        Worker=type("Worker", (WorkerOfScript,), {"invoke": WorkerOfScript.invoke}),
    )
    with pytest.raises(Killed):
        runtime.Worker(runtime).invoke("0")
    keep_after_exception(runtime)
    told = runtime.Worker(runtime).invoke("0")
    assert (told["status"], told["error"]) == ("error", "division by zero")
    assert runtime.Worker(runtime).invoke("2") == {"status": "ok", "result": 0.5}


def test_workers_that_tell_of_exceptions_in_another_way_are_noticed() -> None:
    with pytest.raises(LookupError):
        keep_after_exception(SimpleNamespace(_PYTHON_WORKER_SCRIPT="", Worker=WorkerOfScript))


def test_a_notification_says_to_the_millisecond_when_it_was_published() -> None:
    def build(_topic: str, message: str, raw: bool) -> str:
        return message if raw else json.dumps({"Message": message, "Timestamp": "2026-11-26T12:00:00.000Z"})

    sns = SimpleNamespace(_build_envelope=build)
    tell_milliseconds(sns)
    began = datetime.now(UTC)
    told = json.loads(sns._build_envelope("topic", "STOP", False))
    assert told["Message"] == "STOP"
    assert (
        timedelta(milliseconds=-1) < datetime.fromisoformat(told["Timestamp"]) - began < timedelta(minutes=1)
    )
    assert sns._build_envelope("topic", "as it is", True) == "as it is"


def test_a_replay_reaches_the_rules_that_it_names_and_a_live_event_all() -> None:
    told: list[tuple[str, str | None]] = []
    eventbridge = SimpleNamespace(
        _replays={
            "to-one": {"Destination": {"Arn": "bus", "FilterArns": ["arn:1"]}},
            "to-all": {"Destination": {"Arn": "bus"}},
        },
        _invoke_target=lambda _, event, rule: told.append((rule["Arn"], event.get("ReplayName"))),
    )
    replay_to_named_rules(eventbridge)
    for name in (None, "to-all", "to-one"):
        for arn in ("arn:1", "arn:2"):
            eventbridge._invoke_target("target", {"ReplayName": name} if name else {}, {"Arn": arn})
    assert told == [
        ("arn:1", None),
        ("arn:2", None),
        ("arn:1", "to-all"),
        ("arn:2", "to-all"),
        ("arn:1", "to-one"),
    ]


class _DynamoDb(SimpleNamespace):
    """The emulator's module, as far as a call goes through it."""

    async def handle_request(self, *_: object) -> str:
        return "carried out"

    def error_response_json(self, code: str, _message: str, status: int) -> str:
        return f"{status} {code}"


def test_a_table_throttles_a_share_of_the_workers_calls_and_nobody_elses(tmp_path: Path) -> None:
    settings, dynamodb = Settings(run_dir=tmp_path), _DynamoDb()
    throttle_tables(dynamodb, settings.throttles)

    def call(body: str, agent: str = "Botocore/1 app/ride-booking-api.71") -> str:
        answer: str = asyncio.run(
            dynamodb.handle_request("POST", "/", {"user-agent": agent}, body.encode(), {})
        )
        return answer

    get = '{"TableName": "ride-booking"}'
    transaction = '{"TransactItems": [{"Put": {"TableName":"arn:aws:dynamodb:r:1:table/ride-booking"}}]}'
    assert call(get) == "carried out"
    throttle(settings, "ride-booking", 1, 60)
    for body in (get, transaction):
        assert call(body) == "400 ThrottlingException"
    assert call('{"TableName": "ride-booking-2"}') == "carried out"
    assert call(get, "Botocore/1") == "carried out"
    throttle(settings, "feedback", 0.5, 60)
    assert {name: order.share for name, order in throttles(settings).items()} == {
        "ride-booking": 1, "feedback": 0.5,
    }  # fmt: skip
    told = [call('{"TableName": "feedback"}') for _ in range(200)]
    assert 40 < told.count("carried out") < 160
    throttle(settings, "ride-booking", 0, 60)
    assert call(get) == "carried out"


def test_a_throttle_ends_by_itself(tmp_path: Path) -> None:
    settings, dynamodb = Settings(run_dir=tmp_path), _DynamoDb()
    throttle_tables(dynamodb, settings.throttles)
    throttle(settings, "ride-booking", 1, -1)
    body = b'{"TableName": "ride-booking"}'
    headers = {"user-agent": "app/ride-booking-api.71"}
    assert asyncio.run(dynamodb.handle_request("POST", "/", headers, body, {})) == "carried out"
    assert throttles(settings) == {}
