"""The lock file of a process: locked as long as it lives, with what others have to know of it as its content."""

import fcntl
import json
from pathlib import Path
from typing import Any


def holder(lock: Path) -> dict[str, Any] | None:
    """Read what the process that holds a lock says of itself. None: there is none, or it has not said it yet."""
    try:
        file = lock.open()
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            said: dict[str, Any] | None = json.loads(file.read() or "null")
            return said
    return None
