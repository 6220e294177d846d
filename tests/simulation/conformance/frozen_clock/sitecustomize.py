"""Lets a process live in the time that stands in a file: seconds since 1970, as a double. Python imports it at its start."""

import mmap
import os
import struct
import time
from pathlib import Path

with Path(os.environ["FROZEN_CLOCK"]).open("rb") as _file:
    _clock = mmap.mmap(_file.fileno(), 8, access=mmap.ACCESS_READ)


def _now() -> float:
    (seconds,) = struct.unpack("d", _clock[:8])
    return float(seconds)


time.time = _now
