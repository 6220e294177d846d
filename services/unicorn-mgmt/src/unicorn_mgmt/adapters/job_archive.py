"""The archive of what nobody can do anything about by itself: messages of jobs of which no job can tell that it failed.

`rydes jobs --archived` lists them, and `--send-back` has them handled again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class JobArchive:
    """An object for each message in a bucket. The client is made for the first: that is a rare day."""

    make_client: "Callable[[], S3Client]"
    bucket: str

    def keep(self, message_id: str, body: str, *, queue: str, reason: str, now: datetime) -> str:
        """Keep a message under a key that is its own, and return that. Twice is as once. Raises botocore's errors."""
        key = f"messages/{message_id}.json"
        kept = {"queue": queue, "reason": reason, "archived_at": now.isoformat(), "body": body}
        self.make_client().put_object(
            Bucket=self.bucket, Key=key, Body=json.dumps(kept).encode(), ContentType="application/json"
        )
        return key
