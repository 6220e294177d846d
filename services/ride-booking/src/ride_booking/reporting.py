"""What is logged and counted when an RFQ completes, whoever completed it."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.store import Change


def report(change: Change, logger: Logger, metrics: Metrics) -> None:
    """Log and count the completion, if this very change completed the RFQ."""
    completion = change.after.completion
    if not change.completed or completion is None:
        return
    logger.info("completed", completed_by=completion.by, quoted=change.after.counts().quoted)
    metrics.add_metric(f"CompletedBy{completion.by.title().replace('-', '')}", MetricUnit.Count, 1)
