"""The simulator's process: the wire protocol of Textract's asynchronous operations, and an API for whoever plans trouble.

    python -m infra.rydes.simulators.textract.server LISTENING_FD RUN_DIR

It listens on a socket that it inherits, so that its port is known before it starts, and ends with the emulator, whose
lock the kernel lets go of however that ends.

| call | does |
|---|---|
| `POST /` with `X-Amz-Target: Textract.StartDocumentAnalysis` and three more | what AWS does (JSON 1.1) |
| `PUT /faults` | what goes wrong: see `Faults` |

Of FeatureTypes it knows FORMS, and it writes to no OutputConfig: whoever asks for more is told so.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.rydes.cloud import emulator
from infra.rydes.simulators.textract.constraints import violations
from infra.rydes.simulators.textract.errors import TextractError
from infra.rydes.simulators.textract.faults import Faults
from infra.rydes.simulators.textract.jobs import Jobs

OPERATIONS: Final = {
    "StartDocumentAnalysis": ("start", "analysis"),
    "GetDocumentAnalysis": ("get", "analysis"),
    "StartDocumentTextDetection": ("start", "detection"),
    "GetDocumentTextDetection": ("get", "detection"),
}
_VERSIONS: Final = {"analysis": "AnalyzeDocumentModelVersion", "detection": "DetectDocumentTextModelVersion"}
_ATTEMPTS: Final = 6
_FIRST_PAUSE: Final = 0.1
"""Seconds until a message is published again that was not taken; twice as long after each attempt."""
_SERVER_ERRORS: Final = {"InternalServerError"}

Json = Mapping[str, Any]


class Service:
    """What the calls do: checks them against AWS's own description of Textract, and hands them to the jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._model = botocore.session.get_session().get_service_model("textract")

    def answer(self, operation: str, request: Json) -> tuple[int, Json]:
        """Status and body of the answer to a call."""
        if operation not in OPERATIONS:
            return _refused("UnknownOperationException", f"the simulator does not know {operation}")
        verb, kind = OPERATIONS[operation]
        shape = self._model.operation_model(operation).input_shape
        wrong = [*(violations(request, shape) if shape else ()), *_unknown(request)]
        if wrong:
            return _refused("InvalidParameterException", "; ".join(wrong))
        try:
            if verb == "start":
                return 200, {"JobId": self._jobs.start(kind, request)}
            return 200, {**self._jobs.get(kind, request), _VERSIONS[kind]: "simulator"}
        except TextractError as error:
            return _refused(error.code, error.message)

    def set_faults(self, faults: Faults) -> None:
        """Behave like this from now on."""
        self._jobs.set_faults(faults)


def _unknown(request: Json) -> list[str]:
    """What AWS can do and the simulator cannot."""
    features = set(request.get("FeatureTypes", [])) - {"FORMS"}
    found = [f"the simulator does not know the feature {feature}" for feature in sorted(features)]
    return found + [f"the simulator does not know {name}" for name in ("OutputConfig",) if name in request]


def _refused(code: str, message: str) -> tuple[int, Json]:
    return 500 if code in _SERVER_ERRORS else 400, {"__type": code, "message": message}


class Documents:
    """Reads documents from S3."""

    def __init__(self, s3: Any) -> None:  # noqa: ANN401 - a client of botocore
        self._s3 = s3

    def __call__(self, place: Json) -> bytes:
        """Read a document. Raises TextractError if S3 does not give it."""
        if not {"Bucket", "Name"} <= place.keys():
            raise TextractError("InvalidParameterException", "S3Object needs Bucket and Name")
        version = {"VersionId": place["Version"]} if "Version" in place else {}
        try:
            return bytes(
                self._s3.get_object(Bucket=place["Bucket"], Key=place["Name"], **version)["Body"].read()
            )
        except (BotoCoreError, ClientError) as error:
            message = (
                "Unable to get object metadata from S3. Check object key, region and/or access permissions."
            )
            raise TextractError("InvalidS3ObjectException", message) from error


class Completions:
    """Publishes to SNS, and again if SNS does not take it."""

    def __init__(self, sns: Any, first_pause: float = _FIRST_PAUSE) -> None:  # noqa: ANN401 - a client of botocore
        self._sns = sns
        self._first_pause = first_pause

    def __call__(self, channel: Json, message: Json) -> None:
        """Publish a completion message to a channel's topic. What is never taken is said in the log."""
        pause = self._first_pause
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._sns.publish(TopicArn=channel["SNSTopicArn"], Message=json.dumps(message))
            except (BotoCoreError, ClientError) as error:
                if attempt == _ATTEMPTS:
                    print(f"the end of job {message['JobId']} was not published: {error}", flush=True)
                    return
                time.sleep(pause)
                pause *= 2
            else:
                return


def handler_of(service: Service) -> type[BaseHTTPRequestHandler]:
    """The HTTP side."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            prefix, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
            try:
                body = self._body()
            except ValueError:
                return self._answer(*_refused("SerializationException", "the request is no JSON"))
            if prefix != "Textract":
                return self._answer(*_refused("UnknownOperationException", "this is Textract"))
            return self._answer(*service.answer(operation, body))

        def do_PUT(self) -> None:
            body = self._body()
            if self.path != "/faults":
                return self._answer(404, {})
            try:
                service.set_faults(Faults.of(body))
            except ValueError as error:
                return self._answer(400, {"detail": str(error)})
            return self._answer(200, {})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing: the calls are in their callers' logs."""

        def _body(self) -> dict[str, Any]:
            content = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            if not isinstance(content, dict):
                raise ValueError("no object")
            return content

        def _answer(self, status: int, body: Json) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def main() -> None:
    """Serve until the emulator ends."""
    fd, run_dir = int(sys.argv[1]), Path(sys.argv[2])
    threading.Thread(target=emulator.end_with, args=(run_dir,), daemon=True).start()
    session = botocore.session.get_session()
    s3, sns = (session.create_client(name, config=Config(max_pool_connections=64)) for name in ("s3", "sns"))
    service = Service(Jobs(Documents(s3), Completions(sns)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(service), bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=fd)
    server.serve_forever()


if __name__ == "__main__":
    main()
