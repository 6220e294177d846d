"""unicorn-mgmt: the unicorns, their answers to RFQs and their rides."""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.jwt_api import JwtApi
from infra.patterns.outbox import Outbox
from infra.patterns.partner_fleets import Partners
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.service_table import ServiceTable
from infra.patterns.socket_api import SocketApi
from infra.patterns.subscription import Subscription
from infra.stage import Stage
from wild_rydes_contracts import FeedbackReceived, QuoteAccepted, RfqRequested, RideBookingFailed

SERVICE: Final = "unicorn-mgmt"
CELL_INDEX: Final = "by-cell"

# What a quote takes; a ride that begins or ends, or a position report that says nothing new, leaves the index alone.
QUOTED_FROM: Final = (
    "name",
    "base",
    "per_km",
    "minimum",
    "currency",
    "max_km",
    "auto_quote",
    "lat",
    "lon",
    "connection",
    "scores",
    "score_total",
)

# A ride that begins or ends, a rejection and a circuit that turns are announced, an answer is handed on, partners are called. Position reports, above all, invoke nothing.
ANNOUNCED_CHANGES: Final = (
    *(
        {
            "eventName": ["MODIFY"],
            "dynamodb": {"OldImage": {"state": {"S": [old]}}, "NewImage": {"state": {"S": [new]}}},
        }
        for old, new in (("free", "riding"), ("riding", "free"))
    ),
    {"eventName": ["INSERT"], "dynamodb": {"Keys": {"id": {"S": [{"prefix": "decision#"}]}}}},
    {"eventName": ["MODIFY"], "dynamodb": {"Keys": {"id": {"S": [{"prefix": "invitation#"}]}}}},
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {"id": {"S": [{"prefix": "circuit#"}, {"prefix": "ride#"}]}}},
    },
)


class UnicornMgmtStack(ServiceStack):
    """Table, API and socket of the unicorn app, responder, bookings, ratings and outbox."""

    def __init__(self, scope: Construct, stage: Stage, artifact: Path) -> None:
        super().__init__(
            scope,
            naming.UNICORN_MGMT_STACK,
            service=SERVICE,
            stage=stage,
            artifact=artifact,
            description="Wild Rydes: unicorns, and their answers to requests for quotation",
        )
        self._table = self._make_table()
        api = self._api()
        socket = self._socket()
        responder = self._responder(api, socket)
        outbox = self._outbox(api, socket)
        Partners(self, table=self._table, responder=responder, outbox=outbox, may_reply=self._may_reply)
        self._bookings()
        self._ratings()

    def _make_table(self) -> ServiceTable:
        table = ServiceTable(self)
        # Sparse: only an available unicorn without a ride carries its cell.
        table.add_global_secondary_index(
            index_name=CELL_INDEX,
            partition_key=dynamodb.Attribute(name="cell", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*QUOTED_FROM],
        )
        return table

    def _responder(self, api: JwtApi, socket: SocketApi) -> ServiceFunction:
        function = self._function("responder", seconds=3, UNICORN_API_URL=api.public_url)
        function.may("dynamodb:Query", on=f"{self._table.table_arn}/index/{CELL_INDEX}")
        # An invitation is noted; a connection that turns out to be closed is forgotten.
        function.may("dynamodb:PutItem", "dynamodb:UpdateItem", on=self._table.table_arn)
        self._may_reply(function)
        socket.may_post(function)
        Subscription(self, "unicorn-mgmt-inbox", RfqRequested, consumer=function)
        return function

    def _may_reply(self, function: ServiceFunction) -> None:
        """Let the function answer to return addresses."""
        return_addresses = self.format_arn(
            service="sqs",
            resource=f"{naming.REPLY_QUEUE_PREFIX}*",
            arn_format=cdk.ArnFormat.NO_RESOURCE_NAME,
        )
        function.add_environment("REPLY_TO_PATTERN", return_addresses)
        function.may("sqs:SendMessage", "sqs:GetQueueUrl", on=return_addresses)
        accept(
            function.own_role,
            {
                "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>"
                f":{naming.REPLY_QUEUE_PREFIX}*]": "Requesters yet unknown are answered; only return addresses match"
            },
        )

    def _bookings(self) -> None:
        function = self._function("bookings", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", on=self._table.table_arn)
        Subscription(self, "unicorn-mgmt-bookings-inbox", QuoteAccepted, RideBookingFailed, consumer=function)

    def _ratings(self) -> None:
        function = self._function("ratings", seconds=3)
        function.may("dynamodb:UpdateItem", on=self._table.table_arn)
        Subscription(self, "unicorn-mgmt-ratings-inbox", FeedbackReceived, consumer=function)

    def _outbox(self, api: JwtApi, socket: SocketApi) -> ServiceFunction:
        function = self._function("outbox", seconds=10, UNICORN_API_URL=api.public_url)
        self._may_reply(function)
        socket.may_post(function)
        function.may_publish()
        Outbox(
            self,
            "unicorn-mgmt-outbox-dlq",
            table=self._table,
            publisher=function,
            changes=ANNOUNCED_CHANGES,
        )
        return function

    def _api(self) -> JwtApi:
        function = self._function("api", seconds=10, snap_start=True)
        function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=self._table.table_arn)
        api = JwtApi(self, "unicorn-api", function=function)
        if self.stage.endpoint:
            function.add_environment("PUBLIC_URL", api.public_url)
        self.publish_parameter("unicorn-api-url", naming.UNICORN_API_URL_PARAMETER, api.public_url)
        return api

    def _socket(self) -> SocketApi:
        function = self._function("socket", seconds=10)
        function.may("dynamodb:UpdateItem", on=self._table.table_arn)
        authorizer = self._function("authorizer", seconds=5)
        socket = SocketApi(self, "unicorn-socket", function=function, authorizer=authorizer)
        self.publish_parameter("unicorn-socket-url", naming.UNICORN_SOCKET_URL_PARAMETER, socket.public_url)
        return socket

    def _function(
        self, role: str, *, seconds: int, snap_start: bool = False, **environment: str
    ) -> ServiceFunction:
        return ServiceFunction(
            self,
            f"{SERVICE}-{role}",
            handler=f"unicorn_mgmt.functions.{role}.handler",
            seconds=seconds,
            snap_start=snap_start,
            environment={"TABLE_NAME": self._table.table_name, **environment},
        )
