"""What an invocation has counted: a field of its log line, and a metric only where an alarm goes by it.

CloudWatch bills each metric by the month, and a field of a log line like the rest of the line.
https://aws.amazon.com/cloudwatch/pricing/
"""

import json
import os
import sys
from typing import Final

from aws_lambda_powertools import Logger, Metrics

from wild_rydes_runtime.wide_line import COUNTS

WATCHED: Final = "WATCHED_METRICS"
"""The environment variable with the names, as a JSON list. Without it every count is a metric."""


def write_counts(metrics: Metrics, logger: Logger) -> None:
    """Log what has been counted, write those metrics that are watched, and begin anew."""
    counted = metrics.metric_set
    if not counted:
        return
    logger.info(
        "counted", extra={COUNTS: {name: int(sum(count["Value"])) for name, count in counted.items()}}
    )
    watched = json.loads(os.environ.get(WATCHED, "null"))
    for name in [name for name in counted if watched is not None and name not in watched]:
        del counted[name]
    if counted:
        sys.stdout.write(json.dumps(metrics.serialize_metric_set(), separators=(",", ":")) + "\n")
    metrics.clear_metrics()
