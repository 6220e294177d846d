"""Queues, rules, topics, and the bus with its archive."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from infra.rydes.cloud.aws import Account
from infra.rydes.verify.checks.documents import document, missing
from infra.rydes.verify.promise import REDEPLOY, Flaw
from infra.rydes.verify.stacks import Resource


def queue(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists, and hands what fails to its dead-letter queue."""
    found = _attributes(account, promised.id)
    wanted = promised.properties.get("RedrivePolicy")
    if wanted:
        redrive = json.loads(found.get("RedrivePolicy", "{}"))
        if redrive.get("deadLetterTargetArn") != wanted["deadLetterTargetArn"]:
            yield Flaw("does not hand what fails to its dead-letter queue", REDEPLOY)
        elif int(redrive["maxReceiveCount"]) != int(wanted["maxReceiveCount"]):
            yield Flaw(f"gives a message up after {redrive['maxReceiveCount']} receipts", REDEPLOY)
    timeout = promised.properties.get("VisibilityTimeout")
    if timeout is not None and int(found["VisibilityTimeout"]) != int(timeout):
        yield Flaw(f"hides messages for {found['VisibilityTimeout']} s instead of {timeout} s", REDEPLOY)


def queue_policy(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Lets rules and topics send to the queues."""
    for url in promised.properties["Queues"]:
        found = document(_attributes(account, url).get("Policy", "{}"))
        for action, _ in missing(promised.properties["PolicyDocument"], found):
            yield Flaw(f"lets nobody {action} to {url.rpartition('/')[2]}", REDEPLOY)


def topic(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("sns").get_topic_attributes(TopicArn=promised.id)
    yield from ()


def topic_policy(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Lets those publish to the topics who should."""
    for arn in promised.properties["Topics"]:
        found = account.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy", "{}")
        for action, _ in missing(promised.properties["PolicyDocument"], document(found)):
            yield Flaw(f"lets nobody {action} to {arn.rpartition(':')[2]}", REDEPLOY)


def subscription(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("sns").get_subscription_attributes(SubscriptionArn=promised.id)
    yield from ()


def bus(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("events").describe_event_bus(Name=promised.id)
    yield from ()


def archive(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Keeps what is published."""
    name = promised.properties["ArchiveName"]
    state = account.client("events").describe_archive(ArchiveName=name)["State"]
    if state != "ENABLED":
        yield Flaw(f"is {state.lower()}: no event can be replayed", REDEPLOY)


def rule(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Is enabled, lets the same events through, and has its targets."""
    events, wanted = account.client("events"), promised.properties
    bus_name = {"EventBusName": wanted["EventBusName"]} if "EventBusName" in wanted else {}
    found = events.describe_rule(Name=wanted["Name"], **bus_name)
    if found["State"] == "DISABLED":
        on_bus = f" --event-bus-name {wanted['EventBusName']}" if bus_name else ""
        yield Flaw("is disabled", f"aws events enable-rule --name {wanted['Name']}{on_bus}")
    if _pattern(found) != _pattern(wanted):
        yield Flaw("lets other events through than its stack wants", REDEPLOY)
    targets = events.list_targets_by_rule(Rule=wanted["Name"], **bus_name)["Targets"]
    arns = [target["Arn"] for target in targets]
    for target in wanted["Targets"]:
        if not any(fnmatchcase(arn, target["Arn"]) for arn in arns):
            yield Flaw(f"has lost its target {target['Arn'].rpartition(':')[2]}", REDEPLOY)


def _attributes(account: Account, url: str) -> dict[str, str]:
    sqs = account.client("sqs")
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def _pattern(of: Any) -> Any:  # noqa: ANN401 - of a template or of an answer
    pattern = of.get("EventPattern")
    return json.loads(pattern) if isinstance(pattern, str) else pattern
