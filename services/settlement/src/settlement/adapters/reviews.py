"""The topic of documents that people have to look at."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from settlement.domain.document import Document

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True)
class Reviews:
    """Tells people. `pages_url` leads to the pages of all documents. Methods raise botocore's errors."""

    make_client: "Callable[[], SNSClient]"
    topic_arn: str
    pages_url: str

    @cached_property
    def _sns(self) -> "SNSClient":
        return self.make_client()

    def ask(self, document: Document) -> None:
        """Ask people for a look at a document: ids, reasons as codes, and where its pages are. Twice is told twice."""
        told = {
            "document_id": document.id,
            "partner_id": document.payee,
            "batch": document.batch,
            "state": document.state,
            "reasons": document.reasons,
            "pages": f"{self.pages_url}{document.id}/",
        }
        self._sns.publish(TopicArn=self.topic_arn, Message=json.dumps(told))
