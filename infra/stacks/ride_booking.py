"""ride-booking: the REST API for RFQs, the outbox, the return address and the deadlines."""

from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.jwt_api import JwtApi
from infra.patterns.outbox import Outbox
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.service_table import ServiceTable
from infra.patterns.socket_api import SocketApi
from infra.patterns.subscription import Subscription
from infra.stage import Stage
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected

SERVICE: Final = "ride-booking"
CUSTOMER_INDEX: Final = "by-customer"


def _step(before: tuple[str, ...], after: tuple[str, ...]) -> dict[str, Any]:
    images = {"OldImage": {"status": {"S": list(before)}}, "NewImage": {"status": {"S": list(after)}}}
    return {"eventName": ["MODIFY"], "dynamodb": images}


# A new RFQ is announced, its completion, and the steps of its rides. Everything between, each answer that is folded in
# above all, invokes nothing. An event source takes five filters at most.
ANNOUNCED_CHANGES: Final = (
    {"eventName": ["INSERT"]},
    _step(("running",), ("completed",)),
    _step(("completed", "rejected"), ("pending",)),
    _step(("pending",), ("confirmed", "rejected", "driven")),
    _step(("confirmed",), ("rejected",)),
)

# What somebody watches is pushed; all else invokes nothing.
WATCHED_CHANGES: Final = {
    "eventName": ["MODIFY"],
    "dynamodb": {"NewImage": {"watchers": {"SS": [{"exists": True}]}}},
}


class RideBookingStack(ServiceStack):
    """Table, API, requester (outbox), aggregator (return address), closer (deadlines), bookings (news of rides), watcher and
    notifier (live updates)."""

    def __init__(self, scope: Construct, stage: Stage, artifact: Path) -> None:
        super().__init__(
            scope,
            naming.RIDE_BOOKING_STACK,
            service=SERVICE,
            stage=stage,
            artifact=artifact,
            description="Wild Rydes: requests for quotation of rides",
        )
        self._table = self._make_table()
        self._documents = self._make_documents()
        answers = self._consumer("aggregator", f"{naming.REPLY_QUEUE_PREFIX}{SERVICE}")
        # A timer waits in its queue for up to 15 minutes before it is due.
        deadlines = self._consumer("closer", "ride-booking-deadlines", overdue=16 * 60)
        self._requester(answers, deadlines)
        self._bookings()
        self._api()
        self._live_updates()

    def _make_table(self) -> ServiceTable:
        table = ServiceTable(self)
        table.add_global_secondary_index(
            index_name=CUSTOMER_INDEX,
            partition_key=dynamodb.Attribute(name="customer", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="created_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        return table

    def _make_documents(self) -> s3.Bucket:
        """Status documents: ids, counts and times, read through URLs that expire."""
        bucket = s3.Bucket(
            self,
            "Documents",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=self.stage.tls_only,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(1))],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        accept(
            bucket, {"AwsSolutions-S1": "Documents of a day, without personal data: nobody reads their log"}
        )
        return bucket

    def _may_on_documents(self, function: ServiceFunction, action: str) -> None:
        bucket = self._documents
        function.add_environment("DOCUMENT_BUCKET", bucket.bucket_name)
        function.may(action, on=bucket.arn_for_objects("rfqs/*"))
        accept(
            function.own_role,
            {
                f"AwsSolutions-IAM5[Resource::<{self.get_logical_id(bucket.node.default_child)}.Arn>/rfqs/*]": "A"
                " document is named after its RFQ"
            },
        )

    def _consumer(self, role: str, queue: str, overdue: int = 60) -> ConsumedQueue:
        function = self._function(role, seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=self._table.table_arn)
        # Answers come in bursts, and so do deadlines: waiting a second folds more of them into one update.
        return ConsumedQueue(self, queue, consumer=function, batching_window=1, overdue=overdue)

    def _bookings(self) -> None:
        function = self._function("rides", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=self._table.table_arn)
        Subscription(
            self,
            "ride-booking-rides",
            RideConfirmed,
            RideRejected,
            RideCompleted,
            consumer=function,
        )

    def _requester(self, answers: ConsumedQueue, deadlines: ConsumedQueue) -> None:
        function = self._function(
            "outbox",
            seconds=10,
            REPLY_QUEUE_ARN=answers.queue.queue_arn,
            DEADLINE_QUEUE_URL=deadlines.queue.queue_url,
        )
        function.may_publish()
        function.may("sqs:SendMessage", on=deadlines.queue.queue_arn)
        self._may_on_documents(function, "s3:PutObject")
        Outbox(
            self,
            "ride-booking-outbox-dlq",
            table=self._table,
            publisher=function,
            changes=ANNOUNCED_CHANGES,
        )

    def _api(self) -> None:
        function = self._function("api", seconds=10, snap_start=True)
        function.may(
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:BatchGetItem",
            on=self._table.table_arn,
        )
        function.may("dynamodb:Query", on=f"{self._table.table_arn}/index/{CUSTOMER_INDEX}")
        self._may_on_documents(function, "s3:GetObject")  # its URLs may do what it may
        api = JwtApi(self, "rfq-api", function=function)
        if self.stage.endpoint:
            function.add_environment("PUBLIC_URL", api.public_url)
        self.publish_parameter("rfq-api-url", naming.RFQ_API_URL_PARAMETER, api.public_url)

    def _live_updates(self) -> None:
        watcher = self._function("socket", seconds=10)
        notifier = self._function("notifier", seconds=10)
        socket = SocketApi(
            self, "rfq-socket", function=watcher, authorizer=self._function("authorizer", seconds=5)
        )
        for function in (watcher, notifier):
            function.may("dynamodb:UpdateItem", on=self._table.table_arn)
            socket.may_post(function)
        Outbox(
            self,
            "ride-booking-notifier-dlq",
            table=self._table,
            publisher=notifier,
            changes=[WATCHED_CHANGES],
            batch_size=25,
            give_up_after=60,  # who still waits then has connected anew
        )
        self.publish_parameter("rfq-socket-url", naming.RFQ_SOCKET_URL_PARAMETER, socket.public_url)

    def _function(
        self, role: str, *, seconds: int, snap_start: bool = False, **environment: str
    ) -> ServiceFunction:
        return ServiceFunction(
            self,
            f"{SERVICE}-{role}",
            handler=f"ride_booking.functions.{role}.handler",
            seconds=seconds,
            snap_start=snap_start,
            environment={"TABLE_NAME": self._table.table_name, **environment},
        )
