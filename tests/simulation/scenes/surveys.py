"""Customers are asked by SMS how the ride was, and answer, or not; support looks after the rest."""

import json
from collections.abc import Mapping
from math import inf
from typing import Any

from feedback.adapters.pseudonyms import Pseudonyms
from infra.rydes.simulators.phones.model import Sms
from tests.simulation.actors.carrier import Carrier
from tests.simulation.actors.completions import tell
from tests.simulation.actors.phones import COMMANDS, CONFIDED, Phone
from tests.simulation.actors.support import Agent, Calls
from tests.simulation.actors.troupe import Troupe
from tests.simulation.invariants import answers, feedback, handled, ledger
from tests.simulation.invariants.fates import Fates
from tests.simulation.invariants.keeping import Keeping
from tests.simulation.invariants.sms import Place, Sends, is_day
from tests.simulation.invariants.violation import require
from tests.simulation.scenes.audience import NAME, Audience, spoken
from tests.simulation.scenes.scene import Scene
from tests.simulation.schedules import Schedule
from tests.simulation.stacks import SURVEYS, UNICORNS
from tests.simulation.world import World

_DAY = 86_400.0
_HANDLED_WITHIN = 3600.0
"""Seconds until a message is handled once nothing goes wrong any more."""
_TIMERS = "feedback-timers"


class Surveys(Scene):
    """Surveys, from the end of a ride to the last word about it."""

    faults_for = 4 * _DAY
    settles_within = 100 * _DAY

    def __init__(self, world: World, audience: Audience) -> None:
        self._world = world
        self._audience = audience
        self.counts = {
            "customers": len(audience.customers),
            "rides": len(audience.rides),
            "strangers": len(audience.strangers),
        }
        self.states = set()
        self._troupe = Troupe(world.kernel)
        self._carrier = Carrier(world, self._troupe)
        world.aws.sms.sent = self._sent
        world.aws.sms.refused = self._refused
        calls = Calls()
        self._agent, self._other = (Agent(world, name, calls) for name in ("agent-ann", "agent-bob"))
        numbers = [each.number for each in audience.customers]
        phones = dict.fromkeys([*numbers, *audience.strangers])
        self._phones = [Phone(world, self._troupe, self._carrier, each) for each in phones]
        for each in audience.customers:
            if each.user is not None:
                world.aws.cognito.add(each.user)
        self._timers = Schedule(world, world.stacks[_TIMERS], lambda: min(self._due.values(), default=inf))
        self._due: dict[str, float] = {}
        """When each conversation is due."""
        self._said: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        self._contents: dict[str, str] = {}
        """What each event says, by its id."""
        self._garbled: set[str] = set()
        variables = world.stacks["feedback-replies"].variables
        secret = world.aws.call(
            "secretsmanager", "get_secret_value", {"SecretId": variables["NUMBER_SECRET_ARN"]}
        )
        self._pseudonyms = Pseudonyms(secret["SecretString"].encode())
        self._secrets = (
            NAME,
            CONFIDED,
            secret["SecretString"],
            *(each.token for each in (self._agent, self._other)),
            *(each.lstrip("+")[-9:] for each in phones),
        )
        self._keys = {each: f"number#{self._pseudonyms.pseudonym_of(each)}" for each in phones}
        self._items: dict[str, Any] = {}
        """What the table holds, by its keys."""
        self._people = {each.id: each for each in audience.customers}
        self._sends = Sends(self._people, self._carrier.said)
        self._fates = Fates(self._people, lambda: world.faults.last_at)
        self._stops = answers.Stops()
        self._keeping = Keeping()
        self._contact = world.stacks["feedback-outreach"].variables["SUPPORT_CONTACT"]
        self._numbers = {each.id: each.number for each in audience.customers}
        self._known = handled.Known(
            item=self._items.get,
            unicorn=lambda id_: world.item(UNICORNS, id_),
            rides={ride.id: ride for ride in audience.rides},
            conversations={},
            said=self._carrier.said,
            key_of=self._keys.__getitem__,
            opted_out=self._agent.opted_out,
            known_to_aws=lambda number: number in self._carrier.refused_as_opted_out,
            noted={},
            heard=set(),
        )

    def begin(self) -> None:
        chance, begin = self._world.actors_chance, self._troupe.begin
        for ride in self._audience.rides:
            begin(lambda ride=ride: tell(self._world, ride), ride.after)  # type: ignore[misc]
            for wait in ride.again:
                begin(lambda ride=ride: tell(self._world, ride), ride.after + wait)  # type: ignore[misc]
        for phone in self._phones:
            if phone.number in self._audience.strangers or chance.random() < 0.1:
                begin(phone.talk, chance.uniform(0, _DAY))
        for ride in self._audience.rides:
            if chance.random() < 0.5:
                wait = 10 ** chance.uniform(0, 5.4)
                begin(lambda ride=ride: self._agent.correct(ride.id), ride.after + wait)  # type: ignore[misc]
        calls = _DAY + 2 * _DAY * chance.random()
        begin(self._agent.call, calls)
        if chance.random() < 0.5:
            begin(self._other.call, calls + 200 * chance.random())
        if chance.random() < 0.1 and self._phones:
            begin(lambda: self._agent.opt_out(self._phones[0].number), 2 * _DAY * chance.random())
        if chance.random() < 0.1:
            begin(lambda: self._garble("28444"), _DAY * chance.random())
        self._expire()

    @property
    def done(self) -> bool:
        return self._troupe.done and not self._due

    def changed(self, table: str, before: Any, after: Any) -> None:
        if table != SURVEYS:
            return
        key = (after or before)["id"]["S"]
        if after is None:
            self._keeping.expired(key, self._world.kernel.now)
            del self._items[key]
            return
        self._items[key] = after
        self._keeping.written(key, self._world.kernel.now)
        if ledger.is_conversation(after):
            self._check_conversation(before, after)
            if "due_at" in after:
                self._due[key] = int(after["due_at"]["N"]) / 1000
                self._timers.look()
            else:
                self._due.pop(key, None)
        elif key.startswith("number#"):
            held = [self._items.get(f"ride#{ride}") for ride in _held(after)]
            self._stops.check_write(before, after, [each for each in held if each])
        elif key.startswith("message#"):
            self._known.noted.setdefault(key.partition("#")[2], self._world.kernel.now)

    def _check_conversation(self, before: Any, after: Any) -> None:
        ride = ledger.ride_of(after)
        self._known.conversations[ride] = after
        ledger.check_write(before, after)
        customer = after["customer_id"]["S"]
        if before is None and customer:
            own = [
                each for each in self._known.conversations.values() if each["customer_id"]["S"] == customer
            ]
            others = [each for each in own if each is not after]
            feedback.check_opened(after, others, self._known.rides[ride].ended_at)
        if number := self._number_of(after):
            place = Place(number, self._items.get(self._keys[number]), after.get("time_zone", {}).get("S"))
            self._sends.check_write(self._world.kernel.now, before, after, place)
            self._check_answers(before, after, number)
            own = [each for each in self._known.conversations.values() if self._number_of(each) == number]
            self._sends.check_reactions(number, own, COMMANDS)
        last = ledger.sms_of(after)[-1]
        self.states.add(  # type: ignore[attr-defined]
            f"{ledger.stage_of(after)}/{after.get('ending', {'S': ''})['S']}/{last['prompt']['S']}/{last['state']['S']}"
            f"/{len(ledger.scores_of(after))}/{'muted' in after and after['muted']['BOOL']}"
        )

    def _check_answers(self, before: Any, after: Any, number: str) -> None:
        now = self._world.kernel.now
        commands = [COMMANDS.get(each.text) for each in self._carrier.said if each.number == number]
        answers.check_write(now, before, after, commands.count("start"), self._world.faults.last_at)
        if before is not None:
            answers.check_end(now, before, after, self._world.faults.last_at)
        stopped = "stop" in commands or number in self._agent.opted_out or number in self._fates.opted_out
        self._fates.check_write(now, before, after, stopped=stopped, wanted="start" in commands)

    def handled(self, function: str, record: Mapping[str, Any]) -> None:
        handled.check(function, record, self._world.kernel.now, self._known)
        if function.startswith("feedback-"):
            arrived = int(record["attributes"]["SentTimestamp"]) / 1000
            waited = self._world.kernel.now - max(arrived, self._world.faults.last_at)
            require(waited <= _HANDLED_WITHIN, "a-message-is-handled-in-time", f"{function}: {waited:.0f} s")

    def published(self, name: str, detail: Any) -> None:
        self._keep_secrets(str(detail), "nothing-personal-on-the-bus")
        id_, content = detail["metadata"]["event_id"], json.dumps(detail, sort_keys=True)
        known = self._contents.setdefault(id_, content)
        require(known == content, "an-event-has-one-content", f"{name} {id_}: {known} and {content}")
        about = self._said.setdefault((name, detail["data"].get("ride_id", "")), [])
        if detail["data"] not in about:
            about.append(detail["data"])

    def logged(self, text: str) -> None:
        self._keep_secrets(text, "nothing-personal-in-logs")

    def may_be_parked(self, message: Any) -> bool:
        """What nobody can read is parked, with the reason."""
        reason = message.attributes.get("reason", {}).get("StringValue", "")
        self._keep_secrets(reason, "nothing-personal-in-reasons")
        return bool(reason) and any(each in message.body for each in self._garbled)

    def check_end(self) -> None:
        conversations = [each for each in self._known.conversations.values() if each["customer_id"]["S"]]
        feedback.check_end(conversations, self._said)
        for each in self._known.conversations.values():
            self._fates.check_end(each)
        for each in conversations:
            person = self._people[each["customer_id"]["S"]]
            said = {one.text for one in self._carrier.said if one.number == person.number}
            feedback.check_conversation(each, said, reachable=person.reachable)
        unicorns = {item["id"]["S"]: item for item in self._world.items(UNICORNS)}
        feedback.check_ratings(conversations, self._said, unicorns)
        for number in self._world.aws.sms.opted_out & self._fates.opted_out.keys():
            self._check_listed(number)
        for key, item in self._items.items():
            self._keep_secrets(str(item), f"nothing-personal-in-the-table: {key}")

    def _check_listed(self, number: str) -> None:
        """A number that AWS refuses to send to is noted as opted out, unless nobody was left to hear why it did."""
        at, (ride, index) = self._fates.opted_out[number]
        unheard = ledger.sms_of(self._known.conversations[ride])[index]["state"]["S"] == "claimed"
        noted = "opt_out" in self._items.get(self._keys[number], {})
        wanted = any(
            COMMANDS.get(each.text) == "start" and each.at > at - ledger.WINDOW
            for each in self._carrier.said
            if each.number == number
        )
        require(noted or wanted or unheard, "what-aws-knows-is-noted", f"{number} is on AWS's list")

    def _number_of(self, conversation: Any) -> str:
        """The number that a conversation is held with. A stranger's is told by the table, from its second write on."""
        if known := self._numbers.get(conversation["customer_id"]["S"]):
            return known
        ride = ledger.ride_of(conversation)
        return next((n for n, key in self._keys.items() if ride in _held(self._items.get(key))), "")

    def _sent(self, sms: Sms) -> None:
        item = self._items.get(f"ride#{sms.context['ride']}")
        which, now = self._which(sms.context), self._world.kernel.now
        first = not self._sends.has_sent(which)
        self._sends.sent(now, sms, item)
        assert item is not None  # that was held
        entry = ledger.sms_of(item)[which[1]]
        person = self._people.get(item["customer_id"]["S"])
        language = person.language if person else spoken(sms.number)
        self._fates.check_text(item, entry, sms.text, language, self._contact)
        if first:
            place = Place(sms.number, None, item.get("time_zone", {}).get("S"))
            self._fates.check_time(now, which, entry, lambda at: is_day(place, at))
        self._carrier.bring(sms)

    def _refused(self, number: str, context: Mapping[str, str], why: str) -> None:
        which = self._which(context)
        entry = ledger.sms_of(self._items[f"ride#{which[0]}"])[which[1]]
        self._fates.refused(self._world.kernel.now, number, which, entry, why)

    @staticmethod
    def _which(context: Mapping[str, str]) -> tuple[str, int]:
        return context["ride"], int(context["sms"])

    def _expire(self) -> None:
        """Let DynamoDB delete what has expired, once a day."""
        self._world.aws.dynamodb.expire()
        if not self.done:
            self._world.kernel.after(_DAY, self._expire)

    def _garble(self, number: str) -> None:
        self._garbled.add(f"garbled-{number}")
        self._carrier.garble(number)

    def _keep_secrets(self, text: str, name: str) -> None:
        for secret in self._secrets:
            require(secret not in text, name, text)


def _held(standing: Any) -> list[str]:
    """List the conversations of a number."""
    return [each["M"]["ride_id"]["S"] for each in standing["conversations"]["L"]] if standing else []
