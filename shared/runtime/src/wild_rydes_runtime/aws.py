"""How functions call AWS."""

import gzip
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # mypy has checked our calls; a third of a call's CPU time is saved
)
"""Ends a call within a handler's time. What triggered the handler, such as its queue, then tries again."""

QUICK_CONFIG = CLIENT_CONFIG.merge(
    Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
)
"""For calls that work must not wait for, such as pushes: one attempt, which ends within a second. The SDK would pause for
up to three seconds between the attempts of a call that is throttled."""

KEPT_FOR = 5.0
"""Seconds for which an idle connection is used again. AWS may close one that is idle for longer, and a worker that was
frozen meanwhile would not hear of it: its next call would get no answer."""


def client(
    service: str,
    *,
    url: str | None = None,
    config: Config = CLIENT_CONFIG,
    clock: Callable[[], float] = time.time,
) -> Any:  # noqa: ANN401 - a client's class is made at run time
    """Make a client of an AWS service, for as long as the worker lives.

    `url` is the endpoint of a resource that has one of its own, such as a WebSocket API. `clock` counts seconds, also
    while the worker is frozen. The session is botocore's: boto3 would only add its own import to each cold start.
    """
    made = _session().create_client(service, endpoint_url=url, config=config)
    made.meta.events.register("before-call", _Connections(made.close, clock).begin_call)
    return made


class _Connections:
    """Of one client. They are dropped by `close` before a call that comes after a pause."""

    def __init__(self, close: Callable[[], None], clock: Callable[[], float]) -> None:
        self._close = close
        self._clock = clock
        self._used_at = clock()
        self._lock = Lock()  # some clients call from many threads at once

    def begin_call(self, **_: object) -> None:
        with self._lock:
            now = self._clock()
            if not 0 <= now - self._used_at <= KEPT_FOR:
                self._close()
            self._used_at = now


@cache
def _session() -> botocore.session.Session:
    """Make the one session of all clients: it keeps what was read from botocore's data files."""
    session = botocore.session.get_session()
    session.register_component("data_loader", Loader(file_loader=_DataFiles()))
    return session


class _DataFiles(JSONFileLoader):
    """Reads botocore's data files into plain dicts, and not into its ordered ones, which take twice as long to make.

    They keep the order, too. It takes some 4 % off a cold start.
    """

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - as botocore has it
        """Load the file of this path without its extension. None if there is none."""
        for extension, read in ((".json.gz", gzip.decompress), (".json", bytes)):
            path = Path(file_path + extension)
            if path.is_file():
                return json.loads(read(path.read_bytes()))
        return None
