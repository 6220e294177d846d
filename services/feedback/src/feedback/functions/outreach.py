"""SMS that wait, from the table's stream → the SMS service."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters.feedback_table import FeedbackTable
from feedback.adapters.origination_number import OriginationNumber
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sealed_numbers import unseal
from feedback.adapters.sms_service import NO_RETRIES, SmsSender
from feedback.adapters.user_directory import UserDirectory
from feedback.domain.conversation import SurveyMachine
from feedback.domain.flow import flow
from feedback.domain.quiet_hours import WakingHours
from feedback.use_cases.outreach import Outreach
from wild_rydes_runtime import clock
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class _Settings:
    table_name: str
    user_pool_id: str
    number_secret_arn: str
    configuration_set: str
    number_parameter: str
    """The SSM parameter with our number in E.164 form, as replies name it."""
    support_contact: str
    """Where customers get help."""
    waking_hours: str = "8-21"
    limits: Mapping[str, int] = field(default_factory=dict)
    """Replace those of the flow; the same for all functions."""


_settings = read(_Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_machine = SurveyMachine(flow().with_limits(_settings.limits))
_outreach = Outreach(
    table=FeedbackTable(client("dynamodb"), _settings.table_name, _machine),
    machine=_machine,
    directory=UserDirectory(client("cognito-idp"), _settings.user_pool_id),
    sender=SmsSender(
        client("pinpoint-sms-voice-v2", config=NO_RETRIES), configuration_set=_settings.configuration_set
    ),
    pseudonyms=Pseudonyms.with_secret(client("secretsmanager"), _settings.number_secret_arn),
    unseal=partial(unseal, client("kms")),
    ours=OriginationNumber(client("ssm"), _settings.number_parameter).get,
    contact=_settings.support_contact,
    waking_hours=WakingHours.parse(_settings.waking_hours),
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)

handler = entrypoint(_outreach.handle, _logger, _metrics)
