"""What is deployed: functions and what triggers them, as the synthesized templates of AWS have it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.assembly import Assembly, Resource
from infra.naming import AWS_ENVIRONMENT, Names
from infra.proof.resolver import Resolver
from tests.simulation.aws.events import Rules
from tests.simulation.patterns import Matches, compiled

Properties = Mapping[str, Any]

NAMES = Names(AWS_ENVIRONMENT)
RFQS, UNICORNS, SURVEYS, LEDGER = map(NAMES.of, ("ride-booking", "unicorn-mgmt", "feedback", "settlement"))
"""The tables of the services."""


@dataclass(frozen=True)
class Function:
    """A function, as its stack has it."""

    name: str
    module: str
    service: str
    timeout: float
    variables: Mapping[str, str]
    short: str
    """Its name without the environment's."""


@dataclass(frozen=True)
class QueueMapping:
    """Messages of a queue go to a function."""

    queue: str
    function: Function
    batch_size: int
    most_at_once: int
    reports: bool
    """Whether the function's answer says which messages have failed. Otherwise its return acknowledges all of them."""


@dataclass(frozen=True)
class StreamMapping:
    """Changes of a table go to a function. Those that no filter matches are left out."""

    table: str
    function: Function
    batch_size: int
    filters: Sequence[Matches]
    bisect: bool
    longest: float
    """Seconds for which a batch is tried again."""
    failed_to: str
    """The ARN of the queue that hears of a batch which was given up."""


@dataclass(frozen=True)
class Stacks:
    """All stacks. Queues, tables, rules and topics are as CloudFormation has them."""

    functions: Mapping[str, Function]
    queue_mappings: Sequence[QueueMapping]
    stream_mappings: Sequence[StreamMapping]
    apis: Mapping[str, Function]
    """The function behind each HTTP API, by its base URL."""
    sockets: Mapping[str, Function]
    """The function behind each WebSocket API, by its endpoint."""
    queues: Sequence[Properties]
    tables: Sequence[Properties]
    rules: Rules
    schedules: Mapping[str, Function]
    """Functions that are invoked every minute, by their rules."""
    subscriptions: Sequence[Properties]
    parameters: Mapping[str, str]
    secrets: Sequence[str]
    """Their ARNs."""
    buckets: list[str]
    keys: Sequence[str]
    configuration_sets: Sequence[str]
    number_parameter: str
    """Where feedback finds its number."""
    user_pool: str
    by_short_name: Mapping[str, Function]

    def __getitem__(self, short: str) -> Function:
        """Find a function by its name without the environment's."""
        return self.by_short_name[short]


def read(assembly: Assembly) -> Stacks:
    """Read the templates."""
    return _Reader(assembly).read()


class _Reader:
    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._resolver = Resolver(assembly)

    def read(self) -> Stacks:
        functions = {each.name: each for each in self._functions()}
        mappings = self._all("AWS::Lambda::EventSourceMapping")
        by_api = {
            properties["ApiId"]: functions[_function_in(properties["IntegrationUri"])]
            for properties in self._all("AWS::ApiGatewayV2::Integration")
        }
        endpoints = {
            self._resolver.name(api): (self._endpoint(api), api.properties["ProtocolType"])
            for api in self._assembly.all("AWS::ApiGatewayV2::Api")
        }
        behind = {endpoints[api]: function for api, function in by_api.items()}
        return Stacks(
            functions,
            [*self._queue_mappings(mappings, functions)],
            [*self._stream_mappings(mappings, functions)],
            {url: function for (url, kind), function in behind.items() if kind == "HTTP"},
            {url: function for (url, kind), function in behind.items() if kind == "WEBSOCKET"},
            self._all("AWS::SQS::Queue"),
            self._all("AWS::DynamoDB::Table"),
            rules := Rules.of_templates(self._resolver),
            {rule.name: functions[_name(rule.targets[0].arn)] for rule in rules.scheduled()},
            self._all("AWS::SNS::Subscription"),
            {each["Name"]: each["Value"] for each in self._all("AWS::SSM::Parameter", without="webaclarn")},
            self._names("AWS::SecretsManager::Secret", self._resolver.arn),
            self._names("AWS::S3::Bucket", self._resolver.name),
            self._names("AWS::KMS::Key", self._resolver.arn),
            self._names("AWS::SMSVOICE::ConfigurationSet", self._resolver.name),
            functions[NAMES.of("feedback-outreach")].variables["NUMBER_PARAMETER"],
            functions[NAMES.of("feedback-outreach")].variables["USER_POOL_ID"],
            {each.short: each for each in functions.values()},
        )

    def _all(self, type_: str, without: str = " ") -> list[Properties]:
        return [
            self._resolver.resolve(each.stack, each.properties)
            for each in self._assembly.all(type_)
            if without not in each.logical_id
        ]

    def _names(self, type_: str, name: Callable[[Resource], str]) -> list[str]:
        return [name(each) for each in self._assembly.all(type_)]

    def _functions(self) -> Iterator[Function]:
        for each in self._assembly.all("AWS::Lambda::Function"):
            module = str(each.properties.get("Handler", "")).removesuffix(".handler")
            if ".functions." not in module:
                continue  # CDK's own
            variables = self._resolver.resolve(each.stack, each.properties["Environment"]["Variables"])
            name = self._resolver.name(each)
            yield Function(
                name,
                module,
                variables["POWERTOOLS_SERVICE_NAME"],
                float(each.properties["Timeout"]),
                variables,
                name.partition("-")[2],
            )

    def _queue_mappings(
        self, mappings: Sequence[Properties], functions: Mapping[str, Function]
    ) -> Iterator[QueueMapping]:
        for each in mappings:
            if ":sqs:" in each["EventSourceArn"]:
                yield QueueMapping(
                    each["EventSourceArn"],
                    functions[_name(each["FunctionName"])],
                    each["BatchSize"],
                    each["ScalingConfig"]["MaximumConcurrency"],
                    "ReportBatchItemFailures" in each.get("FunctionResponseTypes", ()),
                )

    def _stream_mappings(
        self, mappings: Sequence[Properties], functions: Mapping[str, Function]
    ) -> Iterator[StreamMapping]:
        for each in mappings:
            if ":dynamodb:" in each["EventSourceArn"]:
                patterns = each["FilterCriteria"]["Filters"]
                yield StreamMapping(
                    each["EventSourceArn"].split("/")[1],
                    functions[_name(each["FunctionName"])],
                    each["BatchSize"],
                    [compiled(json.loads(pattern["Pattern"])) for pattern in patterns],
                    each["BisectBatchOnFunctionError"],
                    each["MaximumRecordAgeInSeconds"],
                    each["DestinationConfig"]["OnFailure"]["Destination"],
                )

    def _endpoint(self, api: Resource) -> str:
        return f"https://{self._resolver.name(api)}.execute-api.us-east-1.amazonaws.com/v1"


def _name(function: str) -> str:
    """Take the name out of what names a function: its ARN perhaps, and its alias."""
    return function.partition(":function:")[2].partition(":")[0] or function.partition(":")[0]


def _function_in(uri: str) -> str:
    return _name(f":function:{uri.rpartition(':function:')[2].partition('/')[0]}")
