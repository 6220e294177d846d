"""Queues, their dead-letter queues, and what feeds functions from queues and streams."""

import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra import roster
from infra.archive import FROM_ARCHIVE
from infra.assembly import Assembly, Resource, load
from infra.patterns.consumed_queue import MAX_RECEIVES
from infra.patterns.replay import NoReplay
from infra.patterns.service_stack import ServiceStack
from infra.patterns.subscription import Subscription, useful_life
from infra.proof.ruler import EventPattern
from infra.rydes.cloud.settings import SERVICES
from infra.stage import stage_of
from tests.support.messaging.versions import RideCompletedV2
from wild_rydes_contracts import EVENTS, RideCompleted, rule_pattern
from wild_rydes_contracts.fakes import fake, on_the_bus
from wild_rydes_messaging.retry import DEFAULT_BACKOFF, PATIENCE

PARTNERS = roster.partners()
PARTNER_QUEUES = {f"unicorn-mgmt-{id_}-requests": row["concurrency"] for id_, row in PARTNERS.items()}
RIDE_QUEUES = [f"unicorn-mgmt-{id_}-rides" for id_ in PARTNERS]
CALLING = {**PARTNER_QUEUES, **dict.fromkeys(RIDE_QUEUES, 2)}
"""Queue -> how many calls to a partner it makes at once."""
PAGES = {"settlement-pages-single": 8, "settlement-pages-small": 4, "settlement-pages-large": 4}
"""Queue of documents of a size class -> how many parts of them are worked on at once."""
DECIDING = {
    "settlement-readings": 4,
    "settlement-completions": 2,
    "settlement-decisions": 8,
    "settlement-archive": 2,
}
"""Queue on a document's way from its pages to its archive -> how many batches are handled at once."""
AT_ONCE = {
    **CALLING,
    **PAGES,
    **DECIDING,
    "ride-booking-batches": 2,
    "unicorn-mgmt-jobs": 4,
    "settlement-documents": 4,
}
CONSUMED = {
    "wild-rydes-reply-ride-booking": "ride-booking-aggregator",
    "ride-booking-deadlines": "ride-booking-closer",
    "ride-booking-rides": "ride-booking-rides",
    "ride-booking-batches": "ride-booking-batches",
    "unicorn-mgmt-inbox": "unicorn-mgmt-responder",
    "unicorn-mgmt-bookings-inbox": "unicorn-mgmt-bookings",
    "unicorn-mgmt-closings-inbox": "unicorn-mgmt-closings",
    "unicorn-mgmt-ratings-inbox": "unicorn-mgmt-ratings",
    "unicorn-mgmt-jobs": "unicorn-mgmt-jobs",
    "feedback-rides": "feedback-rides",
    "feedback-sms-replies": "feedback-replies",
    "feedback-sms-receipts": "feedback-receipts",
    "settlement-prices": "settlement-prices",
    "settlement-rides": "settlement-rides",
    "settlement-documents": "settlement-documents",
    "settlement-findings": "settlement-findings",
    **{queue: queue for queue in (*PAGES, *DECIDING)},
    **{queue: queue.replace("-requests", "-quotes") for queue in PARTNER_QUEUES},
    **{queue: queue for queue in RIDE_QUEUES},
}
"""Queue -> its consumer."""
REPLAYED = {
    "ride-booking-deadlines": "ride-booking-replay",
    "ride-booking-rides": "ride-booking-replay",
    "unicorn-mgmt-bookings-inbox": "unicorn-mgmt-replay",
    "unicorn-mgmt-closings-inbox": "unicorn-mgmt-replay",
    "unicorn-mgmt-ratings-inbox": "unicorn-mgmt-replay",
    "feedback-rides": "feedback-replay",
    "feedback-sms-replies": "feedback-replay",
    "feedback-sms-receipts": "feedback-replay",
    "settlement-prices": "settlement-replay",
    "settlement-rides": "settlement-replay",
    "settlement-findings": "settlement-replay",
    **dict.fromkeys(RIDE_QUEUES, "unicorn-mgmt-replay"),
}
"""Queue -> the function that sends its dead letters back. Those of others have a reason to wait for a person."""
TOLD_OF = {
    "unicorn-mgmt-jobs": "unicorn-mgmt-job-failures",
    **dict.fromkeys(("settlement-documents", *PAGES, *DECIDING), "settlement-failsafe"),
}
"""Queue -> the function that says of its dead letters that what they ask for has failed, or does it."""
SECOND = {**REPLAYED, **TOLD_OF}
"""Queue -> the function behind its dead-letter queue. What that cannot handle is parked."""
SUBSCRIPTIONS = (
    "ride-booking-rides",
    "unicorn-mgmt-inbox",
    "unicorn-mgmt-bookings-inbox",
    "unicorn-mgmt-closings-inbox",
    "unicorn-mgmt-ratings-inbox",
    "feedback-rides",
    "settlement-prices",
    "settlement-rides",
)
LATE = {"settlement-prices"}
"""Subscriptions whose consumers keep a record: they take events after their deadlines, too."""
TOPICS = {
    "feedback-sms-replies": "wild-rydes-sms-replies",
    "feedback-sms-receipts": "wild-rydes-sms-receipts",
}
"""Queues that a topic fills, with messages that hold phone numbers."""
COMPLETIONS = "settlement-completions"
"""Queue and topic of what Textract tells, which is ids alone."""
STREAM_CONSUMERS = {
    # function behind a stream -> table, dead-letter queue, seconds until it gives up
    "ride-booking-outbox": ("ride-booking", "ride-booking-outbox-dlq", 6 * 3600),
    "ride-booking-notifier": ("ride-booking", "ride-booking-notifier-dlq", 2 * 3600),
    "unicorn-mgmt-outbox": ("unicorn-mgmt", "unicorn-mgmt-outbox-dlq", 6 * 3600),
    "unicorn-mgmt-jobs-outbox": ("unicorn-mgmt", "unicorn-mgmt-jobs-outbox-dlq", 6 * 3600),
    "feedback-outbox": ("feedback", "feedback-outbox-dlq", 6 * 3600),
    "feedback-outreach": ("feedback", "feedback-outreach-dlq", 2 * 3600),
    "settlement-outbox": ("settlement", "settlement-outbox-dlq", 6 * 3600),
    "settlement-outcomes": ("settlement", "settlement-outcomes-dlq", 6 * 3600),
}
FROM_AWS = {"settlement-documents", "settlement-findings"}
"""Queues that rules of their names fill, on the default bus, with what AWS tells."""
RULES_DEAD_LETTERS = {
    "bucket-scans-dlq": ("bucket-scans", "bucket-scans-failed", "bucket-scans-findings"),
    "unicorn-mgmt-imports-dlq": ("unicorn-mgmt-imports", "unicorn-mgmt-imports-failed"),
}
"""Dead-letter queue of no queue and no stream -> the rules of the default bus that may send to it."""
HANDED_OVER = {"settlement-decisions-dlq": "settlement-documents-failed"}
"""Dead-letter queue of a queue that no rule fills -> the rule of the default bus that may send to it."""
STREAM_DEAD_LETTERS = {dead_letters for _, dead_letters, _ in STREAM_CONSUMERS.values()}
FOURTEEN_DAYS = 14 * 24 * 3600
PATIENT = {
    "ride-booking-batches",
    "unicorn-mgmt-jobs",
    "settlement-documents",
    *PAGES,
    "settlement-decisions",
    "settlement-findings",
}
"""Queues of programs' long work, which no person waits for: a message is work enough for one invocation."""
UNHURRIED = {*PATIENT, "settlement-archive"}
"""The same, and those whose work is less for many messages together."""
BACK_WITHIN = 16
"""Seconds until the message of a killed worker is handled by another: each step of a booking can be tried twice in its
minute."""


def _mappings(aws: Assembly) -> dict[str, tuple[str, dict[str, Any]]]:
    """Function -> (event source, properties), but for those behind dead-letter queues, which may have several."""
    return {
        aws.invoked(m): (
            aws.text(m.stack, m.properties["EventSourceArn"]),
            m.properties,
        )
        for m in aws.all("AWS::Lambda::EventSourceMapping")
        if aws.invoked(m) not in SECOND.values()
    }


def _policy(aws: Assembly, queue: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in aws.all("AWS::SQS::QueuePolicy")
        if queue in [aws.text(policy.stack, ref) for ref in policy.properties["Queues"]]
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]


def test_the_queues_are_those_consumed_and_their_dead_letter_queues(aws: Assembly) -> None:
    dead_letters = {f"{name}-dlq" for name in CONSUMED} | STREAM_DEAD_LETTERS
    parking = {f"{name}-parking" for name in SECOND}
    own = {*RULES_DEAD_LETTERS}
    assert set(aws.named("AWS::SQS::Queue", "QueueName")) == set(CONSUMED) | dead_letters | parking | own


def test_every_queue_and_stream_has_a_replay_or_a_reason(aws: Assembly) -> None:
    """A dead letter either meets the replay, with a parking queue behind it, or an alarm that says why there is none."""
    queues = aws.named("AWS::SQS::Queue", "QueueName")
    replayed = {
        aws.text(m.stack, m.properties["EventSourceArn"]): aws.invoked(m)
        for m in aws.all("AWS::Lambda::EventSourceMapping")
        if aws.text(m.stack, m.properties["EventSourceArn"]).endswith("-dlq")
    }
    assert replayed == {f"{queue}-dlq": function for queue, function in SECOND.items()}
    said = {
        aws.text(alarm.stack, dimension["Value"]): alarm.properties["AlarmDescription"]
        for alarm in aws.all("AWS::CloudWatch::Alarm")
        if alarm.properties.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm.properties["Dimensions"]
    }
    for name in queues:
        if name in CONSUMED:
            continue
        if name in replayed:
            redrive = queues[name].properties["RedrivePolicy"]
            assert aws.text(queues[name].stack, redrive["deadLetterTargetArn"]) == name[:-4] + "-parking"
        elif name.endswith("-dlq"):
            reason = re.search(r"There is no replay: (.{30,}\.) Runbook: -dlq-depth\.$", said[name])
            assert reason, f"{name} has neither a replay nor a reason"
        else:
            assert said[name].endswith("Runbook: -parking-depth.")


def test_dead_letters_are_taken_in_batches_that_may_fail_in_part(aws: Assembly) -> None:
    mappings = [m for m in aws.all("AWS::Lambda::EventSourceMapping") if aws.invoked(m) in SECOND.values()]
    assert len(mappings) == len(SECOND)
    for mapping in mappings:
        properties = mapping.properties
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], (
            "one that cannot be sent would have the others sent again"
        )
        assert properties["ScalingConfig"]["MaximumConcurrency"] == 2, "it would take other queues' workers"


@pytest.mark.parametrize("queue", CONSUMED)
def test_a_consumed_queue_gives_up_to_its_own_dead_letter_queue(aws: Assembly, queue: str) -> None:
    resource = aws.named("AWS::SQS::Queue", "QueueName")[queue]
    redrive = resource.properties["RedrivePolicy"]
    assert aws.text(resource.stack, redrive["deadLetterTargetArn"]) == f"{queue}-dlq"
    assert redrive["maxReceiveCount"] == MAX_RECEIVES, (
        "the consumer parks first, with the reason; the queue's own count is for messages that kill their worker"
    )


@pytest.mark.parametrize("queue", CONSUMED)
def test_a_message_has_one_worker_at_a_time_and_that_of_a_killed_one_is_soon_back(
    aws: Assembly, queue: str
) -> None:
    consumer = CONSUMED[queue]
    timeout = aws.named("AWS::Lambda::Function", "FunctionName")[consumer].properties["Timeout"]
    hidden = aws.named("AWS::SQS::Queue", "QueueName")[queue].properties["VisibilityTimeout"]
    assert hidden > timeout, "a second worker would get a message while the first is still at it"
    assert hidden <= BACK_WITHIN or queue in UNHURRIED, (
        "a booking's minute would be over before each of its steps could be tried twice"
    )


@pytest.mark.parametrize("queue", CONSUMED)
def test_an_hour_of_trouble_that_passes_loses_no_message_of_a_queue(aws: Assembly, queue: str) -> None:
    """Not even if no message can be postponed, or Lambda receives messages for which it finds no worker."""
    properties = aws.named("AWS::SQS::Queue", "QueueName")[queue].properties
    grants = properties["RedrivePolicy"]["maxReceiveCount"] * 0.9
    hour = PATIENCE.total_seconds()
    parked = "the queue would take a good message for one that kills its worker"
    assert hour / properties["VisibilityTimeout"] < grants, parked
    assert hour / (DEFAULT_BACKOFF.cap / 2) < grants, parked  # the pauses are half the longest, on average
    assert properties["MessageRetentionPeriod"] > 4 * hour, (
        "the queue would forget a message before it is parked"
    )


@pytest.mark.parametrize("function", STREAM_CONSUMERS)
def test_an_hour_of_trouble_that_passes_loses_no_change_of_a_table(aws: Assembly, function: str) -> None:
    _, properties = _mappings(aws)[function]
    assert properties["MaximumRecordAgeInSeconds"] >= 2 * PATIENCE.total_seconds(), (
        "what was written in that hour would never be announced"
    )
    assert properties.get("MaximumRetryAttempts", -1) == -1, "age alone says when to give up, not speed"


@pytest.mark.parametrize("queue", CONSUMED)
def test_a_queue_feeds_its_consumer_in_batches_that_may_fail_in_part(aws: Assembly, queue: str) -> None:
    consumer = CONSUMED[queue]
    source, properties = _mappings(aws)[consumer]
    assert source == queue
    if queue in PATIENT:
        assert properties["BatchSize"] == 1, (
            "a batch is up to a hundred RFQs, a job's turn a quarter of a minute"
        )
    elif queue in CALLING:
        assert properties["BatchSize"] == 1, "a slow partner's call would hold up the messages behind it"
    else:
        assert properties["BatchSize"] == 10, "each message would cost an invocation and a write of its own"
    assert "MaximumBatchingWindowInSeconds" not in properties, (
        "decision 5: a quiet queue waits for 20 s with one"
    )
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], (
        "one message that fails would bring the whole batch again"
    )
    assert properties["ScalingConfig"]["MaximumConcurrency"] == AT_ONCE.get(queue, 10), (
        "a partner would get more calls at once than its row says, or a queue take other queues' workers"
    )


def test_functions_are_fed_by_queues_and_streams_alone(aws: Assembly) -> None:
    mappings = list(aws.all("AWS::Lambda::EventSourceMapping"))
    assert len(mappings) == len(_mappings(aws)) + len(SECOND)
    assert set(_mappings(aws)) == {*CONSUMED.values(), *STREAM_CONSUMERS}


@pytest.mark.parametrize("function", STREAM_CONSUMERS)
def test_a_stream_retries_whole_batches_and_gives_up_in_time(aws: Assembly, function: str) -> None:
    table, dead_letters, seconds = STREAM_CONSUMERS[function]
    source, properties = _mappings(aws)[function]
    assert source == table
    assert "FunctionResponseTypes" not in properties, (
        "the local cloud would take a partial response on a stream for success, and lose the rest"
    )
    assert properties["BisectBatchOnFunctionError"] is True, "a bad record would take its whole batch with it"
    assert properties["MaximumRecordAgeInSeconds"] == seconds
    assert properties["StartingPosition"] == "TRIM_HORIZON", (
        "what was written before the first poll would never be announced"
    )
    assert len(properties["FilterCriteria"]["Filters"]) <= 5, "more, AWS grants on request only"
    destination = properties["DestinationConfig"]["OnFailure"]["Destination"]
    stack = aws.named("AWS::Lambda::Function", "FunctionName")[function].stack
    assert aws.text(stack, destination) == dead_letters


def test_queues_are_encrypted_and_dead_letters_kept_as_long_as_possible(aws: Assembly) -> None:
    for name, queue in aws.named("AWS::SQS::Queue", "QueueName").items():
        if name.removesuffix("-dlq").removesuffix("-parking") in TOPICS:  # they hold phone numbers
            assert aws.text(queue.stack, queue.properties["KmsMasterKeyId"]) == "Key"
        else:
            assert queue.properties["SqsManagedSseEnabled"] is True
        kept = queue.properties["MessageRetentionPeriod"]
        assert (kept == FOURTEEN_DAYS) == name.endswith(("-dlq", "-parking"))


def test_every_queue_refuses_plain_http(aws: Assembly) -> None:
    for name in aws.named("AWS::SQS::Queue", "QueueName"):
        [denied] = [s for s in _policy(aws, name) if s["Effect"] == "Deny"]
        assert denied["Action"] == "sqs:*"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_a_subscriptions_own_rule_or_topic_may_send_to_its_queues(aws: Assembly) -> None:
    allowed = {
        name: [s for s in _policy(aws, name) if s["Effect"] == "Allow"]
        for name in aws.named("AWS::SQS::Queue", "QueueName")
    }
    assert {name for name, statements in allowed.items() if statements} == {
        name
        for queue in (*SUBSCRIPTIONS, *FROM_AWS, *TOPICS, COMPLETIONS)
        for name in (queue, f"{queue}-dlq")
    } | {*RULES_DEAD_LETTERS, *HANDED_OVER}
    rules = aws.named("AWS::Events::Rule", "Name")
    topics = aws.named("AWS::SNS::Topic", "TopicName")
    for queue, statements in allowed.items():
        for statement in statements:
            source = queue.removesuffix("-dlq")
            if queue in RULES_DEAD_LETTERS:
                service = "events"
                sender: dict[str, Any] = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
                assert sender in [
                    {"Fn::GetAtt": [rules[rule].logical_id, "Arn"]} for rule in RULES_DEAD_LETTERS[queue]
                ]
            elif queue in HANDED_OVER:
                service, sender = "events", {"Fn::GetAtt": [rules[HANDED_OVER[queue]].logical_id, "Arn"]}
            elif source == COMPLETIONS:
                service, sender = "sns", {"Ref": topics[COMPLETIONS].logical_id}
            elif source in TOPICS:
                service = "sns"
                sender = {"Ref": topics[TOPICS[source]].logical_id}
            else:
                service, sender = "events", {"Fn::GetAtt": [rules[source].logical_id, "Arn"]}
            assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
            assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": sender}}


def test_the_rules_are_those_of_the_subscriptions_and_of_the_clock(aws: Assembly) -> None:
    rules = aws.named("AWS::Events::Rule", "Name")
    of_the_default_bus = {rule for names in RULES_DEAD_LETTERS.values() for rule in names}
    handed_over = {*HANDED_OVER.values()}
    assert set(rules) == {*SUBSCRIPTIONS, *FROM_AWS, "feedback-timers", *of_the_default_bus, *handed_over}
    assert rules["feedback-timers"].properties["ScheduleExpression"] == "rate(1 minute)"


@pytest.mark.parametrize("queue", TOPICS)
def test_what_carries_numbers_comes_from_the_sms_service_alone_and_is_encrypted(
    aws: Assembly, queue: str
) -> None:
    topic = aws.named("AWS::SNS::Topic", "TopicName")[TOPICS[queue]]
    assert aws.text(topic.stack, topic.properties["KmsMasterKeyId"]) == "Key"
    [statements] = [
        policy.properties["PolicyDocument"]["Statement"]
        for policy in aws.all("AWS::SNS::TopicPolicy")
        if policy.properties["Topics"] == [{"Ref": topic.logical_id}]
    ]
    [allowed] = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert (allowed["Action"], allowed["Principal"]) == (
        "sns:Publish",
        {"Service": "sms-voice.amazonaws.com"},
    )
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    [subscription] = [
        found.properties
        for found in aws.all("AWS::SNS::Subscription")
        if found.properties["TopicArn"] == {"Ref": topic.logical_id}
    ]
    assert aws.text(topic.stack, subscription["Endpoint"]) == queue
    # The time and the id of the notification are read: no raw delivery.
    assert "RawMessageDelivery" not in subscription
    dead_letters = subscription["RedrivePolicy"]["deadLetterTargetArn"]
    assert aws.text(topic.stack, dead_letters) == f"{queue}-dlq"


def test_what_becomes_of_an_sms_is_reported_to_the_topic_of_receipts(aws: Assembly) -> None:
    [configuration] = aws.all("AWS::SMSVOICE::ConfigurationSet")
    outreach = aws.named("AWS::Lambda::Function", "FunctionName")["feedback-outreach"]
    told = outreach.properties["Environment"]["Variables"]["CONFIGURATION_SET"]
    assert configuration.properties["ConfigurationSetName"] == told
    [destination] = configuration.properties["EventDestinations"]
    assert (destination["Enabled"], destination["MatchingEventTypes"]) == (True, ["TEXT_ALL"])
    topic = aws.text(configuration.stack, destination["SnsDestination"]["TopicArn"])
    assert topic == "wild-rydes-sms-receipts"


def useful_life_of(rule: Resource) -> float:
    """For how many seconds one of a rule's events is of use: tests/contract/test_literals.py has each of them.

    To a consumer that keeps a record, an event is of use for as long as AWS allows.
    """
    if rule.properties["Name"] in LATE:
        return timedelta(days=1).total_seconds()
    names = rule.properties["EventPattern"]["detail-type"]
    return max(event.useful_life.total_seconds() for event in EVENTS if event.name in names)


@pytest.mark.parametrize("queue", SUBSCRIPTIONS)
def test_a_subscriptions_rule_gives_up_to_the_same_dead_letter_queue(aws: Assembly, queue: str) -> None:
    rule = aws.named("AWS::Events::Rule", "Name")[queue]
    assert aws.text(rule.stack, rule.properties["EventBusName"]) == "/wild-rydes/platform/bus-name"
    [target] = rule.properties["Targets"]
    assert aws.text(rule.stack, target["Arn"]) == queue
    assert aws.text(rule.stack, target["DeadLetterConfig"]["Arn"]) == f"{queue}-dlq"
    age = useful_life_of(rule)
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": age, "MaximumRetryAttempts": 185}


@pytest.mark.parametrize("queue", SUBSCRIPTIONS)
def test_a_rule_tries_for_as_long_as_one_of_its_events_is_of_use_and_says_what_becomes_of_them_later(
    aws: Assembly, queue: str
) -> None:
    rule = aws.named("AWS::Events::Rule", "Name")[queue]
    heard = [event for event in EVENTS if event.name in rule.properties["EventPattern"]["detail-type"]]
    [target] = rule.properties["Targets"]
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == useful_life_of(rule)
    [service] = [name for name in SERVICES if queue.startswith(name)]
    what, _, becomes = rule.properties["Description"].partition(FROM_ARCHIVE)
    assert what == f"{', '.join(sorted({event.name for event in heard}))} for {service}. "
    assert len(becomes) > len("nothing")


@pytest.mark.parametrize(
    ("lives", "tried_for"),
    [((5,), 60), ((60, 900), 900), ((86_400 * 9, 60), 86_400)],
)
def test_a_useful_life_is_cut_to_what_eventbridge_allows(lives: tuple[int, ...], tried_for: int) -> None:
    events = [type("Any", (), {"useful_life": timedelta(seconds=seconds)}) for seconds in lives]
    assert useful_life(events) == timedelta(seconds=tried_for)


def test_each_queue_alarms_by_age_and_each_dead_letter_queue_by_depth(aws: Assembly) -> None:
    watched = {
        aws.text(alarm.stack, dimension["Value"]): (
            alarm.properties["MetricName"],
            alarm.properties["Threshold"],
        )
        for alarm in aws.all("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    age, depth = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
    overdue = {
        **dict.fromkeys(CONSUMED, 60),
        **dict.fromkeys([f"{name}-dlq" for name in SECOND], 300),
        "ride-booking-deadlines": 960,
        **dict.fromkeys(UNHURRIED - {"ride-booking-batches"}, 900),
        **dict.fromkeys(RIDE_QUEUES, 600),
    }
    last = [f"{name}-parking" if name in SECOND else f"{name}-dlq" for name in CONSUMED]
    dead_letters = [*last, *STREAM_DEAD_LETTERS, *RULES_DEAD_LETTERS]
    assert watched == {
        **{name: (age, seconds) for name, seconds in overdue.items()},
        **dict.fromkeys(dead_letters, (depth, 1)),
    }


def test_a_rule_may_let_in_what_an_archive_replays_of_older_versions(tmp_path: Path) -> None:
    artifact = tmp_path / "empty.zip"
    zipfile.ZipFile(artifact, "w").close()
    app = cdk.App(outdir=str(tmp_path / "out"), analytics_reporting=False)
    stack = ServiceStack(
        app,
        "Test",
        service="feedback",
        stage=stage_of(app),
        artifact=artifact,
        description="A consumer of version 2",
    )
    Subscription(
        stack,
        "feedback-rides",
        RideCompletedV2,
        consumer=stack.function("rides", seconds=3),
        replay=NoReplay("it is only synthesized."),
        from_archive="read again",
        only={"responder_id": ["u-1"]},
        replays=True,
    )
    [pattern] = [
        rule.properties["EventPattern"] for rule in load(Path(app.synth().directory)).all("AWS::Events::Rule")
    ]
    assert pattern == rule_pattern(RideCompletedV2, replays=True) | {
        "detail": {"data": {"responder_id": ["u-1"]}}
    }
    old = on_the_bus(fake(RideCompleted, responder_id="u-1"), replay="last-year")
    assert EventPattern.of(pattern).matches(old)
    del old["replay-name"]
    assert not EventPattern.of(pattern).matches(old)
