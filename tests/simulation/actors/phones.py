"""Customers with a phone in their hand: they answer, or not, and say what comes to their minds."""

from typing import Any

from infra.rydes.simulators.phones.model import Sms
from tests.simulation.actors.carrier import Carrier
from tests.simulation.actors.troupe import Troupe
from tests.simulation.aws.account import OUR_NUMBER

CONFIDED = "elderberries"
"""What nobody may find in a log or on the bus."""

CLEAR = {"8": 8, "3": 3, "1": 1, "10": 10, " 2 ": 2, "9/10": 9, "4": 4, "7!": 7}
"""Scores in every language."""
SCORES = {**CLEAR, f"great ride, {CONFIDED} 9": 9}
"""All that may be taken for one."""
UNCLEAR = ("8 or 9", "what?", f"It smelled of {CONFIDED}", "999")
WHIMS = (*UNCLEAR, "👍")
YES_OR_NO = {"YES": True, "yes": True, "NO": False, "no": False}
COMMANDS = {
    "STOP": "stop", "stop": "stop", "ALTO": "stop", "START": "start", "start": "start", "HELP": "help", "AYUDA": "help",
}  # fmt: skip

_YES = ("YES", "S o N", "JA")
_MOST = 14
"""How often a phone says something: nobody types for ever."""


class Phone:
    """A phone, and who holds it. `talks` is how likely it is that they answer a question."""

    def __init__(self, world: Any, troupe: Troupe, carrier: Carrier, number: str) -> None:
        self._chance = world.actors_chance
        self._troupe = troupe
        self._carrier = carrier
        self.number = number
        self._left = _MOST
        self._talks = self._chance.choice((0.5, 0.9, 1.0))
        self._whims = self._chance.choice((0.0, 0.1, 0.4))
        carrier.phones[number] = self.hear
        carrier.prepare(number)

    def hear(self, sms: Sms) -> None:
        """Read an SMS, and say something to it, sooner or later."""
        chance = self._chance
        if chance.random() < self._whims:
            self._say(chance.choice((*COMMANDS, *WHIMS)))
        if "10 " in sms.text and "1 " in sms.text:
            if chance.random() < self._talks:
                self._say(chance.choice(tuple(SCORES)), then=tuple(SCORES))
        elif any(word in sms.text for word in _YES):
            if chance.random() < self._talks:
                self._say(chance.choice((*YES_OR_NO, "yes but call after 5", "8")), then=tuple(YES_OR_NO))
        elif ("START" in sms.text or "INICIAR" in sms.text) and chance.random() < 0.5:
            self._say("START")

    def talk(self) -> None:
        """Say something unasked."""
        self._say(self._chance.choice(tuple(COMMANDS)), OUR_NUMBER)

    def _say(self, text: str, ours: str | None = None, then: tuple[str, ...] = ()) -> None:
        """Say something, and now and then the same once more, or what is in `then`, or a command."""
        if self._left <= 0:
            return
        self._left -= 1
        slow = self._chance.random() < 0.15
        wait = 10 ** (self._chance.uniform(3, 5.5) if slow else self._chance.uniform(0.3, 2.7))
        texts = [text]
        if self._chance.random() < self._whims:
            texts.append(self._chance.choice((text, *then, "STOP", "START", "STOP", "START")))
        for each in texts:
            self._troupe.begin(lambda each=each: self._carrier.hand_over(self.number, each, ours), wait)  # type: ignore[misc]
            wait += 10 ** self._chance.uniform(-1.5, 1.2)
