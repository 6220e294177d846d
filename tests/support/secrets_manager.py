"""A stand-in of Secrets Manager, the one AWS service that functions call before their first event."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.support.http_server import serving


@contextmanager
def secrets_manager() -> Iterator[str]:
    """Answer every GetSecretValue with the same secret. Yields the URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue"
            content = json.dumps({"SecretString": "secret"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    with serving(Answer) as url:
        yield url
