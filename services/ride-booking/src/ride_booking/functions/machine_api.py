"""Machine API → RFQs and their rides, batches, and usage."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aws_lambda_powertools import Logger

from ride_booking.adapters.batch_table import BatchTable
from ride_booking.adapters.open_rfqs import OpenRfqs
from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.adapters.usage import UsageReader
from ride_booking.api.access import MACHINES
from ride_booking.api.batch_routes import BatchRoutes, machine_key
from ride_booking.api.rfq_routes import RfqRoutes
from ride_booking.api.ride_routes import RideRoutes
from wild_rydes_http import rest_api
from wild_rydes_http.api import HttpApi
from wild_rydes_http.tokens import IdTokens, TokenSettings
from wild_rydes_messaging.transient import is_transient
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import S3_CONFIG, Documents
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read
from wild_rydes_runtime.ids import new_uuid7


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function. A client has as many open RFQs as its tier allows."""

    table_name: str
    document_bucket: str
    public_url: str
    open_rfqs: Mapping[str, int]


_settings = read(Settings, os.environ)
_logger = Logger()
_api = HttpApi(
    _logger,
    _settings.public_url,
    verify=IdTokens(read(TokenSettings, os.environ)).prepare().claims,
    is_transient=is_transient,
)
_dynamodb = client("dynamodb")
_rfqs = RfqTable(_dynamodb, _settings.table_name)
RfqRoutes(
    _api,
    _rfqs,
    _logger,
    now=now,
    new_id=new_uuid7,
    documents=StatusDocuments(Documents(lambda: client("s3", config=S3_CONFIG), _settings.document_bucket)),
    open_rfqs=OpenRfqs(_dynamodb, _settings.table_name, _rfqs),
    limit=lambda who: _settings.open_rfqs[machine_key(who.machine_key).tier],
    group=MACHINES,
)
RideRoutes(_api, _rfqs, _logger, now=now, group=MACHINES)
BatchRoutes(
    _api,
    BatchTable(_dynamodb, _settings.table_name),
    UsageReader(lambda: client("apigateway")),
    _logger,
    now=now,
    open_rfqs=_settings.open_rfqs,
)

handler = entrypoint(partial(rest_api.handle, _api), _logger)
