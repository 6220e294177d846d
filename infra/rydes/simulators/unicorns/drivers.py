"""Unicorns that quote by their rate card make their rides: whoever books one in a browser comes to the end of the ride.

They have no app of their own. One listener for all of them hears of their rides on the bus, in the process of those that
price by hand.
"""

import asyncio
import json
import random
from collections.abc import Mapping
from pathlib import Path

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
            for name, ride_id in await asyncio.to_thread(_begun, cloud, tap):
                task = asyncio.create_task(_make(cloud, name, ride_id))
                rides.add(task)
                task.add_done_callback(rides.discard)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _begun(cloud: Cloud, tap: Wiretap) -> list[tuple[str, str]]:
    """Hear of rides; each unicorn's name and the ride's id. Those of other unicorns are left out."""
    try:
        if not (rides := [event["detail"]["data"] for event in tap.heard()]):
            return []
        names = json.loads(_file(cloud.settings).read_text())
        return [
            (names[ride["responder_id"]], ride["ride_id"]) for ride in rides if ride["responder_id"] in names
        ]
    except Exception as error:  # noqa: BLE001 - the cloud may be restarting, or on its way down
        print(f"nothing is heard: {type(error).__name__}", flush=True)
        return []


async def _make(cloud: Cloud, name: str, ride_id: str) -> None:
    await asyncio.sleep(random.uniform(*SECONDS_OF_A_RIDE))  # noqa: S311 - a simulation
    try:
        await asyncio.to_thread(registry.complete, cloud, name, ride_id)
    except LocalCloudError as error:  # it is over already: `rydes rfq --book` does not wait so long
        print(f"{name:<12}{ride_id}: {error.problem}", flush=True)


def _file(settings: Settings) -> Path:
    return settings.run_dir / settings.names.of("unicorns.json")
