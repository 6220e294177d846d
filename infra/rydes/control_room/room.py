"""The parts of a control room, put together for one system."""

from typing import Final

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.system import System
from infra.rydes.control_room.circuits import Circuits
from infra.rydes.control_room.faults import Faults
from infra.rydes.control_room.letters import DeadLetters
from infra.rydes.control_room.reading import OnlyReads
from infra.rydes.control_room.stream import Stream
from infra.rydes.control_room.templates import Templates
from infra.rydes.control_room.texts import Conversations
from infra.rydes.control_room.watch import Watch

CHANGES_NOTHING: Final = (
    "This control room looks at AWS, where it changes nothing. `uv run rydes` does, with --profile."
)
_LINGERS: Final = 20.0
"""Seconds for which the watch goes on after somebody has asked."""


class ControlRoom:
    """A system as its operators see it. Making one of a system on AWS may take a minute: it synthesizes the templates."""

    def __init__(self, system: System) -> None:
        self.system = system if isinstance(system, Cloud) else OnlyReads(system)
        self.refuses = "" if isinstance(system, Cloud) else CHANGES_NOTHING
        """Why nothing may be changed; empty where it may."""
        self.asked = 0.0
        """When somebody has asked for something, in seconds since 1970."""
        self.templates = Templates(system)
        self.stream = Stream()
        self.faults = Faults(system, self.templates) if isinstance(system, Cloud) else None
        self.watch = Watch(
            self.system,
            self.templates,
            self.stream.tell,
            wanted=self._wanted,
            faults=self.faults.made if self.faults else dict,
        )
        self.circuits = Circuits(self.system)
        self.conversations = Conversations(self.system)
        self.dead_letters = DeadLetters(self.system)

    def _wanted(self, now: float) -> bool:
        return self.stream.readers > 0 or now - self.asked < _LINGERS
