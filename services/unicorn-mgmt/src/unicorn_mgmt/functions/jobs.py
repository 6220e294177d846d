"""Queue of jobs → work on them, step by step."""

import os
from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.driven_rides import DrivenRides
from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.job_measures import JobMeasures
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.adapters.statement_files import StatementFiles
from unicorn_mgmt.api import fleet_import, ride_statement
from unicorn_mgmt.domain.job_turn import JobTurn
from unicorn_mgmt.use_cases.fleet_import import FleetImport
from unicorn_mgmt.use_cases.jobs import Jobs
from unicorn_mgmt.use_cases.ride_statement import RideStatement
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import S3_CONFIG, TRANSFER_CONFIG
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function. It is dead for certain `lease_seconds` after its beginning."""

    table_name: str
    document_bucket: str
    import_bucket: str
    lease_seconds: int


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_jobs = Jobs(
    consumer=Consumer.from_environment(
        os.environ, JobTurn, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    jobs=JobTable(_dynamodb, _settings.table_name),
    measures=JobMeasures(_dynamodb, _settings.table_name),
    kinds={
        ride_statement.KIND: RideStatement(
            DrivenRides(_dynamodb, _settings.table_name),
            StatementFiles(lambda: client("s3", config=TRANSFER_CONFIG), _settings.document_bucket),
        ),
        fleet_import.KIND: FleetImport(
            ImportFiles(lambda: client("s3", config=S3_CONFIG), _settings.import_bucket)
        ),
    },
    lease=timedelta(seconds=_settings.lease_seconds),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_jobs.handle, _logger, _metrics)
