"""Names that AWS would refuse: for a character, because another resource has them, or because nobody has."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from infra.assembly import Assembly
from infra.proof.finding import Finding

_QUEUE: Final = r"[A-Za-z0-9_-]+(\.fifo)?"
_REFERENCE: Final = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference"
PATTERNS: Final = {
    ("AWS::ApiGatewayV2::Stage", "StageName"): r"[A-Za-z0-9_-]+|\$default",
    ("AWS::DynamoDB::Table", "TableName"): r"[A-Za-z0-9_.-]{3,}",
    ("AWS::Events::Archive", "ArchiveName"): r"[A-Za-z0-9_.-]+",
    ("AWS::Events::Rule", "Name"): r"[A-Za-z0-9_.-]+",
    ("AWS::EventSchemas::Registry", "RegistryName"): r"[A-Za-z0-9_.-]+",
    ("AWS::EventSchemas::Schema", "SchemaName"): r"[A-Za-z0-9_.@-]+",
    ("AWS::IAM::Role", "RoleName"): r"[A-Za-z0-9_+=,.@-]+",
    ("AWS::Lambda::Function", "FunctionName"): r"[A-Za-z0-9_-]+",
    ("AWS::Logs::LogGroup", "LogGroupName"): r"[A-Za-z0-9_./#-]+",
    ("AWS::S3::Bucket", "BucketName"): r"[a-z0-9][a-z0-9.-]+[a-z0-9]",
    ("AWS::SecretsManager::Secret", "Name"): r"[A-Za-z0-9/_+=.@-]+",
    ("AWS::SNS::Topic", "TopicName"): _QUEUE,
    ("AWS::SQS::Queue", "QueueName"): _QUEUE,
    ("AWS::SSM::Parameter", "Name"): r"[A-Za-z0-9_./-]+",
}
"""What names are made of, as each API says: they stand under `Pattern` in the reference of these types."""

_OF_AWS: Final = ("/aws/", "/cdk-bootstrap/")
"""Where parameters are that no stack of ours publishes."""


def check(assembly: Assembly) -> Iterator[Finding]:
    """Check the names that templates give, and the parameters that they read."""
    yield from _characters(assembly)
    yield from _twice(assembly)
    yield from _parameters(assembly)


def _characters(assembly: Assembly) -> Iterator[Finding]:
    for (type_, key), pattern in PATTERNS.items():
        for resource in assembly.all(type_):
            name = resource.properties.get(key)
            if isinstance(name, str) and not re.fullmatch(pattern, name):
                yield Finding(
                    "a name that AWS does not take",
                    resource.where,
                    f"{key} is {name!r}, and it must be {pattern}",
                    f"Write it with these characters. See {_REFERENCE}",
                )


def _twice(assembly: Assembly) -> Iterator[Finding]:
    named = defaultdict(list)
    for type_, key in PATTERNS:
        for resource in assembly.all(type_):
            within = resource.properties.get("EventBusName") or resource.properties.get("ApiId")
            if name := resource.properties.get(key):
                named[type_, _text(name), within and f"{resource.stack} {_text(within)}"].append(resource)
    for (type_, name, _), (first, *others) in named.items():
        for other in others:
            yield Finding(
                "two resources of one name",
                other.where,
                f"{first.where} is called {name}, too, and there is one {type_} of a name",
                "Give it a name of its own.",
            )


def _text(value: Any) -> str:  # noqa: ANN401 (of a template)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _parameters(assembly: Assembly) -> Iterator[Finding]:
    published = {
        str(parameter.properties.get("Name", "")) for parameter in assembly.all("AWS::SSM::Parameter")
    }
    for stack, template in assembly.templates.items():
        for name, parameter in template.get("Parameters", {}).items():
            path = str(parameter.get("Default", ""))
            if not parameter["Type"].startswith("AWS::SSM::Parameter::Value") or path.startswith(_OF_AWS):
                continue
            if path not in published:
                near = get_close_matches(path, published, n=1)
                yield Finding(
                    "a parameter that nobody publishes",
                    f"{stack}/{name}",
                    f"no stack makes {path}, and a deployment fails with 'Unable to fetch parameters'",
                    f"Read {near[0]}, or publish it." if near else "Publish it.",
                )
