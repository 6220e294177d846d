"""The parts of a control room, put together for one system."""

from typing import Final

from infra.assembly import Assembly, load
from infra.naming import AWS_ENVIRONMENT, Names
from infra.proof.synthesis import templates
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.system import System
from infra.rydes.control_room.architecture import architecture
from infra.rydes.control_room.catalogue import Catalogue
from infra.rydes.control_room.circuits import Circuits
from infra.rydes.control_room.faults import Faults
from infra.rydes.control_room.letters import DeadLetters
from infra.rydes.control_room.stream import Stream
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
        assembly, names = _assembly(system)
        self.system = system
        self.refuses = "" if isinstance(system, Cloud) else CHANGES_NOTHING
        """Why nothing may be changed; empty where it may."""
        self.asked = 0.0
        """When somebody has asked for something, in seconds since 1970."""
        self.architecture = architecture(assembly, names)
        self.stream = Stream()
        self.watch = Watch(system, self.architecture, self.stream.tell, wanted=self._wanted)
        self.catalogue = Catalogue(assembly, names)
        self.circuits = Circuits(system)
        self.conversations = Conversations(system)
        self.dead_letters = DeadLetters(system)
        self.faults = Faults(system, self.architecture) if isinstance(system, Cloud) else None

    def _wanted(self, now: float) -> bool:
        return self.stream.readers > 0 or now - self.asked < _LINGERS


def _assembly(system: System) -> tuple[Assembly, Names]:
    """Find the templates: those that a local cloud was deployed with, or those for AWS, with the names in them."""
    if isinstance(system, Cloud):
        return load(system.settings.assembly), system.names
    return templates(), Names(AWS_ENVIRONMENT)
