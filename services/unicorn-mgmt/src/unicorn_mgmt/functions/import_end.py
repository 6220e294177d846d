"""State machine of imports → reports, and jobs that have ended."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.imported_content import ImportedContent
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.use_cases.import_end import ImportEnd
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import TRANSFER_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str
    import_bucket: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_end = ImportEnd(
    jobs=JobTable(_dynamodb, _settings.table_name),
    files=ImportFiles(lambda: client("s3", config=TRANSFER_CONFIG), _settings.import_bucket),
    imported=ImportedContent(_dynamodb, _settings.table_name),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_end.handle, _logger, _metrics)
