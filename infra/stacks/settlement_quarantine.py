"""The part of settlement's stack for sensitive data: Macie's findings in the staging bucket, and where documents go by them."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack

_SWEEP_SECONDS: Final = 900
"""The most that SQS delays a message, and longer than anybody works on a document: what is written until then is removed, too."""
_KEPT_FOR: Final = 90
"""Days in which somebody finds out what to do about a document on which nobody has decided."""
_PENDING: Final = 30
"""Days until a key is gone that was deleted by a slip, and with it all that is in the bucket."""
_SECONDS: Final = 30
_OVERDUE: Final = 900


class QuarantinedDocuments(Construct):
    """Rule -> queue -> `findings`, and the quarantine bucket, into which that function writes and which nobody here reads.

    `staging` is where documents are found, `working` has their pages, `archive` their originals. `limits` are those of documents.
    """

    def __init__(
        self,
        scope: ServiceStack,
        *,
        staging: s3.IBucket,
        working: s3.IBucket,
        archive: s3.IBucket,
        limits: Mapping[str, str],
    ) -> None:
        super().__init__(scope, "Quarantine")
        self._scope = scope
        key = kms.Key(
            self,
            "Key",
            description="Documents of settlement in quarantine: nothing of settlement may decrypt with it",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(_PENDING),
            removal_policy=scope.stage.data_removal,
        )
        self.bucket = self._bucket(key)
        scope.publish_parameter(
            "quarantine-bucket", naming.QUARANTINE_BUCKET_PARAMETER, self.bucket.bucket_name
        )
        function = scope.function(
            "findings",
            seconds=_SECONDS,
            STAGING_BUCKET=staging.bucket_name,
            WORKING_BUCKET=working.bucket_name,
            ARCHIVE_BUCKET=archive.bucket_name,
            QUARANTINE_BUCKET=self.bucket.bucket_name,
            SWEEP_SECONDS=str(_SWEEP_SECONDS),
        )
        for name, value in limits.items():
            function.add_environment(name, value)
        self._permissions(function, staging, working, archive, key)
        queue = ConsumedQueue(
            scope,
            "settlement-findings",
            consumer=function,
            replay=scope.replay,
            batch_size=1,
            overdue=_OVERDUE,
        )
        function.add_environment("OWN_QUEUE_URL", queue.queue.queue_url)
        function.may("sqs:SendMessage", on=queue.queue.queue_arn)
        self._rule(queue, staging)
        scope.alarm(
            "settlement-sensitive-documents",
            scope.count("SensitiveDocuments"),
            threshold=1,
            meaning="A payee's document holds what must not be in an invoice, such as a credit card number. It is in"
            " quarantine, and is not settled unless it already was. Somebody has to tell the payee."
            " Runbook: settlement-sensitive-documents.",
        )

    def _bucket(self, key: kms.IKey) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=self._scope.stage.tls_only,
            lifecycle_rules=[
                s3.LifecycleRule(prefix="undecided/", expiration=cdk.Duration.days(_KEPT_FOR)),
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(1)),
            ],
            removal_policy=self._scope.stage.data_removal,
        )
        cdk.Tags.of(bucket).add(
            naming.NOT_SCANNED_TAG, "all of it was found by Macie in the staging bucket and is known"
        )
        accept(bucket, {"AwsSolutions-S1": "The audit trail in the table says what was put there and why"})
        return bucket

    def _permissions(
        self,
        function: ServiceFunction,
        staging: s3.IBucket,
        working: s3.IBucket,
        archive: s3.IBucket,
        key: kms.IKey,
    ) -> None:
        table = self._scope.table.table_arn
        for actions, prefix in (
            (("dynamodb:GetItem", "dynamodb:PutItem"), "document#*"),
            (("dynamodb:UpdateItem",), "audit#*"),
        ):
            condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [prefix]}}
            function.may(*actions, on=table, condition=condition)
        function.may("kms:GenerateDataKey", on=key.key_arn)  # to write, and not to read
        for bucket, pattern, actions in (
            (staging, "*", ("s3:GetObject", "s3:DeleteObject")),
            (archive, "documents/*", ("s3:GetObject", "s3:DeleteObject")),
            (working, "pages/*", ("s3:DeleteObject",)),
            (self.bucket, "*", ("s3:PutObject",)),
        ):
            function.may(*actions, on=bucket.arn_for_objects(pattern))
            bucket_id = self._scope.get_logical_id(bucket.node.default_child)
            accept(
                function.own_role,
                {f"AwsSolutions-IAM5[Resource::<{bucket_id}.Arn>/{pattern}]": "Payees name the objects"},
            )
        for bucket in (staging, archive, working):
            function.may("s3:ListBucket", on=bucket.bucket_arn)  # to be told of what is not there

    def _rule(self, queue: ConsumedQueue, staging: s3.IBucket) -> None:
        events.Rule(
            self,
            "Found",
            rule_name=self._scope.stage.names.of("settlement-findings"),
            description="What Macie finds in the staging bucket, for settlement",
            event_pattern=events.EventPattern(
                source=["aws.macie"],
                detail_type=["Macie Finding"],
                detail={
                    "type": [{"prefix": "SensitiveData:"}],
                    "resourcesAffected": {"s3Bucket": {"name": [staging.bucket_name]}},
                },
            ),
            targets=[targets.SqsQueue(queue.queue, dead_letter_queue=queue.dead_letters)],
        )
