"""A REST API in front of one function."""

import json
from http import HTTPStatus
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
BEARER: Final = 'Bearer realm="wild-rydes"'
"""How to authenticate (RFC 6750, 3): the functions say the same."""
EXPOSED: Final = ("ETag", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate")
"""Headers of answers that a page of another origin may read: the functions expose the same."""

# Everything that the gateway can answer by itself: its status, and what the caller can do about it. Its templates
# cannot read the status, so each kind states its own. A client takes what is new to it for the first of its class
# (RFC 9110, 15), and so do the two defaults, which stand for whatever AWS adds.
_PROBLEMS: Final[dict[str, tuple[HTTPStatus, str]]] = {
    "DEFAULT_4XX": (HTTPStatus.BAD_REQUEST, "The request cannot be served."),
    "BAD_REQUEST_BODY": (HTTPStatus.BAD_REQUEST, "The body is not valid."),
    "BAD_REQUEST_PARAMETERS": (HTTPStatus.BAD_REQUEST, "A parameter is missing or not valid."),
    "UNAUTHORIZED": (HTTPStatus.UNAUTHORIZED, "A valid token is needed."),
    # AWS's own 403 would keep a client from signing in again.
    "EXPIRED_TOKEN": (HTTPStatus.UNAUTHORIZED, "The token has expired. Sign in again."),
    "ACCESS_DENIED": (HTTPStatus.FORBIDDEN, "You may not do this."),
    "INVALID_API_KEY": (HTTPStatus.FORBIDDEN, "You may not do this."),
    "INVALID_SIGNATURE": (HTTPStatus.FORBIDDEN, "You may not do this."),
    "WAF_FILTERED": (HTTPStatus.FORBIDDEN, "You may not do this."),
    # AWS says so of paths and methods that it does not know, with or without a token.
    "MISSING_AUTHENTICATION_TOKEN": (HTTPStatus.NOT_FOUND, "There is nothing here."),
    "RESOURCE_NOT_FOUND": (HTTPStatus.NOT_FOUND, "There is nothing here."),
    "REQUEST_TOO_LARGE": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large."),
    "UNSUPPORTED_MEDIA_TYPE": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json."),
    "THROTTLED": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests. Try again in a moment."),
    "QUOTA_EXCEEDED": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests. Try again later."),
    "DEFAULT_5XX": (HTTPStatus.INTERNAL_SERVER_ERROR, "This is our mistake."),
    "API_CONFIGURATION_ERROR": (HTTPStatus.INTERNAL_SERVER_ERROR, "This is our mistake."),
    "AUTHORIZER_CONFIGURATION_ERROR": (HTTPStatus.INTERNAL_SERVER_ERROR, "This is our mistake."),
    "AUTHORIZER_FAILURE": (HTTPStatus.INTERNAL_SERVER_ERROR, "This is our mistake."),
    "INTEGRATION_FAILURE": (HTTPStatus.GATEWAY_TIMEOUT, "The service did not answer. Try again."),
    "INTEGRATION_TIMEOUT": (HTTPStatus.GATEWAY_TIMEOUT, "The service did not answer in time. Try again."),
}
_HEADERS: Final[dict[HTTPStatus, dict[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": BEARER},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "1"},
}

# Only ids and outcomes: no address, no user, no token.
_ACCESS_LOG: Final = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
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

    `auth` says who is let in. Requests above `rate` a second, or twice as many at once, are answered with 429.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        function: ServiceFunction,
        auth: Auth,
        rate: int = 500,
    ) -> None:
        own_name = scope.stage.names.of(name)
        access_log = scope.log_group(f"{name}-access-log", f"/aws/apigateway/{own_name}")
        super().__init__(
            scope,
            name,
            rest_api_name=own_name,
            cloud_watch_role=False,  # a setting of the whole account, which the platform makes
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(
                stage_name=naming.API_STAGE,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                throttling_rate_limit=rate,
                throttling_burst_limit=2 * rate,
            ),
        )
        function.reserve(scope.stage.scale.reserved(rate))
        # This output would name AWS on the local stage too. `public_url` is right on both.
        self.node.try_remove_child("Endpoint")
        self.public_url = scope.api_url(self, name, self.rest_api_id)
        integration = apigateway.LambdaIntegration(function.entry, scope_permission_to_method=False)
        options: dict[str, Any] = self._for_users(scope, name) if auth == "users" else {}
        self._origins = scope.stage.origins if auth == "users" else ()
        for resource in (self.root, self.root.add_proxy(any_method=False)):
            resource.add_method("ANY", integration, **options)
            if auth == "users":
                reason = "A browser asks without a token whether a page may call (Fetch, 4.8); nothing else is told"
                accept(resource.add_method("OPTIONS", integration), {"AwsSolutions-APIG4": reason})
        if auth == "users":
            function.add_environment("ALLOWED_ORIGINS", json.dumps(scope.stage.origins))
        if auth == "partners":
            reason = "Callers are partners, not users: the function checks the signature of each request"
            accept(self, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})
        for kind, (status, detail) in _PROBLEMS.items():
            self._problem(kind, status, detail)
        scope.alarm(
            f"{name}-5xx",
            self.metric_server_error(period=cdk.Duration.minutes(5)),
            threshold=1,
            meaning=f"{own_name} answers with server errors, so what its callers ask for fails."
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

    def _problem(self, kind: str, status: HTTPStatus, detail: str) -> None:
        problem = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
        }
        headers = {"Content-Type": PROBLEM_JSON, **_HEADERS.get(status, {}), **self._cors()}
        self.add_gateway_response(
            f"problem-{kind.lower().replace('_', '-')}",
            type=apigateway.ResponseType.of(kind),
            status_code=str(status.value),
            response_headers={name: f"'{value}'" for name, value in headers.items()},
            templates={"application/json": json.dumps(problem)},
        )

    def _cors(self) -> dict[str, str]:
        """Let pages read what the gateway answers by itself.

        These headers cannot depend on the request. With several origins, or a pattern, every page may read the
        answer: it is the same for everybody.
        """
        if not self._origins:
            return {}
        [first, *others] = self._origins
        return {
            "Access-Control-Allow-Origin": "*" if others or "*" in first else first,
            "Access-Control-Expose-Headers": ",".join(EXPOSED),
        }
