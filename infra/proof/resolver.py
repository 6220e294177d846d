"""Names, ids and ARNs that AWS would put in for the intrinsic functions of a template.

What AWS makes up is made up here: ids, and the account and region below. A parameter of SSM that none of the stacks
makes stands for itself.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.assembly import Assembly, Resource

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
_PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}


class Unresolved(ValueError):
    """A template refers to something whose value is not known here."""


@dataclass(frozen=True)
class _Kind:
    """How resources of a type are called."""

    name: str
    """The property that has the name; the logical id stands for a missing one."""
    arn: str
    """The ARN of a resource named {name}, without partition."""
    ref: str = "{name}"
    """What `Ref` returns."""


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


# What `Ref` returns: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
_KINDS: Final[dict[str, _Kind]] = {
    "AWS::ApiGatewayV2::Api": _Kind("", _arn("apigateway", "/apis/{name}")),
    "AWS::CloudWatch::Alarm": _Kind("AlarmName", _arn("cloudwatch", "alarm:{name}")),
    "AWS::CloudWatch::CompositeAlarm": _Kind("AlarmName", _arn("cloudwatch", "alarm:{name}")),
    "AWS::Cognito::UserPool": _Kind("", _arn("cognito-idp", "userpool/{name}")),
    "AWS::DynamoDB::Table": _Kind("TableName", _arn("dynamodb", "table/{name}")),
    "AWS::Events::EventBus": _Kind("Name", _arn("events", "event-bus/{name}")),
    "AWS::Events::Rule": _Kind("Name", _arn("events", "rule/{name}")),
    "AWS::IAM::Role": _Kind("RoleName", f"arn:aws:iam::{ACCOUNT}:role/{{name}}"),
    "AWS::KMS::Key": _Kind("", _arn("kms", "key/{name}")),
    "AWS::Lambda::Function": _Kind("FunctionName", _arn("lambda", "function:{name}")),
    "AWS::Logs::LogGroup": _Kind("LogGroupName", _arn("logs", "log-group:{name}:*")),
    "AWS::S3::Bucket": _Kind("BucketName", "arn:aws:s3:::{name}"),
    "AWS::SMSVOICE::ConfigurationSet": _Kind(
        "ConfigurationSetName", _arn("sms-voice", "configuration-set/{name}")
    ),
    "AWS::SMSVOICE::OptOutList": _Kind("OptOutListName", _arn("sms-voice", "opt-out-list/{name}")),
    "AWS::SNS::Topic": _Kind("TopicName", _arn("sns", "{name}"), ref=_arn("sns", "{name}")),
    "AWS::SQS::Queue": _Kind(
        "QueueName", _arn("sqs", "{name}"), ref=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{{name}}"
    ),
    "AWS::StepFunctions::StateMachine": _Kind(
        "StateMachineName", _arn("states", "stateMachine:{name}"), ref=_arn("states", "stateMachine:{name}")
    ),
    "AWS::SSM::Parameter": _Kind("Name", _arn("ssm", "parameter{name}")),
    "AWS::SecretsManager::Secret": _Kind(
        "Name",
        _arn("secretsmanager", "secret:{name}-AbCdEf"),
        ref=_arn("secretsmanager", "secret:{name}-AbCdEf"),
    ),
}
_MADE_UP: Final = {
    "AWS::Cognito::UserPool": f"{REGION}_{{id}}",
    "AWS::S3::Bucket": "{bucket}",
}
"""Names and ids that AWS makes up in a form of their own."""
_ARN_ATTRIBUTES: Final = {"Arn", "TopicArn", "FunctionArn", "AliasArn"}


class Resolver:
    """What the templates of an assembly say once they are deployed."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._parameters = {
            str(each.properties["Name"]): each for each in assembly.all("AWS::SSM::Parameter")
        }

    def name(self, resource: Resource) -> str:
        """Return the physical name or id of a resource."""
        given = resource.properties.get(_kind(resource).name)
        if given is not None:
            return self.text(resource.stack, given)
        return _MADE_UP.get(resource.type, "{stack}-{id}").format(
            stack=resource.stack, id=resource.logical_id, bucket=resource.logical_id.lower()
        )

    def arn(self, resource: Resource) -> str:
        """Return the ARN of a resource.

        Raises:
            Unresolved: what ARNs of its type look like is not known here.
        """
        name = self.name(resource)
        if resource.type == "AWS::Events::Rule" and "EventBusName" in resource.properties:
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
            name = f"{self.text(resource.stack, resource.properties['EventBusName'])}/{name}"
        arn = _kind(resource).arn
        if not arn:
            raise Unresolved(f"{resource.stack}/{resource.logical_id}: the ARN of {resource.type}")
        return arn.format(name=name)

    def resolve(self, stack: str, value: Any) -> Any:  # noqa: ANN401 - any part of a template
        """Resolve the intrinsic functions in any part of a template.

        Raises:
            Unresolved: a function or a resource type is not known here.
        """
        match value:
            case (
                {"Ref": str()}
                | {"Fn::GetAtt": _}
                | {"Fn::ImportValue": _}
                | {"Fn::Join": _}
                | {"Fn::Sub": _}
                | {"Fn::Select": _}
            ):
                return self._value(stack, value)
            case dict():
                if unknown := [key for key in value if key.startswith("Fn::")]:
                    raise Unresolved(f"{stack}: {unknown[0]}")
                return {key: self.resolve(stack, each) for key, each in value.items()}
            case list():
                return [self.resolve(stack, each) for each in value]
        return value

    def text(self, stack: str, value: Any) -> str:  # noqa: ANN401 - any part of a template
        """Resolve a value that is a text.

        Raises:
            Unresolved: a function or a resource type is not known here.
        """
        return str(self.resolve(stack, value))

    def _value(self, stack: str, value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any part of a template
        match value:
            case {"Ref": name}:
                return self._ref(stack, name)
            case {"Fn::GetAtt": [name, attribute]}:
                return self._attribute(self.assembly.at(stack, name), attribute)
            case {"Fn::ImportValue": name}:
                return self._exported(stack, self.text(stack, name))
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(self.text(stack, part) for part in parts)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}!]+)\}", lambda found: self._substitute(stack, found[1]), text)
            case {"Fn::Select": [number, {"Fn::Split": [separator, text]}]}:
                return self.text(stack, text).split(separator)[int(number)]
        raise Unresolved(f"{stack}: {json.dumps(value)}")

    def _exported(self, stack: str, name: str) -> Any:  # noqa: ANN401 - any value
        for exporter, template in self.assembly.templates.items():
            for output in template.get("Outputs", {}).values():
                if "Export" in output and self.text(exporter, output["Export"]["Name"]) == name:
                    return self.resolve(exporter, output["Value"])
        raise Unresolved(f"{stack}: no stack exports {name}")

    def _substitute(self, stack: str, name: str) -> str:
        resource, dot, attribute = name.partition(".")
        return (
            self._attribute(self.assembly.at(stack, resource), attribute) if dot else self._ref(stack, name)
        )

    def _ref(self, stack: str, name: str) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        parameter = self.assembly.templates[stack].get("Parameters", {}).get(name)
        if parameter is not None:
            return self._parameter(str(parameter.get("Default", name)))
        resource = self.assembly.at(stack, name)
        if resource.type in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
            return self._qualified(resource)
        return _kind(resource).ref.format(name=self.name(resource))

    def _parameter(self, path: str) -> str:
        made = self._parameters.get(path)
        return self.text(made.stack, made.properties["Value"]) if made else path

    def _qualified(self, resource: Resource) -> str:
        """The ARN of an alias or a version, which is also its reference."""
        function = self.text(resource.stack, resource.properties["FunctionName"])
        arn = function if function.startswith("arn:") else _arn("lambda", f"function:{function}")
        return f"{arn}:{resource.properties.get('Name', '1')}"

    def _attribute(self, resource: Resource, attribute: str) -> str:
        if resource.type in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
            return "1" if attribute == "Version" else self._qualified(resource)
        if attribute in _ARN_ATTRIBUTES or (resource.type, attribute) == (
            "AWS::SecretsManager::Secret",
            "Id",
        ):
            return self.arn(resource)
        if attribute == "StreamArn":
            return f"{self.arn(resource)}/stream/2026-01-01T00:00:00.000"
        if attribute == "QueueUrl":
            return self._ref(resource.stack, resource.logical_id)
        return f"{self.name(resource)}.{attribute}"  # such as an API's root or a name that tells nothing of rights


def _kind(resource: Resource) -> _Kind:
    return _KINDS.get(resource.type, _Kind("", ""))
