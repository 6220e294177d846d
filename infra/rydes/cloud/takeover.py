"""Refuse to deploy what would take over a resource of another stack.

AWS refuses it ("already exists"). The emulator creates over what is there, and deletes it with the stack.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from infra.assembly import load
from infra.rydes.cloud.errors import LocalCloudError

# The property that names a resource, for the types whose names are taken once in an account and region.
# Others share names: each API may be called the same, each role have a policy of the same name.
NAMED_BY: Final = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::Cognito::UserPoolDomain": "Domain",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::EventSchemas::Registry": "RegistryName",
    "AWS::Events::Archive": "ArchiveName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Pipes::Pipe": "Name",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}


def refuse_takeover(cloudformation: Any, assembly: Path, own: Collection[str]) -> None:  # noqa: ANN401 (a boto3 client)
    """Compare the names in an assembly's templates with the resources of every stack but those of `own`.

    Names that are no literals are not compared: only a deployment knows them.

    Raises:
        LocalCloudError: a resource of that type and name is another stack's.
    """
    others = {
        (type_, name): stack
        for stack in _stacks(cloudformation)
        if stack not in own
        for type_, name in _resources(cloudformation, stack)
    }
    app = load(assembly)
    for type_, key in NAMED_BY.items():
        for resource in app.all(type_):
            name = resource.properties.get(key)
            if isinstance(name, str) and (stack := others.get((type_, name))):
                raise LocalCloudError(
                    f"{resource.where} would take over {name} ({type_}) of the stack {stack}.",
                    "Give yours another name.",
                )


def _stacks(cloudformation: Any) -> Iterator[str]:  # noqa: ANN401
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        yield from (stack["StackName"] for stack in page["Stacks"])


def _resources(cloudformation: Any, stack: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            if each["ResourceStatus"] != "DELETE_COMPLETE":
                yield each["ResourceType"], _name(each.get("PhysicalResourceId", ""))


def _name(id_: str) -> str:
    """Return the name in a physical id: the end of a URL or ARN; of most types the id is the name."""
    return re.split("[:/]", id_)[-1] if re.match("https?://|arn:", id_) else id_
