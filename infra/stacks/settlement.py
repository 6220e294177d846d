"""settlement: what partner fleets are owed, and the documents by which they ask for it.

Some names are written twice, here and in the service. tests/infra/test_platform.py holds the index to the service, and
tests/contract/test_rule_patterns.py the rules to whose rides are owed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra import naming
from infra.patterns.service_stack import ServiceStack
from infra.patterns.subscription import Subscription
from infra.stacks.settlement_decisions import Decisions
from infra.stacks.settlement_documents import LIMITS, LISTING_INDEX, Documents
from infra.stacks.settlement_failsafe import Failsafe
from infra.stacks.settlement_quarantine import QuarantinedDocuments
from infra.stage import Stage
from wild_rydes_contracts import QuoteAccepted, RideCompleted

SERVICE: Final = "settlement"
PAYEE_INDEX: Final = "by-payee"
OF_PARTNERS: Final[Mapping[str, Sequence[Mapping[str, str]]]] = {"responder_id": [{"prefix": "p-"}]}


class SettlementStack(ServiceStack):
    """The ledger: a table, and the functions `prices` and `rides` that each write one fact of an entry; and documents."""

    def __init__(self, scope: Construct, stage: Stage, artifact: Path) -> None:
        super().__init__(
            scope,
            naming.SETTLEMENT_STACK,
            service=SERVICE,
            stage=stage,
            artifact=artifact,
            description="Wild Rydes: what partner fleets are owed",
        )
        # Sparse: only a ride that is over has an end.
        self.table.add_global_secondary_index(
            index_name=PAYEE_INDEX,
            partition_key=dynamodb.Attribute(name="payee", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="completed_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        # Sparse: the documents of each batch, and the audit trail of each document.
        self.table.add_global_secondary_index(
            index_name=LISTING_INDEX,
            partition_key=dynamodb.Attribute(name="listed", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="listed_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self._prices()
        self._rides()
        self.failsafe = Failsafe(self)
        self.documents = Documents(self, self.failsafe.serves)
        self.decisions = Decisions(self, self.documents, self.failsafe)
        QuarantinedDocuments(
            self,
            staging=self.documents.staging,
            working=self.documents.working,
            archive=self.decisions.archive,
            limits=LIMITS,
        )

    def _prices(self) -> None:
        function = self.function("prices", seconds=3)
        function.may("dynamodb:UpdateItem", on=self.table.table_arn)
        Subscription(
            self,
            "settlement-prices",
            QuoteAccepted,
            consumer=function,
            replay=self.replay,
            from_archive="a price that is known stays as it is. One that was missed is noted, however late",
            only=OF_PARTNERS,
            late=True,
        )

    def _rides(self) -> None:
        function = self.function("rides", seconds=3)
        function.may("dynamodb:UpdateItem", on=self.table.table_arn)
        Subscription(
            self,
            "settlement-rides",
            RideCompleted,
            consumer=function,
            replay=self.replay,
            from_archive="a ride that is known stays as it is. One that was missed is owed from then on",
            only=OF_PARTNERS,
        )
