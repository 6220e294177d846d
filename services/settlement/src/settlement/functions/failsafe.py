"""Dead letters of all queues on a document's way → its end."""

import os
import time
from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools import Logger, Metrics
from botocore.config import Config

from settlement.adapters.archive import Archive
from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.death_counts import DeathCounts
from settlement.adapters.document_files import PageFiles, StagedFiles
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.executions import Executions
from settlement.adapters.ledger_table import LedgerTable
from settlement.adapters.object_created import ObjectConsumer, ObjectCreated
from settlement.adapters.pdf_reader import PdfReader
from settlement.adapters.reading_table import ReadingTable
from settlement.adapters.settlement_table import SettlementTable
from settlement.adapters.textract import Textract
from settlement.domain.document import Limits
from settlement.domain.page_work import PageWork
from settlement.domain.payees import payees
from settlement.domain.reading_work import ArchiveDue
from settlement.use_cases.archive import Archiving
from settlement.use_cases.dangerous_work import DangerousWork
from settlement.use_cases.decider import Decider
from settlement.use_cases.documents import Documents
from settlement.use_cases.failsafe import Failsafe
from settlement.use_cases.pages import Pages
from settlement.use_cases.reader import Reader
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import CLIENT_CONFIG, client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import S3_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read

_TRANSFERS = S3_CONFIG.merge(Config(read_timeout=10))
_UNUSED = {"DEAD_LETTER_QUEUE_URL": "", "MAX_ATTEMPTS": "1"}
"""Of consumers that receive nothing: the failsafe hands their use cases the work."""
_LARGE = CLIENT_CONFIG.merge(Config(read_timeout=10))


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function: what those have whose work it does."""

    table_name: str
    staging_bucket: str
    working_bucket: str
    archive_bucket: str
    completions_topic_arn: str
    completions_role_arn: str
    textract_forms: bool
    patience: int
    reader_mib: int
    reader_seconds: int
    aws_lambda_function_name: str
    aws_lambda_function_memory_size: int


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_sqs = client("sqs")
_by, _memory_mib = _settings.aws_lambda_function_name, _settings.aws_lambda_function_memory_size
_documents = DocumentTable(_dynamodb, _settings.table_name)
_trail = AuditTrail(_dynamodb, _settings.table_name)
_settlements = SettlementTable(_dynamodb, _settings.table_name)
_files = StagedFiles(lambda: client("s3", config=_TRANSFERS), _settings.staging_bucket)
_archive = Archive(
    lambda: client("s3", config=_TRANSFERS), _settings.archive_bucket, _settings.staging_bucket
)
_pdfs = PdfReader(_settings.reader_mib, _settings.reader_seconds)
_dangerous = DangerousWork(DeathCounts(_dynamodb, _settings.table_name, now))
_objects = ObjectConsumer.from_environment(_UNUSED, ObjectCreated, sqs=_sqs, logger=_logger, metrics=_metrics)
_failsafe = Failsafe(
    objects=_objects,
    documents=_documents,
    intake=Documents(
        consumer=_objects,
        documents=_documents,
        trail=_trail,
        files=_files,
        pdfs=_pdfs,
        dangerous=_dangerous,
        payees=frozenset(payees()),
        limits=read(Limits, os.environ),
        by=_by,
        memory_mib=_memory_mib,
        logger=_logger,
        metrics=_metrics,
        now=now,
    ),
    pages=Pages(
        consumer=Consumer.from_environment(_UNUSED, PageWork, sqs=_sqs, logger=_logger, metrics=_metrics),
        documents=_documents,
        trail=_trail,
        files=_files,
        pages=PageFiles(lambda: client("s3", config=_TRANSFERS), _settings.working_bucket),
        pdfs=_pdfs,
        dangerous=_dangerous,
        by=_by,
        memory_mib=_memory_mib,
        logger=_logger,
        metrics=_metrics,
        now=now,
    ),
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
        trail=_trail,
        decider=Decider(
            documents=_documents,
            settlements=_settlements,
            ledger=LedgerTable(_dynamodb, _settings.table_name),
            payees=payees(),
            now=now,
        ),
        by=_by,
        memory_mib=_memory_mib,
        now=now,
    ),
    archiving=Archiving(
        consumer=Consumer.from_environment(_UNUSED, ArchiveDue, sqs=_sqs, logger=_logger, metrics=_metrics),
        documents=_documents,
        settlements=_settlements,
        trail=_trail,
        archive=_archive,
        by=_by,
        memory_mib=_memory_mib,
        logger=_logger,
        metrics=_metrics,
        now=now,
    ),
    archive=_archive,
    executions=Executions(lambda: client("stepfunctions")),
    trail=_trail,
    by=_by,
    patience=timedelta(seconds=_settings.patience),
    logger=_logger,
    metrics=_metrics,
    now=now,
    sleep=time.sleep,
)

handler = entrypoint(_failsafe.handle, _logger, _metrics)
