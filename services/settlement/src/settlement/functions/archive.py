"""Documents that have ended → the archive, and the reports of their batches."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from botocore.config import Config

from settlement.adapters.archive import Archive
from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.settlement_table import SettlementTable
from settlement.domain.reading_work import ArchiveDue
from settlement.use_cases.archive import Archiving
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import S3_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read

_COPIES = S3_CONFIG.merge(Config(read_timeout=10))
"""Of a client that has S3 copy files of some megabytes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str
    archive_bucket: str
    staging_bucket: str
    aws_lambda_function_name: str
    aws_lambda_function_memory_size: int


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_archiving = Archiving(
    consumer=Consumer.from_environment(
        os.environ, ArchiveDue, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    documents=DocumentTable(_dynamodb, _settings.table_name),
    settlements=SettlementTable(_dynamodb, _settings.table_name),
    trail=AuditTrail(_dynamodb, _settings.table_name),
    archive=Archive(lambda: client("s3", config=_COPIES), _settings.archive_bucket, _settings.staging_bucket),
    by=_settings.aws_lambda_function_name,
    memory_mib=_settings.aws_lambda_function_memory_size,
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_archiving.handle, _logger, _metrics)
