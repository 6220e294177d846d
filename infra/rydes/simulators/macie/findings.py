"""Findings: what was found in an object, in the shape that Macie tells it in, never with the text itself.

https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from infra.rydes.cloud.settings import ACCOUNT, REGION
from infra.rydes.simulators.macie.rules import Category, category_of
from infra.rydes.simulators.macie.texts import Content

Finding = Mapping[str, Any]

_TYPES: Final[Mapping[Category, str]] = {
    "CREDENTIALS": "Credentials",
    "FINANCIAL_INFORMATION": "Financial",
    "PERSONAL_INFORMATION": "Personal",
}
_TITLES: Final = {
    "Credentials": "credentials data",
    "Financial": "financial information",
    "Personal": "personal information",
    "Multiple": "more than one category of sensitive data",
}
_SCORES: Final = {"Low": 1, "Medium": 2, "High": 3}
_LOW: Final = {"EMAIL_ADDRESS", "PHONE_NUMBER"}
_MANY: Final = 100
"""So many phone numbers are no contact any more."""


@dataclass(frozen=True, slots=True)
class Place:
    """An object as a bucket lists it."""

    bucket: str
    key: str
    etag: str
    size: int
    modified: datetime


def finding_of(
    place: Place, content: Content, kinds: Counter[str], job: Mapping[str, Any], now: datetime
) -> Finding:
    """Make the finding about an object. The same content under the same key, found by the same job, is the same finding."""
    categories = sorted({category_of(kind) for kind in kinds})
    what = _TYPES[categories[0]] if len(categories) == 1 else "Multiple"
    severity = _severity(kinds)
    id_ = hashlib.sha256(f"{job['jobId']}/{place.bucket}/{place.key}/{place.etag}".encode()).hexdigest()[:32]
    title = f"The S3 object contains {_TITLES[what]}"
    return {
        "schemaVersion": "1.0",
        "id": id_,
        "accountId": ACCOUNT,
        "partition": "aws",
        "region": REGION,
        "type": f"SensitiveData:S3Object/{what}",
        "title": title,
        "description": f"{title}.",
        "severity": {"score": _SCORES[severity], "description": severity},
        "createdAt": _text(now),
        "updatedAt": _text(now),
        "count": 1,
        "category": "CLASSIFICATION",
        "archived": False,
        "sample": False,
        "resourcesAffected": _resources(place),
        "classificationDetails": {
            "jobArn": job["jobArn"],
            "jobId": job["jobId"],
            "originType": "SENSITIVE_DATA_DISCOVERY_JOB",
            "result": {
                "status": {"code": "COMPLETE"},
                "sizeClassified": place.size,
                "mimeType": content.mime_type,
                "additionalOccurrences": False,
                "sensitiveData": [_of(category, kinds) for category in categories],
                "customDataIdentifiers": {"totalCount": 0, "detections": []},
            },
        },
    }


def _severity(kinds: Counter[str]) -> str:
    if kinds.keys() - _LOW:
        return "High"
    return "Low" if max(kinds.values()) < _MANY else "Medium"


def _of(category: Category, kinds: Counter[str]) -> Mapping[str, Any]:
    """The detections of a category. Macie says where each is, too: line and column, which nobody here needs."""
    found = {kind: kinds[kind] for kind in sorted(kinds) if category_of(kind) == category}
    detections = [{"type": kind, "count": count} for kind, count in found.items()]
    return {"category": category, "totalCount": sum(found.values()), "detections": detections}


def _resources(place: Place) -> Mapping[str, Any]:
    return {
        "s3Bucket": {"arn": f"arn:aws:s3:::{place.bucket}", "name": place.bucket},
        "s3Object": {
            "bucketArn": f"arn:aws:s3:::{place.bucket}",
            "key": place.key,
            "path": f"{place.bucket}/{place.key}",
            "extension": place.key.rpartition(".")[2] if "." in place.key else "",
            "lastModified": _text(place.modified),
            "eTag": place.etag,
            "size": place.size,
            "publicAccess": False,
        },
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
