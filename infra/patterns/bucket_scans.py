"""A job of Amazon Macie for each bucket that may hold personal data, made and cancelled by bucket events (decision 87)."""

import json
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.stage import Stage

DEFINITION: Final = Path(__file__).with_name("bucket_scan.asl.json")
MACIE: Final = "macie.amazonaws.com"
BUCKET_EVENTS: Final = ("CreateBucket", "DeleteBucket", "PutBucketTagging", "DeleteBucketTagging")
_TOLD_TO_PEOPLE: Final = (
    naming.PLATFORM_STACK,
    naming.RIDE_BOOKING_STACK,
    naming.UNICORN_MGMT_STACK,
    naming.FEEDBACK_STACK,
    naming.OPERATIONS_STACK,
)
"""The stacks for whose buckets a finding is news. EventBridge has no way to say `all but one`."""


class BucketScans(Construct):
    """Bucket events start a state machine, which brings the bucket's job in line with the bucket.

    It enables Macie for the first bucket that is to be scanned. What it cannot do is in a dead-letter queue, with an
    alarm; what Macie finds goes to the alarm topic.
    """

    def __init__(self, scope: cdk.Stack, stage: Stage, alarms: sns.Topic) -> None:
        super().__init__(scope, "BucketScans")
        self._stack = scope
        self._stage = stage
        self._alarms = alarms
        self._buckets = stage.names.bucket_prefix
        machine = self._machine()
        dead_letters = self._dead_letters()
        self._start(machine, dead_letters)
        self._keep_what_fails(machine, dead_letters)
        self._tell_findings(dead_letters)

    def _machine(self) -> sfn.StateMachine:
        role = self._role()
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self._stage.names.of(naming.BUCKET_SCANS),
            role=role.without_policy_updates(),
            definition_body=sfn.DefinitionBody.from_string(json.dumps(self._definition())),
            definition_substitutions={
                "account": self._stack.account,
                "environment": self._stage.names.environment,
                "skip_tag": naming.NOT_SCANNED_TAG,
            },
        )
        accept(
            machine,
            {
                "AwsSolutions-SF1": "A Standard workflow keeps the history of each execution for 90 days",
                "AwsSolutions-SF2": "The history has each call with its time: there is no other service to trace",
            },
        )
        machine.node.add_dependency(role)
        return machine

    def _definition(self) -> dict[str, Any]:
        definition: dict[str, Any] = json.loads(DEFINITION.read_text())
        # A number, so no substitution of CloudFormation.
        definition["States"]["Let tags settle"]["Seconds"] = self._stage.tags_settle
        return definition

    def _role(self) -> iam.Role:
        stack, environment = self._stack, self._stage.names.environment
        jobs = stack.format_arn(service="macie2", resource="classification-job", resource_name="*")
        buckets = f"arn:{stack.partition}:s3:::{self._buckets}*"
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
            ),
        )
        for actions, resource, condition in (
            (["s3:GetBucketTagging"], buckets, None),
            (["macie2:ListClassificationJobs", "macie2:EnableMacie"], "*", None),
            (
                ["macie2:CreateClassificationJob", "macie2:TagResource"],
                jobs,
                {"aws:RequestTag/environment": environment},
            ),
            (["macie2:UpdateClassificationJob"], jobs, {"aws:ResourceTag/environment": environment}),
            (
                ["iam:CreateServiceLinkedRole"],
                f"arn:{stack.partition}:iam::{stack.account}:role/aws-service-role/{MACIE}/AWSServiceRoleForAmazonMacie",
                {"iam:AWSServiceName": MACIE},
            ),
        ):
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=actions,
                    resources=[resource],
                    conditions={"StringEquals": condition} if condition else {},
                )
            )
        accept(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "These two take no resource",
                "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:macie2:<AWS::Region>:<AWS::AccountId>:classification-job/*]": "A job's id is Macie's; its tag says whose it is",
                f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{self._buckets}*]": "All buckets of the environment, whose tags alone are read",
            },
        )
        return role

    def _dead_letters(self) -> sqs.Queue:
        name = self._stage.names.of(f"{naming.BUCKET_SCANS}-dlq")
        queue = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=self._stage.tls_only,
            retention_period=cdk.Duration.days(14),
        )
        accept(queue, {"AwsSolutions-SQS3": "It is the dead-letter queue of two rules"})
        alarm = cloudwatch.Alarm(
            self,
            "dlq-depth",
            metric=queue.metric_approximate_number_of_messages_visible(
                period=cdk.Duration.minutes(1), statistic="max"
            ),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{name} is not empty: for a bucket there is no Macie job, or one that nobody needs, and"
            " personal data in it would not be found. There is no replay: an execution has tried five times, and"
            " starts again from the bucket's name. Runbook: -dlq-depth.",
        )
        alarm.add_alarm_action(cloudwatch_actions.SnsAction(self._alarms))
        return queue

    def _start(self, machine: sfn.StateMachine, dead_letters: sqs.Queue) -> None:
        """Start by what CloudTrail tells of buckets. Calls that failed changed nothing."""
        bucket = events.EventField.from_path("$.detail.requestParameters.bucketName")
        events.Rule(
            self,
            "Changed",
            rule_name=self._stage.names.of(naming.BUCKET_SCANS),
            description="Buckets of this environment that are made, tagged and deleted",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={
                    "eventSource": ["s3.amazonaws.com"],
                    "eventName": list(BUCKET_EVENTS),
                    "errorCode": [{"exists": False}],
                    "requestParameters": {"bucketName": [{"prefix": self._buckets}]},
                },
            ),
            targets=[
                targets.SfnStateMachine(
                    machine,
                    input=events.RuleTargetInput.from_object({"bucket": bucket}),
                    dead_letter_queue=dead_letters,
                )
            ],
        )

    def _keep_what_fails(self, machine: sfn.StateMachine, dead_letters: sqs.Queue) -> None:
        """Keep each execution that did not succeed, however it ended: the event has its input."""
        events.Rule(
            self,
            "Failed",
            rule_name=self._stage.names.of(f"{naming.BUCKET_SCANS}-failed"),
            description="Executions that leave a bucket without the right Macie job",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": [machine.state_machine_arn],
                },
            ),
            targets=[targets.SqsQueue(dead_letters)],
        )

    def _tell_findings(self, dead_letters: sqs.Queue) -> None:
        """Tell the alarm topic what Macie finds: the kind and the bucket, not the text and not the object's name.

        Not of settlement's buckets: it hears of findings itself, and most are of what an invoice has to say (decision 107).
        """
        names = self._stage.names
        rule = events.CfnRule(
            self,
            "Findings",
            name=self._stage.names.of(f"{naming.BUCKET_SCANS}-findings"),
            description="What Macie finds in buckets of this environment",
            event_pattern={
                "source": ["aws.macie"],
                "detail-type": ["Macie Finding"],
                "detail": {
                    "resourcesAffected": {
                        "s3Bucket": {
                            "name": [{"prefix": names.buckets_of(stack)} for stack in _TOLD_TO_PEOPLE]
                        }
                    }
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Alarms",
                    arn=self._alarms.topic_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={
                            "type": "$.detail.type",
                            "bucket": "$.detail.resourcesAffected.s3Bucket.name",
                            "id": "$.detail.id",
                        },
                        input_template='"Macie has found <type> in the bucket <bucket>: finding <id>. Runbook: macie-finding."',
                    ),
                )
            ],
        )
        for receiver, action, arn in (
            (self._alarms, "sns:Publish", self._alarms.topic_arn),
            (dead_letters, "sqs:SendMessage", dead_letters.queue_arn),
        ):
            receiver.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="FindingsOfMacie",
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=[action],
                    resources=[arn],
                    conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
                )
            )
