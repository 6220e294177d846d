"""RFQs → quotes of one partner."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.callback_table import CallbackTable
from unicorn_mgmt.adapters.partner_queues import CallbackChecks
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.line import CIRCUIT_CONFIG, line_to
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.domain.callback_due import CallbackDue
from unicorn_mgmt.use_cases.owed_callbacks import Expectations, OwedCallbacks
from unicorn_mgmt.use_cases.partner_quotes import PartnerQuotes
from wild_rydes_contracts import RfqRequested
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.reply import Replies
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
    return_addresses: Mapping[str, str]


_settings = read(Settings, os.environ)
_partner = roster()[_settings.partner_id]
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_dynamodb = client("dynamodb", config=CIRCUIT_CONFIG)
_line = line_to(
    _partner,
    dynamodb=_dynamodb,
    table_name=_settings.table_name,
    secretsmanager=client("secretsmanager"),
    secret_id=_settings.secret_id,
    logger=_logger,
    now=now,
)
_replies = Replies(_sqs, _settings.return_addresses.values())
_partner_quotes = PartnerQuotes(
    client_of(_partner),
    _line,
    consumer=Consumer.from_environment(
        os.environ, RfqRequested, CallbackDue, sqs=_sqs, logger=_logger, metrics=_metrics
    ),
    replies=_replies,
    expectations=Expectations(_line, CallbackChecks(_sqs, _settings.checks_url), now),
    owed_callbacks=OwedCallbacks(_line, CallbackTable(_dynamodb, _settings.table_name), _replies, now),
    callback_url=_partner.callback_url(_settings.callback_url),
    now=now,
)

handler = entrypoint(_partner_quotes.handle, _logger, _metrics)
