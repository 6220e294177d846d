"""Orders → rides booked and cancelled at one partner."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.partner_queues import CallbackChecks
from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.line import CIRCUIT_CONFIG, line_to
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.use_cases.owed_callbacks import Expectations
from unicorn_mgmt.use_cases.partner_rides import BETWEEN_CANCELLATIONS, CANCELLED_WITHIN, PartnerBookings
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """`callback_url` is the base of the API on which partners call back, `checks_url` the queue for what they owe."""

    partner_id: str
    secret_id: str
    callback_url: str
    checks_url: str
    table_name: str


_settings = read(Settings, os.environ)
_partner = roster()[_settings.partner_id]
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_line = line_to(
    _partner,
    dynamodb=client("dynamodb", config=CIRCUIT_CONFIG),
    table_name=_settings.table_name,
    secretsmanager=client("secretsmanager"),
    secret_id=_settings.secret_id,
    logger=_logger,
    now=now,
)
_partner_bookings = PartnerBookings(
    client_of(_partner),
    _line,
    PartnerRideTable(client("dynamodb"), _settings.table_name),
    consumer=Consumer.from_environment(
        os.environ,
        RideOrder,
        sqs=_sqs,
        logger=_logger,
        metrics=_metrics,
        patience=CANCELLED_WITHIN,
        backoff=BETWEEN_CANCELLATIONS,
    ),
    expectations=Expectations(_line, CallbackChecks(_sqs, _settings.checks_url), now),
    callback_url=_partner.callback_url(_settings.callback_url),
    logger=_logger,
    now=now,
)

handler = entrypoint(_partner_bookings.handle, _logger, _metrics)
