"""Tables of a local cloud that throttle a share of the functions' calls for a while."""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

from infra.rydes.cloud.settings import Settings


@dataclass(frozen=True)
class Throttle:
    """`share` is from 0 to 1; `until` is in seconds since 1970."""

    share: float
    until: float


def throttles(settings: Settings) -> dict[str, Throttle]:
    """Return what throttles now, by the table's own name."""
    try:
        found: dict[str, Any] = json.loads(settings.throttles.read_text())
    except FileNotFoundError:
        return {}
    orders = {table: Throttle(**order) for table, order in found.items()}
    return {table: order for table, order in orders.items() if order.until > time.time()}


def throttle(settings: Settings, table: str, share: float, seconds: float) -> None:
    """Have a table throttle, or with a share of 0 no longer."""
    orders = {**throttles(settings), table: Throttle(share, time.time() + seconds)}
    kept = {name: asdict(order) for name, order in orders.items() if order.share > 0}
    unfinished = settings.throttles.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(kept))
    unfinished.replace(settings.throttles)  # the emulator reads all of it or none
