"""EventBridge: events that are put on a bus match rules, and wait as deliveries for whoever makes them.

The bus delivers nothing by itself. `pending` has what it owes to targets, in no order that anybody may rely on.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json.decoder import JSONDecoder
from typing import Any, Final, NoReturn

from infra.proof.resolver import ACCOUNT, REGION, Resolver
from infra.proof.ruler import EventPattern
from tests.simulation.aws.client import Answer, refused

DEFAULT_BUS: Final = "default"
MOST_ENTRIES: Final = 10
MAX_BYTES: Final = 1024 * 1024 - 1
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"""
_TIME_BYTES: Final = 14
_LONGEST_DETAIL_TYPE: Final = 128
_TRANSFORMED: Final = {"Input", "InputPath", "InputTransformer"}
_KEYS: Final = ("source", "detail-type")
_MOST_ANSWERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """Where a rule sends events. `retries` and `max_age` say how long EventBridge tries."""

    arn: str
    retries: int
    max_age: int
    dead_letter_arn: str
    transforms: bool

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Target":
        """Read a target of a rule."""
        policy = properties.get("RetryPolicy", {})
        return cls(
            properties["Arn"],
            int(policy.get("MaximumRetryAttempts", 185)),
            int(policy.get("MaximumEventAgeInSeconds", 86_400)),
            properties.get("DeadLetterConfig", {}).get("Arn", ""),
            not _TRANSFORMED.isdisjoint(properties),
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, made from the resolved properties of its template: it has a pattern, or a schedule."""

    name: str
    bus: str
    pattern: EventPattern | None
    schedule: str
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Rule":
        """Read a rule."""
        pattern = properties.get("EventPattern")
        return cls(
            properties["Name"],
            properties.get("EventBusName", DEFAULT_BUS),
            EventPattern.of(pattern) if pattern else None,
            properties.get("ScheduleExpression", ""),
            tuple(Target.of(each) for each in properties.get("Targets", ())),
        )

    @property
    def arn(self) -> str:
        """The ARN. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html"""
        path = self.name if self.bus == DEFAULT_BUS else f"{self.bus}/{self.name}"
        return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{path}"

    def can_match(self, values: tuple[str, str]) -> bool:
        """Tell whether an event may match that has this source and detail-type."""
        return self.pattern is not None and any(
            all(
                name not in fields or any(matcher.accepts(value) for matcher in fields[name])
                for name, value in zip(_KEYS, values, strict=True)
            )
            for fields in self.pattern.alternatives
        )


@dataclass(eq=False, slots=True)
class Delivery:
    """What a bus owes to a target since `at`: the text that it is to get."""

    rule: Rule
    target: Target
    event_id: str
    body: str
    at: float

    def dead_letter_attributes(
        self, code: str, message: str, attempts: int, exhausted: str = "MaximumRetryAttempts"
    ) -> dict[str, dict[str, str]]:
        """Write the attributes that the message has in the dead-letter queue.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        """
        texts = {
            "RULE_ARN": self.rule.arn,
            "TARGET_ARN": self.target.arn,
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "EXHAUSTED_RETRY_CONDITION": exhausted,
        }
        told = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
        return {**told, "RETRY_ATTEMPTS": {"DataType": "Number", "StringValue": str(attempts)}}


class _Interest:
    """What a bus wants to know of events of one source and detail-type: rules, and the fields that they look at."""

    def __init__(self, rules: tuple[Rule, ...], head: str) -> None:
        self.head = head
        self._rules = rules
        self._fields = _fields(rules)
        self._matching: dict[str, list[Rule]] = {}

    def matching(self, event: Mapping[str, Any]) -> list[Rule]:
        """Find the rules that the event matches. What no rule looks at makes no difference, so few answers are worked out."""
        if not self._rules:
            return []
        seen = _pruned(event, self._fields)
        key = repr(seen)
        found = self._matching.get(key)
        if found is None:
            if len(self._matching) >= _MOST_ANSWERS:
                self._matching.clear()
            found = [rule for rule in self._rules if rule.pattern and rule.pattern.matches(seen)]
            self._matching[key] = found
        return found


@dataclass(frozen=True)
class Rules:
    """All rules that are enabled; made once for many worlds."""

    all: tuple[Rule, ...]
    interests: dict[tuple[str, str, str], _Interest] = field(default_factory=dict)

    @classmethod
    def of(cls, properties: Iterable[Mapping[str, Any]]) -> "Rules":
        """Read the resolved properties of the rules."""
        return cls(tuple(Rule.of(each) for each in properties if each.get("State") != "DISABLED"))

    @classmethod
    def of_templates(cls, resolver: Resolver) -> "Rules":
        """Read the rules of the templates."""
        found = resolver.assembly.all("AWS::Events::Rule")
        return cls.of({**resolver.resolve(x.stack, x.properties), "Name": resolver.name(x)} for x in found)

    def scheduled(self) -> list[Rule]:
        """List the rules that have a schedule."""
        return [rule for rule in self.all if rule.schedule]

    def interest(self, bus: str, source: str, detail_type: str) -> _Interest:
        """Find out what the bus wants to know of such events; that is always the same."""
        key = bus, source, detail_type
        found = self.interests.get(key)
        if found is None:
            rules = tuple(r for r in self.all if r.bus == bus and r.can_match((source, detail_type)))
            head = f'"detail-type":{_text(detail_type)},"source":{_text(source)},"account":"{ACCOUNT}"'
            found = self.interests[key] = _Interest(rules, head)
        return found


class Events:
    """The buses of one world: `pending` has what they owe to targets."""

    def __init__(self, rules: Rules, now: Callable[[], float], new_id: Callable[[], str]) -> None:
        self.rules = rules
        self.pending: list[Delivery] = []
        self._now = now
        self._new_id = new_id

    def put_events(self, arguments: Mapping[str, Any]) -> Answer:
        """Put events on their buses. Each is taken or refused by itself, unless they are too long together."""
        entries = arguments["Entries"]
        if not 1 <= len(entries) <= MOST_ENTRIES:
            bound = f"less than or equal to {MOST_ENTRIES}" if entries else "greater than or equal to 1"
            raise refused(
                "PutEvents", "ValidationException",
                f"1 validation error detected: Value '{len(entries)}' at 'entries' failed to satisfy constraint: "
                f"Member must have length {bound}",
            )  # fmt: skip
        if sum(map(_size, entries)) > MAX_BYTES:
            raise refused(
                "PutEvents",
                "ValidationException",
                "Total size of the entries in the request is over the limit.",
            )
        results = [self._put(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results}

    def fire(self, rule: Rule) -> list[Delivery]:
        """Let a rule with a schedule send its event to its targets."""
        id_, now = self._new_id(), self._now()
        head = f'"detail-type":"Scheduled Event","source":"aws.events","account":"{ACCOUNT}"'
        return self._owe([rule], id_, _envelope(id_, head, _rfc3339(now), [rule.arn], "{}"), now)

    def _put(self, entry: Mapping[str, Any]) -> dict[str, str]:
        source, detail_type = entry.get("Source", ""), entry.get("DetailType", "")
        text = entry.get("Detail", "")
        for name, value in (("Source", source), ("DetailType", detail_type), ("Detail", text)):
            if not value:
                return _failed(
                    "InvalidArgument",
                    f"Parameter {name} is not valid. Reason: {name} is a required argument.",
                )
        if len(detail_type) > _LONGEST_DETAIL_TYPE:
            return _failed("InvalidArgument", "Parameter DetailType is not valid. Reason: it is too long.")
        if source.startswith("aws."):
            return _failed("NotAuthorizedForSourceException", "Not authorized for the source.")
        detail = _object(text)
        if detail is None:
            return _failed("MalformedDetail", "Detail is malformed.")
        id_, now = self._new_id(), self._now()
        time, resources = _rfc3339(entry.get("Time", now)), entry.get("Resources", [])
        bus = entry.get("EventBusName", DEFAULT_BUS).rpartition("/")[2]
        interest = self.rules.interest(bus, source, detail_type)
        event = {
            "version": "0", "id": id_, "detail-type": detail_type, "source": source, "account": ACCOUNT,
            "time": time, "region": REGION, "resources": resources, "detail": detail,
        }  # fmt: skip
        if matching := interest.matching(event):
            self._owe(matching, id_, _envelope(id_, interest.head, time, resources, text), now)
        return {"EventId": id_}

    def _owe(self, rules: Iterable[Rule], id_: str, body: str, now: float) -> list[Delivery]:
        owed = [Delivery(rule, target, id_, body, now) for rule in rules for target in rule.targets]
        for each in owed:
            if each.target.transforms:
                raise NotImplementedError(f"{each.rule.name} transforms events for {each.target.arn}")
        self.pending += owed
        return owed


def _envelope(id_: str, head: str, time: str, resources: list[str], detail: str) -> str:
    """Write an event as its targets get it."""
    listed = json.dumps(resources, ensure_ascii=False, separators=(",", ":")) if resources else "[]"
    return (
        f'{{"version":"0","id":"{id_}",{head},"time":"{time}","region":"{REGION}",'
        f'"resources":{listed},"detail":{detail}}}'
    )


def _fields(rules: Iterable[Rule]) -> dict[str, Any]:
    """Make the tree of all fields that the patterns of rules name."""
    tree: dict[str, Any] = {}
    for rule in rules:
        for fields in rule.pattern.alternatives if rule.pattern else ():
            for path in fields:
                node = tree
                for step in path.split("."):
                    node = node.setdefault(step, {})
    return tree


def _pruned(value: Any, fields: Mapping[str, Any]) -> Any:
    """Cut off what no pattern asks for. A key with a dot stays, as patterns may mean it."""
    if isinstance(value, dict):
        return {
            k: _pruned(v, fields.get(k, {})) if "." not in k else v
            for k, v in value.items()
            if k in fields or "." in k
        }
    if isinstance(value, list):
        return [_pruned(each, fields) for each in value]
    return value


def _size(entry: Mapping[str, Any]) -> int:
    bytes_ = (
        _bytes(entry.get("Source", ""))
        + _bytes(entry.get("DetailType", ""))
        + _bytes(entry.get("Detail", ""))
    )
    if "Time" in entry:
        bytes_ += _TIME_BYTES
    return bytes_ + sum(map(_bytes, entry.get("Resources", ())))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_decode: Final = JSONDecoder(parse_constant=_no_constant).decode


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = _decode(text)
    except (RecursionError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _rfc3339(time: datetime | float) -> str:
    if not isinstance(time, datetime):
        time = datetime.fromtimestamp(time, UTC)
    elif time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return f"{time.isoformat()[:19]}Z"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _failed(code: str, message: str) -> dict[str, str]:
    return {"ErrorCode": code, "ErrorMessage": message}
