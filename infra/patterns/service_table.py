"""The table of a service."""

from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.stage import Stage

_TLS_ONLY: Final = iam.PolicyDocument(
    statements=[
        iam.PolicyStatement(
            sid="TlsOnly",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["dynamodb:*"],
            resources=["*"],  # in a table's own policy this means the table and its indexes
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )
    ]
)


class ServiceTable(dynamodb.Table):
    """One for each service, named after it (`name`). Paid for by request.

    It does `warm_writes` units a second from the start.

    Items have the key `id` and are deleted after `expires_at`. The stream has both images of every change. Tables hold
    where people ride, so they are encrypted with a key of KMS, whose uses are logged, and refuse plain HTTP.

    A service has another (`construct_id`) for what is no news to anybody: without the stream (`news`) that its outbox reads.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        warm_writes: int | None = None,
        *,
        construct_id: str = "Table",
        news: bool = True,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            table_name=name,
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            warm_throughput=dynamodb.WarmThroughput(write_units_per_second=warm_writes)
            if warm_writes
            else None,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if news else None,
            time_to_live_attribute="expires_at",
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            resource_policy=_TLS_ONLY if stage.tls_only else None,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=stage.protected,
            removal_policy=stage.data_removal,
        )
