"""The simulator's process: the wire protocol of Macie (REST with JSON), as far as jobs and findings need it.

    python -m infra.rydes.simulators.macie.server LISTENING_FD RUN_DIR

It listens on a socket that it inherits, so that its port is known before it starts, and ends with the emulator, whose
lock the kernel lets go of however that ends. Clients of S3 and EventBridge are made for the first job.
"""

import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from infra.rydes.cloud import emulator
from infra.rydes.cloud.emulator_macie import APP_ID
from infra.rydes.simulators.macie.account import Account, Json, MacieError

Method = Callable[[Json], Json]


class Service:
    """Finds the operation of a request in AWS's own description of Macie, checks the request against it, and answers."""

    def __init__(self, account: Account) -> None:
        self._methods: Mapping[str, Method] = {
            "EnableMacie": account.enable,
            "CreateClassificationJob": account.create_job,
            "ListClassificationJobs": account.list_jobs,
            "DescribeClassificationJob": account.describe_job,
            "UpdateClassificationJob": account.update_job,
            "ListFindings": account.list_findings,
            "GetFindings": account.get_findings,
        }

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 - botocore's
        import botocore.session  # noqa: PLC0415 - nobody may ever ask

        return botocore.session.get_session().get_service_model("macie2")

    def answer(self, verb: str, path: str, body: Json) -> Json:
        """The answer to a request. Raises MacieError."""
        from infra.rydes.simulators.textract.constraints import violations  # noqa: PLC0415 - as the model

        for name, method in self._methods.items():
            operation = self._model.operation_model(name)
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.http["requestUri"])
            match = re.fullmatch(pattern, path)
            if match and operation.http["method"] == verb:
                asked = {**body, **{key: unquote(value) for key, value in match.groupdict().items()}}
                if wrong := [*violations(asked, operation.input_shape)]:
                    raise MacieError("ValidationException", "; ".join(wrong))
                return method(asked)
        raise MacieError("ResourceNotFoundException", f"the simulator does not know {verb} {path}")


def handler_of(service: Service) -> type[BaseHTTPRequestHandler]:
    """The HTTP side."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing: the calls are in their callers' logs."""

        def _call(self) -> None:
            try:
                content = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
                if not isinstance(content, dict):
                    raise ValueError
            except ValueError:
                return self._refuse(MacieError("ValidationException", "the request is no JSON object"))
            try:
                return self._send(200, service.answer(self.command, urlsplit(self.path).path, content))
            except MacieError as error:
                return self._refuse(error)

        do_GET = do_POST = do_PATCH = _call  # noqa: N815 - their names there

        def _refuse(self, error: MacieError) -> None:
            self._send(error.status, {"message": error.message}, {"x-amzn-ErrorType": error.code})

        def _send(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _look(account: Account) -> None:
    """Look for ever; the scanner and what it needs is taken in for the first job."""
    account.changed.wait()
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    from infra.rydes.simulators.macie.scanner import Scanner, look_for_ever  # noqa: PLC0415

    session = botocore.session.get_session()
    s3, events = (
        session.create_client(name, config=Config(user_agent_extra=f"app/{APP_ID}"))
        for name in ("s3", "events")
    )
    look_for_ever(account, Scanner(account, s3, events))


def main() -> None:
    """Serve until the emulator ends."""
    fd, run_dir = int(sys.argv[1]), Path(sys.argv[2])
    threading.Thread(target=emulator.end_with, args=(run_dir,), daemon=True).start()
    account = Account()
    threading.Thread(target=_look, args=(account,), daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(Service(account)), bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=fd)
    server.serve_forever()


if __name__ == "__main__":
    main()
