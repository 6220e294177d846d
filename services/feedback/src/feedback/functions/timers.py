"""Every minute → reminders, ends, and SMS that still wait."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters.feedback_table import Store
from feedback.domain.conversation import Machine, flow
from feedback.use_cases.timers import Waking
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
_machine = Machine(flow().with_limits(_settings.limits))
_waking = Waking(
    Store(client("dynamodb"), _settings.table_name, _machine),
    _machine,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)

handler = entrypoint(lambda _: _waking.handle(), _logger, _metrics)
