"""An agent of the support team: corrects scores, opts numbers out, and makes the calls that customers want."""

from typing import Any

from tests.simulation.http import Session
from tests.simulation.invariants.violation import require

_AGENT = "agent-ann"


class Agent:
    """One agent. `opted_out` has the numbers that they have opted out, and when they began to."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._chance = world.actors_chance
        self._http = Session(world, world.url("feedback-api"), _AGENT, "support")
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
            claimed = self._http.insist("PUT", f"{path}/claim")
            if claimed.status == 409:  # a list may be a moment old, and the call closed
                continue
            assert claimed.status == 200, claimed
            self._world.kernel.sleep(self._chance.uniform(10, 300))
            if self._chance.random() < 0.3:
                assert self._http.insist("DELETE", f"{path}/claim").status == 204
                continue
            outcome = self._chance.choice(("reached", "not-reached"))
            closed = self._http.insist("POST", f"{path}/outcome", {"outcome": outcome})
            assert closed.status in {200, 409}, closed  # the claim may have lapsed meanwhile
