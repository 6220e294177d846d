"""One history: a plan that is carried out, and held to what was promised."""

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.assembly import load
from infra.rydes.simulators.partners.fleets import FLEETS
from tests.simulation.actors.partners import secrets_of
from tests.simulation.actors.unicorns import Registered, Unicorn
from tests.simulation.code import Code, Worker
from tests.simulation.faults import Faults
from tests.simulation.invariants.violation import require
from tests.simulation.kernel import START
from tests.simulation.plan import Plan
from tests.simulation.scenes.audience import Audience
from tests.simulation.scenes.rides import Cast, Rides, fleets
from tests.simulation.scenes.scene import Scene
from tests.simulation.scenes.surveys import Surveys
from tests.simulation.stacks import UNICORNS, read
from tests.simulation.world import World
from wild_rydes_messaging.transient import is_transient

SCENES: Mapping[str, tuple[Callable[[Plan, random.Random], Any], Callable[[World, Any], Scene]]] = {
    "rides": (Cast, Rides),
    "fleets": (fleets, Rides),
    "surveys": (Audience, Surveys),
}
"""By their names: who takes part, as a plan and chance have it, and what they do in a world."""

_LOGGED = 0.05
"""How many histories log, which takes as long as all the rest of them."""


class System:
    """What all histories of a process share."""

    def __init__(self, assembly: Path, old: Path | None = None) -> None:
        """The templates are in `assembly`. With another checkout at `old`, that is what is replaced in each history.

        Raises DoesNotStart if that code wants other templates.
        """
        self.stacks = read(load(assembly))
        self.secrets = {arn: _secret(arn) for arn in self.stacks.secrets}
        self._versions = [Code("new", self._at_start)]
        if old:
            self._versions.append(Code("old", self._at_start, old))
            self._versions[-1].start(self.stacks.by_short_name.values())
        self._at_work: dict[tuple[Registered, ...], list[Any]] = {}

    def world(self, seed: str, faults: Faults, chance: random.Random, *, traced: bool = False) -> World:
        """Make a world."""
        return World(seed, self.stacks, self._versions, faults, chance, secrets=self.secrets, traced=traced)

    def at_work(self, unicorns: tuple[Registered, ...]) -> list[Any]:
        """List the items of unicorns that have come to work before a history begins: it is always the same."""
        if unicorns not in self._at_work:
            world = self.world("work begins", Faults.of("", [], 0), random.Random(0))
            for each in unicorns:
                world.kernel.spawn(Unicorn(world, each).register)
            world.kernel.run(START + Rides.settles_within)
            self._at_work[unicorns] = world.items(UNICORNS)
            world.close()
        return self._at_work[unicorns]

    def _at_start(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Any:
        assert operation == "get_secret_value", (service, operation)
        return {"SecretString": self.secrets[arguments["SecretId"]]}


def _secret(arn: str) -> str:
    partner = next((id_ for id_ in FLEETS if f"/{id_}-" in arn), None)
    return json.dumps(secrets_of(partner)) if partner else "what makes pseudonyms"


class History:
    """Runs one plan."""

    def __init__(self, plan: Plan, system: System, *, traced: bool = False) -> None:
        chance = random.Random(f"{plan.seed}/actors")
        cast_of, scene_of = SCENES[plan.scene]
        cast = cast_of(plan, chance)
        at_work = system.at_work(cast.unicorns)
        self.faults = Faults.of(f"{plan.seed}/faults", plan.kinds, plan.most_faults)
        self.world = system.world(plan.seed, self.faults, chance, traced=traced)
        self.world.put(UNICORNS, at_work)
        self.scene = scene_of(self.world, cast)
        self.world.at_rest = lambda: self.scene.done
        logged = chance.random() < _LOGGED  # drawn in any case: a history that is traced is the same
        self.world.lambda_.talkative = traced or logged
        self.world.lambda_.raised = self._raised
        self.world.lambda_.heard = self.scene.logged
        self.world.heard_change = self.scene.changed
        self.world.heard_handled = self.scene.handled
        self.world.heard_event = self.scene.published
        self.world.heard_message = self.scene.sent

    def run(self) -> None:
        """Run it. Raises Violation."""
        kernel = self.world.kernel
        try:
            self.scene.begin()
            kernel.after(self.scene.faults_for, self.faults.stop)
            kernel.run(START + self.scene.settles_within, self._settled)
            require(self._settled(), "everything-settles", self.world.busy())
            self._check_queues()
            self.scene.check_end()
        finally:
            self.world.close()

    def _settled(self) -> bool:
        return self.scene.done and self.world.idle

    def _raised(self, worker: Worker, error: Exception) -> None:
        """Lambda brings again what a function has failed at, which helps if the trouble passes."""
        what = f"{worker} raises {type(error).__name__}: {error}"
        require(is_transient(error), "functions-raise-what-passes", what)

    def _check_queues(self) -> None:
        for queue in self.world.aws.sqs.queues.values():
            if queue.name.endswith(("-dlq", "-parking")):
                parked = [each for each in queue.messages.values() if not self.scene.may_be_parked(each)]
                require(not parked, "nothing-is-parked", f"{queue.name}: {parked}")
