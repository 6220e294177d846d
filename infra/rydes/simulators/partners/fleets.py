"""The simulated partner fleets, each by its id in the roster."""

from typing import Final

from infra.rydes.simulators.partners.behaviour import Behaviour
from infra.rydes.simulators.partners.comet import Comet
from infra.rydes.simulators.partners.nimbus import Nimbus
from infra.rydes.simulators.partners.pegasus import Pegasus

FLEETS: Final[dict[str, type[Behaviour]]] = {
    "p-comet": Comet,
    "p-pegasus": Pegasus,
    "p-nimbus": Nimbus,
}
