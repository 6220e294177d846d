"""Each of these mistakes, planted into the templates of the AWS stage, is refused with the right words."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from infra.assembly import Assembly
from infra.proof import alarms, filters, limits, lint, names, safeguards
from infra.proof.finding import Checker


@dataclass(frozen=True)
class Templates:
    """A copy of the templates, to be changed. Resources are found by their names without the environment."""

    assembly: Assembly

    def __call__(self, type_: str, key: str, name: str) -> dict[str, Any]:
        [found] = [
            resource.body["Properties"]
            for resource in self.assembly.all(type_)
            if str(resource.properties.get(key)).removeprefix("dev-") == name
        ]
        properties: dict[str, Any] = found
        return properties

    def function(self, name: str) -> dict[str, Any]:
        return self("AWS::Lambda::Function", "FunctionName", name)

    def queue(self, name: str) -> dict[str, Any]:
        return self("AWS::SQS::Queue", "QueueName", name)

    def rule(self, name: str) -> dict[str, Any]:
        return self("AWS::Events::Rule", "Name", name)

    def alarm(self, metric: str) -> dict[str, Any]:
        """The first alarm that goes by a metric."""
        properties: dict[str, Any] = next(
            alarm.body["Properties"]
            for alarm in self.assembly.all("AWS::CloudWatch::Alarm")
            if alarm.properties.get("MetricName") == metric
        )
        return properties

    def mapping(self, function: str) -> dict[str, Any]:
        [found] = [
            mapping.body["Properties"]
            for mapping in self.assembly.all("AWS::Lambda::EventSourceMapping")
            if self._text(mapping.stack, mapping.properties["FunctionName"]) == function
        ]
        properties: dict[str, Any] = found
        return properties

    def allowing(self, queue: str) -> dict[str, Any]:
        """The statement of a queue's policy that lets its rule or topic in."""
        [found] = [
            statement
            for policy in self.assembly.all("AWS::SQS::QueuePolicy")
            if queue in [self._text(policy.stack, each) for each in policy.properties["Queues"]]
            for statement in policy.body["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        ]
        statement: dict[str, Any] = found
        return statement

    def any(self, type_: str) -> dict[str, Any]:
        properties: dict[str, Any] = next(self.assembly.all(type_)).body["Properties"]
        return properties

    def _text(self, stack: str, value: object) -> str:
        return self.assembly.text(stack, value).removeprefix("dev-")


Plant = Callable[[Templates], object]
PLANTED: Final[dict[str, tuple[Checker, Plant, str]]] = {}
"""Mistake -> who refuses it, how it gets into the templates, and words of the refusal."""


def planted(check: Checker, words: str) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        PLANTED[plant.__name__] = (check, plant, words)
        return plant

    return register


# Filters that never match


@planted(filters.check, 'detail-type: ["ridecompleted"], but it is')
def a_detail_type_in_lower_case(templates: Templates) -> None:
    templates.rule("feedback-rides")["EventPattern"]["detail-type"] = ["ridecompleted"]


@planted(filters.check, 'detail-type is never "RideStarted"')
def one_of_several_detail_types_that_nobody_publishes(templates: Templates) -> None:
    templates.rule("ride-booking-rides")["EventPattern"]["detail-type"].append("RideStarted")


@planted(filters.check, 'source: ["wildrydes.feedback"], but it is')
def an_event_of_a_service_that_does_not_own_it(templates: Templates) -> None:
    templates.rule("feedback-rides")["EventPattern"]["source"] = ["wildrydes.feedback"]


@planted(filters.check, 'detail.data.completed_by is never "timeout"')
def a_value_outside_the_enumeration(templates: Templates) -> None:
    detail = templates.rule("unicorn-mgmt-closings-inbox")["EventPattern"]["detail"]
    detail["data"]["completed_by"].append("timeout")


@planted(filters.check, 'detail.data.rideId: [{"exists": true}], but there is no such field')
def a_field_in_camel_case(templates: Templates) -> None:
    templates.rule("feedback-rides")["EventPattern"]["detail"]["data"] = {"rideId": [{"exists": True}]}


@planted(filters.check, 'ride_id: [{"exists": false}], but it is a value of type string, and always there')
def the_absence_of_a_field_that_is_always_there(templates: Templates) -> None:
    templates.rule("feedback-rides")["EventPattern"]["detail"]["data"] = {"ride_id": [{"exists": False}]}


@planted(filters.check, "an invalid filter: AWS refuses it: {'contains': 'ride'} is no operator")
def an_operator_in_the_filter_of_a_queue(templates: Templates) -> None:
    known, unknown = {"body": {"kind": ["ride"]}}, {"body": {"kind": [{"contains": "ride"}]}}
    mapping = templates.mapping("feedback-rides")
    mapping["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(each)} for each in (known, unknown)]}


@planted(filters.check, 'detail.metadata.event_version: ["1"], but it is 1')
def a_number_as_a_text(templates: Templates) -> None:
    templates.rule("feedback-rides")["EventPattern"]["detail"]["metadata"]["event_version"] = ["1"]


@planted(filters.check, 'detail.data.price: [{"exists": true}], but it is an object')
def a_field_that_is_an_object(templates: Templates) -> None:
    pattern = templates.rule("unicorn-mgmt-bookings-inbox")["EventPattern"]
    pattern["detail-type"] = ["QuoteAccepted"]
    pattern["detail"]["data"] = {"price": [{"exists": True}]}


@planted(filters.check, "an invalid filter: AWS refuses it: {'regex': 'Ride.*'} is no operator")
def an_operator_that_aws_does_not_know(templates: Templates) -> None:
    templates.rule("feedback-rides")["EventPattern"]["detail-type"] = [{"regex": "Ride.*"}]


def _filter(templates: Templates, pattern: dict[str, Any]) -> None:
    templates.mapping("ride-booking-outbox")["FilterCriteria"]["Filters"][0]["Pattern"] = json.dumps(pattern)


@planted(filters.check, 'eventName: ["CREATE"], but it is')
def a_kind_of_change_that_no_stream_knows(templates: Templates) -> None:
    _filter(templates, {"eventName": ["CREATE"]})


@planted(filters.check, 'dynamodb.OldImage.status.S: ["running"], but there is no such field')
def the_image_before_an_insertion(templates: Templates) -> None:
    _filter(templates, {"eventName": ["INSERT"], "dynamodb": {"OldImage": {"status": {"S": ["running"]}}}})


@planted(filters.check, 'dynamodb.NewImage.status: ["running"], but it is an object')
def an_attribute_without_its_type(templates: Templates) -> None:
    _filter(templates, {"dynamodb": {"NewImage": {"status": ["running"]}}})


@planted(
    filters.check, 'dynamodb.NewImage.revision.N: [{"numeric": [">", 1]}], but it is a value of type string'
)
def a_comparison_of_a_number_that_travels_as_a_text(templates: Templates) -> None:
    _filter(templates, {"dynamodb": {"NewImage": {"revision": {"N": [{"numeric": [">", 1]}]}}}})


@planted(filters.check, 'dynamodb.Keys.id.N: ["1"], but there is no such field')
def a_key_of_another_type(templates: Templates) -> None:
    _filter(templates, {"dynamodb": {"Keys": {"id": {"N": ["1"]}}}})


@planted(filters.check, 'dynamodb.OldImage.status.S: ["running"], but there is no such field')
def a_stream_that_does_not_show_the_image(templates: Templates) -> None:
    table = templates("AWS::DynamoDB::Table", "TableName", "ride-booking")
    table["StreamSpecification"]["StreamViewType"] = "NEW_IMAGE"


# Limits


@planted(limits.check, "messages are hidden for 3 s, and a batch may take 3 s")
def a_visibility_timeout_no_longer_than_the_functions(templates: Templates) -> None:
    templates.queue("ride-booking-rides")["VisibilityTimeout"] = 3


@planted(limits.check, "6 filters of an event source, and AWS allows 5")
def a_sixth_filter(templates: Templates) -> None:
    filters = templates.mapping("ride-booking-outbox")["FilterCriteria"]["Filters"]
    filters.extend(filters[:1] * (6 - len(filters)))


@planted(limits.check, "characters of a filter, and AWS allows 4,096")
def a_filter_that_is_too_long(templates: Templates) -> None:
    _filter(templates, {"eventName": ["MODIFY" + "x" * 4_096]})


@planted(limits.check, "characters of an event pattern, and AWS allows 4,096")
def a_pattern_that_is_too_long(templates: Templates) -> None:
    templates.rule("feedback-rides")["EventPattern"]["detail-type"] = ["RideCompleted"] * 300


@planted(limits.check, "6 targets of a rule")
def a_sixth_target(templates: Templates) -> None:
    rule = templates.rule("feedback-rides")
    rule["Targets"] *= 6


@planted(limits.check, "rules of a bus, and AWS allows 100")
def more_rules_than_a_bus_has(templates: Templates) -> None:
    resources = templates.assembly.templates["WildRydesFeedback"]["Resources"]
    rule = next(
        body
        for body in resources.values()
        if body["Type"] == "AWS::Events::Rule" and "EventPattern" in body["Properties"]
    )
    resources.update({f"Rule{number}": rule for number in range(101)})


@planted(limits.check, "bytes of environment variables, and AWS allows 4,096")
def an_environment_that_is_too_large(templates: Templates) -> None:
    templates.function("ride-booking-api")["Environment"]["Variables"]["PARTNERS"] = "x" * 4_000


@planted(limits.check, "characters in the inline policies of a role, and AWS allows 10,240")
def a_role_that_says_too_much(templates: Templates) -> None:
    document = templates.any("AWS::IAM::Policy")["PolicyDocument"]
    document["Statement"] = document["Statement"] * 60


@planted(limits.check, "bytes of a queue policy, and AWS allows 8,192")
def a_queue_policy_that_is_too_large(templates: Templates) -> None:
    templates.any("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"] *= 60


@planted(limits.check, "30 seconds behind an API, and AWS allows 29")
def a_function_that_is_slower_than_its_api(templates: Templates) -> None:
    templates.function("feedback-api")["Timeout"] = 30


@planted(limits.check, "20 messages of a batch without a batching window, and AWS allows 10")
def a_large_batch_without_a_window(templates: Templates) -> None:
    mapping = templates.mapping("ride-booking-rides")
    mapping |= {"BatchSize": 20, "MaximumBatchingWindowInSeconds": 0}


@planted(limits.check, "1,001 receives of a message")
def a_message_that_is_received_too_often(templates: Templates) -> None:
    templates.queue("ride-booking-rides")["RedrivePolicy"]["maxReceiveCount"] = 1_001


@planted(limits.check, "a dead-letter queue that forgets first")
def dead_letters_that_are_gone_before_anybody_sees_them(templates: Templates) -> None:
    templates.queue("ride-booking-rides-dlq")["MessageRetentionPeriod"] = 86_400


@planted(limits.check, "172,800 seconds that a stream keeps a record")
def retries_of_records_that_are_gone(templates: Templates) -> None:
    templates.mapping("feedback-outbox")["MaximumRecordAgeInSeconds"] = 172_800


@planted(limits.check, "3 consumers of a stream, and AWS allows 2")
def a_third_consumer_of_a_stream(templates: Templates) -> None:
    resources = templates.assembly.templates["WildRydesFeedback"]["Resources"]
    [[mapping, *_]] = [
        [body for body in resources.values() if "MaximumRecordAgeInSeconds" in body.get("Properties", {})]
    ]
    resources["Third"] = mapping


@planted(limits.check, "more batches than workers: 10 batches at once for 5 reserved executions")
def fewer_workers_than_batches(templates: Templates) -> None:
    templates.function("ride-booking-rides")["ReservedConcurrentExecutions"] = 5


@planted(limits.check, "reserved executions at once (of 1,000, 100 stay for all others), and AWS allows 900")
def more_executions_reserved_than_an_account_has(templates: Templates) -> None:
    templates.function("ride-booking-rides")["ReservedConcurrentExecutions"] = 950


@planted(limits.check, "101 attributes projected into a table's indexes, and AWS allows 100")
def indexes_that_project_too_much(templates: Templates) -> None:
    [index, *_] = templates("AWS::DynamoDB::Table", "TableName", "ride-booking")["GlobalSecondaryIndexes"]
    names = [f"a{number}" for number in range(101)]
    index["Projection"] = {"ProjectionType": "INCLUDE", "NonKeyAttributes": names}


@planted(limits.check, "21 global secondary indexes of a table")
def more_indexes_than_a_table_has(templates: Templates) -> None:
    table = templates("AWS::DynamoDB::Table", "TableName", "ride-booking")
    table["GlobalSecondaryIndexes"] = table["GlobalSecondaryIndexes"][:1] * 21


@planted(limits.check, "501 resources of a stack")
def a_stack_that_is_too_large(templates: Templates) -> None:
    resources = templates.assembly.templates["WildRydesPlatform"]["Resources"]
    resources.update({f"R{number}": {"Type": "AWS::SNS::Topic"} for number in range(501 - len(resources))})


@planted(limits.check, "65 characters of a function's name, and AWS allows 64")
def a_name_with_no_room_for_a_longer_environment(templates: Templates) -> None:
    templates.function("ride-booking-api")["FunctionName"] = "f" * 58


@planted(limits.check, "100,001 characters of a schema, and AWS allows 100,000")
def a_schema_that_is_too_large(templates: Templates) -> None:
    templates.any("AWS::EventSchemas::Schema")["Content"] = "x" * 100_001


@planted(limits.check, "101 schemas of a registry, and AWS allows 100")
def more_schemas_than_a_registry_has(templates: Templates) -> None:
    resources = templates.assembly.templates["WildRydesFeedback"]["Resources"]
    schema = next(body for body in resources.values() if body["Type"] == "AWS::EventSchemas::Schema")
    others = sum(1 for _ in templates.assembly.all("AWS::EventSchemas::Schema"))
    resources.update({f"Schema{number}": schema for number in range(101 - others)})


@planted(names.check, "SchemaName is 'RideCompleted/v1'")
def a_schema_with_a_slash_in_its_name(templates: Templates) -> None:
    templates.any("AWS::EventSchemas::Schema")["SchemaName"] = "RideCompleted/v1"


@planted(limits.check, "21 characters of a custom attribute's name")
def an_attribute_of_users_with_too_long_a_name(templates: Templates) -> None:
    templates.any("AWS::Cognito::UserPool")["Schema"][0]["Name"] = "a" * 21


@planted(limits.check, "characters of a standard SSM parameter, and AWS allows 4,096")
def a_parameter_that_is_too_large(templates: Templates) -> None:
    templates.any("AWS::SSM::Parameter")["Value"] = "x" * 4_100


# Safeguards


@planted(
    safeguards.check, "for arn:aws:events:us-east-1:111111111111:rule/theirs, which is none of its stack's"
)
def a_queue_policy_for_a_foreign_rule(templates: Templates) -> None:
    condition = templates.allowing("feedback-rides")["Condition"]["ArnEquals"]
    condition["aws:SourceArn"] = "arn:aws:events:us-east-1:111111111111:rule/theirs"


@planted(safeguards.check, "to {'Service': 'events.amazonaws.com'} of any account")
def a_queue_policy_for_rules_of_any_account(templates: Templates) -> None:
    del templates.allowing("feedback-rides")["Condition"]


@planted(safeguards.check, "a queue without encryption")
def a_queue_that_stores_messages_as_they_are(templates: Templates) -> None:
    del templates.queue("feedback-rides")["SqsManagedSseEnabled"]


@planted(safeguards.check, "a bucket without encryption")
def a_bucket_that_does_not_say_how_it_stores(templates: Templates) -> None:
    del templates.any("AWS::S3::Bucket")["BucketEncryption"]


@planted(safeguards.check, "plain HTTP is let in")
def a_policy_that_does_not_enforce_tls(templates: Templates) -> None:
    templates.any("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"][0]["Effect"] = "Allow"


@planted(safeguards.check, "everybody is let in: its policy allows s3:GetObject to * of any account")
def a_bucket_policy_for_everybody(templates: Templates) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    templates.any("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"].append(statement)


@planted(safeguards.check, "a bucket that may become public: BlockPublicPolicy is not on")
def a_public_bucket(templates: Templates) -> None:
    templates.any("AWS::S3::Bucket")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False


@planted(safeguards.check, "failures that are lost: its consumer retries a message until it is forgotten")
def a_queue_without_a_dead_letter_queue(templates: Templates) -> None:
    del templates.queue("feedback-rides")["RedrivePolicy"]


@planted(safeguards.check, "failures that are lost: Lambda drops a record")
def a_stream_without_a_dead_letter_queue(templates: Templates) -> None:
    del templates.mapping("feedback-outbox")["DestinationConfig"]


@planted(safeguards.check, "failures that are lost: EventBridge drops an event")
def a_rule_without_a_dead_letter_queue(templates: Templates) -> None:
    del templates.rule("feedback-rides")["Targets"][0]["DeadLetterConfig"]


@planted(safeguards.check, "an alarm that tells nobody")
def an_alarm_without_an_action(templates: Templates) -> None:
    del templates.any("AWS::CloudWatch::Alarm")["AlarmActions"]


@planted(safeguards.check, "an alarm that tells nobody")
def a_part_of_a_composite_alarm_that_this_does_not_look_at(templates: Templates) -> None:
    composite = templates.any("AWS::CloudWatch::CompositeAlarm")
    [rule] = composite["AlarmRule"].values()
    composite["AlarmRule"] = {"Fn::Join": [rule[0], rule[1][:3]]}


@planted(safeguards.check, "an alarm that tells nobody")
def a_composite_alarm_without_an_action(templates: Templates) -> None:
    del templates.any("AWS::CloudWatch::CompositeAlarm")["AlarmActions"]


@planted(safeguards.check, "dead letters that nobody sees")
def a_dead_letter_queue_without_an_alarm(templates: Templates) -> None:
    for alarm in templates.assembly.all("AWS::CloudWatch::Alarm"):
        if alarm.properties.get("MetricName") == "ApproximateNumberOfMessagesVisible":
            alarm.body["Properties"]["MetricName"] = "NumberOfMessagesSent"


@planted(safeguards.check, "a log of no stack")
def a_function_without_a_log_group(templates: Templates) -> None:
    del templates.function("ride-booking-api")["LoggingConfig"]


@planted(safeguards.check, "a log that is kept for ever")
def a_log_without_a_retention(templates: Templates) -> None:
    del templates.any("AWS::Logs::LogGroup")["RetentionInDays"]


@planted(safeguards.check, "a role that not only AWS's services may take: it trusts {'AWS': '*'}")
def a_role_that_anybody_may_take(templates: Templates) -> None:
    [statement, *_] = templates.any("AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    statement["Principal"] = {"AWS": "*"}


@planted(safeguards.check, "a function that anyone's resources may invoke")
def a_permission_to_invoke_for_any_account(templates: Templates) -> None:
    del templates.any("AWS::Lambda::Permission")["SourceArn"]


@planted(safeguards.check, "API_KEY in its environment looks like a key")
def a_key_in_the_environment(templates: Templates) -> None:
    variables = templates.function("ride-booking-api")["Environment"]["Variables"]
    variables["API_KEY"] = "sk_live_" + "x" * 24


@planted(limits.check, "artifacts are built for arm64")
def a_function_on_intel(templates: Templates) -> None:
    templates.function("ride-booking-api")["Architectures"] = ["x86_64"]


# Names


@planted(names.check, "QueueName is 'feedback.rides', and it must be")
def a_queue_with_a_full_stop(templates: Templates) -> None:
    templates.queue("feedback-rides")["QueueName"] = "feedback.rides"


@planted(names.check, "StageName is 'v1 beta', and it must be")
def a_stage_with_a_space(templates: Templates) -> None:
    templates.any("AWS::ApiGatewayV2::Stage")["StageName"] = "v1 beta"


@planted(names.check, "is called dev-feedback-rides, too")
def two_queues_of_one_name(templates: Templates) -> None:
    templates.queue("feedback-sms-replies")["QueueName"] = "dev-feedback-rides"


@planted(names.check, "is called dev-feedback-rides, too")
def two_rules_of_one_name_on_one_bus(templates: Templates) -> None:
    rule = templates.rule("feedback-rides")
    [template] = [
        each
        for each in templates.assembly.templates.values()
        if any(body.get("Properties") is rule for body in each["Resources"].values())
    ]
    template["Resources"]["again"] = {"Type": "AWS::Events::Rule", "Properties": copy.deepcopy(rule)}


@planted(names.check, "no stack makes /dev/wild-rydes/platform/user-pool-idd")
def a_parameter_that_nobody_publishes(templates: Templates) -> None:
    parameters = templates.assembly.templates["WildRydesFeedback"]["Parameters"]
    [pool] = [
        each for each in parameters.values() if each.get("Default") == "/dev/wild-rydes/platform/user-pool-id"
    ]
    pool["Default"] += "d"


# Alarms


@planted(alarms.check, "its periods last 120,000 s together")
def an_alarm_over_two_thousand_minutes(templates: Templates) -> None:
    templates.any("AWS::CloudWatch::Alarm").update(EvaluationPeriods=2_000, Period=60)


@planted(alarms.check, "it is 'summ'")
def a_statistic_with_a_slip(templates: Templates) -> None:
    alarm = templates.any("AWS::CloudWatch::Alarm")
    del alarm["Statistic"]
    alarm["ExtendedStatistic"] = "summ"


@planted(alarms.check, "AWS/Lambda has no metric IteratorsAge")
def a_metric_that_lambda_does_not_write(templates: Templates) -> None:
    templates.alarm("IteratorAge")["MetricName"] = "IteratorsAge"


@planted(alarms.check, "writes the metric SmsRefusals")
def a_metric_that_no_code_counts(templates: Templates) -> None:
    templates.alarm("SmsRefused")["MetricName"] = "SmsRefusals"


# What CloudFormation refuses


def _alone(templates: Templates, type_: str, **changed: Any) -> None:
    """Leave only one resource of a type, changed: cfn-lint takes seconds for all of them."""
    resource = next(templates.assembly.all(type_))
    template = templates.assembly.templates[resource.stack]
    resource.body["Properties"] |= changed
    template["Resources"] = {resource.logical_id: resource.body}
    templates.assembly.templates.clear()
    templates.assembly.templates[resource.stack] = template


@planted(lint.check, "Runtime 'python3.8' was deprecated")
def a_runtime_that_is_no_more(templates: Templates) -> None:
    _alone(templates, "AWS::Lambda::Function", Runtime="python3.8")


@planted(lint.check, "'MemorySise' was unexpected")
def a_property_that_does_not_exist(templates: Templates) -> None:
    _alone(templates, "AWS::Lambda::Function", MemorySise=256)


@planted(lint.check, "31 is not one of [1, 3, 5, 7, 14, 30")
def a_retention_that_no_log_has(templates: Templates) -> None:
    _alone(templates, "AWS::Logs::LogGroup", RetentionInDays=31)


@planted(lint.check, "1 is less than the minimum of 2")
def a_queue_that_feeds_one_worker(templates: Templates) -> None:
    _alone(templates, "AWS::Lambda::EventSourceMapping", ScalingConfig={"MaximumConcurrency": 1})


@planted(lint.check, "is longer than 1024")
def a_description_of_an_alarm_that_is_too_long(templates: Templates) -> None:
    _alone(templates, "AWS::CloudWatch::Alarm", AlarmDescription="x" * 1_025)


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_refused(mistake: str, aws: Assembly) -> None:
    check, plant, words = PLANTED[mistake]
    templates = Templates(Assembly(aws.directory, copy.deepcopy(aws.templates)))
    plant(templates)
    found = [f"{finding.rule}: {finding.why}" for finding in check(templates.assembly)]
    assert any(words in each for each in found), found
