"""unicorn-mgmt: the unicorns, their answers to RFQs and their rides.

Some names are written twice, here and in the service. tests/infra/test_platform.py holds the index and what
it contains to the service, and tests/contract/test_stream_filters.py the stream filter.
"""

from pathlib import Path
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra import naming
from infra.patterns.hosted_page import HostedPage
from infra.patterns.http_api import HttpApi
from infra.patterns.replay import NoReplay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.socket_api import SocketApi
from infra.patterns.stream_consumer import OF_A_STREAM, StreamConsumer
from infra.patterns.subscription import Subscription
from infra.stacks.unicorn_mgmt_jobs import Jobs
from infra.stacks.unicorn_mgmt_partners import CIRCUIT, RIDE, Partners
from infra.stacks.unicorn_mgmt_vehicles import Vehicles
from infra.stage import Stage
from wild_rydes_contracts import (
    FeedbackCorrected,
    FeedbackReceived,
    QuoteAccepted,
    RfqCompleted,
    RfqRequested,
    RideBookingFailed,
)

SERVICE: Final = "unicorn-mgmt"
REQUESTERS: Final = ("ride-booking",)
"""Who may ask for quotes. Each is known by the source of its events, `wildrydes.<name>`, and gets its answers in its queue
`wild-rydes-reply-<name>`, and nowhere else. One more name here lets one more in."""

CELL_INDEX: Final = "by-cell"
UNICORN_INDEX: Final = "by-unicorn"

# What a quote is made from. No ride, and no position report without news, writes to the index.
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

# A ride begins or ends; a booking is rejected; somebody answers an invitation; a circuit or a partner's ride
# changes. Nothing else invokes the outbox: position reports in particular do not.
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
        "dynamodb": {"Keys": {"id": {"S": [{"prefix": CIRCUIT}, {"prefix": RIDE}]}}},
    },
)


class UnicornMgmtStack(ServiceStack):
    """A table and these functions.

    For the unicorn app `api`, `socket` and its `authorizer`; `responder` answers RFQs, `closings`, `bookings` and
    `ratings` take in events, and `outbox` sends what was written. See `Partners` for those that work with
    partner fleets.
    """

    def __init__(self, scope: Construct, stage: Stage, artifact: Path) -> None:
        super().__init__(
            scope,
            naming.UNICORN_MGMT_STACK,
            service=SERVICE,
            stage=stage,
            artifact=artifact,
            description="Wild Rydes: unicorns, and their answers to requests for quotation",
        )
        self.requesters = (*REQUESTERS, *stage.example_requesters)
        self._indexes()
        self.vehicles = Vehicles(self)
        api = self._api()
        socket = self._socket(api)
        responder = self._responder(api, socket)
        outbox = self._outbox(api, socket)
        Partners(self, responder=responder, outbox=outbox, requesters=self.requesters)
        self._closings(socket)
        self._bookings()
        self._ratings()
        Jobs(self, self.vehicles)
        if stage.hosts_pages:
            page = HostedPage(self, "unicorn-app", api=api, socket=socket)
            self.publish_parameter("unicorn-app-url", naming.UNICORN_APP_URL_PARAMETER, page.url)

    def _indexes(self) -> None:
        # Sparse: only an available unicorn without a ride has a cell.
        self.table.add_global_secondary_index(
            index_name=CELL_INDEX,
            partition_key=dynamodb.Attribute(name="cell", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*QUOTED_FROM],
        )
        # Sparse: only the note of an invitation has a unicorn.
        self.table.add_global_secondary_index(
            index_name=UNICORN_INDEX,
            partition_key=dynamodb.Attribute(name="unicorn", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="deadline", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )

    def _may_list_invitations(self, function: ServiceFunction) -> None:
        function.may("dynamodb:Query", on=f"{self.table.table_arn}/index/{UNICORN_INDEX}")
        function.may("dynamodb:BatchGetItem", on=self.table.table_arn)

    def _responder(self, api: HttpApi, socket: SocketApi) -> ServiceFunction:
        # Every customer waits for it, and it works the most: a function has as much of a processor as it has memory.
        function = self.function("responder", seconds=3, memory_mib=1024, UNICORN_API_URL=api.public_url)
        function.may("dynamodb:Query", on=f"{self.table.table_arn}/index/{CELL_INDEX}")
        # To write invitations, to note them with those invited, and to forget connections that are closed.
        function.may(
            *("dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"), on=self.table.table_arn
        )
        # Which vehicles have a ride, and what passengers think of them.
        function.may("dynamodb:BatchGetItem", on=self.table.table_arn)
        self.vehicles.may_find(function)
        function.may_reply(self.requesters)
        socket.may_post(function)
        Subscription(
            self,
            "unicorn-mgmt-inbox",
            RfqRequested,
            consumer=function,
            replay=NoReplay(
                "a request for quotes has a deadline of 15 minutes at most, and is dropped after it."
            ),
            from_archive="dropped after its deadline. Before it, quoted as before: the first answer of a responder stands",
            requesters=self.requesters,
            busy=0.08,
        )
        return function

    def _closings(self, socket: SocketApi) -> None:
        function = self.function("closings", seconds=3)
        function.may("dynamodb:UpdateItem", "dynamodb:BatchGetItem", on=self.table.table_arn)
        socket.may_post(function)
        # When all have answered, nobody thinks about the RFQ any more.
        Subscription(
            self,
            "unicorn-mgmt-closings-inbox",
            RfqCompleted,
            consumer=function,
            replay=self.replay,
            from_archive="left alone when no invitation to it can be open any more",
            only={"completed_by": ["cancelled", "deadline"]},
        )

    def _bookings(self) -> None:
        function = self.function("bookings", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", on=self.table.table_arn)
        self.vehicles.may_look_up(function)
        Subscription(
            self,
            "unicorn-mgmt-bookings-inbox",
            QuoteAccepted,
            RideBookingFailed,
            consumer=function,
            replay=self.replay,
            from_archive="a booking is dropped after its deadline; one that failed lets go of its own ride, and of no other",
        )

    def _ratings(self) -> None:
        function = self.function("ratings", seconds=3)
        function.may("dynamodb:UpdateItem", on=self.table.table_arn)
        Subscription(
            self,
            "unicorn-mgmt-ratings-inbox",
            FeedbackReceived,
            FeedbackCorrected,
            consumer=function,
            replay=self.replay,
            from_archive="left alone unless its rating is newer than the one that is known",
        )

    def _outbox(self, api: HttpApi, socket: SocketApi) -> ServiceFunction:
        function = self.function("outbox", seconds=10, UNICORN_API_URL=api.public_url)
        function.may("dynamodb:BatchGetItem", on=self.table.table_arn)
        function.may_reply(self.requesters)
        socket.may_post(function)
        function.may_publish()
        StreamConsumer(
            self,
            "unicorn-mgmt-outbox-dlq",
            consumer=function,
            changes=ANNOUNCED_CHANGES,
            delays="quotes given by hand, and customers' news of their rides",
            replay=OF_A_STREAM,
        )
        return function

    def _api(self) -> HttpApi:
        function = self.function("api", seconds=10, snap_start=True)
        function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=self.table.table_arn)
        self._may_list_invitations(function)
        api = HttpApi(self, "unicorn-api", function=function, auth="users")
        self.publish_parameter("unicorn-api-url", naming.UNICORN_API_URL_PARAMETER, api.public_url)
        return api

    def _socket(self, api: HttpApi) -> SocketApi:
        function = self.function("socket", seconds=10, UNICORN_API_URL=api.public_url)
        function.may("dynamodb:UpdateItem", on=self.table.table_arn)
        self._may_list_invitations(function)
        authorizer = self.function("authorizer", seconds=5)
        socket = SocketApi(self, "unicorn-socket", function=function, authorizer=authorizer)
        socket.may_post(function)
        self.alarm(
            "unicorn-mgmt-pushes-refused",
            self.count("PushesRefused"),
            threshold=1,
            meaning="Messages to apps are refused: unicorns that price by hand are not asked, and do not hear of"
            " their rides. The logs of unicorn-mgmt-responder, -socket, -closings and -outbox say why."
            " Runbook: unicorn-mgmt-pushes-refused.",
        )
        self.publish_parameter("unicorn-socket-url", naming.UNICORN_SOCKET_URL_PARAMETER, socket.public_url)
        return socket
