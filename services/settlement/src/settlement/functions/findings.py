"""Macie's findings in the staging bucket → documents in quarantine."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.macie_findings import FindingConsumer, SensitiveDataFound
from settlement.adapters.quarantine import Quarantine
from settlement.domain.document import Limits
from settlement.domain.payees import payees
from settlement.use_cases.findings import Findings
from wild_rydes_messaging.send import Queue
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import S3_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function: where things are. What is a document of ours is there, too."""

    table_name: str
    staging_bucket: str
    working_bucket: str
    archive_bucket: str
    quarantine_bucket: str
    own_queue_url: str
    sweep_seconds: int
    aws_lambda_function_name: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_sqs = client("sqs")
_findings = Findings(
    consumer=FindingConsumer.from_environment(
        os.environ, SensitiveDataFound, sqs=_sqs, logger=_logger, metrics=_metrics
    ),
    documents=DocumentTable(_dynamodb, _settings.table_name),
    trail=AuditTrail(_dynamodb, _settings.table_name),
    quarantine=Quarantine(
        lambda: client("s3", config=S3_CONFIG),
        _settings.quarantine_bucket,
        _settings.staging_bucket,
        _settings.working_bucket,
        _settings.archive_bucket,
    ),
    own_queue=Queue(_sqs, _settings.own_queue_url),
    payees=frozenset(payees()),
    limits=read(Limits, os.environ),
    sweep_seconds=_settings.sweep_seconds,
    by=_settings.aws_lambda_function_name,
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_findings.handle, _logger, _metrics)
