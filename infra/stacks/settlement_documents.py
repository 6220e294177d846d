"""The part of settlement's stack for documents: where they are staged, and how they become pages."""

from dataclasses import dataclass
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.failure_handler import FailureHandler
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.stream_consumer import OF_A_STREAM, StreamConsumer

LISTING_INDEX: Final = "by-listing"
"""tests/infra/test_platform.py holds it to the service."""

DOCUMENT_CHANGES: Final = (
    {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"id": {"S": [{"prefix": "document#"}]}}}},
)
"""All that happens to documents. tests/contract/test_stream_filters.py holds the prefix to the service's own."""

LIMITS: Final = {
    "SINGLE_BYTES": str(1 << 20),
    "SMALL_BYTES": str(5 << 20),
    "SMALL_PAGES": "10",
    "PART_PAGES": "25",
    "MOST_BYTES": str(50 << 20),
    "MOST_PAGES": "1000",
}
"""Where size classes end, how many pages of a large document a worker takes at once, and what is refused."""

_OURS: Final = 256
"""MiB of a function that are not for the process that opens PDFs."""
_REST: Final = 10
"""Seconds of a function that are not for it."""
_OVERDUE: Final = 900
_PAGES_KEPT_FOR: Final = 90
_STAGED_FOR: Final = 90
"""Days. Whoever reviews a document looks at its pages; the documents that are decided go to an archive."""


@dataclass(frozen=True)
class Workers:
    """What one size class is worked on with: so much memory, so long, so many messages at once."""

    size_class: str
    memory_mib: int
    seconds: int
    at_once: int


WORKERS: Final = (
    Workers("single", 768, 20, 8),
    Workers("small", 1024, 30, 4),
    Workers("large", 1769, 60, 4),  # a whole processor
)


class Documents(Construct):
    """A bucket where documents are put, one for their pages, and the functions between.

    `documents` hears of each object from S3, by the default bus, and classifies it. `outbox` sends work to the queue of its
    size class, whose workers split and draw it in parts.
    """

    def __init__(self, scope: ServiceStack, failsafe: FailureHandler) -> None:
        super().__init__(scope, "Intake")  # its buckets' ids begin with it
        self._scope = scope
        self._failsafe = failsafe
        self._table = scope.table
        self.staging = self._bucket("Staging", days=_STAGED_FOR, tells=True)
        self.working = self._bucket("Working", days=_PAGES_KEPT_FOR)
        scope.publish_parameter("staging-bucket", naming.STAGING_BUCKET_PARAMETER, self.staging.bucket_name)
        scope.publish_parameter("working-bucket", naming.WORKING_BUCKET_PARAMETER, self.working.bucket_name)
        self.documents = self._documents()
        self.pages = {workers.size_class: self._pages(workers) for workers in WORKERS}
        self.outbox = self._outbox()
        scope.alarm(
            "settlement-documents-refused",
            scope.count("DocumentsRefused"),
            threshold=10,
            meaning="Documents of payees are refused: their keys, or what is in them. The payees do not know. The logs of"
            " settlement-documents and -pages-* have the reasons. Runbook: settlement-documents-refused.",
        )

    def _bucket(self, id_: str, *, days: int, tells: bool = False) -> s3.Bucket:
        """Make a bucket that may hold bank data. Macie looks into the one that `tells` of its objects (decisions 87, 107)."""
        bucket = s3.Bucket(
            self,
            id_,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS_MANAGED,
            enforce_ssl=self._scope.stage.tls_only,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(days),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            removal_policy=cdk.RemovalPolicy.DESTROY,  # S3 deletes no bucket that has something in it
        )
        if tells:
            cdk.Tags.of(bucket).add(naming.MAY_HOLD_TAG, "bank accounts and contacts of payees")
            # CDK's `event_bridge_enabled` would bring a function of its own.
            cast(
                "s3.CfnBucket", bucket.node.default_child
            ).notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                    event_bridge_enabled=True
                )
            )
        else:
            cdk.Tags.of(bucket).add(
                naming.NOT_SCANNED_TAG, "pages of documents that are scanned in the staging bucket"
            )
        accept(bucket, {"AwsSolutions-S1": "The audit trail in the table says who did what to each document"})
        return bucket

    def _may_on(
        self, function: ServiceFunction, bucket: s3.Bucket, pattern: str, *actions: str, lists: bool = True
    ) -> None:
        """Allow actions on objects, and to be told that one is not there: without ListBucket S3 answers 403."""
        function.may(*actions, on=bucket.arn_for_objects(pattern))
        if lists:
            function.may("s3:ListBucket", on=bucket.bucket_arn)
        bucket_id = self._scope.get_logical_id(bucket.node.default_child)
        accept(
            function.own_role,
            {f"AwsSolutions-IAM5[Resource::<{bucket_id}.Arn>/{pattern}]": "Payees name the objects"},
        )

    def may_read(self, function: ServiceFunction, *, whether_there_is_one: bool = True) -> None:
        """Let a function read originals, and be told whether there is one."""
        self._may_on(function, self.staging, "*", "s3:GetObject", lists=whether_there_is_one)

    def may_take_in(self, function: ServiceFunction) -> None:
        """Let a function make documents of objects."""
        self.may_read(function)
        self._may_on_items(function)

    def may_work_on_pages(self, function: ServiceFunction) -> None:
        """Let a function split and draw documents."""
        self.may_take_in(function)
        self._may_on(function, self.working, "pages/*", "s3:GetObject", "s3:PutObject")

    def _may_on_items(self, function: ServiceFunction) -> None:
        """Let the function read and write documents, their audit trails and deaths, and not the ledger.

        The local cloud ignores the condition, so tests/infra/test_functions.py checks it in the template.
        """
        for actions, prefixes in (
            (("dynamodb:GetItem", "dynamodb:PutItem"), ["document#*"]),
            (("dynamodb:UpdateItem",), ["audit#*", "deaths#*"]),
        ):
            function.may(
                *actions,
                on=self._table.table_arn,
                condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": prefixes}},
            )

    def _documents(self) -> ConsumedQueue:
        function = self._scope.function(
            "documents",
            seconds=20,
            memory_mib=768,
            STAGING_BUCKET=self.staging.bucket_name,
            READER_MIB=str(768 - _OURS),
            READER_SECONDS=str(20 - _REST),
        )
        for name, value in LIMITS.items():
            function.add_environment(name, value)
        self.may_take_in(function)
        queue = ConsumedQueue(
            self._scope,
            "settlement-documents",
            consumer=function,
            replay=self._failsafe,
            at_once=4,
            batch_size=1,  # so that what kills its worker takes nothing with it
            overdue=_OVERDUE,
        )
        events.Rule(
            self,
            "Staged",
            rule_name=self._scope.stage.names.of("settlement-documents"),
            description="Objects in the staging bucket, for settlement",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [self.staging.bucket_name]}},
            ),
            targets=[targets.SqsQueue(queue.queue, dead_letter_queue=queue.dead_letters)],
        )
        return queue

    def _pages(self, workers: Workers) -> ConsumedQueue:
        name = f"pages-{workers.size_class}"
        function = self._scope.function(
            name,
            module="pages",
            seconds=workers.seconds,
            memory_mib=workers.memory_mib,
            STAGING_BUCKET=self.staging.bucket_name,
            WORKING_BUCKET=self.working.bucket_name,
            READER_MIB=str(workers.memory_mib - _OURS),
            READER_SECONDS=str(workers.seconds - _REST),
        )
        self.may_work_on_pages(function)
        return ConsumedQueue(
            self._scope,
            f"settlement-{name}",
            consumer=function,
            replay=self._failsafe,
            at_once=workers.at_once,
            batch_size=1,
            overdue=_OVERDUE,
        )

    def _outbox(self) -> ServiceFunction:
        function = self._scope.function("outbox", seconds=10)
        for size_class, pages in self.pages.items():
            function.add_environment(f"{size_class.upper()}_QUEUE_URL", pages.queue.queue_url)
            function.may("sqs:SendMessage", on=pages.queue.queue_arn)
        StreamConsumer(
            self._scope,
            "settlement-outbox-dlq",
            consumer=function,
            changes=DOCUMENT_CHANGES,
            delays="payees' documents",
            replay=OF_A_STREAM,
        )
        return function
