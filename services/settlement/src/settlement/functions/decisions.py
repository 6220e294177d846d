"""Documents that Textract has looked at → decisions."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from botocore.config import Config

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.executions import Executions
from settlement.adapters.ledger_table import LedgerTable
from settlement.adapters.reading_table import ReadingTable
from settlement.adapters.settlement_table import SettlementTable
from settlement.adapters.textract import Textract
from settlement.domain.payees import payees
from settlement.domain.reading_work import DecisionDue
from settlement.use_cases.decider import Decider
from settlement.use_cases.decisions import Decisions
from settlement.use_cases.reader import Reader
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import CLIENT_CONFIG, client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read

_LARGE = CLIENT_CONFIG.merge(Config(read_timeout=10))
"""Of a client whose answers have a thousand blocks."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str
    staging_bucket: str
    completions_topic_arn: str
    completions_role_arn: str
    textract_forms: bool
    aws_lambda_function_name: str
    aws_lambda_function_memory_size: int


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_documents = DocumentTable(_dynamodb, _settings.table_name)
_decisions = Decisions(
    consumer=Consumer.from_environment(
        os.environ, DecisionDue, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    documents=_documents,
    reader=Reader(
        documents=_documents,
        readings=ReadingTable(_dynamodb, _settings.table_name),
        textract=Textract(
            lambda: client("textract", config=_LARGE),
            _settings.staging_bucket,
            _settings.completions_topic_arn,
            _settings.completions_role_arn,
            forms=_settings.textract_forms,
        ),
        trail=AuditTrail(_dynamodb, _settings.table_name),
        decider=Decider(
            documents=_documents,
            settlements=SettlementTable(_dynamodb, _settings.table_name),
            ledger=LedgerTable(_dynamodb, _settings.table_name),
            payees=payees(),
            now=now,
        ),
        by=_settings.aws_lambda_function_name,
        memory_mib=_settings.aws_lambda_function_memory_size,
        now=now,
    ),
    executions=Executions(lambda: client("stepfunctions")),
    logger=_logger,
    metrics=_metrics,
)

handler = entrypoint(_decisions.handle, _logger, _metrics)
