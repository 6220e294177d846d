"""Lambda function of the table's stream that sends SMS: composes the sending and hands it each batch."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters import clock
from feedback.adapters.feedback_table import Store
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sms_service import NO_RETRIES, SmsSender
from feedback.adapters.user_directory import Directory
from feedback.functions import settings
from feedback.use_cases.outreach import Sending
from wild_rydes_runtime.aws import client

_settings = settings.OutreachSettings.of(os.environ)
_machine = settings.machine(os.environ)
_logger = Logger()
_metrics = Metrics()
_sending = Sending(
    Store(client("dynamodb"), _settings.table_name, _machine),
    _machine,
    Directory(client("cognito-idp"), _settings.user_pool_id),
    SmsSender(
        client("pinpoint-sms-voice-v2", config=NO_RETRIES),
        origination=_settings.origination_number,
        configuration_set=_settings.configuration_set,
    ),
    Pseudonyms.with_secret(client("secretsmanager"), os.environ["NUMBER_SECRET_ARN"]),
    ours=_settings.origination_number,
    waking_hours=_settings.waking_hours,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)


@_metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 - Lambda's signature
    """Send what the conversations of a batch of stream records want to say."""
    _sending.handle(event)
