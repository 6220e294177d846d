"""Queues, their dead-letter queues, and what feeds functions from queues and streams."""

from typing import Any

import pytest

from infra.patterns.consumed_queue import MAX_ATTEMPTS
from tests.infra.conftest import Assembly

CONSUMED = {
    # queue -> consumer, batching window in seconds
    "wild-rydes-reply-ride-booking": ("ride-booking-aggregator", 1),
    "ride-booking-deadlines": ("ride-booking-closer", 1),
    "ride-booking-rides": ("ride-booking-bookings", 0),
    "unicorn-mgmt-inbox": ("unicorn-mgmt-responder", 0),
    "unicorn-mgmt-bookings-inbox": ("unicorn-mgmt-bookings", 0),
}
SUBSCRIPTIONS = ("ride-booking-rides", "unicorn-mgmt-inbox", "unicorn-mgmt-bookings-inbox")
OUTBOXES = {
    # function behind a stream -> table, dead-letter queue, seconds until it gives up
    "ride-booking-requester": ("ride-booking", "ride-booking-outbox-dlq", 6 * 3600),
    "ride-booking-notifier": ("ride-booking", "ride-booking-notifier-dlq", 60),
    "unicorn-mgmt-outbox": ("unicorn-mgmt", "unicorn-mgmt-outbox-dlq", 6 * 3600),
}
OUTBOX_DEAD_LETTERS = {dead_letters for _, dead_letters, _ in OUTBOXES.values()}
FOURTEEN_DAYS = 14 * 24 * 3600


def _mappings(aws: Assembly) -> dict[str, tuple[str, dict[str, Any]]]:
    """Function -> (event source, properties)."""
    return {
        aws.text(m.stack, m.properties["FunctionName"]): (
            aws.text(m.stack, m.properties["EventSourceArn"]),
            m.properties,
        )
        for m in aws.all("AWS::Lambda::EventSourceMapping")
    }


def _policy(aws: Assembly, queue: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in aws.all("AWS::SQS::QueuePolicy")
        if queue in [aws.text(policy.stack, ref) for ref in policy.properties["Queues"]]
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]


def test_the_queues_are_those_consumed_and_their_dead_letter_queues(aws: Assembly) -> None:
    dead_letters = {f"{name}-dlq" for name in CONSUMED} | OUTBOX_DEAD_LETTERS
    assert set(aws.named("AWS::SQS::Queue", "QueueName")) == set(CONSUMED) | dead_letters


@pytest.mark.parametrize("queue", CONSUMED)
def test_a_consumed_queue_gives_up_to_its_own_dead_letter_queue(aws: Assembly, queue: str) -> None:
    resource = aws.named("AWS::SQS::Queue", "QueueName")[queue]
    redrive = resource.properties["RedrivePolicy"]
    assert aws.text(resource.stack, redrive["deadLetterTargetArn"]) == f"{queue}-dlq"
    # The consumer parks first, with the reason; the queue's own count is for messages that kill their worker.
    assert redrive["maxReceiveCount"] == MAX_ATTEMPTS + 2
    _, window = CONSUMED[queue]
    assert resource.properties["VisibilityTimeout"] == 9 + window


@pytest.mark.parametrize("queue", CONSUMED)
def test_a_queue_feeds_its_consumer_in_batches_that_may_fail_in_part(aws: Assembly, queue: str) -> None:
    consumer, window = CONSUMED[queue]
    source, properties = _mappings(aws)[consumer]
    assert source == queue
    assert properties["BatchSize"] == 10
    assert properties["MaximumBatchingWindowInSeconds"] == window
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["ScalingConfig"]["MaximumConcurrency"] == 10


def test_functions_are_fed_by_queues_and_streams_alone(aws: Assembly) -> None:
    assert set(_mappings(aws)) == {*(function for function, _ in CONSUMED.values()), *OUTBOXES}


@pytest.mark.parametrize("function", OUTBOXES)
def test_a_stream_retries_whole_batches_and_gives_up_in_time(aws: Assembly, function: str) -> None:
    table, dead_letters, seconds = OUTBOXES[function]
    source, properties = _mappings(aws)[function]
    assert source == table
    # The local cloud would take a partial response on a stream for success and lose the rest.
    assert "FunctionResponseTypes" not in properties
    assert properties["BisectBatchOnFunctionError"] is True
    assert properties["MaximumRecordAgeInSeconds"] == seconds
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert len(properties["FilterCriteria"]["Filters"]) <= 5  # more, AWS grants on request only
    destination = properties["DestinationConfig"]["OnFailure"]["Destination"]
    stack = aws.named("AWS::Lambda::Function", "FunctionName")[function].stack
    assert aws.text(stack, destination) == dead_letters


def test_queues_are_encrypted_and_dead_letters_kept_as_long_as_possible(aws: Assembly) -> None:
    for name, queue in aws.named("AWS::SQS::Queue", "QueueName").items():
        assert queue.properties["SqsManagedSseEnabled"] is True
        kept = queue.properties["MessageRetentionPeriod"]
        assert (kept == FOURTEEN_DAYS) == name.endswith("-dlq")


def test_every_queue_refuses_plain_http(aws: Assembly) -> None:
    for name in aws.named("AWS::SQS::Queue", "QueueName"):
        [denied] = [s for s in _policy(aws, name) if s["Effect"] == "Deny"]
        assert denied["Action"] == "sqs:*"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_a_subscriptions_own_rule_may_send_to_its_queues(aws: Assembly) -> None:
    allowed = {
        name: [s for s in _policy(aws, name) if s["Effect"] == "Allow"]
        for name in aws.named("AWS::SQS::Queue", "QueueName")
    }
    assert {name for name, statements in allowed.items() if statements} == {
        name for queue in SUBSCRIPTIONS for name in (queue, f"{queue}-dlq")
    }
    rules = aws.named("AWS::Events::Rule", "Name")
    for queue, statements in allowed.items():
        for statement in statements:
            rule = rules[queue.removesuffix("-dlq")]
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Condition"] == {
                "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule.logical_id, "Arn"]}}
            }


def test_the_rules_are_those_of_the_subscriptions(aws: Assembly) -> None:
    assert set(aws.named("AWS::Events::Rule", "Name")) == set(SUBSCRIPTIONS)


@pytest.mark.parametrize("queue", SUBSCRIPTIONS)
def test_a_subscriptions_rule_gives_up_to_the_same_dead_letter_queue(aws: Assembly, queue: str) -> None:
    rule = aws.named("AWS::Events::Rule", "Name")[queue]
    assert aws.text(rule.stack, rule.properties["EventBusName"]) == "/wild-rydes/platform/bus-name"
    [target] = rule.properties["Targets"]
    assert aws.text(rule.stack, target["Arn"]) == queue
    assert aws.text(rule.stack, target["DeadLetterConfig"]["Arn"]) == f"{queue}-dlq"
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def test_each_queue_alarms_by_age_and_each_dead_letter_queue_by_depth(aws: Assembly) -> None:
    watched = {
        aws.text(alarm.stack, dimension["Value"]): (
            alarm.properties["MetricName"],
            alarm.properties["Threshold"],
        )
        for alarm in aws.all("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    age, depth = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
    overdue = {**dict.fromkeys(CONSUMED, 60), "ride-booking-deadlines": 960}
    dead_letters = [f"{name}-dlq" for name in CONSUMED] + [*OUTBOX_DEAD_LETTERS]
    assert watched == {
        **{name: (age, seconds) for name, seconds in overdue.items()},
        **dict.fromkeys(dead_letters, (depth, 1)),
    }
