"""A REST API in front of one function."""

import json
from typing import Any, Final, Literal, TypeAlias

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack

Auth: TypeAlias = Literal["users", "partners"]
"""Who is let in. `users`: the gateway asks for a JWT of the user pool. `partners`: the gateway lets every
caller through, and the function checks the signature of each request."""

PROBLEM_JSON: Final = "application/problem+json"

# What the gateway answers by itself. Its templates cannot read the status, so each kind states its own. The
# two defaults cover several statuses and leave it out, as they may (RFC 9457, 3.1.2).
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

# Only ids and outcomes: no address, no user, no token.
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


class RestApi(apigateway.RestApi):
    """Sends every request to the function, which routes it. The gateway's own errors are problem+json too.

    `auth` says who is let in. Requests above `rate` a second, or `burst` at once, are answered with 429.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        function: ServiceFunction,
        auth: Auth,
        rate: int = 500,
        burst: int = 1000,
    ) -> None:
        access_log = scope.log_group(f"{name}-access-log", f"/aws/apigateway/{name}")
        super().__init__(
            scope,
            name,
            rest_api_name=name,
            cloud_watch_role=False,  # a setting of the whole account, which the platform makes
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
        # This output would name AWS on the local stage too. `public_url` is right on both.
        self.node.try_remove_child("Endpoint")
        self.public_url = scope.api_url(self, name, self.rest_api_id)
        integration = apigateway.LambdaIntegration(function.entry, scope_permission_to_method=False)
        options: dict[str, Any] = self._for_users(scope, name) if auth == "users" else {}
        self.root.add_method("ANY", integration, **options)
        self.root.add_proxy(
            default_integration=integration, default_method_options=apigateway.MethodOptions(**options)
        )
        if auth == "partners":
            reason = "Callers are partners, not users: the function checks the signature of each request"
            accept(self, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})
        for kind, (status, title) in _PROBLEMS.items():
            self._problem(kind, status, title)
        scope.alarm(
            f"{name}-5xx",
            self.metric_server_error(period=cdk.Duration.minutes(5)),
            threshold=1,
            meaning=f"{name} answers with server errors, so what its callers ask for fails."
            f" Look for `ERROR` in the log of {function.own_name}. Runbook: -5xx.",
        )
        accept(
            self,
            {
                "AwsSolutions-APIG2": "The function validates: the gateway cannot answer problem+json",
                "AwsSolutions-APIG3": "Callers are checked and throttled; a web ACL is up to the account",
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
