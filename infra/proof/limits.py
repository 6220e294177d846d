"""What templates hold against AWS's quotas, and what must fit together: timeouts, batches, concurrency."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from infra.assembly import Assembly, Resource
from infra.naming import AWS_ENVIRONMENT
from infra.proof import quotas
from infra.proof.finding import Finding
from infra.proof.quotas import Quota

_LONGER_ENVIRONMENT: Final = len("production") - len(AWS_ENVIRONMENT)
"""How much longer than the templates' names those of another environment may be: its own has ten letters at most."""

_PROCESSOR: Final = "arm64"

_ATTRIBUTE: Final = 100
"""Characters of a value that only AWS knows, such as an ARN. Its name is counted, too."""


def check(assembly: Assembly) -> Iterator[Finding]:
    """Check all quotas of `infra.proof.quotas` that a template can exceed."""
    for subject in (
        _stacks,
        _names,
        _functions,
        _apis,
        _queues,
        _mappings,
        _rules,
        _policies,
        _tables,
        _schemas,
        _values,
    ):
        yield from subject(assembly)


def _exceeds(quota: Quota, where: str, value: float, to_do: str) -> Iterator[Finding]:
    if why := quota.exceeded(value):
        yield Finding(f"a limit: {quota.unit}", where, why, f"{to_do} See {quota.source}")


def _size(assembly: Assembly, stack: str, value: Any) -> int:  # noqa: ANN401 (of a template)
    """Count the characters of a value as AWS will have it, those of ARNs and the like generously."""
    match value:
        case {"Ref": _} | {"Fn::GetAtt": _}:
            return len(assembly.text(stack, value)) + _ATTRIBUTE
        case {"Fn::Join": [separator, list(parts)]}:
            return sum(_size(assembly, stack, part) + len(separator) for part in parts)
        case dict():
            return sum(len(key) + 4 + _size(assembly, stack, inner) for key, inner in value.items()) + 2
        case list():
            return sum(1 + _size(assembly, stack, inner) for inner in value) + 2
        case str():
            return len(value.encode()) + 2
    return len(json.dumps(value))


def _stacks(assembly: Assembly) -> Iterator[Finding]:
    for stack, template in assembly.templates.items():
        count = len(template["Resources"])
        yield from _exceeds(quotas.RESOURCES, stack, count, "Split the stack.")


def _names(assembly: Assembly) -> Iterator[Finding]:
    for (type_, key), quota in quotas.NAMES.items():
        for resource in assembly.all(type_):
            if isinstance(name := resource.properties.get(key), str):
                longest = len(name) + _LONGER_ENVIRONMENT
                yield from _exceeds(
                    quota, resource.where, longest, f"Shorten {name}: environments add to it."
                )


def _functions(assembly: Assembly) -> Iterator[Finding]:
    reserved = 0
    for function in assembly.all("AWS::Lambda::Function"):
        variables = function.properties.get("Environment", {}).get("Variables", {})
        size = _size(assembly, function.stack, variables)
        yield from _exceeds(quotas.ENVIRONMENT, function.where, size, "Tell the function less.")
        if function.properties.get("Architectures") != [_PROCESSOR]:
            yield Finding(
                "a function of another processor",
                function.where,
                f"it runs on {function.properties.get('Architectures', ['x86_64'])}, and artifacts are built for {_PROCESSOR}",
                "Say Architecture.ARM_64, or build its artifact for the other one.",
            )
        reserved += function.properties.get("ReservedConcurrentExecutions", 0)
    yield from _exceeds(quotas.RESERVED, "all functions", reserved, "Reserve less.")


def _apis(assembly: Assembly) -> Iterator[Finding]:
    for permission in assembly.all("AWS::Lambda::Permission"):
        if permission.properties["Principal"] != "apigateway.amazonaws.com":
            continue
        if function := _function(assembly, permission.stack, permission.properties["FunctionName"]):
            seconds = function.properties.get("Timeout", 3)
            yield from _exceeds(
                quotas.API_TIMEOUT, function.where, seconds, "Callers get an error then: give it less time."
            )


def _function(assembly: Assembly, stack: str, value: object) -> Resource | None:
    """Find a function by a reference to it, or to one of its aliases."""
    found = assembly.behind(stack, value)
    if found and found.type == "AWS::Lambda::Alias":
        return assembly.behind(stack, found.properties["FunctionName"])
    return found


def _queues(assembly: Assembly) -> Iterator[Finding]:
    for queue in assembly.all("AWS::SQS::Queue"):
        redrive = queue.properties.get("RedrivePolicy")
        if not redrive:
            continue
        count = int(redrive["maxReceiveCount"])
        yield from _exceeds(quotas.RECEIVES, queue.where, count, "Receive a message less often.")
        kept = queue.properties.get("MessageRetentionPeriod", 345_600)
        dead_letters = assembly.behind(queue.stack, redrive["deadLetterTargetArn"])
        if dead_letters and dead_letters.properties.get("MessageRetentionPeriod", 345_600) < kept:
            yield Finding(
                "a dead-letter queue that forgets first",
                dead_letters.where,
                "a message keeps its age when it is moved: it would be gone before anybody sees it",
                f"Keep its messages longer than those of {queue.where}, which are kept for {kept:,} s.",
            )


def _mappings(assembly: Assembly) -> Iterator[Finding]:
    readers: Counter[str] = Counter()
    for mapping in assembly.all("AWS::Lambda::EventSourceMapping"):
        source = assembly.behind(mapping.stack, mapping.properties["EventSourceArn"])
        function = _function(assembly, mapping.stack, mapping.properties["FunctionName"])
        if source is None or function is None:
            continue
        filters = mapping.properties.get("FilterCriteria", {}).get("Filters", ())
        yield from _exceeds(
            quotas.FILTERS, mapping.where, len(filters), "Combine filters, or filter in the function."
        )
        for each in filters:
            yield from _exceeds(quotas.FILTER, mapping.where, len(each["Pattern"]), "Shorten the filter.")
        if source.type == "AWS::SQS::Queue":
            yield from _from_a_queue(mapping, source, function)
        else:
            readers[source.where] += 1
            age = mapping.properties.get("MaximumRecordAgeInSeconds", -1)
            yield from _exceeds(quotas.RECORD_AGE, mapping.where, age, "Nothing can be retried after that.")
    for table, count in readers.items():
        yield from _exceeds(quotas.STREAM_READERS, table, count, "More are throttled: let one fan out.")


def _from_a_queue(mapping: Resource, queue: Resource, function: Resource) -> Iterator[Finding]:
    """Decision 4: a message is hidden for longer than its batch may be gathered and handled."""
    window = mapping.properties.get("MaximumBatchingWindowInSeconds", 0)
    needed = function.properties.get("Timeout", 3) + window
    hidden = queue.properties.get("VisibilityTimeout", 30)
    if hidden <= needed:
        yield Finding(
            "a visibility timeout that is too short",
            queue.where,
            f"messages are hidden for {hidden} s, and a batch may take {needed} s: a second worker gets them",
            "Hide them for longer than the function's timeout and the batching window."
            " See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
        )
    if not window:
        size = mapping.properties.get("BatchSize", 10)
        yield from _exceeds(quotas.SMALL_BATCH, mapping.where, size, "AWS asks for a window of a second.")
    reserved = function.properties.get("ReservedConcurrentExecutions")
    at_once = mapping.properties.get("ScalingConfig", {}).get("MaximumConcurrency", 0)
    if reserved is not None and at_once > reserved:
        yield Finding(
            "more batches than workers",
            mapping.where,
            f"{at_once} batches at once for {reserved} reserved executions: receives are throttled and wasted",
            "Reserve as many executions as the mapping may use.",
        )


def _rules(assembly: Assembly) -> Iterator[Finding]:
    rules = Counter(
        json.dumps(rule.properties.get("EventBusName")) for rule in assembly.all("AWS::Events::Rule")
    )
    for count in rules.values():
        yield from _exceeds(quotas.RULES, "the bus", count, "Ask AWS for more, or combine rules.")
    for rule in assembly.all("AWS::Events::Rule"):
        size = len(json.dumps(rule.properties.get("EventPattern", {}), separators=(",", ":")))
        yield from _exceeds(quotas.PATTERN, rule.where, size, "Shorten the pattern.")
        targets = len(rule.properties.get("Targets", ()))
        yield from _exceeds(quotas.TARGETS, rule.where, targets, "Make another rule.")


def _policies(assembly: Assembly) -> Iterator[Finding]:
    of_roles: dict[tuple[str, str], int] = defaultdict(int)
    for policy in assembly.all("AWS::IAM::Policy"):
        for role in policy.properties.get("Roles", ()):
            size = _size(assembly, policy.stack, policy.properties["PolicyDocument"])
            of_roles[policy.stack, role["Ref"]] += size
    for role in assembly.all("AWS::IAM::Role"):
        trust = _size(assembly, role.stack, role.properties["AssumeRolePolicyDocument"])
        yield from _exceeds(quotas.TRUST_POLICY, role.where, trust, "Trust fewer.")
        inline = [each["PolicyDocument"] for each in role.properties.get("Policies", ())]
        size = of_roles[role.stack, role.logical_id] + _size(assembly, role.stack, inline)
        yield from _exceeds(
            quotas.ROLE_POLICIES, role.where, size, "Combine statements, or split the function."
        )
    invokers: dict[str, int] = defaultdict(int)
    for permission in assembly.all("AWS::Lambda::Permission"):
        if function := _function(assembly, permission.stack, permission.properties["FunctionName"]):
            invokers[function.where] += _size(assembly, permission.stack, permission.properties)
    for where, size in invokers.items():
        yield from _exceeds(quotas.FUNCTION_POLICY, where, size, "Combine permissions with a wildcard.")
    for type_, key, quota in (
        ("AWS::SQS::QueuePolicy", "PolicyDocument", quotas.QUEUE_POLICY),
        ("AWS::SNS::TopicPolicy", "PolicyDocument", quotas.TOPIC_POLICY),
        ("AWS::S3::BucketPolicy", "PolicyDocument", quotas.BUCKET_POLICY),
        ("AWS::KMS::Key", "KeyPolicy", quotas.KEY_POLICY),
    ):
        for resource in assembly.all(type_):
            size = _size(assembly, resource.stack, resource.properties[key])
            yield from _exceeds(quota, resource.where, size, "Combine statements.")


def _tables(assembly: Assembly) -> Iterator[Finding]:
    for table in assembly.all("AWS::DynamoDB::Table"):
        indexes = table.properties.get("GlobalSecondaryIndexes", ())
        yield from _exceeds(quotas.INDEXES, table.where, len(indexes), "Use an index twice.")
        projected = sum(len(index["Projection"].get("NonKeyAttributes", ())) for index in indexes)
        yield from _exceeds(quotas.PROJECTED, table.where, projected, "Project less, or everything.")


def _schemas(assembly: Assembly) -> Iterator[Finding]:
    schemas = list(assembly.all("AWS::EventSchemas::Schema"))
    yield from _exceeds(quotas.SCHEMAS, "the registry", len(schemas), "Drop versions that nobody reads.")
    for schema in schemas:
        size = len(schema.properties["Content"])
        yield from _exceeds(
            quotas.SCHEMA, schema.where, size, "Shorten its descriptions, or split the message."
        )


def _values(assembly: Assembly) -> Iterator[Finding]:
    for parameter in assembly.all("AWS::SSM::Parameter"):
        size = _size(assembly, parameter.stack, parameter.properties["Value"])
        yield from _exceeds(quotas.PARAMETER, parameter.where, size, "Shorten the value.")
    for pool in assembly.all("AWS::Cognito::UserPool"):
        for attribute in pool.properties.get("Schema", ()):
            length = len(attribute["Name"])
            yield from _exceeds(quotas.CUSTOM_ATTRIBUTE, pool.where, length, f"Shorten {attribute['Name']}.")
