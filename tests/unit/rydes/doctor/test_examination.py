"""Whatever is ill is named, with the next step; what cannot be read is never taken for well."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.naming import Names
from infra.rydes.doctor.examination import EXAMINATIONS, Report, examine
from infra.rydes.doctor.finding import Ill
from tests.support.fake_account import refused
from tests.support.fake_system import (
    NOW,
    PARTNER,
    LocalSystem,
    SystemOnAws,
    alarm,
    depths,
    mapping,
    metrics,
    well,
)
from wild_rydes_circuit_breaker import Mode, Override, Record, State, Unreadable

DEV = Names("dev")


def on_aws(**ill: Any) -> Report:
    return examine(SystemOnAws({**well(DEV), **named(ill)}, DEV), NOW)


def here(**ill: Any) -> Report:
    return examine(LocalSystem({**well(Names()), **named(ill)}, Names()), NOW)


def named(answers: Mapping[str, Any]) -> dict[str, Any]:
    """`sqs__list_queues` is the call `sqs.list_queues`."""
    return {name.replace("__", "."): answer for name, answer in answers.items()}


def the(report: Report) -> Ill:
    """The only thing that is ill."""
    [ill] = report.ill
    assert report.status == 1
    assert ill.says
    assert ill.means
    assert ill.to_do
    return ill


def milliseconds(ago: timedelta) -> dict[str, str]:
    return {"N": str(round((NOW - ago).timestamp() * 1000))}


def test_where_all_is_well_nothing_is_ill_and_all_was_looked_at() -> None:
    report = on_aws()
    assert (report.status, report.ill, report.unreadable, report.unseen) == (0, [], {}, [])
    assert set(report.looked) == set(EXAMINATIONS)
    assert "5 stacks" in report.well
    assert "3 queues (0 waiting, 0 in flight)" in report.well
    assert "2 dead-letter queues empty" in report.well


def test_it_calls_nothing_that_changes_anything() -> None:
    there = SystemOnAws(well(DEV), DEV)
    examine(there, NOW)
    verbs = {call.partition(".")[2].partition("_")[0] for call, _ in there.account.calls}
    assert verbs <= {"describe", "list", "get", "scan", "query", "filter"}


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "dev-WildRydesFeedback: UPDATE_ROLLBACK_COMPLETE"),
        ("UPDATE_IN_PROGRESS", "dev-WildRydesFeedback is being deployed: UPDATE_IN_PROGRESS"),
        (None, "dev-WildRydesFeedback is not deployed"),
    ],
)
def test_a_stack_that_is_not_deployed_is_ill(state: str | None, says: str) -> None:
    stacks = [
        stack
        for stack in well(DEV)["cloudformation.describe_stacks"]["Stacks"]
        if stack["StackName"] != "dev-WildRydesFeedback"
    ]
    if state:
        stacks.append({"StackName": "dev-WildRydesFeedback", "StackStatus": state})
    assert the(on_aws(cloudformation__describe_stacks={"Stacks": stacks})).says == says


def test_an_alarm_that_rings_says_what_it_means_and_where_the_runbook_goes_on() -> None:
    said = "Messages wait, so what they ask for is late. The consumer is too slow. Runbook: -age."
    found = {
        "MetricAlarms": [
            alarm("dev-WildRydesX", StateValue="ALARM", AlarmDescription=said),
            alarm("dev-WildRydesPart", StateValue="ALARM", AlarmDescription=said, AlarmActions=[]),
            alarm("dev-WildRydesNew", StateValue="INSUFFICIENT_DATA"),
        ]
    }

    def describe(AlarmNamePrefix: str, **_: Any) -> Any:  # noqa: N803
        return found if "WildRydes" in AlarmNamePrefix else {}

    ill = the(on_aws(cloudwatch__describe_alarms=describe))
    assert ill.says == "alarm: Messages wait, so what they ask for is late"
    assert ill.means == "The consumer is too slow."
    assert ill.to_do == "docs/runbook.md: -age"


def test_a_queue_whose_oldest_message_is_older_than_its_alarm_allows_is_ill() -> None:
    waiting = depths(feedback_rides=(7, 2), ride_booking_rides=(5, 0))
    ages = {
        ("ApproximateAgeOfOldestMessage", "dev-feedback-rides"): 300.0,
        ("ApproximateAgeOfOldestMessage", "dev-ride-booking-rides"): 60.0,
    }
    ill = the(on_aws(sqs__get_queue_attributes=waiting, cloudwatch__get_metric_data=metrics(ages)))
    assert ill.says == "feedback-rides: 7 messages waiting, the oldest for 5 min, 2 in flight"


def test_an_age_that_cloudwatch_still_remembers_is_none_if_nothing_waits() -> None:
    ages = {("ApproximateAgeOfOldestMessage", "dev-feedback-rides"): 300.0}
    assert on_aws(cloudwatch__get_metric_data=metrics(ages)).status == 0


def test_on_a_local_cloud_a_queue_is_ill_if_nobody_takes_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def numbers(QueueUrl: str, **more: Any) -> Any:  # noqa: N803
        busy = (5 - len(looks), 0) if QueueUrl.endswith("/ride-booking-rides") else (0, 0)
        return depths(feedback_rides=(2, 0), ride_booking_rides=busy)(QueueUrl, **more)

    monkeypatch.setattr("infra.rydes.doctor.queues.sleep", lambda _: looks.append(1))
    assert the(here(sqs__get_queue_attributes=numbers)).says.startswith(
        "feedback-rides: 2 messages waiting, nobody takes them"
    )


def parked(message: str, error: str) -> dict[str, Any]:
    told = {"error": error, "message_type": "RideCompleted", "reason": f"{error} of +12065550142"}
    return {
        "MessageId": message,
        "ReceiptHandle": message,
        "Body": "{}",
        "Attributes": {"SentTimestamp": "1795250701000", "ApproximateReceiveCount": "1"},
        "MessageAttributes": {
            name: {"StringValue": value, "DataType": "String"} for name, value in told.items()
        },
    }


def test_dead_letters_are_counted_and_their_reasons_grouped_without_a_phone_number() -> None:
    messages = [parked("a", "Unprocessable"), parked("b", "KeyError"), parked("c", "Unprocessable")]
    answers = iter([{"Messages": messages}])
    report = on_aws(
        sqs__get_queue_attributes=depths(feedback_rides_dlq=(3, 0)),
        sqs__receive_message=lambda **_: next(answers, {}),
        sqs__change_message_visibility_batch={},
    )
    ill = the(report)
    assert ill.says == (
        "feedback-rides-dlq has 3 messages: 2 × RideCompleted Unprocessable; 1 × RideCompleted KeyError"  # noqa: RUF001
    )
    assert "feedback-rides-dlq" in ill.to_do
    assert "2065550142" not in str(report)


def test_dead_letters_are_ill_though_they_may_not_be_read() -> None:
    report = on_aws(
        sqs__get_queue_attributes=depths(feedback_rides_dlq=(3, 0)),
        sqs__receive_message=refused("AccessDenied"),
    )
    assert the(report).says == "feedback-rides-dlq has 3 messages"


def test_dead_letters_that_a_function_sends_back_are_not_ill() -> None:
    mappings = [*well(DEV)["lambda.list_event_source_mappings"]["EventSourceMappings"]]
    mappings.append(mapping("dev-feedback-rides-dlq", "dev-feedback-rides"))
    report = on_aws(
        sqs__get_queue_attributes=depths(feedback_rides_dlq=(3, 0)),
        lambda__list_event_source_mappings={"EventSourceMappings": mappings},
    )
    assert report.status == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"State": "Disabled"}, "the mapping from feedback-rides to feedback-rides is disabled"),
        (
            {"LastProcessingResult": "PROBLEM: Function call failed"},
            "the mapping from feedback-rides to feedback-rides: PROBLEM: Function call failed",
        ),
    ],
)
def test_an_event_source_that_brings_nothing_is_ill(more: dict[str, Any], says: str) -> None:
    mappings = [mapping("dev-feedback-rides", "dev-feedback-rides:live", **more)]
    report = on_aws(lambda__list_event_source_mappings={"EventSourceMappings": mappings})
    assert the(report).says == says


def stopped_parameters(Path: str, **_: Any) -> Any:  # noqa: N803
    stop = {"at": "2026-11-27T11:30:00+00:00", "by": "ann", "reason": "a bad deploy"}
    found = well(DEV)["ssm.get_parameters_by_path"](Path=Path)
    name = "/dev/wild-rydes/stopped/feedback-rides"
    return {"Parameters": [*found["Parameters"], {"Name": name, "Value": json.dumps(stop)}]}


def test_a_function_that_was_stopped_is_ill_once_and_says_by_whom() -> None:
    mappings = [mapping("dev-feedback-rides", "dev-feedback-rides", State="Disabled")]
    report = on_aws(
        ssm__get_parameters_by_path=stopped_parameters,
        lambda__list_event_source_mappings={"EventSourceMappings": mappings},
    )
    ill = the(report)
    assert ill.says == "feedback-rides is stopped for 30 min, by ann: a bad deploy"
    assert ill.to_do == "uv run rydes start feedback-rides"


def test_a_function_without_any_concurrency_is_ill() -> None:
    def concurrency(FunctionName: str) -> Any:  # noqa: N803
        return {"ReservedConcurrentExecutions": 0} if FunctionName == "dev-ride-booking-api" else {}

    ill = the(on_aws(lambda__get_function_concurrency=concurrency))
    assert ill.says == "ride-booking-api is stopped: its reserved concurrency is 0"
    assert ill.to_do.endswith("dev-ride-booking-api")


def test_functions_that_crash_or_are_throttled_are_ill() -> None:
    numbers = {("Errors", "dev-ride-booking-api"): 3.0, ("Throttles", "dev-ride-booking-api"): 1.0}
    says = the(on_aws(cloudwatch__get_metric_data=metrics(numbers))).says
    assert says == "ride-booking-api crashed or timed out 3 times and was throttled once in the last 15 min"


def test_a_crash_is_read_from_the_log_where_there_are_no_metrics() -> None:
    def logged(logGroupName: str, filterPattern: str, startTime: int) -> Any:  # noqa: N803
        crash = "2026-11-27T11:59:00 1 Task timed out after 3.00 seconds"
        told = [crash, json.dumps({"message": "Task timed out, says a partner"})]
        at = startTime + 1
        events = [
            {"timestamp": at, "logStreamName": "s", "message": text}
            for text in told
            if filterPattern.strip('"') in text and logGroupName.endswith("feedback-rides")
        ]
        return {"events": events}

    groups = {"logGroups": [{"logGroupName": "/aws/lambda/feedback-rides"}]}
    report = here(
        logs__describe_log_groups=lambda **prefix: groups if "feedback" in str(prefix) else {"logGroups": []},
        logs__filter_log_events=logged,
    )
    assert the(report).says == "feedback-rides crashed or timed out once in the last 15 min"


def test_a_table_that_is_throttled_is_ill() -> None:
    found = {
        ("ReadThrottleEvents", "dev-feedback"): 3.0,
        ("WriteThrottleEvents", "dev-feedback"): 4.0,
        ("WriteThrottleEvents", "dev-ride-booking"): 0.0,
    }
    ill = the(on_aws(cloudwatch__get_metric_data=metrics(found)))
    assert ill.says == "the table feedback is throttled: 7 requests in the last 15 min"
    assert ill.to_do == "docs/runbook.md: A table is throttled"


def test_throttling_is_read_from_the_log_where_there_are_no_metrics() -> None:
    said = "An error occurred ({}) when calling the TransactWriteItems operation: no"
    told = [
        {"message": "will retry", "reason": said.format("ThrottlingException")},
        {"message": "will retry", "reason": said.format("ThrottlingException")},
        {"message": "will retry", "reason": said.format("AccessDeniedException")},
        {"message": "sms not sent", "reason": "when calling the customer (Later)"},
    ]
    found = [
        {"timestamp": 1, "logStreamName": "a", "message": json.dumps(each | {"n": n})}
        for n, each in enumerate(told)
    ]

    def filtered(filterPattern: str, **_: Any) -> Any:  # noqa: N803
        return {"events": found if filterPattern == '"when calling the"' else []}

    ill = the(
        here(
            logs__describe_log_groups=lambda logGroupNamePrefix, **_: {  # noqa: N803
                "logGroups": [{"logGroupName": "/aws/lambda/feedback-rides"}]
                if logGroupNamePrefix.endswith("feedback-")
                else []
            },
            logs__filter_log_events=filtered,
        )
    )
    assert ill.says == "feedback-rides is throttled: ThrottlingException 2 times in the last 15 min"


def test_a_consumer_behind_its_stream_is_ill_and_unseen_where_nobody_measures_it() -> None:
    lag = {("IteratorAge", "dev-ride-booking-outbox"): 90_000.0}
    assert (
        the(on_aws(cloudwatch__get_metric_data=metrics(lag))).says
        == "ride-booking-outbox is 90 s behind its stream"
    )
    assert [each for each in here().unseen if "streams" in each]


@pytest.mark.parametrize(
    ("record", "says", "means"),
    [
        (
            Record(state=State.OPEN, since=NOW.timestamp() - 300, reason="too many failures"),
            "is OPEN for 5 min: too many failures",
            "gets none",
        ),
        (
            Record(override=Override(Mode.FORCED_OPEN, "ann", "their maintenance", NOW.timestamp() + 600)),
            "is FORCED_OPEN for another 10 min, by ann: their maintenance",
            "gets none",
        ),
        (
            Record(override=Override(Mode.DISABLED, "ann", "we doubt it")),
            "is DISABLED until it is lifted, by ann: we doubt it",
            "unprotected",
        ),
        (Unreadable("no circuit"), "cannot be read: no circuit", "forgotten"),
        (Record(override=Override(Mode.FORCED_OPEN, "ann", "over", NOW.timestamp() - 1)), "", ""),
    ],
)
def test_a_circuit_that_is_not_closed_or_not_the_breakers_is_ill(
    record: Record | Unreadable, says: str, means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Mock(side_effect=record) if isinstance(record, Exception) else Mock(return_value=record)
    monkeypatch.setattr("infra.rydes.doctor.partners.store", lambda _: Mock(read=reading))
    report = on_aws()
    if not says:
        assert report.status == 0
        return
    ill = the(report)
    assert ill.says == f"the circuit of {PARTNER} {says}"
    told = {"gets none": "no quotes", "unprotected": "does not protect", "forgotten": "is forgotten"}
    assert told[means] in ill.means


def test_a_partner_without_a_filled_in_secret_is_ill() -> None:
    ill = the(on_aws(secretsmanager__get_secret_value={"SecretString": "{}"}))
    assert ill.says == f"the secret of {PARTNER} is not filled in"


def test_rfqs_that_run_past_their_deadline_are_ill() -> None:
    old = {"id": {"S": "rfq-old"}, "deadline": milliseconds(timedelta(hours=3))}
    new = {"id": {"S": "rfq-new"}, "deadline": milliseconds(timedelta(minutes=4))}
    ill = the(on_aws(dynamodb__scan={"Items": [new, old], "ScannedCount": 2}))
    assert ill.says == "2 RFQs are still running, the oldest for 3 h after its deadline"
    assert ill.to_do == "uv run rydes trace rfq-old"


def test_a_large_table_is_looked_at_in_part_which_is_said() -> None:
    page = {"Items": [], "ScannedCount": 4_000, "LastEvaluatedKey": {"id": {"S": "x"}}}
    report = on_aws(dynamodb__scan=page)
    assert report.unseen == ["RFQs beyond the first 80,000 items of the table ride-booking"]


def test_sms_that_are_overdue_are_ill() -> None:
    due = {"Items": [{"due_at": milliseconds(timedelta(minutes=20))}]}
    assert the(on_aws(dynamodb__query=due)).says == "1 SMS or reminders are overdue, the oldest for 20 min"


def test_a_missing_number_and_a_missing_archive_are_ill() -> None:
    without = well(DEV, number=False)["ssm.get_parameters_by_path"]
    assert the(on_aws(ssm__get_parameters_by_path=without)).says == "there is no number that SMS come from"
    gone = refused("ResourceNotFoundException")
    assert the(on_aws(events__describe_archive=gone)).says == "the archive dev-wild-rydes is missing"
    disabled = on_aws(events__describe_archive={"State": "DISABLED"})
    assert the(disabled).says == "the archive dev-wild-rydes is disabled"


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException"), EndpointConnectionError(endpoint_url="https://x")]
)
@pytest.mark.parametrize(
    ("call", "subjects"),
    [
        ("cloudformation__describe_stacks", {"stacks"}),
        ("cloudwatch__describe_alarms", {"alarms", "queues", "streams"}),
        ("lambda__list_functions", {"functions", "crashes", "circuits", "partner secrets"}),
        ("lambda__list_event_source_mappings", {"event sources", "dead letters"}),
        ("dynamodb__scan", {"RFQs"}),
        ("dynamodb__query", {"SMS"}),
        ("events__describe_archive", {"the archive"}),
        ("secretsmanager__get_secret_value", {"partner secrets"}),
    ],
)
def test_what_cannot_be_read_is_said_and_never_taken_for_well(
    call: str, subjects: set[str], error: Exception
) -> None:
    report = on_aws(**{call: error})
    assert (report.status, set(report.unreadable)) == (2, subjects)
    assert not subjects & set(report.looked)


def test_what_is_ill_counts_more_than_what_cannot_be_read() -> None:
    report = on_aws(dynamodb__scan=refused("AccessDenied"), events__describe_archive={"State": "DISABLED"})
    assert (report.status, len(report.ill), [*report.unreadable]) == (1, 1, ["RFQs"])
