"""The part of unicorn-mgmt's stack for partners' long work: the Jobs API, the queue of jobs, and what becomes of failures."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.failure_handler import FailureHandler
from infra.patterns.http_api import HttpApi
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.stream_consumer import OF_A_STREAM, StreamConsumer
from infra.stacks.unicorn_mgmt_import import Imports
from infra.stacks.unicorn_mgmt_vehicles import Vehicles

PARTNER_INDEX: Final = "by-partner"
LISTED: Final = ("ride_id", "rfq_id", "amount", "currency")
"""What the index has besides keys: what a statement tells of a ride. tests/infra/test_platform.py holds both to the service."""

JOB_CHANGES: Final = (
    {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"id": {"S": [{"prefix": "job#"}]}}}},
)
"""All that happens to jobs. tests/contract/test_stream_filters.py holds the prefix to the service's own."""

WORKERS: Final = 4
"""Jobs at once: partners wait for minutes gladly, and the table is that of customers, too."""

RATE: Final = 50
SUBMITS: Final = 5
"""Requests a second of all partners together, and how many of them may begin a job."""

_AVERAGE_REQUEST: Final = 2.0
"""Seconds, if one request in ten waits for its job as long as it may."""

_KEPT_FOR: Final = 31
"""Days: a job, whose links lead to statements, lives for thirty."""
_ARCHIVED_FOR: Final = 90
_OVERDUE: Final = 900


class Jobs(Construct):
    """These functions, the queue between them, and two buckets.

    `jobs-api` serves machine clients of partners. `jobs-outbox` sends what changes of jobs make due, and writes status
    documents. `jobs` works. `job-failures` lets jobs tell that they have failed, and archives what no job can tell of.
    """

    def __init__(self, scope: ServiceStack, vehicles: Vehicles) -> None:
        super().__init__(scope, "Jobs")
        self._scope = scope
        self._table = scope.table
        self._table.add_global_secondary_index(
            # Sparse: jobs have these keys, and partners' rides that were driven.
            index_name=PARTNER_INDEX,
            partition_key=dynamodb.Attribute(name="listed", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="listed_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*LISTED],
        )
        self._documents = self._bucket(
            "Documents",
            days=_KEPT_FOR,
            holds="statements and status documents hold ids and amounts and times and live for a month",
        )
        self._imports = Imports(scope, self._table, vehicles)
        queue = self._queue(self._failures())
        self._outbox(queue)
        self._api(queue)
        self._alarms()

    def _bucket(self, id_: str, *, days: int, holds: str) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            id_,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=self._scope.stage.tls_only,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(days),
                    # Of a job that was cancelled, or whose worker died before it could note where it was.
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        cdk.Tags.of(bucket).add(naming.NOT_SCANNED_TAG, holds)
        accept(bucket, {"AwsSolutions-S1": f"No personal data: {holds}. Nobody needs a log"})
        return bucket

    def _may_on(self, function: ServiceFunction, bucket: s3.Bucket, prefix: str, *actions: str) -> None:
        function.may(*actions, on=bucket.arn_for_objects(f"{prefix}/*"))
        bucket_id = self._scope.get_logical_id(bucket.node.default_child)
        accept(
            function.own_role,
            {
                f"AwsSolutions-IAM5[Resource::<{bucket_id}.Arn>/{prefix}/*]": "Each object is named after its job"
            },
        )

    def _may_on_jobs(self, function: ServiceFunction, *actions: str) -> None:
        """Let the function read and write jobs, and what was measured of them, and no other items.

        The local cloud ignores the condition, so tests/infra/test_functions.py checks it in the template.
        """
        function.may(
            *actions,
            on=self._table.table_arn,
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "job*"}},
        )

    def _may_list(self, function: ServiceFunction, *what: str) -> None:
        function.may(
            "dynamodb:Query",
            on=f"{self._table.table_arn}/index/{PARTNER_INDEX}",
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{each}#*" for each in what]}},
        )

    def _may_end_rides(self, function: ServiceFunction) -> None:
        """Let the function end rides of vehicles that fleets have imported, and no other unicorns'."""
        function.may(
            *("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"),
            on=self._table.table_arn,
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "u-v-*"}},
        )

    def _failures(self) -> FailureHandler:
        archive = self._bucket(
            "Archive",
            days=_ARCHIVED_FOR,
            holds="messages of jobs hold ids alone",
        )
        self._scope.publish_parameter("job-archive", naming.JOB_ARCHIVE_PARAMETER, archive.bucket_name)
        function = self._scope.function("job-failures", seconds=10, ARCHIVE_BUCKET=archive.bucket_name)
        self._may_on_jobs(function, "dynamodb:GetItem", "dynamodb:UpdateItem")
        self._may_on(function, archive, "messages", "s3:PutObject")
        return FailureHandler(self._scope, function)

    def _queue(self, failures: FailureHandler) -> ConsumedQueue:
        seconds = 30  # a worker begins steps for half of it
        function = self._scope.function(
            "jobs",
            seconds=seconds,
            memory_mib=512,
            DOCUMENT_BUCKET=self._documents.bucket_name,
            LEASE_SECONDS=str(seconds + 5),
        )
        self._may_on_jobs(function, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
        self._may_list(function, "rides")
        self._imports.serve(function, api=False)
        # HeadObject, for a file that was completed before, is permitted as GetObject, and says so if there is none.
        self._may_on(function, self._documents, "statements", "s3:PutObject", "s3:GetObject")
        function.may("s3:ListBucket", on=self._documents.bucket_arn)
        return ConsumedQueue(
            self._scope,
            "unicorn-mgmt-jobs",
            consumer=function,
            replay=failures,
            at_once=WORKERS,
            batch_size=1,
            overdue=_OVERDUE,
        )

    def _outbox(self, queue: ConsumedQueue) -> None:
        function = self._scope.function(
            "jobs-outbox",
            seconds=10,
            JOB_QUEUE_URL=queue.queue.queue_url,
            DOCUMENT_BUCKET=self._documents.bucket_name,
        )
        function.may("sqs:SendMessage", on=queue.queue.queue_arn)
        self._may_on(function, self._documents, "status", "s3:PutObject")
        StreamConsumer(
            self._scope,
            "unicorn-mgmt-jobs-outbox-dlq",
            consumer=function,
            changes=JOB_CHANGES,
            delays="partners' jobs",
            replay=OF_A_STREAM,
        )

    def _api(self, queue: ConsumedQueue) -> None:
        function = self._scope.function(
            "jobs-api",
            seconds=25,  # a caller may wait for twenty
            snap_start=True,
            JOB_QUEUE_URL=queue.queue.queue_url,
            JOB_WORKERS=str(queue.at_once),
            DOCUMENT_BUCKET=self._documents.bucket_name,
        )
        self._may_on_jobs(
            function, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"
        )
        self._may_list(function, "jobs", "engaged")
        self._may_end_rides(function)
        self._imports.serve(function, api=True)
        function.may("sqs:GetQueueAttributes", on=queue.queue.queue_arn)
        # The URLs that it signs have its permissions. Without the last one S3 answers 403 instead of 404 for a document
        # that is not there yet.
        self._may_on(function, self._documents, "statements", "s3:GetObject")
        self._may_on(function, self._documents, "status", "s3:GetObject")
        function.may("s3:ListBucket", on=self._documents.bucket_arn)
        api = HttpApi(
            self._scope,
            "jobs-api",
            function=function,
            auth="machines",
            rate=RATE,
            dear={"POST /jobs": SUBMITS},
            seconds=_AVERAGE_REQUEST,
        )
        self._scope.publish_parameter("jobs-api-url", naming.JOBS_API_URL_PARAMETER, api.public_url)

    def _alarms(self) -> None:
        scope = self._scope
        scope.alarm(
            "unicorn-mgmt-jobs-failing",
            scope.count("JobsFailed"),
            threshold=5,
            meaning="Jobs of partners fail, and tell them so. The logs of unicorn-mgmt-jobs and -job-failures say why."
            " Runbook: unicorn-mgmt-jobs-failing.",
        )
        scope.alarm(
            "unicorn-mgmt-jobs-archived",
            scope.count("JobMessagesArchived"),
            threshold=1,
            meaning="A message of a job was given up, and no job can tell of it: if it has one, its partner waits. The"
            " archive has it. Runbook: unicorn-mgmt-jobs-archived.",
        )
        scope.alarm(
            "unicorn-mgmt-jobs-estimates",
            scope.count("JobEstimatesOff"),
            threshold=20,
            periods=3,
            meaning="Jobs take less than half, or more than twice, of what partners were told. Nothing waits for it."
            " Runbook: unicorn-mgmt-jobs-estimates.",
        )
        scope.watched.add("JobEstimatePercent")  # how good estimates are, for graphs
