"""Build the pages, and serve them in a process of their own. It ends with the emulator."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from infra import cache, pages
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.lock import holder
from infra.rydes.cloud.settings import ROOT, Settings, aws_environment

AFTER_THE_EMULATOR: Final = {"customer-app": 2, "unicorn-app": 3, "control-room": 4}
"""Each page's port, counted from the emulator's, if that is free. Bookmarks then hold on every run."""
_BACKLOG: Final = 64
_SECONDS_TO_START: Final = 60.0
_SECONDS_TO_STOP: Final = 5.0


@dataclass(frozen=True)
class Served:
    """A process that serves the pages of an environment."""

    pid: int
    content: str
    """What it was started with: a hash of the pages and of the code that serves them."""
    urls: Mapping[str, str]


def build() -> dict[str, Path]:
    """Build the pages, unless that was done before, and return the directory of each by its name.

    Raises:
        LocalCloudError: a page cannot be built.
    """
    try:
        pages.modules()
        with ThreadPoolExecutor(os.cpu_count()) as builders:
            return dict(zip(pages.PAGES, builders.map(pages.build, pages.PAGES), strict=True))
    except pages.PageError as error:
        raise LocalCloudError(
            str(error), "Mend it, or see more: `uv run python -m infra.pages`. npm needs its registry once."
        ) from error


def running(settings: Settings) -> Served | None:
    """Find the process that serves the pages of this environment; None if there is none."""
    found = holder(lock_file(settings))
    return Served(**found) if found else None


def urls(settings: Settings) -> dict[str, str]:
    """Return where each page is served now."""
    found = running(settings)
    return dict(found.urls) if found else {}


def start(settings: Settings, built: Mapping[str, Path], configs: Mapping[str, Mapping[str, Any]]) -> Served:
    """Serve the pages, unless these very ones are served. A process that serves others gives way to a new one.

    Args:
        settings: the cloud's, and the environment.
        built: the directory of each page by its name.
        configs: what each page's config.json says from now on, also if the process stays.

    Raises:
        LocalCloudError: the process does not start.
    """
    content = cache.digest(
        *cache.sources(ROOT, ROOT / "infra", ROOT / "uv.lock", without={pages.WEB}),
        *(str(path).encode() for path in built.values()),
    )
    if found := running(settings):
        if found.content == content:
            _configure(settings, configs)
            return found
        _stop(settings, found)
    with ExitStack() as stack:
        listeners = {name: stack.enter_context(listen(settings, name, found)) for name in built}
        copies = {name: _copy(settings, name, directory) for name, directory in built.items()}
        _configure(settings, configs)
        work = {
            "content": content,
            "pages": {
                name: {"fd": listener.fileno(), "directory": str(copies[name])}
                for name, listener in listeners.items()
            },
            "token": token(settings),
        }
        return _start(settings, json.dumps(work), [listener.fileno() for listener in listeners.values()])


def lock_file(settings: Settings) -> Path:
    """Return the file that the process of the pages locks while it lives; its content says what it serves."""
    return settings.run_dir / settings.names.of("pages.lock")


def _start(settings: Settings, work: str, fds: list[int]) -> Served:
    log = settings.log(settings.names.of("pages"))
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.rydes.pages.server"],
            cwd=ROOT,
            env={
                **aws_environment(settings),
                "RYDES_DIR": str(settings.run_dir),
                "RYDES_PORT": str(settings.port),
                "RYDES_ENV": settings.names.environment,
                "RYDES_PAGES": work,  # the list of processes would show the control room's token
            },
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the owner of the emulator
        )
    give_up = time.monotonic() + _SECONDS_TO_START
    while not ((found := running(settings)) and found.pid == process.pid):
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            raise LocalCloudError("The pages are not served.", f"See {log}")
        time.sleep(0.02)
    return found


def _stop(settings: Settings, served: Served) -> None:
    with suppress(ProcessLookupError):
        os.kill(served.pid, signal.SIGTERM)
    give_up = time.monotonic() + _SECONDS_TO_STOP
    while running(settings):
        if time.monotonic() > give_up:
            with suppress(ProcessLookupError):
                os.kill(served.pid, signal.SIGKILL)
        time.sleep(0.02)


def listen(settings: Settings, name: str, before: Served | None) -> socket.socket:
    """Listen where the page was served before, or on its own port, or where nobody else does."""
    for port in _ports(settings, name, before):
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
    raise LocalCloudError(f"There is no free port for the {name}.", "Stop some programs.")


def _ports(settings: Settings, name: str, before: Served | None) -> Iterator[int]:
    if before and name in before.urls:
        yield urlsplit(before.urls[name]).port or 0
    yield settings.port + AFTER_THE_EMULATOR[name]
    yield 0


def _copy(settings: Settings, name: str, built: Path) -> Path:
    """Copy a page to the run directory: the cache forgets what other clones have built meanwhile."""
    copy = _directory(settings, name)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(built, copy)
    return copy


def _configure(settings: Settings, configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Put a config.json beside the files of each page, as a deployment to AWS does: no browser waits until it is made."""
    for name, config in configs.items():
        file = _directory(settings, name) / "config.json"
        new = file.with_suffix(".new")
        new.write_text(json.dumps(config))
        new.replace(file)


def _directory(settings: Settings, name: str) -> Path:
    return settings.run_dir / settings.names.of("pages") / name


def token(settings: Settings) -> str:
    """Return what lets somebody into the control room, the same as long as the run directory is there."""
    file = settings.run_dir / settings.names.of("control-room.token")
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()
