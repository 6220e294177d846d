"""Every minute → reminders, ends, and SMS that still wait."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters.feedback_table import FeedbackTable
from feedback.domain.conversation import SurveyMachine
from feedback.domain.flow import flow
from feedback.use_cases.timers import Timers
from wild_rydes_runtime import clock
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class _Settings:
    table_name: str
    limits: Mapping[str, int] = field(default_factory=dict)
    """Replace those of the flow; the same for all functions."""


_settings = read(_Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_machine = SurveyMachine(flow().with_limits(_settings.limits))
_timers = Timers(
    table=FeedbackTable(client("dynamodb"), _settings.table_name, _machine),
    machine=_machine,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)

handler = entrypoint(lambda _: _timers.handle(), _logger, _metrics)
