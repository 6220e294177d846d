"""Accepted quotes and failed bookings → rides that unicorns take, reject or let go."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.use_cases.bookings import Bookings
from wild_rydes_contracts import QuoteAccepted, RideBookingFailed
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's environment."""

    table_name: str
    vehicle_table_name: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_bookings = Bookings(
    Consumer[QuoteAccepted | RideBookingFailed].from_environment(
        os.environ, QuoteAccepted, RideBookingFailed, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    UnicornTable(_dynamodb, _settings.table_name),
    VehicleTable(_dynamodb, _settings.vehicle_table_name),
    PartnerRideTable(_dynamodb, _settings.table_name),
    partners=roster().keys(),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_bookings.handle, _logger, _metrics)
