"""Objects in the staging bucket → documents."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from botocore.config import Config

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.death_counts import DeathCounts
from settlement.adapters.document_files import StagedFiles
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.object_created import ObjectConsumer, ObjectCreated
from settlement.adapters.pdf_reader import PdfReader
from settlement.domain.document import Limits
from settlement.domain.payees import payees
from settlement.use_cases.dangerous_work import DangerousWork
from settlement.use_cases.documents import Documents
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import S3_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read

_DOWNLOADS = S3_CONFIG.merge(Config(read_timeout=5))
"""Of a client that reads files of some megabytes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function: what it may use. Where size classes end is there, too."""

    table_name: str
    staging_bucket: str
    reader_mib: int
    reader_seconds: int
    aws_lambda_function_name: str
    aws_lambda_function_memory_size: int


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_documents = Documents(
    consumer=ObjectConsumer.from_environment(
        os.environ, ObjectCreated, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    documents=DocumentTable(_dynamodb, _settings.table_name),
    trail=AuditTrail(_dynamodb, _settings.table_name),
    files=StagedFiles(lambda: client("s3", config=_DOWNLOADS), _settings.staging_bucket),
    pdfs=PdfReader(_settings.reader_mib, _settings.reader_seconds),
    dangerous=DangerousWork(DeathCounts(_dynamodb, _settings.table_name, now)),
    payees=frozenset(payees()),
    limits=read(Limits, os.environ),
    by=_settings.aws_lambda_function_name,
    memory_mib=_settings.aws_lambda_function_memory_size,
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_documents.handle, _logger, _metrics)
