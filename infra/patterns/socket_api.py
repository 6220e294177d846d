"""A WebSocket API in front of one function, for callers with a token of the user pool."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.access_log import log_access
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack

# Only ids and outcomes: no address, no user, and no query string, which is where browsers put their token.
_ACCESS_LOG: Final = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "event": "$context.eventType",
    "connectionId": "$context.connectionId",
    "status": "$context.status",
    "integrationLatencyMs": "$context.integrationLatency",
    "authorizerStatus": "$context.authorizer.status",
    "integrationStatus": "$context.integration.status",
}


class SocketApi(apigateway.WebSocketApi):
    """Sends connects, disconnects and messages to the function; `authorizer` decides who may connect.

    The authorizer's context about the caller is in `requestContext.authorizer` of every later message of the
    connection. Clients connect to `public_url`. The function answers by posting to the connection, like every
    function that `may_post`. The gateway refuses messages above `rate` a second, or twice as many at once.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        function: ServiceFunction,
        authorizer: ServiceFunction,
        rate: int = 500,
    ) -> None:

        def to_function(route: str) -> integrations.WebSocketLambdaIntegration:
            # One for each route, because each grants the permission to invoke the function for its route.
            return integrations.WebSocketLambdaIntegration(route, function.entry)

        super().__init__(
            scope,
            name,
            api_name=scope.stage.names.of(name),
            route_selection_expression="$request.body.action",
            connect_route_options=apigateway.WebSocketRouteOptions(
                integration=to_function("OnConnect"),
                authorizer=authorizers.WebSocketLambdaAuthorizer(f"{name}-authorizer", authorizer.entry),
            ),
            disconnect_route_options=apigateway.WebSocketRouteOptions(
                integration=to_function("OnDisconnect")
            ),
            default_route_options=apigateway.WebSocketRouteOptions(integration=to_function("OnMessage")),
        )
        # API Gateway refuses connections without the identity source. Browsers cannot send the header, and
        # others send no query string, so there is none.
        for construct in self.node.find_all():
            if isinstance(construct, apigateway.CfnAuthorizer):
                construct.identity_source = []
        self._stage_of(scope, name, rate)
        for each in (function, authorizer):
            each.reserve(scope.stage.scale.reserved(rate))
        authorizer.identifies_users()
        self._base = scope.api_url(self, name, self.api_id)
        self.public_url = self._base.replace("http", "ws", 1)
        self._connections = scope.format_arn(
            service="execute-api",
            resource=self.api_id,
            resource_name=f"{naming.API_STAGE}/POST/@connections/*",
        )
        scope.alarm(
            f"{name}-errors",
            cloudwatch.Metric(
                namespace="AWS/ApiGateway",
                metric_name="IntegrationError",
                dimensions_map={"ApiId": self.api_id, "Stage": naming.API_STAGE},
                period=cdk.Duration.minutes(5),
                statistic="sum",
            ),
            threshold=1,
            meaning=f"{scope.stage.names.of(name)} cannot hand messages to {function.own_name}: apps cannot connect."
            " Look at the function's log. Runbook: -errors.",
        )
        accept(
            self, {"AwsSolutions-APIG4": "The authorizer decides at $connect, once for the whole connection"}
        )

    @property
    def origin(self) -> str:
        """The origin of its URL, for a page's policy."""
        return self.public_url.removesuffix(f"/{naming.API_STAGE}")

    def may_post(self, function: ServiceFunction) -> None:
        """Let the function send to this API's connections, at `CONNECTIONS_URL`."""
        function.add_environment("CONNECTIONS_URL", self._base)
        function.may("execute-api:ManageConnections", on=self._connections)
        api = cdk.Stack.of(self).get_logical_id(self.node.default_child)
        accept(
            function.own_role,
            {
                "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>"
                f":<{api}>/{naming.API_STAGE}/POST/@connections/*]": "Only connections of this API"
            },
        )

    def _stage_of(self, scope: ServiceStack, name: str, rate: int) -> None:
        stage = apigateway.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self,
            stage_name=naming.API_STAGE,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=2 * rate),
        )
        log_access(scope, name, stage, _ACCESS_LOG)
