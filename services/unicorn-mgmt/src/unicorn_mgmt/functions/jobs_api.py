"""Jobs API → jobs of partners, and the rides of their vehicles."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.engaged_vehicles import EngagedVehicles
from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.job_measures import JobMeasures
from unicorn_mgmt.adapters.job_queue import JobQueue
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.adapters.statement_files import StatementFiles
from unicorn_mgmt.adapters.status_documents import StatusDocuments
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.api import fleet_import, ride_statement
from unicorn_mgmt.api.fleet_ride_routes import FleetRideRoutes
from unicorn_mgmt.api.job_routes import JobRoutes
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
    """The environment of this function. So many `job_workers` serve the queue."""

    table_name: str
    job_queue_url: str
    job_workers: int
    document_bucket: str
    import_bucket: str
    public_url: str


_settings = read(Settings, os.environ)
_logger = Logger()
_api = HttpApi(
    _logger,
    _settings.public_url,
    verify=IdTokens(read(TokenSettings, os.environ)).prepare().claims,
    is_transient=is_transient,
)
_dynamodb = client("dynamodb")
JobRoutes(
    _api,
    JobTable(_dynamodb, _settings.table_name),
    {
        ride_statement.KIND: ride_statement.StatementKind(
            StatementFiles(lambda: client("s3", config=S3_CONFIG), _settings.document_bucket)
        ),
        fleet_import.KIND: fleet_import.ImportKind(
            ImportFiles(lambda: client("s3", config=S3_CONFIG), _settings.import_bucket)
        ),
    },
    _logger,
    queue=JobQueue(client("sqs"), _settings.job_queue_url, _settings.job_workers),
    measures=JobMeasures(_dynamodb, _settings.table_name),
    documents=StatusDocuments(Documents(lambda: client("s3", config=S3_CONFIG), _settings.document_bucket)),
    now=now,
    new_id=new_uuid7,
)
FleetRideRoutes(
    _api,
    UnicornTable(_dynamodb, _settings.table_name),
    EngagedVehicles(_dynamodb, _settings.table_name),
    _logger,
    now,
)

handler = entrypoint(_api.handle, _logger)
