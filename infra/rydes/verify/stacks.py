"""The deployed stacks: what their templates promise, with the names and ARNs of this deployment.

The template is the one that CloudFormation holds, so a run needs no checkout of what was deployed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from infra.rydes.cloud.aws import Account

UNKNOWN = "*"
"""Stands for what only AWS knows, such as the label of a table's stream."""

_ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{id}",
    "AWS::Events::EventBus": "events:{region}:{account}:event-bus/{id}",
    "AWS::IAM::Role": "iam::{account}:role/{id}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/{id}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{id}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{id}:*",
    "AWS::S3::Bucket": "s3:::{id}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{id}",
}


@dataclass(frozen=True)
class Location:
    """Whose resources they are, and where."""

    id: str
    region: str
    partition: str

    @classmethod
    def of(cls, account: Account) -> "Location":
        """Look up where an account's resources are. Raises botocore's errors."""
        arn = account.client("sts").get_caller_identity()["Arn"].split(":")
        return cls(arn[4], account.client("cloudformation").meta.region_name, arn[1])


@dataclass(frozen=True)
class Resource:
    """A resource of a deployed stack. `properties` are those of its template, with references resolved."""

    stack: str
    service: str
    logical_id: str
    type: str
    id: str
    """What `Ref` gives: a name, a URL or an ARN."""
    properties: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name that people know it by."""
        return self.id.rpartition("/")[2] if self.type == "AWS::SQS::Queue" else self.id


class StackMissing(Exception):
    """There is no such stack."""


class Stack:
    """A deployed stack. Methods and properties raise StackMissing, or botocore's errors."""

    def __init__(self, account: Account, location: Location, name: str) -> None:
        self.name = name
        self._cloudformation = account.client("cloudformation")
        self._location = location

    @cached_property
    def _description(self) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                raise StackMissing(self.name) from error
            raise
        return found

    @property
    def status(self) -> str:
        """The state of its last deployment, such as `UPDATE_COMPLETE`."""
        return str(self._description["StackStatus"])

    @property
    def service(self) -> str:
        """The service that it belongs to, by its tag."""
        tags = {tag["Key"]: tag["Value"] for tag in self._description.get("Tags", [])}
        return str(tags.get("service", self.name))

    def resources(self) -> Iterator[Resource]:
        """Read its resources."""
        promised = self._cloudformation.get_template(StackName=self.name)["TemplateBody"]["Resources"]
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = {each["LogicalResourceId"]: each for page in pages for each in page["StackResourceSummaries"]}
        ids = {id_: each.get("PhysicalResourceId", UNKNOWN) for id_, each in found.items()}
        types = {id_: resource["Type"] for id_, resource in promised.items()}
        resolver = _Resolver(self._location, self._parameters(), ids, types)
        for id_ in found.keys() & promised.keys():
            yield Resource(
                self.name,
                self.service,
                id_,
                types[id_],
                ids[id_],
                resolver.resolve(promised[id_].get("Properties", {})),
            )

    def _parameters(self) -> dict[str, str]:
        parameters = self._description.get("Parameters", [])
        return {
            each["ParameterKey"]: each.get("ResolvedValue", each["ParameterValue"]) for each in parameters
        }


class _Resolver:
    """Resolves the intrinsic functions of a template with the ids of its resources, as far as these tell.

    `infra.proof.resolver` does so before anything is deployed, and makes the ids up.
    """

    def __init__(
        self,
        location: Location,
        parameters: Mapping[str, str],
        ids: Mapping[str, str],
        types: Mapping[str, str],
    ) -> None:
        self._location = location
        pseudo = {
            "AWS::AccountId": location.id,
            "AWS::Region": location.region,
            "AWS::Partition": location.partition,
        }
        self._values = {**ids, **parameters, **pseudo}
        self._types = types

    def resolve(self, value: Any) -> Any:  # noqa: ANN401, PLR0911 - whatever a template can hold, in each of its forms
        match value:
            case {"Ref": str(name), **rest} if not rest:
                return self._values.get(name, UNKNOWN)
            case {"Fn::GetAtt": [str(name), str(attribute)], **rest} if not rest:
                return self._attribute(name, attribute)
            case {"Fn::Join": [str(separator), list(parts)], **rest} if not rest:
                return separator.join(str(self.resolve(part)) for part in parts)
            case dict():
                if len(value) == 1 and next(iter(value)).startswith("Fn::"):
                    return UNKNOWN
                return {key: self.resolve(inner) for key, inner in value.items()}
            case list():
                return [self.resolve(inner) for inner in value]
        return value

    def _attribute(self, name: str, attribute: str) -> str:
        type_, id_ = self._types.get(name, ""), self._values.get(name, UNKNOWN)
        pattern = _ARNS.get(type_)
        if pattern is None or id_ == UNKNOWN or attribute not in ("Arn", "StreamArn"):
            return UNKNOWN
        place = {"region": self._location.region, "account": self._location.id}
        last = id_.rpartition("/")[2] if type_ == "AWS::SQS::Queue" else id_
        arn = f"arn:{self._location.partition}:{pattern.format(id=last, **place)}"
        return f"{arn}/stream/{UNKNOWN}" if attribute == "StreamArn" else arn
