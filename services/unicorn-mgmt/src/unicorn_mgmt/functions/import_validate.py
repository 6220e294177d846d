"""State machine of imports → the uploaded file is looked at as a whole."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.imported_content import ImportedContent
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.use_cases.import_validate import ImportValidate
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import TRANSFER_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function. A chunk has a line more than `chunk_bytes` at most."""

    table_name: str
    import_bucket: str
    chunk_bytes: int


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_validate = ImportValidate(
    jobs=JobTable(_dynamodb, _settings.table_name),
    files=ImportFiles(lambda: client("s3", config=TRANSFER_CONFIG), _settings.import_bucket),
    imported=ImportedContent(_dynamodb, _settings.table_name),
    chunk_bytes=_settings.chunk_bytes,
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_validate.handle, _logger, _metrics)
