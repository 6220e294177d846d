"""Which permissions AWS's services need to do what the templates ask of them: they poll, deliver, invoke and log.

Some act as the function's role, others under their own name, which the policy of the resource has to let in. None of
this is checked by an emulator.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from infra.assembly import Resource
from infra.proof.requirements import Requirement, key_of_queue
from infra.proof.resolver import ACCOUNT, REGION, Resolver, Unresolved

_LAMBDA: Final = "https://docs.aws.amazon.com/lambda/latest/dg/"
_GATEWAY: Final = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"


@dataclass(frozen=True)
class Delivery:
    """What somebody must be allowed so that a resource of a template does its work."""

    where: Resource
    principal: str
    """The ARN of a role, or the name of a service."""
    requirement: Requirement


def deliveries(resolver: Resolver) -> Iterator[Delivery]:
    """Derive them from the templates.

    Raises:
        Unresolved: a template asks for something of which nothing here knows what it takes.
    """
    for derive in (
        _functions,
        _machines,
        _mappings,
        _consumers,
        _rules,
        _subscriptions,
        _alarms,
        _receipts,
        _apis,
    ):
        yield from derive(resolver)


def role_of(function: Resource, resolver: Resolver) -> str:
    """Return the ARN of a function's role."""
    return resolver.text(function.stack, function.properties["Role"])


@dataclass(frozen=True)
class _Sender:
    """A service that acts under its own name, on behalf of a resource of ours."""

    service: str
    where: Resource
    arn: str
    """The resource's, by which policies let the service in."""
    source: str

    def needs(self, action: str, on: str, source: str | None = None) -> Delivery:
        """What it must be allowed."""
        context = {
            "aws:sourcearn": (self.arn,),
            "aws:sourceaccount": (ACCOUNT,),
            "aws:securetransport": ("true",),
        }
        requirement = Requirement(action, on, source or self.source, context)
        return Delivery(self.where, f"{self.service}.amazonaws.com", requirement)

    def to_queue(self, queue: str, resolver: Resolver) -> Iterator[Delivery]:
        """What it must be allowed to send to a queue."""
        yield self.needs("sqs:SendMessage", queue)
        for key in key_of_queue(queue, resolver, sends=True):
            yield self.needs(key.action, key.resource, key.source)

    def to_topic(self, topic: str, resolver: Resolver) -> Iterator[Delivery]:
        """What it must be allowed to publish to a topic."""
        yield self.needs("sns:Publish", topic)
        source = "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"
        for each in resolver.assembly.all("AWS::SNS::Topic"):
            key = each.properties.get("KmsMasterKeyId")
            if key is not None and resolver.arn(each) == topic:
                for action in ("Decrypt", "GenerateDataKey"):
                    yield self.needs(f"kms:{action}", resolver.text(each.stack, key), source)

    def to_function(self, uri: str) -> Delivery:
        """What it must be allowed to invoke a function, by its ARN or by the gateway's URI of it."""
        function = uri.partition("/functions/")[2].removesuffix("/invocations") or uri
        return self.needs("lambda:InvokeFunction", function)


def _functions(resolver: Resolver) -> Iterator[Delivery]:
    """Every function's role is taken on by Lambda, writes its log, and its trace if it has one."""
    for function in resolver.assembly.all("AWS::Lambda::Function"):
        role = role_of(function, resolver)
        yield Delivery(
            function,
            "lambda.amazonaws.com",
            Requirement("sts:AssumeRole", role, f"{_LAMBDA}lambda-intro-execution-role.html"),
        )
        group = function.properties.get("LoggingConfig", {}).get("LogGroup")
        name = resolver.text(function.stack, group) if group else f"/aws/lambda/{resolver.name(function)}"
        stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:log-stream:2026/01/01/[$LATEST]0"
        for action in ("CreateLogStream", "PutLogEvents"):
            yield Delivery(
                function,
                role,
                Requirement(f"logs:{action}", stream, f"{_LAMBDA}monitoring-cloudwatchlogs.html"),
            )
        if function.properties.get("TracingConfig", {}).get("Mode") == "Active":
            for action in ("PutTraceSegments", "PutTelemetryRecords"):
                yield Delivery(
                    function, role, Requirement(f"xray:{action}", "*", f"{_LAMBDA}services-xray.html")
                )


def _machines(resolver: Resolver) -> Iterator[Delivery]:
    """Every state machine's role is taken on by Step Functions. What its tasks call, its pattern's test knows."""
    for machine in resolver.assembly.all("AWS::StepFunctions::StateMachine"):
        page = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html"
        role = resolver.text(machine.stack, machine.properties["RoleArn"])
        yield _Sender("states", machine, resolver.arn(machine), page).needs("sts:AssumeRole", role)


def _mappings(resolver: Resolver) -> Iterator[Delivery]:
    """A mapping polls its queue or stream, and tells of failures, as the function's role."""
    for mapping in resolver.assembly.all("AWS::Lambda::EventSourceMapping"):
        role = role_of(_function_of(mapping, resolver), resolver)
        source = resolver.text(mapping.stack, mapping.properties["EventSourceArn"])
        if source.split(":")[2] == "sqs":
            page = f"{_LAMBDA}services-sqs-configure.html"
            for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                yield Delivery(mapping, role, Requirement(f"sqs:{action}", source, page))
            for requirement in key_of_queue(source, resolver, sends=False):
                yield Delivery(mapping, role, requirement)
        else:
            page = f"{_LAMBDA}services-ddb.html"
            for action in ("DescribeStream", "GetRecords", "GetShardIterator"):
                yield Delivery(mapping, role, Requirement(f"dynamodb:{action}", source, page))
            yield Delivery(mapping, role, Requirement("dynamodb:ListStreams", "*", page))
        failures = mapping.properties.get("DestinationConfig", {}).get("OnFailure")
        if failures:
            queue = resolver.text(mapping.stack, failures["Destination"])
            page = f"{_LAMBDA}services-dynamodb-errors.html"
            yield Delivery(mapping, role, Requirement("sqs:SendMessage", queue, page))
            for requirement in key_of_queue(queue, resolver, sends=True):
                yield Delivery(mapping, role, requirement)


def _consumers(resolver: Resolver) -> Iterator[Delivery]:
    """A consumer whose work fails backs off, which needs the queue's URL, and parks what it gives up.

    All do it the same way, in wild_rydes_messaging.consume, but only some fail while calls are recorded.
    """
    for mapping in resolver.assembly.all("AWS::Lambda::EventSourceMapping"):
        queue = resolver.text(mapping.stack, mapping.properties["EventSourceArn"])
        if queue.split(":")[2] != "sqs":
            continue
        function = _function_of(mapping, resolver)
        role, source = role_of(function, resolver), "shared/messaging/src/wild_rydes_messaging/consume.py"
        for action in ("GetQueueUrl", "ChangeMessageVisibility"):
            yield Delivery(mapping, role, Requirement(f"sqs:{action}", queue, source))
        for url in _places_of_failures(function, resolver):
            place = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}"
            yield Delivery(mapping, role, Requirement("sqs:SendMessage", place, source))
            for requirement in key_of_queue(place, resolver, sends=True):
                yield Delivery(mapping, role, requirement)


def _places_of_failures(function: Resource, resolver: Resolver) -> Iterator[str]:
    """The URLs of the queues to which a consumer sends what it gives up, and a replay whatever it gets."""
    told = {
        name: resolver.text(function.stack, value)
        for name, value in function.properties["Environment"]["Variables"].items()
        if name in {"DEAD_LETTER_QUEUE_URL", "PARKING_QUEUE_URL", "REPLAYED_QUEUES"}
    }
    for route in json.loads(told.pop("REPLAYED_QUEUES", "{}")).values():
        yield from (route["queue"], route["parking"])
    yield from told.values()


def _function_of(mapping: Resource, resolver: Resolver) -> Resource:
    name = resolver.text(mapping.stack, mapping.properties["FunctionName"])
    for function in resolver.assembly.all("AWS::Lambda::Function"):
        if resolver.name(function) in name.split(":"):
            return function
    raise Unresolved(f"{mapping.stack}/{mapping.logical_id}: the function {name}")


def _rules(resolver: Resolver) -> Iterator[Delivery]:
    """A rule delivers under EventBridge's name, to its target and to the target's dead-letter queue."""
    page = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"
    for rule in resolver.assembly.all("AWS::Events::Rule"):
        sender = _Sender("events", rule, resolver.arn(rule), page)
        for target in resolver.resolve(rule.stack, rule.properties["Targets"]):
            match target["Arn"].split(":")[2]:
                case "sqs":
                    yield from sender.to_queue(target["Arn"], resolver)
                case "lambda":
                    yield sender.to_function(target["Arn"])
                case "sns":
                    yield from sender.to_topic(target["Arn"], resolver)
                case "states":
                    yield sender.needs("sts:AssumeRole", target["RoleArn"])
                    yield Delivery(
                        rule, target["RoleArn"], Requirement("states:StartExecution", target["Arn"], page)
                    )
                case service:
                    raise Unresolved(
                        f"{rule.stack}/{rule.logical_id}: what a rule needs to deliver to {service}"
                    )
            if "DeadLetterConfig" in target:
                yield from sender.to_queue(target["DeadLetterConfig"]["Arn"], resolver)


def _subscriptions(resolver: Resolver) -> Iterator[Delivery]:
    """A topic delivers under the name of SNS, to its subscriber and to the subscription's dead-letter queue."""
    page = "https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"
    for subscription in resolver.assembly.all("AWS::SNS::Subscription"):
        properties: dict[str, Any] = resolver.resolve(subscription.stack, subscription.properties)
        if properties["Protocol"] != "sqs":
            raise Unresolved(f"{subscription.stack}/{subscription.logical_id}: {properties['Protocol']}")
        sender = _Sender("sns", subscription, properties["TopicArn"], page)
        yield from sender.to_queue(properties["Endpoint"], resolver)
        if "RedrivePolicy" in properties:
            yield from sender.to_queue(properties["RedrivePolicy"]["deadLetterTargetArn"], resolver)


def _alarms(resolver: Resolver) -> Iterator[Delivery]:
    """An alarm tells its topics under the name of CloudWatch."""
    page = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"
    found = (resolver.assembly.all(f"AWS::CloudWatch::{kind}") for kind in ("Alarm", "CompositeAlarm"))
    for alarm in chain.from_iterable(found):
        sender = _Sender("cloudwatch", alarm, resolver.arn(alarm), page)
        for kind in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            for topic in resolver.resolve(alarm.stack, alarm.properties.get(kind, [])):
                yield from sender.to_topic(topic, resolver)


def _receipts(resolver: Resolver) -> Iterator[Delivery]:
    """AWS End User Messaging publishes receipts of SMS to a topic."""
    page = "https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-destinations.html"
    for configuration in resolver.assembly.all("AWS::SMSVOICE::ConfigurationSet"):
        sender = _Sender("sms-voice", configuration, resolver.arn(configuration), page)
        for destination in resolver.resolve(configuration.stack, configuration.properties)[
            "EventDestinations"
        ]:
            yield from sender.to_topic(destination["SnsDestination"]["TopicArn"], resolver)


def _gateway(where: Resource, caller: str) -> _Sender:
    """API Gateway, as it acts for a part of an API: `<id of the API>/<stage>/<route>`, or its authorizer."""
    page = f"{_GATEWAY}api-gateway-control-access-using-iam-policies-to-invoke-api.html"
    return _Sender("apigateway", where, f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{caller}", page)


def _apis(resolver: Resolver) -> Iterator[Delivery]:
    """A route of an HTTP or WebSocket API invokes its function, and so does an authorizer."""
    integrations = {}
    for integration in resolver.assembly.all("AWS::ApiGatewayV2::Integration"):
        properties = resolver.resolve(integration.stack, integration.properties)
        integrations[f"integrations/{resolver.name(integration)}"] = properties
    for route in resolver.assembly.all("AWS::ApiGatewayV2::Route"):
        properties = resolver.resolve(route.stack, route.properties)
        key = properties["RouteKey"].replace(" ", "")  # `GET /rides` is GET/rides in an ARN
        sender = _gateway(route, f"{properties['ApiId']}/stage/{key}")
        yield sender.to_function(integrations[properties["Target"]]["IntegrationUri"])
    for authorizer in resolver.assembly.all("AWS::ApiGatewayV2::Authorizer"):
        properties = resolver.resolve(authorizer.stack, authorizer.properties)
        if "AuthorizerUri" in properties:
            sender = _gateway(authorizer, f"{properties['ApiId']}/authorizers/{resolver.name(authorizer)}")
            yield sender.to_function(properties["AuthorizerUri"])
