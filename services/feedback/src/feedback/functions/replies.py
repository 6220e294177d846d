"""Replies of customers → their conversations."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters.feedback_table import FeedbackTable
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sealed_numbers import seal
from feedback.adapters.sns_notifications import InboundSms, NotificationConsumer
from feedback.domain.conversation import SurveyMachine
from feedback.domain.flow import flow
from feedback.domain.reading.reply import command_in
from feedback.use_cases.replies import Replies
from wild_rydes_runtime import clock
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class _Settings:
    table_name: str
    number_secret_arn: str
    number_key_arn: str
    """Seals the numbers of strangers."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Replace those of the flow; the same for all functions."""


_settings = read(_Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_machine = SurveyMachine(flow().with_limits(_settings.limits))
_replies = Replies(
    consumer=NotificationConsumer.from_environment(
        os.environ, InboundSms, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    table=FeedbackTable(client("dynamodb"), _settings.table_name, _machine),
    machine=_machine,
    pseudonyms=Pseudonyms.with_secret(client("secretsmanager"), _settings.number_secret_arn),
    seal=partial(seal, client("kms"), _settings.number_key_arn),
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)

command_in(
    "STOP"
)  # Patterns are made now, while Lambda gives a whole core: a first reply would wait for them.

handler = entrypoint(_replies.handle, _logger, _metrics)
