"""Dead letters of jobs → jobs that tell why they have failed, or the archive."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.job_archive import JobArchive
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.use_cases.job_failures import JobFailures
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import S3_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str
    archive_bucket: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_failures = JobFailures(
    jobs=JobTable(client("dynamodb"), _settings.table_name),
    archive=JobArchive(lambda: client("s3", config=S3_CONFIG), _settings.archive_bucket),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_failures.handle, _logger, _metrics)
