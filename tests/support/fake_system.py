"""An environment in which all is well, as its AWS APIs tell it, and in which a test makes something ill."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra import roster
from infra.naming import Names
from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.system import System
from tests.support.fake_account import FakeAccount

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
PARTNER = next(iter(roster.partners()))
QUEUES = (
    "ride-booking-rides",
    "feedback-rides",
    "feedback-rides-dlq",
    "unicorn-mgmt-inbox",
    "unicorn-mgmt-inbox-dlq",
)
FUNCTIONS = ("ride-booking-api", "ride-booking-rides", "feedback-rides", f"unicorn-mgmt-{PARTNER}-quotes")
_ARN = "arn:aws:lambda:eu-west-1:1:function:"
_STACKS = (
    *("WildRydesPlatform", "WildRydesRideBooking", "WildRydesUnicornMgmt", "WildRydesFeedback"),
    "WildRydesSettlement",
)


def alarm(name: str, **more: Any) -> dict[str, Any]:
    """An alarm that watches, and that would tell the topic."""
    told = {"AlarmActions": ["arn:topic"], "StateValue": "OK", "Dimensions": []}
    return {"AlarmName": name, **told, **more}


def mapping(queue: str, function: str, **more: Any) -> dict[str, Any]:
    """An event source that brings a function what a queue has."""
    arns = {"EventSourceArn": f"arn:aws:sqs:eu-west-1:1:{queue}", "FunctionArn": f"{_ARN}{function}"}
    return {"UUID": f"uuid-of-{queue}", "State": "Enabled", **arns, **more}


def well(names: Names, number: bool = True) -> dict[str, Any]:
    """The answers of an environment in which all is well."""
    parameters = {"/wild-rydes/platform/bus-name": names.of("wild-rydes")}
    if number:
        parameters["/wild-rydes/feedback/origination-number"] = "+12065550100"
    ages = {
        queue: alarm(
            f"{names.of('WildRydes')}-{queue}-age",
            MetricName="ApproximateAgeOfOldestMessage",
            Threshold=60.0,
            Dimensions=[{"Name": "QueueName", "Value": names.of(queue)}],
        )
        for queue in QUEUES
        if not queue.endswith("-dlq")
    }
    lag = alarm(
        "lag",
        MetricName="IteratorAge",
        Threshold=30_000.0,
        Dimensions=[{"Name": "FunctionName", "Value": names.of("ride-booking-outbox")}],
    )
    return {
        "ssm.get_parameters_by_path": lambda Path, **_: {  # noqa: N803, ARG005
            "Parameters": [{"Name": names.of(name), "Value": value} for name, value in parameters.items()]
        },
        "sqs.list_queues": lambda **_: {
            "QueueUrls": [f"https://sqs/1/{names.of(queue)}" for queue in QUEUES]
        },
        "sqs.get_queue_attributes": depths(),
        "sqs.receive_message": {},
        "cloudformation.describe_stacks": {
            "Stacks": [{"StackName": names.of(name), "StackStatus": "UPDATE_COMPLETE"} for name in _STACKS]
        },
        "cloudwatch.describe_alarms": lambda AlarmNamePrefix, AlarmTypes: {  # noqa: N803, ARG005
            "MetricAlarms": [*ages.values(), lag] if "WildRydes" in AlarmNamePrefix else [],
            "CompositeAlarms": [],
        },
        "cloudwatch.get_metric_data": metrics({}),
        "lambda.list_event_source_mappings": {
            "EventSourceMappings": [
                mapping(names.of("ride-booking-rides"), names.of("ride-booking-rides")),
                mapping(names.of("feedback-rides"), f"{names.of('feedback-rides')}:live"),
            ]
        },
        "lambda.list_functions": {
            "Functions": [{"FunctionName": names.of(name), "State": "Active"} for name in FUNCTIONS]
        },
        "lambda.get_function_concurrency": {},
        "logs.describe_log_groups": {"logGroups": []},
        "dynamodb.scan": {"Items": [], "ScannedCount": 3},
        "dynamodb.query": {"Items": []},
        "dynamodb.get_item": {},
        "secretsmanager.get_secret_value": {"SecretString": json.dumps({"base_url": "https://partner"})},
        "events.describe_archive": {"State": "ENABLED"},
    }


def depths(**of: tuple[int, int]) -> Callable[..., dict[str, Any]]:
    """Queues with so many messages waiting and in flight, by their plain names with underscores."""

    def answer(QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        name = QueueUrl.rpartition("/")[2].removeprefix("dev-").replace("-", "_")
        waiting, taken = of.get(name, (0, 0))
        found = {
            "ApproximateNumberOfMessages": str(waiting),
            "ApproximateNumberOfMessagesNotVisible": str(taken),
        }
        return {"Attributes": found}

    return answer


def metrics(values: Mapping[tuple[str, str], float]) -> Callable[..., dict[str, Any]]:
    """What CloudWatch has measured, by the names of metric and resource."""

    def answer(MetricDataQueries: list[dict[str, Any]], StartTime: datetime, EndTime: datetime) -> Any:  # noqa: N803
        assert timedelta() < EndTime - StartTime <= timedelta(hours=1)
        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            value = values.get((metric["MetricName"], metric["Dimensions"][0]["Value"]))
            results.append({"Id": query["Id"], "Values": [] if value is None else [value]})
        return {"MetricDataResults": results}

    return answer


class LocalSystem(System):
    """An environment without a metric."""

    HOW_TO_DEPLOY = "`uv run rydes up`"

    def __init__(self, answers: Mapping[str, Any], names: Names) -> None:
        super().__init__(names)
        self.account = FakeAccount(answers, names)

    def _make_client(self, service: str) -> Any:
        return self.account.client(service)


class SystemOnAws(AwsAccount):
    """An environment that CloudWatch measures."""

    def __init__(self, answers: Mapping[str, Any], names: Names) -> None:
        super().__init__(names, region="eu-west-1")
        self.account = FakeAccount(answers, names)

    def _make_client(self, service: str) -> Any:
        return self.account.client(service)
