"""ride-booking: requests for quotation (RFQs), their quotes, and the rides that are booked from them.

Some names are written twice, here and in the service. tests/infra/test_platform.py holds the index to the
service, and tests/contract/test_stream_filters.py the stream filters.
"""

from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.burn_rate_alarms import BurnRateAlarms
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.hosted_page import HostedPage
from infra.patterns.http_api import HttpApi
from infra.patterns.replay import NoReplay, Replay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.socket_api import SocketApi
from infra.patterns.stream_consumer import OF_A_STREAM, StreamConsumer
from infra.patterns.subscription import Subscription
from infra.slo import FIRST_QUOTE, RFQ_COMPLETION
from infra.stacks.ride_booking_machines import add_machines
from infra.stage import Stage
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected

SERVICE: Final = "ride-booking"
API_REQUESTS: Final = 2
"""Of an RFQ: the POST, and a look at the result. So half of the requests may be POSTs: all else is cheaper."""

CUSTOMER_INDEX: Final = "by-customer"

_ON_THE_WAY: Final = 512
"""MiB of functions that a customer waits for: a function has as much of a processor as it has memory. docs/costs.md has what
each size takes and costs."""


def _step(before: tuple[str, ...], after: tuple[str, ...]) -> dict[str, Any]:
    images = {"OldImage": {"status": {"S": list(before)}}, "NewImage": {"status": {"S": list(after)}}}
    return {"eventName": ["MODIFY"], "dynamodb": images}


# A new RFQ, its completion, and the steps of its rides. Nothing else invokes the outbox: answers to the RFQ
# in particular do not. An event source has five filters at most.
ANNOUNCED_CHANGES: Final = (
    {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": ["running"]}}}},
    _step(("running",), ("completed",)),
    _step(("completed", "rejected"), ("pending",)),
    _step(("pending",), ("confirmed", "rejected", "driven")),
    _step(("confirmed",), ("rejected",)),
)

# Changes of an RFQ that somebody watches. Nothing else invokes the notifier.
WATCHED_CHANGES: Final = {
    "eventName": ["MODIFY"],
    "dynamodb": {"NewImage": {"watchers": {"SS": [{"exists": True}]}}},
}


class RideBookingStack(ServiceStack):
    """A table, a bucket of status documents, and these functions.

    `api` serves customers. `outbox` announces what was written, `aggregator` collects answers at the return
    address, `closer` acts at deadlines, and `rides` takes in news of booked rides. `socket`, its `authorizer`
    and `notifier` push live updates. The customers' page is hosted beside them.
    """

    def __init__(self, scope: Construct, stage: Stage, artifact: Path) -> None:
        super().__init__(
            scope,
            naming.RIDE_BOOKING_STACK,
            service=SERVICE,
            stage=stage,
            artifact=artifact,
            description="Wild Rydes: requests for quotation of rides",
            # A slot, the RFQ, the answers of unicorns, and those of each partner.
            writes_of_an_rfq=6,
        )
        self._index()
        self._documents = self._make_documents()
        answers = self._consumer(
            "aggregator",
            f"{naming.REPLY_QUEUE_PREFIX}{SERVICE}",
            NoReplay("its RFQ is over after 15 minutes at most, and an answer is late then."),
            busy=0.12,
            memory_mib=_ON_THE_WAY,
        )
        # A deadline's message waits in its queue for up to 15 minutes before it is due.
        deadlines = self._consumer(
            "closer", "ride-booking-deadlines", self.replay, busy=0.025, overdue=16 * 60
        )
        self._outbox(answers, deadlines)
        self._rides()
        api = self._api()
        add_machines(self, CUSTOMER_INDEX, self._may_sign_documents)
        socket = self._live_updates()
        if stage.hosts_pages:
            page = HostedPage(self, "customer-app", api=api, socket=socket)
            self.publish_parameter("customer-app-url", naming.CUSTOMER_APP_URL_PARAMETER, page.url)
        self._objectives()

    def _objectives(self) -> None:
        """Watch what customers are promised, as the outbox judges each RFQ that is over."""
        late, completed = self.count("RfqsCompletedLate"), self.count("RfqCompleted")
        BurnRateAlarms(self, RFQ_COMPLETION, bad=late, total=completed)
        missed, due = self.count("FirstQuotesMissed"), self.count("FirstQuotesDue")
        BurnRateAlarms(self, FIRST_QUOTE, bad=missed, total=due)

    def _index(self) -> None:
        self.table.add_global_secondary_index(
            index_name=CUSTOMER_INDEX,
            partition_key=dynamodb.Attribute(name="customer", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="created_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )

    def _make_documents(self) -> s3.Bucket:
        """The bucket of status documents: ids, counts and times, read through URLs that expire."""
        bucket = s3.Bucket(
            self,
            "Documents",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=self.stage.tls_only,
            cors=[self._pages_may_read()] if self.stage.origins else None,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(1))],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        cdk.Tags.of(bucket).add(
            naming.NOT_SCANNED_TAG, "status documents hold ids and counts and times and live for a day"
        )
        accept(
            bucket, {"AwsSolutions-S1": "Documents live for a day, without personal data: nobody needs a log"}
        )
        return bucket

    def _pages_may_read(self) -> s3.CorsRule:
        return s3.CorsRule(
            allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD],
            allowed_origins=list(self.stage.origins),
            allowed_headers=["*"],  # any condition; the URL alone decides who may read
            exposed_headers=["ETag"],
            max_age=7200,  # browsers believe it no longer
        )

    def _may_on_documents(self, function: ServiceFunction, action: str) -> None:
        bucket = self._documents
        function.add_environment("DOCUMENT_BUCKET", bucket.bucket_name)
        function.may(action, on=bucket.arn_for_objects("rfqs/*"))
        bucket_id = self.get_logical_id(bucket.node.default_child)
        accept(
            function.own_role,
            {
                f"AwsSolutions-IAM5[Resource::<{bucket_id}.Arn>/rfqs/*]": "Each document is named after its RFQ"
            },
        )

    def _may_sign_documents(self, function: ServiceFunction) -> None:
        self._may_on_documents(function, "s3:GetObject")  # the URLs that it signs have its permissions
        # Without this one, S3 answers 403 instead of 404 for a document that is not there yet. It asks for the whole
        # bucket then: a condition on `s3:prefix` would never hold, because the request for an object has none.
        function.may("s3:ListBucket", on=self._documents.bucket_arn)

    def _consumer(
        self,
        role: str,
        queue: str,
        replay: Replay | NoReplay,
        *,
        busy: float,
        overdue: int = 60,
        memory_mib: int = 256,
    ) -> ConsumedQueue:
        function = self.function(role, seconds=3, memory_mib=memory_mib)
        function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=self.table.table_arn)
        return ConsumedQueue(self, queue, consumer=function, replay=replay, busy=busy, overdue=overdue)

    def _rides(self) -> None:
        function = self.function("rides", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=self.table.table_arn)
        Subscription(
            self,
            "ride-booking-rides",
            RideConfirmed,
            RideRejected,
            RideCompleted,
            consumer=function,
            replay=self.replay,
            from_archive="changes no ride that has ended. News of an RFQ that is gone is dropped",
        )

    def _outbox(self, answers: ConsumedQueue, deadlines: ConsumedQueue) -> None:
        function = self.function(
            "outbox",
            seconds=10,
            memory_mib=_ON_THE_WAY,
            REPLY_QUEUE_ARN=answers.queue.queue_arn,
            DEADLINE_QUEUE_URL=deadlines.queue.queue_url,
        )
        function.may_publish()
        function.may("sqs:SendMessage", on=deadlines.queue.queue_arn)
        self._may_on_documents(function, "s3:PutObject")
        StreamConsumer(
            self,
            "ride-booking-outbox-dlq",
            consumer=function,
            changes=ANNOUNCED_CHANGES,
            delays="customers' requests for quotes, and their bookings",
            replay=OF_A_STREAM,
            busy=0.015,
        )
        self.alarm(
            "ride-booking-documents-failing",
            self.count("StatusDocumentsFailed"),
            threshold=1,
            meaning="Status documents cannot be written: clients that poll them see old ones, or none."
            " Nothing else waits. The log of ride-booking-outbox says why: look at the bucket and its policy."
            " Runbook: ride-booking-documents-failing.",
        )

    def _api(self) -> HttpApi:
        function = self.function(
            "api",
            seconds=10,
            snap_start=True,
            memory_mib=_ON_THE_WAY,
            OPEN_RFQS=str(self.stage.open_rfqs),
        )
        function.may(
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:BatchGetItem",
            on=self.table.table_arn,
        )
        function.may("dynamodb:Query", on=f"{self.table.table_arn}/index/{CUSTOMER_INDEX}")
        self._may_sign_documents(function)
        rate = self.stage.scale.requests(API_REQUESTS)
        api = HttpApi(
            self,
            "rfq-api",
            function=function,
            auth="users",
            rate=rate,
            dear={"POST /instant-ride-rfqs": rate // 2},
        )
        self.publish_parameter("rfq-api-url", naming.RFQ_API_URL_PARAMETER, api.public_url)
        return api

    def _live_updates(self) -> SocketApi:
        socket = self.function("socket", seconds=10)
        notifier = self.function("notifier", seconds=10, memory_mib=_ON_THE_WAY)
        authorizer = self.function("authorizer", seconds=5)
        rate = self.stage.scale.requests(1)
        api = SocketApi(self, "rfq-socket", function=socket, authorizer=authorizer, rate=rate)
        for function in (socket, notifier):
            function.may("dynamodb:UpdateItem", on=self.table.table_arn)
            api.may_post(function)
        StreamConsumer(
            self,
            "ride-booking-notifier-dlq",
            consumer=notifier,
            changes=[WATCHED_CHANGES],
            delays="live updates of customers' screens",
            replay=NoReplay(
                "nobody looks at a screen that has stood still for hours; the API shows what is current."
            ),
            busy=0.08,
            batch_size=25,
            give_up_after=2 * 3600,  # after that nobody looks any more
        )
        self.alarm(
            "ride-booking-pushes-refused",
            self.count("PushesRefused"),
            threshold=1,
            meaning="Live updates are refused: customers' screens stand still until they look again."
            " The log of ride-booking-notifier says why: a permission, or an update that is too large."
            " Runbook: ride-booking-pushes-refused.",
        )
        self.publish_parameter("rfq-socket-url", naming.RFQ_SOCKET_URL_PARAMETER, api.public_url)
        return api
