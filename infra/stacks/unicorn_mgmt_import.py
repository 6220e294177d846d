"""The part of unicorn-mgmt's stack for imports of fleets: the bucket, the state machine that an upload starts, its functions."""

from pathlib import Path
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.patterns.accept import accept
from infra.patterns.consumed_queue import last_queue
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.stacks.unicorn_mgmt_vehicles import Vehicles

DEFINITION: Final = Path(__file__).with_name("unicorn_mgmt_import.asl.json")

UPLOADS: Final = "uploads/"
"""Where files are uploaded to. tests/infra/test_fleet_import.py holds it to the service's own."""

AT_ONCE: Final = 5
"""Chunks that are written at once: a new table takes some 4,000 writes a second, and grows with what it takes."""

LONGEST_STEP: Final = 120
"""Seconds of a function that writes. The API lets nobody begin the next import sooner after one that was cut short."""

_CHUNK_BYTES: Final = 4 * 1024 * 1024
_MEMORY: Final = 512
_READ_WITHIN: Final = 300
_FILES_KEPT_FOR: Final = 7
_REPORTS_KEPT_FOR: Final = 31
"""Days: a job, whose links lead to reports, lives for thirty."""


class Imports(Construct):
    """A completed upload starts one execution or more; the first one has the job, and the others end at once.

    `import-validate` looks at the file as a whole, `import-chunk` writes a part of it, `import-end` sums up or tells that it has
    failed. What comes to no end is in a dead-letter queue, and the job ends by itself when its time is over.
    """

    def __init__(self, scope: ServiceStack, table: dynamodb.Table, vehicles: Vehicles) -> None:
        super().__init__(scope, "Imports")
        self._scope = scope
        self._table = table
        self.bucket = self._bucket()
        validate, chunk, end = self._functions(vehicles)
        machine = self._machine(validate, chunk, end)
        dead_letters = last_queue(
            self,
            scope,
            "unicorn-mgmt-imports-dlq",
            to_do="There is no replay: an import of a partner has come to no good end. Its job tells the partner so, if not"
            " at once then when its time is over, and the file can be imported again. The execution's history says why.",
        )
        accept(dead_letters, {"AwsSolutions-SQS3": "It is the dead-letter queue of two rules"})
        self._start(machine, dead_letters)
        self._keep_what_fails(machine, dead_letters)
        scope.watched.add("ImportsRefused")

    def serve(self, function: ServiceFunction, *, api: bool) -> None:
        """Let a function of jobs abandon uploads, or, for the API, begin them and hand out URLs for them."""
        function.add_environment("IMPORT_BUCKET", self.bucket.bucket_name)
        if api:
            # The URLs that it signs have its permissions.
            self._may_on(function, "uploads", "s3:PutObject")
            self._may_on(function, "reports", "s3:GetObject")
        else:
            self._may_on(function, "uploads", "s3:AbortMultipartUpload")

    def _bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Uploads",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=self._scope.stage.tls_only,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=UPLOADS,
                    expiration=cdk.Duration.days(_FILES_KEPT_FOR),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                ),
                s3.LifecycleRule(prefix="reports/", expiration=cdk.Duration.days(_REPORTS_KEPT_FOR)),
            ],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # The construct's own way to say this is a function that calls S3 during each deployment.
        files = cast("s3.CfnBucket", bucket.node.default_child)
        files.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        accept(bucket, {"AwsSolutions-S1": "Files live for a week, and only URLs of an hour lead to them"})
        return bucket

    def _may_on(self, function: ServiceFunction, prefix: str, *actions: str) -> None:
        function.may(*actions, on=self.bucket.arn_for_objects(f"{prefix}/*"))
        if "s3:GetObject" in actions:
            # Without it S3 says of an object that is gone that it is forbidden.
            function.may("s3:ListBucket", on=self.bucket.bucket_arn)
        bucket_id = self._scope.get_logical_id(self.bucket.node.default_child)
        accept(
            function.own_role,
            {
                f"AwsSolutions-IAM5[Resource::<{bucket_id}.Arn>/{prefix}/*]": "Each object is named after its job"
            },
        )

    def _functions(self, vehicles: Vehicles) -> tuple[ServiceFunction, ServiceFunction, ServiceFunction]:
        files = {"IMPORT_BUCKET": self.bucket.bucket_name}
        validate = self._scope.function(
            "import-validate",
            seconds=_READ_WITHIN,
            memory_mib=_MEMORY,
            CHUNK_BYTES=str(self._scope.stage.import_chunk_bytes or _CHUNK_BYTES),
            **files,
        )
        chunk = self._scope.function("import-chunk", seconds=LONGEST_STEP, memory_mib=_MEMORY, **files)
        end = self._scope.function("import-end", seconds=LONGEST_STEP, memory_mib=_MEMORY, **files)
        for function, *more in ((validate, "dynamodb:PutItem"), (chunk,), (end, "dynamodb:PutItem")):
            function.may(
                *("dynamodb:GetItem", "dynamodb:UpdateItem", *more),
                on=self._table.table_arn,
                condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "job*"}},
            )
        vehicles.may_import(chunk)
        self._may_on(validate, "uploads", "s3:GetObject")
        self._may_on(chunk, "uploads", "s3:GetObject")
        self._may_on(chunk, "reports", "s3:PutObject")
        self._may_on(end, "reports", "s3:GetObject", "s3:PutObject")
        return validate, chunk, end

    def _machine(self, *steps: ServiceFunction) -> sfn.StateMachine:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": self._scope.account}},
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[step.entry.function_arn for step in steps]
            )
        )
        validate, chunk, end = (step.entry.function_arn for step in steps)
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self._scope.stage.names.of("unicorn-mgmt-imports"),
            role=role.without_policy_updates(),
            definition_body=sfn.DefinitionBody.from_string(
                DEFINITION.read_text().replace("${at_once}", str(AT_ONCE))
            ),
            definition_substitutions={"validate": validate, "chunk": chunk, "end": end},
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

    def _start(self, machine: sfn.StateMachine, dead_letters: sqs.Queue) -> None:
        """Start by uploads that are complete."""
        events.Rule(
            self,
            "Arrived",
            rule_name=self._scope.stage.names.of("unicorn-mgmt-imports"),
            description="Files of fleets that partners have uploaded",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [self.bucket.bucket_name]},
                    "object": {"key": [{"prefix": UPLOADS}]},
                },
            ),
            targets=[
                targets.SfnStateMachine(
                    machine,
                    input=events.RuleTargetInput.from_object(
                        {
                            "key": events.EventField.from_path("$.detail.object.key"),
                            "size": events.EventField.from_path("$.detail.object.size"),
                        }
                    ),
                    dead_letter_queue=dead_letters,
                )
            ],
        )

    def _keep_what_fails(self, machine: sfn.StateMachine, dead_letters: sqs.Queue) -> None:
        """Keep each execution that did not succeed, however it ended: the event has its input."""
        events.Rule(
            self,
            "Failed",
            rule_name=self._scope.stage.names.of("unicorn-mgmt-imports-failed"),
            description="Imports of fleets that have come to no good end",
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
