"""What must not be missing: encryption, TLS, dead letters, alarms, logs that end, and limits on who may come in.

cdk-nag's AWS Solutions rules find some of it too, where nobody has accepted their findings. These hold everywhere.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.assembly import Assembly, Resource, as_list, referred
from infra.proof.finding import Finding

_RESOURCE_POLICIES: Final = {
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
}
"""Type -> its policies, and their property with what they are for."""
_SECRET: Final = re.compile(
    r"\b[sr]k_(live|test)_|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30}|\bxox[abprs]-|-----BEGIN|"
    r"(?<![\w/+])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*\d)[\w/+]{40}(?![\w/+])"
)
"""Keys as the usual services give them out, and texts that look like one of AWS."""
_BLOCKS: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def check(assembly: Assembly) -> Iterator[Finding]:
    """Check all safeguards."""
    for subject in (
        _encryption,
        _access,
        _buckets,
        _dead_letters,
        _alarms,
        _logs,
        _trust,
        _invocation,
        _secrets,
    ):
        yield from subject(assembly)


def _encryption(assembly: Assembly) -> Iterator[Finding]:
    for queue in assembly.all("AWS::SQS::Queue"):
        if not (queue.properties.get("SqsManagedSseEnabled") or queue.properties.get("KmsMasterKeyId")):
            yield Finding(
                "a queue without encryption",
                queue.where,
                "its messages are stored as they are",
                "Encrypt it with a key of SQS. See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/"
                "SQSDeveloperGuide/sqs-server-side-encryption.html",
            )
    for bucket in assembly.all("AWS::S3::Bucket"):
        if "BucketEncryption" not in bucket.properties:
            yield Finding(
                "a bucket without encryption",
                bucket.where,
                "how its objects are stored is left to the account's default",
                "Say BucketEncryption.S3_MANAGED, or a key.",
            )


def _access(assembly: Assembly) -> Iterator[Finding]:
    for type_, (policies, key) in _RESOURCE_POLICIES.items():
        for resource in assembly.all(type_):
            said = [
                statement
                for policy in assembly.all(policies)
                if policy.stack == resource.stack
                and resource.logical_id in map(referred, as_list(policy.properties[key]))
                for statement in policy.properties["PolicyDocument"]["Statement"]
            ]
            if not any(map(_denies_plain_http, said)):
                yield Finding(
                    "plain HTTP is let in",
                    resource.where,
                    "no statement of its policy denies requests without TLS",
                    "Deny everything to everybody where aws:SecureTransport is false (enforce_ssl=True).",
                )
            for statement in said:
                if statement["Effect"] == "Allow":
                    yield from _let_in(assembly, resource, statement)


def _let_in(assembly: Assembly, resource: Resource, statement: Mapping[str, Any]) -> Iterator[Finding]:
    """A service acts for whoever asks it to, so its policy names whose rule, topic or account it is.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    sources = [*_conditions(statement, "aws:SourceArn"), *_conditions(statement, "aws:SourceAccount")]
    if not sources:
        yield Finding(
            "everybody is let in",
            resource.where,
            f"its policy allows {statement['Action']} to {statement['Principal']} of any account",
            "Name the service, and by aws:SourceArn or aws:SourceAccount for whom.",
        )
    for source in sources:
        if source != {"Ref": "AWS::AccountId"} and not assembly.behind(resource.stack, _named_last(source)):
            yield Finding(
                "a stranger is let in",
                resource.where,
                f"its policy allows {statement['Action']} for {source}, which is none of its stack's",
                "Name the stack's own rule, topic or distribution.",
            )


def _named_last(source: object) -> object:
    """What an ARN that is joined of parts ends with: `arn:…:distribution/` and the distribution's id."""
    match source:
        case {"Fn::Join": ["", [*_, last]]}:
            return last
    return source


def _denies_plain_http(statement: Mapping[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and _conditions(statement, "aws:SecureTransport") == ["false"]
    )


def _conditions(statement: Mapping[str, Any], key: str) -> list[Any]:
    """List the values that a statement asks of a condition key, whatever the operator."""
    return [
        value
        for operator in statement.get("Condition", {}).values()
        for name, values in operator.items()
        if name.lower() == key.lower()
        for value in as_list(values)
    ]


def _buckets(assembly: Assembly) -> Iterator[Finding]:
    for bucket in assembly.all("AWS::S3::Bucket"):
        blocked = bucket.properties.get("PublicAccessBlockConfiguration", {})
        missing = [name for name in _BLOCKS if blocked.get(name) is not True]
        if missing:
            yield Finding(
                "a bucket that may become public",
                bucket.where,
                f"{', '.join(missing)} is not on",
                "Block public access: BlockPublicAccess.BLOCK_ALL. See https://docs.aws.amazon.com/AmazonS3/"
                "latest/userguide/access-control-block-public-access.html",
            )


def _dead_letters(assembly: Assembly) -> Iterator[Finding]:
    rule = "failures that are lost"
    for mapping in assembly.all("AWS::Lambda::EventSourceMapping"):
        source = assembly.behind(mapping.stack, mapping.properties["EventSourceArn"])
        if source and source.type == "AWS::SQS::Queue":
            if "RedrivePolicy" not in source.properties:
                why = "its consumer retries a message until it is forgotten"
                yield Finding(rule, source.where, why, "Give the queue a dead-letter queue.")
        elif "OnFailure" not in mapping.properties.get("DestinationConfig", {}):
            why = "Lambda drops a record that it gives up"
            yield Finding(rule, mapping.where, why, "Send failures to a dead-letter queue (on_failure).")
    for each in assembly.all("AWS::Events::Rule"):
        if "EventPattern" not in each.properties:
            continue  # a clock strikes again
        for target in each.properties.get("Targets", ()):
            queue = assembly.behind(each.stack, target["Arn"])
            if queue and str(queue.properties.get("QueueName")).endswith("-dlq"):
                continue  # it is a dead-letter queue itself
            if "DeadLetterConfig" not in target:
                why = "EventBridge drops an event that it cannot deliver within a day"
                yield Finding(rule, each.where, why, "Give the target a dead-letter queue.")


def _alarms(assembly: Assembly) -> Iterator[Finding]:
    watched = set()
    composite = [*assembly.all("AWS::CloudWatch::CompositeAlarm")]
    parts = {(alarm.stack, part) for alarm in composite for part in _parts(alarm.properties["AlarmRule"])}
    for alarm in (*assembly.all("AWS::CloudWatch::Alarm"), *composite):
        if (alarm.stack, alarm.logical_id) in parts:
            continue  # the composite alarm tells
        if not alarm.properties.get("AlarmActions") or alarm.properties.get("ActionsEnabled") is False:
            yield Finding(
                "an alarm that tells nobody",
                alarm.where,
                "it has no action",
                "Notify the alarm topic (ServiceStack.alarm does).",
            )
        if alarm.properties.get("MetricName") == "ApproximateNumberOfMessagesVisible":
            for dimension in alarm.properties["Dimensions"]:
                watched.add((alarm.stack, assembly.text(alarm.stack, dimension["Value"])))
    consumed = {
        source.where
        for mapping in assembly.all("AWS::Lambda::EventSourceMapping")
        if (source := assembly.behind(mapping.stack, mapping.properties["EventSourceArn"]))
    }
    for queue in _dead_letter_queues(assembly):
        if queue.where in consumed:
            continue  # a replay takes them; what it gives up is in another queue
        if (queue.stack, queue.properties.get("QueueName")) not in watched:
            yield Finding(
                "dead letters that nobody sees",
                queue.where,
                "no alarm watches ApproximateNumberOfMessagesVisible of this queue",
                "Make it with last_queue, which adds the alarm.",
            )


def _parts(rule: Any) -> Iterator[str]:  # noqa: ANN401 (any part of a template)
    """Name the alarms in the same stack that the rule of a composite alarm looks at, by their logical ids."""
    match rule:
        case {"Fn::GetAtt": [str(logical_id), "Arn"]}:
            yield logical_id
        case dict():
            yield from (part for inner in rule.values() for part in _parts(inner))
        case list():
            yield from (part for inner in rule for part in _parts(inner))


def _dead_letter_queues(assembly: Assembly) -> Iterator[Resource]:
    for queue in assembly.all("AWS::SQS::Queue"):
        arn = queue.properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        if found := assembly.behind(queue.stack, arn):
            yield found
    for mapping in assembly.all("AWS::Lambda::EventSourceMapping"):
        arn = mapping.properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if found := assembly.behind(mapping.stack, arn):
            yield found


def _logs(assembly: Assembly) -> Iterator[Finding]:
    for function in assembly.all("AWS::Lambda::Function"):
        group = function.properties.get("LoggingConfig", {}).get("LogGroup")
        if not assembly.behind(function.stack, group):
            yield Finding(
                "a log of no stack",
                function.where,
                "Lambda makes its log group itself: it is kept for ever, and outlives the stack",
                "Give the function a log group with a retention.",
            )
    for group in assembly.all("AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group.properties:
            yield Finding(
                "a log that is kept for ever",
                group.where,
                "it has no retention: its price and its personal data only grow",
                "Say for how long (ServiceStack.log_group does).",
            )


def _trust(assembly: Assembly) -> Iterator[Finding]:
    for role in assembly.all("AWS::IAM::Role"):
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]:
            principal = statement.get("Principal", "*")
            if statement["Effect"] == "Allow" and (
                not isinstance(principal, dict) or set(principal) != {"Service"}
            ):
                yield Finding(
                    "a role that not only AWS's services may take",
                    role.where,
                    f"it trusts {principal}",
                    "Trust the one service that runs with it.",
                )


def _invocation(assembly: Assembly) -> Iterator[Finding]:
    for permission in assembly.all("AWS::Lambda::Permission"):
        if "SourceArn" not in permission.properties:
            yield Finding(
                "a function that anyone's resources may invoke",
                permission.where,
                f"{permission.properties['Principal']} may invoke it for any account",
                "Name the API, rule or topic as SourceArn.",
            )


def _secrets(assembly: Assembly) -> Iterator[Finding]:
    for function in assembly.all("AWS::Lambda::Function"):
        for name, value in function.properties.get("Environment", {}).get("Variables", {}).items():
            if isinstance(value, str) and _SECRET.search(value):
                yield Finding(
                    "a secret that can be read",
                    function.where,
                    f"{name} in its environment looks like a key, and whoever may describe the function reads it",
                    "Keep it in Secrets Manager, and name the secret here.",
                )
