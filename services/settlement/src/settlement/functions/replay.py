"""Dead letters → their queues again, later, or their parking queues."""

import os

from aws_lambda_powertools import Logger, Metrics

from wild_rydes_messaging.replay import Replay
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint

_logger = Logger()
_metrics = Metrics()
_replay = Replay.from_environment(os.environ, sqs=client("sqs"), logger=_logger, metrics=_metrics)

handler = entrypoint(_replay.handle, _logger, _metrics)
