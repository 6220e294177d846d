"""The table of a service."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from infra.patterns.service_stack import ServiceStack


class ServiceTable(dynamodb.Table):
    """One a service, named after it: items by `id` until `expires_at`, and a stream for its outbox. Paid for by request."""

    def __init__(self, scope: ServiceStack) -> None:
        super().__init__(
            scope,
            "Table",
            table_name=scope.service,
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # Data survives the stack, but not a first deployment that failed: the next could not take the name.
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
