"""What no stack makes, and somebody has to see to once for an account."""

from collections.abc import Iterator

from infra.naming import ALARM_TOPIC_ARN_PARAMETER
from infra.rydes.cloud.system import System
from infra.rydes.verify.promise import Promise, State

ENOUGH = 100
"""Functions at once below which an account is too small for more than trying things out."""
SUBJECT = "account"


def concurrency(system: System) -> Iterator[Promise]:
    """Whether the account may run enough functions at once. A new one often may run ten.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    limit = system.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    says = f"{limit} functions may run at once"
    if limit >= ENOUGH:
        yield Promise(SUBJECT, says)
        return
    yield Promise(
        SUBJECT,
        says,
        State.RISKY,
        "calls are throttled as soon as some customers come together: 503, late quotes, alarms",
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384"
        " --desired-value 1000",
    )


def subscribers(system: System) -> Iterator[Promise]:
    """Whether somebody hears the alarms."""
    topic = system.parameters.get(ALARM_TOPIC_ARN_PARAMETER)
    if topic is None:
        return
    pages = system.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
    confirmed = [arn for arn in found if arn.startswith("arn:")]
    if confirmed:
        yield Promise(SUBJECT, f"{len(confirmed)} subscribed to the alarms")
        return
    why = "nobody has confirmed a subscription yet" if found else "nobody is subscribed to the alarms"
    yield Promise(
        SUBJECT,
        why,
        State.RISKY,
        "nobody is woken",
        f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint you@example.com",
    )
