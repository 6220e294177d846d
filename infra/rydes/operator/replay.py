"""Replays of the bus's archive: what one would do, and to begin, follow and stop it."""

import json
import re
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.archive import FROM_ARCHIVE
from infra.naming import BUS_ARN_PARAMETER, BUS_NAME, BUS_NAME_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.operator.times import moment

UNDER_WAY: Final = ("STARTING", "RUNNING", "CANCELLING")
ARRIVES_WITHIN: Final = timedelta(minutes=10)
"""How long an event may take into an archive: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html"""
_A_PERIOD: Final = 300
"""Seconds. CloudWatch keeps figures of so long periods for longer than an archive keeps events."""
_SECONDS_BETWEEN_LOOKS: Final = 1.0
_LONGEST_NAME: Final = 64
_LONGEST_DESCRIPTION: Final = 512
_MOST_FIGURES: Final = 1_440
"""CloudWatch gives no more at once."""
ANYTHING: Final = "whatever comes"
"""What a rule hears that asks for no event by name."""


@dataclass(frozen=True)
class Archive:
    """What the bus has said. `events` are all that it holds, as EventBridge counts them, some hours late."""

    arn: str
    name: str
    kept: timedelta | None
    events: int


@dataclass(frozen=True)
class Rule:
    """A rule on the bus. `hears` are the names of its events, `replayed` what its consumer does with old ones."""

    name: str
    arn: str
    hears: tuple[str, ...]
    queues: tuple[str, ...]
    replayed: str
    enabled: bool


@dataclass(frozen=True)
class Window:
    """From when to when events are replayed. `clipped`: those before it are gone."""

    since: datetime
    until: datetime
    clipped: bool


@dataclass(frozen=True)
class Plan:
    """A replay that could begin."""

    bus: str
    archive: Archive
    window: Window
    rules: tuple[Rule, ...]

    def others(self, wanted: Collection[str]) -> tuple[str, ...]:
        """The events that the rules would hear beside those that are wanted: a replay chooses rules, not events."""
        return tuple(sorted({event for rule in self.rules for event in rule.hears} - set(wanted)))


@dataclass(frozen=True)
class Progress:
    """How far a replay has come."""

    state: str
    reason: str
    last: datetime | None
    """When the last event that was replayed had happened."""

    @property
    def over(self) -> bool:
        """Whether nothing more will be replayed."""
        return self.state not in UNDER_WAY


def plan(
    system: System,
    since: str,
    until: str,
    *,
    events: Sequence[str] = (),
    to_rules: Sequence[str] = (),
    now: datetime,
) -> Plan:
    """Say what a replay of a window would be, to the rules of these names that hear one of these events.

    Without names it goes to all rules that are enabled.

    Raises:
        LocalCloudError: there is no archive, nothing in such a window, or no such rule.
    """
    if BUS_NAME_PARAMETER not in system.parameters:
        raise LocalCloudError("This environment is not deployed.", f"Deploy it: {system.HOW_TO_DEPLOY}")
    archive = _archive(system)
    span = window(since, until, kept=archive.kept, now=now)
    rules = _chosen(_rules(system), events, to_rules)
    return Plan(system.parameters[BUS_ARN_PARAMETER], archive, span, rules)


def window(since: str, until: str, *, kept: timedelta | None, now: datetime) -> Window:
    """Read a window as a person types it, and leave out what an archive has no more.

    Raises:
        LocalCloudError: a time cannot be read, or nothing is in the window.
    """
    begin = moment(since, now).replace(microsecond=0)
    end = moment(until, now) if until else now
    for name, at in (("--since", begin), ("--until", end)):
        if at > now:
            raise LocalCloudError(
                f"{name} is still to come: it is {now:%F %T} in UTC.", "Give an earlier time."
            )
    if begin >= end:
        raise LocalCloudError(
            f"Nothing is both since {begin:%F %T} and until {end:%F %T}.", "Give --until a later time."
        )
    first = (now - kept).replace(microsecond=0) if kept else begin
    if end <= first:
        raise LocalCloudError(
            f"The archive has nothing of before {first:%F %T} any more.", "Give a later window."
        )
    return Window(max(begin, first), end, clipped=begin < first)


def _archive(system: System) -> Archive:
    name, events = system.names.of(BUS_NAME), system.client("events")
    try:
        found = events.describe_archive(ArchiveName=name)
    except events.exceptions.ResourceNotFoundException as error:
        raise LocalCloudError(f"There is no archive {name}.", f"Deploy it: {system.HOW_TO_DEPLOY}") from error
    kept = timedelta(days=found["RetentionDays"]) if found.get("RetentionDays") else None
    return Archive(found["ArchiveArn"], name, kept, found.get("EventCount", 0))


def _rules(system: System) -> list[Rule]:
    """List the rules of the bus, those of other teams too. The archive's own is none of anybody's."""
    bus = system.parameters[BUS_NAME_PARAMETER]
    events = system.client("events")
    pages = _pages(events.list_rules, "Rules", EventBusName=bus)
    return [
        _rule(system, bus, each) for each in pages if not each.get("ManagedBy") and each.get("EventPattern")
    ]


def _rule(system: System, bus: str, found: dict[str, Any]) -> Rule:
    targets = _pages(
        system.client("events").list_targets_by_rule, "Targets", Rule=found["Name"], EventBusName=bus
    )
    _, _, replayed = found.get("Description", "").partition(FROM_ARCHIVE)
    return Rule(
        name=system.names.plain(found["Name"]),
        arn=found["Arn"],
        hears=_heard(json.loads(found["EventPattern"])),
        queues=tuple(system.names.plain(target["Arn"].rpartition(":")[2]) for target in targets),
        replayed=replayed or "nobody has said",
        enabled=found["State"] == "ENABLED",
    )


def _heard(pattern: dict[str, Any]) -> tuple[str, ...]:
    """Name the events that a rule's pattern lets in, as far as it goes by their names."""
    names = [name for name in pattern.get("detail-type", ()) if isinstance(name, str)]
    return tuple(sorted(names)) or (ANYTHING,)


def _chosen(rules: Sequence[Rule], events: Sequence[str], to_rules: Sequence[str]) -> tuple[Rule, ...]:
    names = [rule.name for rule in rules]
    if unknown := sorted(set(to_rules) - set(names)):
        raise LocalCloudError(f"There is no rule {unknown[0]} on the bus.", f"There are {', '.join(names)}.")
    named = [rule for rule in rules if rule.name in to_rules] if to_rules else rules
    for event in events:
        if not any({event, ANYTHING} & set(rule.hears) for rule in named):
            heard = ", ".join(sorted({each for rule in named for each in rule.hears}))
            raise LocalCloudError(f"None of the rules hears {event}.", f"They hear {heard}.")
    hearing = [rule for rule in named if not events or {*events, ANYTHING} & set(rule.hears)]
    for rule in hearing:
        if to_rules and not rule.enabled:
            raise LocalCloudError(
                f"The rule {rule.name} is disabled: a replay would not reach it.", "Enable it first."
            )
    chosen = tuple(rule for rule in hearing if rule.enabled)
    if not chosen:
        raise LocalCloudError(
            "No rule on the bus would hear a replay.", "Deploy a consumer, or enable its rule."
        )
    return chosen


def counted(system: System, rule: Rule, window: Window) -> int | None:
    """Tell how many events a rule heard in a window, as far as CloudWatch has counted them. None if it has no figures.

    They are of periods of five minutes, and have what was replayed since to the rule, too.
    """
    start = window.since.timestamp() // _A_PERIOD * _A_PERIOD
    period = max(_A_PERIOD, -(-int(window.until.timestamp() - start) // _MOST_FIGURES) // 60 * 60 + 60)
    figures = system.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName="MatchedEvents",
        Dimensions=[
            {"Name": "EventBusName", "Value": system.parameters[BUS_NAME_PARAMETER]},
            {"Name": "RuleName", "Value": system.names.of(rule.name)},
        ],
        StartTime=datetime.fromtimestamp(start, UTC),
        EndTime=window.until,
        Period=period,
        Statistics=["Sum"],
    )["Datapoints"]
    return round(sum(figure["Sum"] for figure in figures)) if figures else None


def require_none_under_way(system: System, archive: Archive) -> None:
    """Raise LocalCloudError if somebody is replaying this archive: two replays at once tell nobody which did what."""
    events = system.client("events")
    for each in _pages(events.list_replays, "Replays", EventSourceArn=archive.arn):
        if each["State"] in UNDER_WAY:
            raise LocalCloudError(
                f"The archive is being replayed by {each['ReplayName']}.",
                f"Wait for it, or end it: aws events cancel-replay --replay-name {each['ReplayName']}",
            )


def start(system: System, chosen: Plan, *, who: str, now: datetime) -> str:
    """Begin a replay, and return its name, which says when and who.

    Raises:
        LocalCloudError: there is one under way.
    """
    require_none_under_way(system, chosen.archive)
    who = re.sub(r"[^.\-_A-Za-z0-9]", "-", who)
    name = f"replay-{now:%Y%m%dT%H%M%SZ}-{who}"[:_LONGEST_NAME]
    system.client("events").start_replay(
        ReplayName=name,
        Description=f"To {', '.join(rule.name for rule in chosen.rules)}"[:_LONGEST_DESCRIPTION],
        EventSourceArn=chosen.archive.arn,
        EventStartTime=chosen.window.since,
        EventEndTime=chosen.window.until,
        Destination={"Arn": chosen.bus, "FilterArns": [rule.arn for rule in chosen.rules]},
    )
    return name


def follow(system: System, name: str) -> Iterator[Progress]:
    """Look at a replay again and again until it is over."""
    while True:
        found = system.client("events").describe_replay(ReplayName=name)
        progress = Progress(found["State"], found.get("StateReason", ""), found.get("EventLastReplayedTime"))
        yield progress
        if progress.over:
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def cancel(system: System, name: str) -> None:
    """Stop a replay. One that is over stays as it is."""
    try:
        system.client("events").cancel_replay(ReplayName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("IllegalStatusException", "ValidationException"):
            raise


def _pages(call: Any, what: str, **arguments: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a client's method
    """List what a call of EventBridge has page by page: boto3 knows no paginator for some of them."""
    more: dict[str, str] = {}
    while True:
        page = call(**arguments, **more)
        yield from page[what]
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}
