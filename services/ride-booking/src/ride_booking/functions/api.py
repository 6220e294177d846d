"""RFQ API → RFQs and their rides."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from ride_booking.adapters.open_rfqs import OpenRfqs
from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.api.rfq_routes import RfqRoutes
from ride_booking.api.ride_routes import RideRoutes
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
    """The environment of this function. `public_url` is the base of links. A customer has `open_rfqs` at most."""

    table_name: str
    document_bucket: str
    public_url: str
    open_rfqs: int
    allowed_origins: tuple[str, ...] = ()


_settings = read(Settings, os.environ)
_logger = Logger()
_api = HttpApi(
    _logger,
    _settings.public_url,
    verify=IdTokens(read(TokenSettings, os.environ)).prepare().claims,
    origins=_settings.allowed_origins,
    is_transient=is_transient,
)
_rfqs = RfqTable(client("dynamodb"), _settings.table_name)
_open_rfqs = OpenRfqs(client("dynamodb"), _settings.table_name, _rfqs)
_documents = StatusDocuments(Documents(lambda: client("s3", config=S3_CONFIG), _settings.document_bucket))
RfqRoutes(
    _api,
    _rfqs,
    _logger,
    now=now,
    new_id=new_uuid7,
    documents=_documents,
    open_rfqs=_open_rfqs,
    limit=lambda _: _settings.open_rfqs,
)
RideRoutes(_api, _rfqs, _logger, now=now)

handler = entrypoint(_api.handle, _logger)
