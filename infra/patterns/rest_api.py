"""A REST API in front of one function, for callers with a token of the user pool."""

import json
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack

PROBLEM_JSON: Final = "application/problem+json"

# What the gateway answers by itself. Its templates know no status, so each kind states its own; the two defaults
# stand for kinds of several statuses and leave it out (RFC 9457, 3.1.2: advisory).
_PROBLEMS: Final[dict[str, tuple[int | None, str]]] = {
    "BAD_REQUEST_BODY": (400, "Bad request"),
    "UNAUTHORIZED": (401, "A valid token is needed"),
    "ACCESS_DENIED": (403, "Not allowed"),
    "EXPIRED_TOKEN": (403, "The token has expired"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "No such resource, or no token"),
    "REQUEST_TOO_LARGE": (413, "The request is too large"),
    "THROTTLED": (429, "Too many requests"),
    "INTEGRATION_FAILURE": (504, "The service did not answer"),
    "INTEGRATION_TIMEOUT": (504, "The service did not answer in time"),
    "DEFAULT_4XX": (None, "The request cannot be served"),
    "DEFAULT_5XX": (None, "The service failed"),
}
_RETRY_AFTER: Final = {"THROTTLED": "1"}

# Ids and outcomes only: no address, no user, no token.
_ACCESS_LOG: Final = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "xrayTraceId": "$context.xrayTraceId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "responseBytes": "$context.responseLength",
    "errorType": "$context.error.responseType",
    "authorizerStatus": "$context.authorizer.status",
    "integrationStatus": "$context.integration.status",
}


class JwtApi(apigateway.RestApi):
    """Every method and path goes to the function, which routes. Errors of the gateway itself are problem+json too.

    Requests a second above `rate`, in bursts above `burst`, are answered 429. `signed`: callers have no token, as they
    are no users; the function checks the signature of each request.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        function: ServiceFunction,
        rate: int = 500,
        burst: int = 1000,
        signed: bool = False,
    ) -> None:
        access_log = scope.log_group(f"{name}-access-log", f"/aws/apigateway/{name}")
        super().__init__(
            scope,
            name,
            rest_api_name=name,
            cloud_watch_role=False,  # an account's setting: the platform makes it
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(
                stage_name=naming.API_STAGE,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                tracing_enabled=True,
                throttling_rate_limit=rate,
                throttling_burst_limit=burst,
            ),
        )
        self.node.try_remove_child(
            "Endpoint"
        )  # an output that says AWS on every stage; `public_url` is the truth
        self.public_url = scope.api_url(self, name, self.rest_api_id)
        integration = apigateway.LambdaIntegration(function.entry, scope_permission_to_method=False)
        options: dict[str, Any] = {} if signed else self._for_users(scope, name)
        self.root.add_method("ANY", integration, **options)
        self.root.add_proxy(
            default_integration=integration, default_method_options=apigateway.MethodOptions(**options)
        )
        if signed:
            reason = "Callers are no users: the function checks the signature of each request"
            accept(self, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})
        for kind, (status, title) in _PROBLEMS.items():
            self._problem(kind, status, title)
        self._alarms(scope, name)
        accept(
            self,
            {
                "AwsSolutions-APIG2": "The function validates: the gateway's validator knows no problem+json",
                "AwsSolutions-APIG3": "Callers hold a token and are throttled; a web ACL is the account's to choose and pay",
            },
        )

    def _for_users(self, scope: ServiceStack, name: str) -> dict[str, Any]:
        authorizer = apigateway.CognitoUserPoolsAuthorizer(
            scope, f"{name}-authorizer", cognito_user_pools=[scope.users]
        )
        return {"authorizer": authorizer, "authorization_type": apigateway.AuthorizationType.COGNITO}

    def _problem(self, kind: str, status: int | None, title: str) -> None:
        problem = {"type": "about:blank", "title": title} | ({"status": status} if status else {})
        headers = {"Content-Type": f"'{PROBLEM_JSON}'"}
        if kind in _RETRY_AFTER:
            headers["Retry-After"] = f"'{_RETRY_AFTER[kind]}'"
        self.add_gateway_response(
            f"problem-{kind.lower().replace('_', '-')}",
            type=apigateway.ResponseType.of(kind),
            status_code=str(status) if status else None,
            response_headers=headers,
            templates={"application/json": json.dumps(problem)},
        )

    def _alarms(self, scope: ServiceStack, name: str) -> None:
        scope.alarm(
            f"{name}-5xx",
            self.metric_server_error(period=cdk.Duration.minutes(5)),
            threshold=1,
            meaning=f"{name} answered with a server error",
        )
