"""The part of settlement's stack for decisions: documents are looked at by Textract, decided, told of, archived."""

import json
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.stream_consumer import OF_A_STREAM, StreamConsumer
from infra.stacks.settlement_documents import LIMITS, Documents
from infra.stacks.settlement_failsafe import Failsafe

DEFINITION: Final = Path(__file__).with_name("settlement_decisions.asl.json")

OUTCOMES: Final = (
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {
            "Keys": {"id": {"S": [{"prefix": "document#"}]}},
            "NewImage": {"state": {"S": ["rendered", "decided", "unreadable", "quarantined"]}},
        },
    },
)
"""Documents that can be read, and those that have ended. tests/contract/test_stream_filters.py holds both to the service's own."""

_OVERDUE: Final = 900
_SOON: Final = 5
"""Seconds of a function whose work is a call or two: its messages do not wait for long."""
_READERS: Final = 4
_DECIDERS: Final = 8
_DECIDER_MIB: Final = 2048
"""Some 350 for each 300 pages; a document has a thousand at most."""


class Decisions(Construct):
    """A state machine with an execution for each document, and the functions that its messages go to.

    `outcomes` begins an execution when a document is rendered, and tells what becomes of each. `readings` has Textract look at
    it, `completions` hears when that is done, `decisions` decides, and `archive` keeps it.
    """

    def __init__(self, scope: ServiceStack, documents: Documents, failsafe: Failsafe) -> None:
        super().__init__(scope, "Decisions")
        self._scope = scope
        self._table = scope.table
        self._documents = documents
        self._failsafe = failsafe
        self.archive = self._bucket()
        self._topics()
        self._functions()
        self._machine = self._state_machine()
        self._completions()
        self._outcomes()
        self._serve_failsafe()
        self._keep_what_fails()

    # --- what there is

    def _bucket(self) -> s3.Bucket:
        """Make the archive. It is never emptied by itself: the books are kept for ten years, and longer on request."""
        bucket = s3.Bucket(
            self,
            "Archive",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS_MANAGED,
            enforce_ssl=self._scope.stage.tls_only,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(3653),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            removal_policy=self._scope.stage.data_removal,
        )
        cdk.Tags.of(bucket).add(
            naming.NOT_SCANNED_TAG, "originals that are scanned in the staging bucket before"
        )
        accept(bucket, {"AwsSolutions-S1": "The audit trail in the table says who did what to each document"})
        self._scope.publish_parameter(
            "archive-bucket", naming.SETTLEMENT_ARCHIVE_PARAMETER, bucket.bucket_name
        )
        return bucket

    def _topics(self) -> None:
        scope = self._scope
        key = kms.Alias.from_alias_name(self, "SnsKey", "alias/aws/sns")

        def topic(id_: str, name: str) -> sns.Topic:
            return sns.Topic(
                self,
                id_,
                topic_name=scope.stage.names.of(name),
                master_key=key,
                enforce_ssl=scope.stage.tls_only,
            )

        self._ends, self._reviews = (
            topic("Ends", "settlement-completions"),
            topic("Reviews", "settlement-reviews"),
        )
        scope.publish_parameter("reviews-topic", naming.REVIEWS_TOPIC_PARAMETER, self._reviews.topic_arn)
        self._textract_role = iam.Role(
            self,
            "TextractRole",
            assumed_by=iam.ServicePrincipal(
                "textract.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": scope.account}}
            ),
            description="Lets Textract say that a job has ended",
        )
        self._textract_role.add_to_policy(
            iam.PolicyStatement(actions=["sns:Publish"], resources=[self._ends.topic_arn])
        )

    def _functions(self) -> None:
        self._readings = self._queue("readings", seconds=5, at_once=_READERS)
        self._decisions = self._queue(
            "decisions", seconds=120, at_once=_DECIDERS, memory_mib=_DECIDER_MIB, batch_size=1
        )
        self._archiving = self._queue("archive", seconds=30, at_once=2, memory_mib=512)
        self._archiving[0].add_environment("ARCHIVE_BUCKET", self.archive.bucket_name)
        self._archiving[0].add_environment("STAGING_BUCKET", self._documents.staging.bucket_name)

    def _queue(
        self,
        name: str,
        *,
        seconds: int,
        at_once: int,
        memory_mib: int = 256,
        batch_size: int = 10,
    ) -> tuple[ServiceFunction, ConsumedQueue]:
        function = self._scope.function(name, seconds=seconds, memory_mib=memory_mib)
        queue = ConsumedQueue(
            self._scope,
            f"settlement-{name}",
            consumer=function,
            replay=self._failsafe.serves,
            at_once=at_once,
            batch_size=batch_size,
            overdue=_OVERDUE if batch_size == 1 or seconds > _SOON else 60,
        )
        return function, queue

    def _state_machine(self) -> sfn.StateMachine:
        scope = self._scope
        definition = json.loads(DEFINITION.read_text())
        definition["States"]["Have it looked at"]["TimeoutSeconds"] = scope.stage.textract_patience
        role = iam.Role(
            self,
            "MachineRole",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": scope.account}}
            ),
        )
        queues = {
            "readings": self._readings[1].queue,
            "decisions": self._decisions[1].queue,
            "failsafe": self._decisions[1].dead_letters,
        }
        for queue in queues.values():
            role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue.queue_arn]))
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=scope.stage.names.of("settlement-documents"),
            role=role.without_policy_updates(),
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition)),
            definition_substitutions={name: queue.queue_url for name, queue in queues.items()},
        )
        accept(
            machine,
            {
                "AwsSolutions-SF1": "A Standard workflow keeps the history of each execution for 90 days",
                "AwsSolutions-SF2": "The history has each step with its time: there is no other service to trace",
            },
        )
        machine.node.add_dependency(role)
        return machine

    def _completions(self) -> None:
        function, queue = self._queue("completions", seconds=5, at_once=2)
        self._may_on_items(function, ["reading#*"], "dynamodb:GetItem")
        self._may_let_go_on(function)
        self._ends.add_subscription(
            subscriptions.SqsSubscription(
                queue.queue, raw_message_delivery=True, dead_letter_queue=queue.dead_letters
            )
        )

    def _outcomes(self) -> None:
        scope = self._scope
        function = scope.function(
            "outcomes",
            seconds=10,
            ARCHIVE_QUEUE_URL=self._archiving[1].queue.queue_url,
            STATE_MACHINE_ARN=self._machine.state_machine_arn,
            REVIEWS_TOPIC_ARN=self._reviews.topic_arn,
            PAGES_URL=f"https://{scope.region}.console.aws.amazon.com/s3/buckets/{self._documents.working.bucket_name}?prefix=pages/",
        )
        function.may_publish()
        self._may_on_items(function, ["settlement#*"], "dynamodb:GetItem")
        function.may("states:StartExecution", on=self._machine.state_machine_arn)
        function.may("sns:Publish", on=self._reviews.topic_arn)
        function.may("sqs:SendMessage", on=self._archiving[1].queue.queue_arn)
        StreamConsumer(
            scope,
            "settlement-outcomes-dlq",
            consumer=function,
            changes=OUTCOMES,
            delays="decisions on invoices, and what is told of them",
            replay=OF_A_STREAM,
        )
        readings, decisions, archive = self._readings[0], self._decisions[0], self._archiving[0]
        self._may_have_looked_at(readings, looks=False)
        self._may_on_items(readings, ["document#*", "reading#*"], "dynamodb:GetItem", "dynamodb:PutItem")
        self._may_on_items(readings, ["reading#*"], "dynamodb:UpdateItem")
        self._may_have_looked_at(decisions)
        self._may_decide(decisions)
        for function in (readings, decisions):
            self._may_let_go_on(function)
        self._may_archive(archive)

    def _serve_failsafe(self) -> None:
        """Let the failsafe do what all others do."""
        function = self._failsafe.function
        for name, value in {
            "WORKING_BUCKET": self._documents.working.bucket_name,
            "ARCHIVE_BUCKET": self.archive.bucket_name,
            **LIMITS,
        }.items():
            function.add_environment(name, value)
        self._documents.may_take_in(function)
        self._documents.may_work_on_pages(function)
        self._may_have_looked_at(function)
        self._may_decide(function)
        self._may_archive(function)
        self._may_let_go_on(function)
        self._may_put(function, "messages/*")

    # --- who may what

    def _may_on_items(self, function: ServiceFunction, prefixes: list[str], *actions: str) -> None:
        """Let the function do this with items of these kinds, and no others.

        The local cloud ignores the condition, so tests/infra/test_functions.py checks it in the template.
        """
        function.may(
            *actions,
            on=self._table.table_arn,
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": prefixes}},
        )

    def _may_have_looked_at(self, function: ServiceFunction, *, looks: bool = True) -> None:
        """Let the function start Textract's jobs, which have no ARNs, for what it may read itself; and read what they found."""
        stage = self._scope.stage
        function.add_environment("STAGING_BUCKET", self._documents.staging.bucket_name)
        function.add_environment("COMPLETIONS_TOPIC_ARN", self._ends.topic_arn)
        function.add_environment("COMPLETIONS_ROLE_ARN", self._textract_role.role_arn)
        function.add_environment("TEXTRACT_FORMS", str(stage.textract_forms).lower())
        if stage.textract:
            function.add_environment("AWS_ENDPOINT_URL_TEXTRACT", stage.textract)
        kind = "DocumentAnalysis" if stage.textract_forms else "DocumentTextDetection"
        function.may(f"textract:Start{kind}", *([f"textract:Get{kind}"] if looks else []), on="*")
        accept(
            function.own_role, {"AwsSolutions-IAM5[Resource::*]": "Textract's operations take no resource"}
        )
        function.may(
            "iam:PassRole",
            on=self._textract_role.role_arn,
            condition={"StringEquals": {"iam:PassedToService": "textract.amazonaws.com"}},
        )
        self._documents.may_read(function, whether_there_is_one=False)

    def _may_decide(self, function: ServiceFunction) -> None:
        self._may_on_items(
            function,
            ["document#*", "settlement#*", "number#*", "ride#*", "reading#*"],
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
        )
        self._may_on_items(function, ["document#*", "settlement#*", "number#*"], "dynamodb:PutItem")
        self._may_on_items(
            function, ["settlement#*", "ride#*", "reading#*", "audit#*"], "dynamodb:UpdateItem"
        )
        self._may_on_items(function, ["number#*"], "dynamodb:DeleteItem")
        function.may("dynamodb:Query", on=f"{self._table.table_arn}/index/by-payee")

    def _may_archive(self, function: ServiceFunction) -> None:
        self._may_on_items(function, ["document#*", "settlement#*"], "dynamodb:GetItem")
        self._may_on_items(function, ["audit#*"], "dynamodb:UpdateItem", "dynamodb:BatchGetItem")
        function.may(
            "dynamodb:Query",
            on=f"{self._table.table_arn}/index/by-listing",
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "batch#*"}},
        )
        self._documents.may_read(function)
        self._may_put(function, "documents/*")
        self._may_put(function, "reports/*", "s3:GetObject")
        function.may("s3:ListBucket", on=self.archive.bucket_arn)

    def _may_put(self, function: ServiceFunction, pattern: str, *actions: str) -> None:
        function.may("s3:PutObject", *actions, on=self.archive.arn_for_objects(pattern))
        bucket_id = self._scope.get_logical_id(self.archive.node.default_child)
        accept(
            function.own_role,
            {
                f"AwsSolutions-IAM5[Resource::<{bucket_id}.Arn>/{pattern}]": "Objects have the names of documents"
            },
        )

    def _may_let_go_on(self, function: ServiceFunction) -> None:
        """Let the function say that a task is done. A token is the secret by which it does: the call names no machine."""
        function.may("states:SendTaskSuccess", on="*")
        accept(
            function.own_role, {"AwsSolutions-IAM5[Resource::*]": "Calls with a task token take no resource"}
        )

    def _keep_what_fails(self) -> None:
        """Hand each execution over that did not come to its end, however that was: it has the document's id for its name.

        What a dead-letter queue has is the failsafe's.
        """
        told = events.EventField.from_path("$.detail.name")
        rule = events.Rule(
            self,
            "Failed",
            rule_name=self._scope.stage.names.of("settlement-documents-failed"),
            description="Executions that leave a document undecided, for the failsafe",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": [self._machine.state_machine_arn],
                },
            ),
        )
        rule.add_target(
            targets.SqsQueue(
                self._decisions[1].dead_letters,
                message=events.RuleTargetInput.from_object({"data": {"document_id": told}}),
            )
        )
