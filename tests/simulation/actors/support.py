"""Agents of the support team: corrects scores, opts numbers out, and makes the calls that customers want."""

from typing import Any

from tests.simulation.http import Session, token
from tests.simulation.invariants.violation import require

_CLAIMED_FOR = 30 * 60.0
"""Seconds for which an agent has a call."""
_CLOCKS = 30.0
"""Seconds by which that may be wrong, as clocks are."""


class Calls:
    """Who has which call, and until when, as the agents were told."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, float]] = {}

    def claimed(self, ride_id: str, agent: str, began: float, now: float) -> None:
        """Note that an agent was given a call. They began to ask for it a while ago."""
        other, until = self._held.get(ride_id, (agent, 0.0))
        alone = other == agent or now >= until
        require(alone, "a-call-is-one-agents", f"{ride_id} is given to {agent}, and {other} has it")
        self._held[ride_id] = agent, began + _CLAIMED_FOR - _CLOCKS

    def left(self, ride_id: str) -> None:
        """Note that whoever has a call is about to give it back, or to close it."""
        self._held.pop(ride_id, None)


class Agent:
    """One agent. `opted_out` has the numbers that they have opted out, and when they began to."""

    def __init__(self, world: Any, name: str, calls: Calls) -> None:
        self._world = world
        self._chance = world.actors_chance
        self._name = name
        self._calls = calls
        url = world.url("feedback-api")
        self._http = Session(world, url, name, "support")
        variables = world.stacks.apis[url].variables
        self.token = token(name, "support", variables["TOKEN_ISSUER"], variables["TOKEN_AUDIENCE"])
        """What nobody may find in a log."""
        self.opted_out: dict[str, float] = {}

    def correct(self, ride_id: str) -> None:
        """Put another score in the place of a ride's, or none."""
        score = self._chance.choice((None, 1, 5, 10))
        body = {"score": score, "reason": "disputed"}
        answer = self._http.insist("POST", f"/rides/{ride_id}/corrections", body)
        assert answer.status in (200, 404, 409), answer  # nobody was asked, or there is no score yet
        if answer.status == 200:
            told = answer.body.get("score")
            require(told == score, "a-correction-counts", f"{ride_id}: {score} was to count, and {told} does")

    def opt_out(self, number: str) -> None:
        """Opt a number out, as its customer wants by phone."""
        self.opted_out[number] = self._world.kernel.now
        answer = self._http.insist("POST", "/opt-outs", {"number": number, "reason": "by-phone"})
        assert answer.status == 200, answer
        self.opted_out[number] = self._world.kernel.now

    def call(self) -> None:
        """Make the calls that customers wait for."""
        for each in self._http.insist("GET", "/callbacks").body["callbacks"]:
            path = f"/callbacks/{each['ride-id']}"
            began = self._world.kernel.now
            claimed = self._http.insist("PUT", f"{path}/claim")
            if claimed.status == 409:  # another has it, or a list is a moment old, and the call closed
                continue
            assert claimed.status == 200, claimed
            self._calls.claimed(each["ride-id"], self._name, began, self._world.kernel.now)
            self._world.kernel.sleep(self._chance.uniform(10, 300))
            self._calls.left(each["ride-id"])
            if self._chance.random() < 0.3:
                assert self._http.insist("DELETE", f"{path}/claim").status == 204
                continue
            outcome = self._chance.choice(("reached", "not-reached"))
            closed = self._http.insist("POST", f"{path}/outcome", {"outcome": outcome})
            assert closed.status in {200, 409}, closed  # the claim may have lapsed meanwhile
