"""Unicorns that quote by their rate card make their rides: whoever books one in a browser comes to the end of the ride.

They have no app of their own. One listener for all of them hears of their rides on the bus, in the process of those that
price by hand.
"""

import asyncio
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.scenarios.wiretap import Wiretap, listening
from infra.rydes.simulators.unicorns import registry
from wild_rydes_contracts import RideConfirmed

SECONDS_OF_A_RIDE = (8.0, 14.0)
"""Long enough to see that it is on its way, short enough to wait for."""
SECONDS_BETWEEN_LOOKS = 1.0


def remember(settings: Settings, names: Mapping[str, str]) -> None:
    """Keep the names of unicorns by their ids, which events have."""
    _file(settings).write_text(json.dumps(dict(names)))


async def drive(cloud: Cloud) -> None:
    """Make the rides of all of them, for ever."""
    with listening(cloud, RideConfirmed) as tap:
        rides: set[asyncio.Task[None]] = set()
        while True:
            for event in await asyncio.to_thread(_heard, tap):
                task = asyncio.create_task(_make(cloud, event["detail"]["data"]))
                rides.add(task)
                task.add_done_callback(rides.discard)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _heard(tap: Wiretap) -> list[dict[str, Any]]:
    try:
        return tap.heard()
    except Exception as error:  # noqa: BLE001 - the cloud may be restarting, or on its way down
        print(f"nothing is heard: {type(error).__name__}", flush=True)
        return []


async def _make(cloud: Cloud, ride: Mapping[str, Any]) -> None:
    name = json.loads(_file(cloud.settings).read_text()).get(ride["responder_id"])
    if name is None:
        return
    await asyncio.sleep(random.uniform(*SECONDS_OF_A_RIDE))  # noqa: S311 - a simulation
    try:
        await asyncio.to_thread(registry.complete, cloud, name, ride["ride_id"])
    except LocalCloudError as error:  # it is over already: `rydes rfq --book` does not wait so long
        print(f"{name:<12}{ride['ride_id']}: {error.problem}", flush=True)


def _file(settings: Settings) -> Path:
    return settings.run_dir / settings.names.of("unicorns.json")
