"""Looks through new objects of the buckets that have a job, and tells what it finds.

Macie does so once a day. Here it happens within seconds, so that somebody who looks on sees it; and in one thread, so that
it is never in the way.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.rydes.simulators.macie.account import Account, Json, buckets_of
from infra.rydes.simulators.macie.findings import Finding, Place, finding_of
from infra.rydes.simulators.macie.pdf_process import PdfProcess
from infra.rydes.simulators.macie.rules import found_in
from infra.rydes.simulators.macie.texts import LARGEST, content_of

PACE: Final = 0.5
"""Seconds from one look at a bucket to the next."""


class Scanner:
    """Reads by `s3` and tells by `events`, clients of botocore."""

    def __init__(self, account: Account, s3: Any, events: Any) -> None:  # noqa: ANN401 - clients of botocore
        self._account, self._s3, self._events = account, s3, events
        self._pdfs = PdfProcess()
        self._seen: dict[str, dict[str, str]] = {}
        """Of each bucket the ETags of the objects that were looked at, by their keys."""
        self._untold: list[Finding] = []

    def look(self) -> bool:
        """Look at what is new since the last time. False if there is no job, and nothing to tell: nobody needs to look."""
        buckets = buckets_of(self._account.open_jobs())
        for name in self._seen.keys() - buckets.keys():
            del self._seen[name]  # a job that comes later looks at all objects
        for name, job in buckets.items():
            try:
                self._look_at(name, job)
            except (BotoCoreError, ClientError) as error:
                print(f"{name} was not looked at: {error}", flush=True)
        self._tell()
        return bool(buckets or self._untold)

    def close(self) -> None:
        """End the process that reads PDFs."""
        self._pdfs.close()

    def _look_at(self, bucket: str, job: Json) -> None:
        seen, there = self._seen.setdefault(bucket, {}), set()
        for place in self._places(bucket):
            there.add(place.key)
            if seen.get(place.key) != place.etag:
                finding = self._finding(place, job)
                if finding and self._account.keep(finding):
                    self._untold.append(finding)
                seen[place.key] = place.etag
        for key in seen.keys() - there:
            del seen[key]

    def _places(self, bucket: str) -> Iterator[Place]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for each in page.get("Contents", ()):
                yield Place(bucket, each["Key"], each["ETag"].strip('"'), each["Size"], each["LastModified"])

    def _finding(self, place: Place, job: Json) -> Finding | None:
        if not 0 < place.size <= LARGEST:
            return None
        try:
            body = self._s3.get_object(Bucket=place.bucket, Key=place.key)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        content = content_of(body, place.key, self._pdfs.pages)
        kinds: Counter[str] = Counter()
        for piece in content.pieces if content else ():
            kinds += found_in(piece)
        if content is None or not kinds:
            return None
        return finding_of(place, content, kinds, job, datetime.now(UTC))

    def _tell(self) -> None:
        """Tell findings on the default bus. What it does not take is told the next time."""
        while self._untold:
            finding = self._untold[0]
            entry = {"Source": "aws.macie", "DetailType": "Macie Finding", "Detail": json.dumps(finding)}
            try:
                answer = self._events.put_events(Entries=[entry])
            except (BotoCoreError, ClientError) as error:
                print(f"{finding['id']} was not told: {error}", flush=True)
                return
            if answer["FailedEntryCount"]:
                print(f"{finding['id']} was not told: {answer['Entries']}", flush=True)
                return
            del self._untold[0]


def look_for_ever(account: Account, scanner: Scanner) -> None:
    """Look again and again, and wait for a job while there is none: then it costs nothing."""
    while True:
        account.changed.clear()
        if scanner.look():
            time.sleep(PACE)
        else:
            account.changed.wait()
