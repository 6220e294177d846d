"""The archive of the bus: what it keeps, and for how long. The platform makes it on AWS, the local cloud by the API."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from infra import naming

DESCRIPTION: Final = "Keeps events, to replay those that a consumer missed"
RETENTION: Final = timedelta(days=30)
FROM_ARCHIVE: Final = "From the archive: "
"""In the description of a rule this comes before what its consumer does with an event that is replayed."""


def make(events: Any, bus_arn: str, names: naming.Names) -> None:  # noqa: ANN401 - a boto3 client
    """Make the archive by the API, where CloudFormation has no such resource. One that is there stays as it is."""
    with suppress(events.exceptions.ResourceAlreadyExistsException):
        events.create_archive(
            ArchiveName=names.of(naming.BUS_NAME),
            EventSourceArn=bus_arn,
            Description=DESCRIPTION,
            EventPattern=json.dumps({"source": [{"prefix": naming.EVENT_SOURCE_PREFIX}]}),
            RetentionDays=RETENTION.days,
        )
