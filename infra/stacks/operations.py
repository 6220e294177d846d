"""What whoever is on call sees of all services together. It knows them by their names alone, and may be deployed at any time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import naming, roster
from infra.patterns.widgets import HALF, THIRD, WHOLE, answer, graph, heading
from infra.questions import (
    API_FAILURES,
    API_LATENCY,
    API_REFUSALS,
    COMPLAINTS,
    QUESTIONS,
    TRACE,
    Question,
    functions,
)
from infra.slo import OBJECTIVES, alarm_name
from infra.stage import Stage

FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "ride-booking": (
        *("aggregator", "api", "authorizer", "batches", "closer", "machine-api", "machine-authorizer"),
        *("notifier", "outbox", "replay", "rides", "socket"),
    ),
    "unicorn-mgmt": (
        *("api", "authorizer", "bookings", "closings", "outbox", "ratings", "replay", "responder", "socket"),
        *("partner-callbacks", "jobs-api", "jobs-outbox", "jobs", "job-failures"),
        *("import-validate", "import-chunk", "import-end"),
    ),
    "feedback": ("api", "outbox", "outreach", "receipts", "replay", "replies", "rides", "timers"),
    "settlement": (
        *("archive", "completions", "decisions", "documents", "failsafe", "findings"),
        *("outbox", "outcomes"),
        *("pages-large", "pages-single", "pages-small", "prices", "readings", "replay", "rides"),
    ),
}
"""The functions of each service by their roles, without those of partners. tests/infra/test_operations.py compares them
with the templates."""

APIS: Final = ("rfq-api", "machine-api", "unicorn-api", "partner-api", "jobs-api", "support-api")

_QUERIED_AT_ONCE: Final = 50
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatchlogs_limits.html"""

_MINUTE: Final = cdk.Duration.minutes(1)


class OperationsStack(cdk.Stack):
    """The dashboard of the whole system, and the saved query that follows one id through all services.

    What is not deployed yet leaves a widget empty.
    """

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(
            scope,
            naming.OPERATIONS_STACK,
            stack_name=stage.names.of(naming.OPERATIONS_STACK),
            description="Wild Rydes: the dashboard of all services",
            synthesizer=stage.synthesizer(),
            termination_protection=stage.protected,
            tags=stage.tags("operations"),
        )
        self._stage = stage
        self._log_groups = [
            f"/aws/lambda/{stage.names.of(name)}"
            for service in FUNCTIONS
            for name in functions_of(service, simulated=stage.simulated_partners)
        ]
        for number, groups in enumerate(self._queried(), 1):
            more = "" if number == 1 else f"-{number}"
            logs.CfnQueryDefinition(
                self,
                f"Trace{more}",
                name=stage.names.of(f"wild-rydes/trace{more}"),
                log_group_names=groups,
                query_string="\n| ".join(TRACE),
            )
        cloudwatch.Dashboard(
            self,
            "Board",
            dashboard_name=stage.names.of("wild-rydes"),
            default_interval=cdk.Duration.hours(3),
            widgets=[*self._rows()],
        )

    def _queried(self) -> Iterable[Sequence[str]]:
        """Go through the functions' log groups, as many at once as a query may read."""
        for start in range(0, len(self._log_groups), _QUERIED_AT_ONCE):
            yield self._log_groups[start : start + _QUERIED_AT_ONCE]

    def _rows(self) -> Iterable[Sequence[cloudwatch.IWidget]]:
        links = " ".join(
            f"[button:{service}](#dashboards/dashboard/{self._stage.names.of(f'wild-rydes-{service}')})"
            for service in FUNCTIONS
        )
        yield [heading(f"# Wild Rydes: is it ill? {links}")]
        yield [self._promises()]
        yield [heading("## What customers notice")]
        for service, questions in QUESTIONS.items():
            yield [*self._answers(service, questions)]
        groups = [f"/aws/apigateway/{self._stage.names.of(api)}" for api in APIS]
        yield [answer(question, groups, THIRD) for question in (API_FAILURES, API_REFUSALS, API_LATENCY)]
        yield [heading("## Where work waits, or is given up")]
        given_up, waits = "(QueueName=dlq OR QueueName=parking)", "NOT QueueName=dlq NOT QueueName=parking"
        yield [
            self._found(
                "Messages given up (parked, dead letters)",
                "SQS,QueueName",
                "ApproximateNumberOfMessagesVisible",
                "Maximum",
                given_up,
            ),
            self._found(
                "Seconds that the oldest message of a queue has waited",
                "SQS,QueueName",
                "ApproximateAgeOfOldestMessage",
                "Maximum",
                waits,
            ),
            self._found(
                "Outbox and others: milliseconds behind a table's stream",
                "Lambda,FunctionName",
                "IteratorAge",
                "Maximum",
            ),
        ]
        yield [heading("## Causes")]
        yield [
            self._found("Crashes, time-outs, out of memory", "Lambda,FunctionName", "Errors", "Sum"),
            self._found("Throttled: no concurrency was left", "Lambda,FunctionName", "Throttles", "Sum"),
            self._found("Tables that throttle writes", "DynamoDB,TableName", "WriteThrottleEvents", "Sum"),
        ]
        yield [
            self._found(
                "Milliseconds that an invocation takes, median",
                "Lambda,FunctionName",
                "Duration",
                "p50",
                width=HALF,
            ),
            self._found(
                "Milliseconds that an invocation takes, p99",
                "Lambda,FunctionName",
                "Duration",
                "p99",
                width=HALF,
            ),
        ]
        for number, queried in enumerate(self._queried(), 1):
            more = "" if number == 1 else f" ({number})"
            yield [answer(replace(COMPLAINTS, title=f"{COMPLAINTS.title}{more}"), queried)]

    def _promises(self) -> cloudwatch.IWidget:
        """Show the alarms of all objectives, which are known by their names."""
        alarms = {
            name: self.format_arn(
                service="cloudwatch",
                resource="alarm",
                resource_name=self._stage.names.of(name),
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in map(alarm_name, OBJECTIVES)
        }
        return cloudwatch.AlarmStatusWidget(
            title="Promises to customers; red: broken so often that somebody is woken",
            alarms=[cloudwatch.Alarm.from_alarm_arn(self, name, arn) for name, arn in alarms.items()],
            width=WHOLE,
            height=3,
        )

    def _answers(self, service: str, questions: Iterable[Question]) -> Iterable[cloudwatch.IWidget]:
        """Show the answers to a service's questions. Without partners there are none about them."""
        for question in questions:
            if names := functions(service, question, simulated=self._stage.simulated_partners):
                yield answer(question, [f"/aws/lambda/{self._stage.names.of(name)}" for name in names])

    def _found(
        self,
        title: str,
        of: str,
        metric: str,
        statistic: str,
        only: str = "",
        *,
        width: int = THIRD,
    ) -> cloudwatch.IWidget:
        """Search for all metrics of this name in the environment, so that what is added appears by itself.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
        """
        dimension = of.partition(",")[2]
        terms = f'{{AWS/{of}}} MetricName="{metric}" {dimension}={self._stage.names.environment} {only}'
        return graph(
            title,
            [
                cloudwatch.MathExpression(
                    expression=f"SEARCH('{terms.strip()}', '{statistic}', 60)", label="", period=_MINUTE
                )
            ],
            width,
        )


def functions_of(service: str, *, simulated: bool) -> list[str]:
    """Name all functions of a service, plainly, those of partners among them."""
    partners = roster.partners(simulated=simulated) if service == "unicorn-mgmt" else {}
    of_partners = [f"{id_}-{task}" for id_ in partners for task in ("quotes", "rides")]
    roles = [role for role in FUNCTIONS[service] if partners or role != "partner-callbacks"]
    return [f"{service}-{role}" for role in (*roles, *of_partners)]
