"""An HTTP API in front of one function."""

import json
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, cast

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.access_log import log_access
from infra.patterns.burn_rate_alarms import BurnRateAlarms
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.slo import availability

Auth: TypeAlias = Literal["users", "machines", "partners"]
"""Whom the function lets in. `users`: callers with an ID token of the user pool. `machines`: the same, with an API key each
and no page. `partners`: callers who sign their
requests."""

# Only ids and outcomes: no address, no user, no token.
_ACCESS_LOG: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "responseBytes": "$context.responseLength",
    "errorType": "$context.error.responseType",
    "integrationStatus": "$context.integration.status",
    "integrationError": "$context.integrationErrorMessage",
}


class HttpApi(apigateway.HttpApi):
    """Sends every request to the function, which routes it, and decides by `auth` whether to serve it.

    Clients call `public_url`, the base of links in its answers (`PUBLIC_URL`). The gateway answers by itself only
    requests above `rate` a second, or twice as many at once, and those that the function cannot answer (decision 56). `dear`
    names routes that cost more than others, such as `POST /instant-ride-rfqs`, each with a lower rate of its own. Where callers may wait
    for what they ask for, a request keeps the function for so many `seconds`, on average.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        function: ServiceFunction,
        auth: Auth,
        rate: int = 500,
        dear: Mapping[str, int] | None = None,
        seconds: float | None = None,
    ) -> None:
        self._integration = integrations.HttpLambdaIntegration("Function", function.entry)
        super().__init__(
            scope,
            name,
            api_name=scope.stage.names.of(name),
            create_default_stage=False,
            default_integration=self._integration,
        )
        scale = scope.stage.scale
        function.reserve(scale.reserved(rate, seconds) if seconds else scale.reserved(rate))
        self._function = function
        self._origins = scope.stage.origins
        self.public_url = scope.api_url(self, name, self.api_id)
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self,
            stage_name=naming.API_STAGE,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=2 * rate),
        )
        self._throttle(stage, dear or {})
        log_access(scope, name, stage, _ACCESS_LOG)
        if auth != "partners":
            BurnRateAlarms(
                scope,
                availability(name),
                bad=self.metric_server_error(),
                total=self.metric_count(statistic="sum"),
            )
            function.identifies_users()
            function.add_environment("PUBLIC_URL", self.public_url)
        if auth == "users":
            function.add_environment("ALLOWED_ORIGINS", json.dumps(self._origins))
        accept(
            self, {"AwsSolutions-APIG4": "The function verifies the token, or the signature, of each request"}
        )
        scope.alarm(
            f"{name}-5xx",
            self.metric_server_error(period=cdk.Duration.minutes(5)),
            threshold=1,
            meaning=f"{scope.stage.names.of(name)} answers with server errors, so what its callers ask for fails."
            f" Look for `ERROR` in the log of {function.own_name}. Runbook: -5xx.",
        )

    @property
    def origin(self) -> str:
        """The origin of its URL, for a page's policy."""
        return self.public_url.removesuffix(f"/{naming.API_STAGE}")

    def let_in(self, origin: str) -> None:
        """Let the pages of one more origin call it."""
        self._origins = (*self._origins, origin)
        self._function.add_environment("ALLOWED_ORIGINS", json.dumps(self._origins))

    def _throttle(self, stage: apigateway.HttpStage, dear: Mapping[str, int]) -> None:
        """Give routes a limit of their own. Only a route that exists can have one."""
        if not dear:
            return
        resource = cast("apigateway.CfnStage", stage.node.default_child)
        resource.route_settings = {
            route: {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": 2 * rate}
            for route, rate in dear.items()
        }
        for route in dear:
            method, path = route.split()
            for made in self.add_routes(
                path=path, methods=[apigateway.HttpMethod[method]], integration=self._integration
            ):
                resource.node.add_dependency(made)
