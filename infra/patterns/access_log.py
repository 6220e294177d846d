"""The access log of an API."""

import json
from collections.abc import Mapping
from typing import cast

from aws_cdk import aws_apigatewayv2 as apigateway

from infra.patterns.service_stack import ServiceStack


def log_access(scope: ServiceStack, name: str, stage: apigateway.IStage, fields: Mapping[str, str]) -> None:
    """Log each request to the API `name`, with these fields. They hold ids and outcomes, nothing of the caller."""
    log_group = scope.log_group(f"{name}-access-log", f"/aws/apigateway/{scope.stage.names.of(name)}")
    resource = cast("apigateway.CfnStage", stage.node.default_child)  # the L2's interface is none for Python
    resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
        destination_arn=log_group.log_group_arn, format=json.dumps(fields)
    )
