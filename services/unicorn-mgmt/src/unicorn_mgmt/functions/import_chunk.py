"""State machine of imports → the vehicles of a chunk are written."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.use_cases.import_chunk import ImportChunk
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.documents import TRANSFER_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str
    vehicle_table_name: str
    import_bucket: str


_settings = read(Settings, os.environ)
_logger = Logger()
_dynamodb = client("dynamodb")
_chunk = ImportChunk(
    jobs=JobTable(_dynamodb, _settings.table_name),
    files=ImportFiles(lambda: client("s3", config=TRANSFER_CONFIG), _settings.import_bucket),
    vehicles=VehicleTable(_dynamodb, _settings.vehicle_table_name),
    logger=_logger,
)

handler = entrypoint(_chunk.handle, _logger)
