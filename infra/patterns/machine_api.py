"""A REST API for machine clients: API keys, usage plans, and requests that are stored without a function."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_wafv2 as waf

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.burn_rate_alarms import BurnRateAlarms
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.web_acl import ASSOCIATION
from infra.slo import availability
from infra.tiers import Tier

_PROBLEM: Final = "application/problem+json"
_JSON: Final = "application/json"
_TYPES: Final = apigateway.ResponseType
_A_WHILE: Final = "3600"

# What API Gateway answers by itself: status, title, detail, seconds to wait.
_ANSWERS: Final[Mapping[str, tuple[apigateway.ResponseType, int, str, str, str | None]]] = {
    "Throttled": (
        _TYPES.THROTTLED,
        429,
        "Too Many Requests",
        "Slower: your tier has a rate and a burst.",
        "1",
    ),
    "QuotaExceeded": (
        _TYPES.QUOTA_EXCEEDED,
        429,
        "Too Many Requests",
        "Today's quota of your tier is used up. It begins again at midnight, UTC.",
        _A_WHILE,
    ),
    "InvalidApiKey": (_TYPES.INVALID_API_KEY, 403, "Forbidden", "Send your own API key in x-api-key.", None),
    "AccessDenied": (
        _TYPES.ACCESS_DENIED,
        403,
        "Forbidden",
        "This is for machine clients, each with its own API key in x-api-key.",
        None,
    ),
    "Blocked": (
        _TYPES.WAF_FILTERED,
        403,
        "Forbidden",
        "Your address has come too often, or the request looks like an attack.",
        None,
    ),
    "Unauthorized": (_TYPES.UNAUTHORIZED, 401, "Unauthorized", "Sign in first: send an ID token.", None),
    "NoSuchRoute": (_TYPES.MISSING_AUTHENTICATION_TOKEN, 404, "Not Found", "There is nothing here.", None),
    "TooLarge": (_TYPES.REQUEST_TOO_LARGE, 413, "Content Too Large", "Send less at once.", None),
    "MediaType": (
        _TYPES.UNSUPPORTED_MEDIA_TYPE,
        415,
        "Unsupported Media Type",
        "Send application/json.",
        None,
    ),
    "BadRequest": (_TYPES.DEFAULT_4_XX, 400, "Bad Request", "The request is not valid.", None),
    "Unsure": (
        _TYPES.AUTHORIZER_FAILURE,
        503,
        "Service Unavailable",
        "Nobody can say now who you are. Try again in a moment.",
        "1",
    ),
    "IntegrationFailure": (
        _TYPES.INTEGRATION_FAILURE,
        503,
        "Service Unavailable",
        "Try again in a moment, with the same Idempotency-Key.",
        "1",
    ),
    "IntegrationTimeout": (
        _TYPES.INTEGRATION_TIMEOUT,
        504,
        "Gateway Timeout",
        "Whether we have acted is not known: repeat the request, with the same Idempotency-Key.",
        "1",
    ),
    "ServerError": (
        _TYPES.DEFAULT_5_XX,
        500,
        "Internal Server Error",
        "This is our mistake. Whether we have acted is not known.",
        None,
    ),
}

# Only ids and outcomes: no address, no user, no key.
_ACCESS_LOG: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "keyId": "$context.identity.apiKeyId",
    "errorType": "$context.error.responseType",
    "integrationStatus": "$context.integration.status",
}


class MachineApi(apigateway.RestApi):
    """Sends every request that `authorizer` lets through, with an API key of its own, to the function, which routes it.

    `free` paths take no key, so they are open to a client whose quota is used up. `dear` routes, such as
    `POST /instant-ride-rfqs`, have a lower rate of their own than the `rate` of all. Those that are `stored` go to a queue
    instead: `stores` says which.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        function: ServiceFunction,
        authorizer: ServiceFunction,
        rate: int,
        dear: Mapping[str, int],
        free: Sequence[str],
        stored: Sequence[str],
    ) -> None:
        self._scope = scope
        own_name = scope.stage.names.of(name)
        self._log = scope.log_group(f"{name}-access-log", f"/aws/apigateway/{own_name}")
        super().__init__(
            scope,
            name,
            rest_api_name=own_name,
            description="Wild Rydes for machine clients",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,  # the platform's stack has one for the account
            deploy_options=apigateway.StageOptions(
                stage_name=naming.API_STAGE,
                throttling_rate_limit=rate,
                throttling_burst_limit=2 * rate,
                method_options={
                    f"{route.split()[1]}/{route.split()[0]}": apigateway.MethodDeploymentOptions(
                        throttling_rate_limit=limit, throttling_burst_limit=2 * limit
                    )
                    for route, limit in dear.items()
                },
                access_log_destination=apigateway.LogGroupLogDestination(self._log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
            ),
        )
        self.public_url = scope.api_url(self, name, self.rest_api_id)
        function.reserve(scope.stage.scale.reserved(rate))
        function.identifies_users()
        function.add_environment("PUBLIC_URL", self.public_url)
        authorizer.identifies_users()
        authorizer.reserve(scope.stage.scale.reserved(rate))
        self._authorizer = apigateway.RequestAuthorizer(
            self,
            "Authorizer",
            handler=authorizer.entry,
            # It is asked about each request: what it says of one goes with that one (`stores`).
            identity_sources=[apigateway.IdentitySource.header("Authorization")],
            results_cache_ttl=cdk.Duration.seconds(0),
        )
        self._function = apigateway.LambdaIntegration(function.entry, allow_test_invoke=False)
        self._serve(self.root.add_resource("{proxy+}"), "ANY")
        for path in free:
            self._serve(self.root.resource_for_path(path), "GET", key=False)
        for route in dear:
            method, path = route.split()
            self._serve(self.root.resource_for_path(path), *(["ANY"] if route in stored else [method, "ANY"]))
        self._answers()
        BurnRateAlarms(
            scope,
            availability(name),
            bad=self.metric_server_error(),
            total=self.metric_count(statistic="sum"),
        )
        if ASSOCIATION not in scope.stage.left_out:
            waf.CfnWebACLAssociation(
                self,
                "Protected",
                resource_arn=self.deployment_stage.stage_arn,
                web_acl_arn=scope.parameter(naming.WEB_ACL_ARN_PARAMETER),
            )
        accept(
            self,
            {
                "AwsSolutions-COG4": "The authorizer verifies the token of the user pool, and that the API key is its own",
                "AwsSolutions-APIG2": "The functions behind check requests, and say what is wrong with each field",
                "AwsSolutions-APIG6": "The access log and the functions' logs have all that is needed",
            },
        )
        scope.alarm(
            f"{name}-5xx",
            self.metric_server_error(period=cdk.Duration.minutes(5), statistic="sum"),
            threshold=1,
            meaning=f"{own_name} answers with server errors, so what its callers ask for fails."
            f" Look for `ERROR` in the log of {function.own_name}. Runbook: -5xx.",
        )

    def plan(self, tier: Tier) -> apigateway.UsagePlan:
        """The usage plan of a tier."""
        return self.add_usage_plan(
            f"Plan-{tier.name}",
            name=self._scope.stage.names.of(f"machine-api-{tier.name}"),
            description=f"Machine clients, {tier.name}",
            throttle=apigateway.ThrottleSettings(rate_limit=tier.rate, burst_limit=tier.burst),
            quota=apigateway.QuotaSettings(limit=tier.daily, period=apigateway.Period.DAY),
            api_stages=[apigateway.UsagePlanPerApiStage(api=self, stage=self.deployment_stage)],
        )

    def stores(self, path: str, queue: sqs.Queue, message: Mapping[str, object], version: int) -> None:
        """Have POSTs to a path stored in a queue, without a function, each as a message with these data.

        The data's texts may name what the authorizer says of the request, such as `$context.authorizer.batch`; `content`
        is added to them: the body, URL-encoded, whatever it is. Callers get 202, and where to look.
        """
        role = iam.Role(
            self,
            f"Store{path.title().replace('/', '').replace('-', '')}",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description=f"Stores what comes to {path}",
        )
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue.queue_arn]))
        resource = self.root.resource_for_path(path)
        url = f"{self.public_url}{path}/$context.authorizer.batch"
        stored = {"id": "$context.authorizer.batch", "status": "pending", "links": {"self": url}}
        # Parameters of a response take what the authorizer says alone, and no text around it. Templates do.
        located = f'#set($context.responseOverride.header.Location = "{url}")\n'
        integration = apigateway.AwsIntegration(
            service="sqs",
            path=f"{self._scope.account}/{queue.queue_name}",
            integration_http_method="POST",
            options=apigateway.IntegrationOptions(
                credentials_role=role,
                passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
                request_parameters={
                    "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"
                },
                request_templates={_JSON: _send(message, version)},
                integration_responses=[
                    _answer(202, r"2\d{2}", located + json.dumps(stored), _JSON, "1"),
                    _answer(
                        413,
                        r"4\d{2}",
                        _problem(413, "Content Too Large", "Send fewer RFQs at once."),
                        _PROBLEM,
                        None,
                    ),
                    _answer(
                        503,
                        None,
                        _problem(
                            503,
                            "Service Unavailable",
                            "Try again in a moment, with the same Idempotency-Key.",
                        ),
                        _PROBLEM,
                        "1",
                    ),
                ],
            ),
        )
        headers = {f"method.response.header.{name}": True for name in ("Content-Type", "Retry-After")}
        resource.add_method(
            "POST",
            integration,
            authorizer=self._authorizer,
            authorization_type=apigateway.AuthorizationType.CUSTOM,
            api_key_required=True,
            method_responses=[
                apigateway.MethodResponse(status_code=str(status), response_parameters=headers)
                for status in (202, 413, 503)
            ],
        )

    def _serve(self, resource: apigateway.Resource, *methods: str, key: bool = True) -> None:
        for method in methods:
            resource.add_method(
                method,
                self._function,
                authorizer=self._authorizer,
                authorization_type=apigateway.AuthorizationType.CUSTOM,
                api_key_required=key,
            )

    def _answers(self) -> None:
        for name, (type_, status, title, detail, seconds) in _ANSWERS.items():
            headers = {"Content-Type": f"'{_PROBLEM}'"}
            if seconds:
                headers["Retry-After"] = f"'{seconds}'"
            if status == HTTPStatus.UNAUTHORIZED:
                headers["WWW-Authenticate"] = "'Bearer realm=\"wild-rydes\"'"  # as the function's own 401
            self.add_gateway_response(
                name,
                type=type_,
                status_code=str(status),
                response_headers=headers,
                templates={_JSON: _problem(status, title, detail)},
            )


def _send(message: Mapping[str, object], version: int) -> str:
    """Make the template of a call to SQS. Its message is an envelope, as this service's own messages are."""
    metadata = {
        "event_id": "$context.authorizer.event",
        "event_version": version,
        "occurred_at": "$context.authorizer.now",
        "correlation_id": "$context.authorizer.batch",
    }
    body = json.dumps({"metadata": metadata, "data": {**message, "content": "$content"}})
    # The text around what is filled in is encoded here already: what is filled in needs to be encoded once more alone.
    encoded = quote(body, safe="$.").replace("$content", "$util.urlEncode($util.urlEncode($input.body))")
    return f"Action=SendMessage&MessageBody={encoded}"


def _problem(status: int, title: str, detail: str) -> str:
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})


def _answer(
    status: int, pattern: str | None, template: str, media_type: str, seconds: str | None
) -> apigateway.IntegrationResponse:
    headers = {"Content-Type": media_type, **({"Retry-After": seconds} if seconds else {})}
    return apigateway.IntegrationResponse(
        status_code=str(status),
        selection_pattern=pattern,
        response_templates={_JSON: template},
        response_parameters={
            f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()
        },
    )
