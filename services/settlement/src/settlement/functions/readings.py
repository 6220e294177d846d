"""Rendered documents → Textract."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.document_table import DocumentTable
from settlement.adapters.executions import Executions
from settlement.adapters.reading_table import ReadingTable
from settlement.adapters.textract import Textract
from settlement.domain.reading_work import ReadingDue
from settlement.use_cases.readings import Readings
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str
    staging_bucket: str
    completions_topic_arn: str
    completions_role_arn: str
    textract_forms: bool


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_readings = Readings(
    consumer=Consumer.from_environment(
        os.environ, ReadingDue, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    documents=DocumentTable(_dynamodb, _settings.table_name),
    readings=ReadingTable(_dynamodb, _settings.table_name),
    textract=Textract(
        lambda: client("textract"),
        _settings.staging_bucket,
        _settings.completions_topic_arn,
        _settings.completions_role_arn,
        forms=_settings.textract_forms,
    ),
    executions=Executions(lambda: client("stepfunctions")),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_readings.handle, _logger, _metrics)
