"""A Lambda function of a service. At first its role allows nothing but to write its own log."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra import naming
from infra.patterns.accept import accept

if TYPE_CHECKING:
    from infra.patterns.service_stack import ServiceStack


class ServiceFunction(lambda_.Function):
    """Python 3.13 on arm64, with its own role, log group and alarm.

    `ServiceStack.function` makes one. `handler` is `module.attribute` in the service's artifact; `seconds` is
    the timeout. Whatever invokes it invokes its `entry`. `snap_start` serves that from a snapshot, where the stage has
    versions: for functions whose cold start a person waits for. `name` is plain; `own_name` is the function's name
    in its environment, `own_role` its role.
    """

    def __init__(
        self,
        scope: "ServiceStack",
        name: str,
        *,
        handler: str,
        environment: dict[str, str],
        seconds: int,
        memory_mib: int = 256,
        snap_start: bool = False,
    ) -> None:
        own_name = scope.stage.names.of(name)
        log_group = scope.log_group(f"{name}-log", f"/aws/lambda/{own_name}")
        role = iam.Role(
            scope,
            f"{name}-role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"The permissions of {own_name}",
        )
        snap_start = snap_start and scope.stage.versions
        super().__init__(
            scope,
            f"{name}-function",  # a function and the queue that it consumes may have one name
            function_name=own_name,
            code=scope.code,
            handler=handler,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_mib,
            timeout=cdk.Duration.seconds(seconds),
            role=role,
            log_group=log_group,
            # What Lambda itself says of an invocation is billed like any log line: only of those that fail.
            # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            environment={
                "POWERTOOLS_SERVICE_NAME": scope.service,
                "POWERTOOLS_METRICS_NAMESPACE": scope.stage.names.metrics_namespace,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                "WATCHED_METRICS": scope.watched.variable,
                **environment,
            },
        )
        self.own_name = own_name
        self._name = name
        self._snap_start = snap_start
        self.seconds = seconds
        self.own_role = role
        self._service_stack = scope
        self.may("logs:CreateLogStream", "logs:PutLogEvents", on=log_group.log_group_arn)
        accept(
            self,
            {"AwsSolutions-L1": "Artifacts are built for Python 3.13: runtime and build change together"},
        )
        self._errors = scope.alarm(
            f"{name}-errors",
            self.metric_errors(period=cdk.Duration.minutes(1)),  # soon enough to end a canary
            threshold=1,
            meaning=f"{own_name} crashes, times out or runs out of memory, so its work is late or fails."
            " Look for `Task timed out` and `Runtime` in its log. Runbook: -errors.",
        )

    def reserve(self, at_once: int | None) -> None:
        """Let so many run at once, no more, and keep that many for it alone; None for what the account has left.

        Without, callers that come through an API could use up the account's concurrency, and stop all others.
        """
        function = cast("lambda_.CfnFunction", self.node.default_child)
        function.reserved_concurrent_executions = at_once

    def may(
        self, *actions: str, on: str, condition: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None
    ) -> None:
        """Allow actions on one resource (an ARN, or a pattern of ARNs)."""
        batch_actions = self._service_stack.stage.batch_actions
        batches = [f"{action}Batch" for action in actions if action in batch_actions]
        self.add_to_role_policy(
            iam.PolicyStatement(actions=[*actions, *batches], resources=[on], conditions=condition)
        )

    def may_publish(self) -> None:
        """Allow events on the platform's bus (`BUS_NAME`), under the service's own source alone."""
        stack = self._service_stack
        own_events = {
            "ForAllValues:StringEquals": {"events:source": f"{naming.EVENT_SOURCE_PREFIX}{stack.service}"}
        }
        self.add_environment("BUS_NAME", stack.bus.event_bus_name)
        self.may(
            "events:PutEvents",
            on=stack.bus.event_bus_arn,
            condition=own_events if stack.stage.publish_condition else None,
        )

    def may_reply(self, requesters: Sequence[str]) -> None:
        """Allow messages to the return addresses of these requesters (`RETURN_ADDRESSES`, by source), and to no other
        queue.
        """
        stack = self._service_stack
        return_addresses = {
            f"{naming.EVENT_SOURCE_PREFIX}{requester}": stack.format_arn(
                service="sqs",
                resource=stack.stage.names.of(f"{naming.REPLY_QUEUE_PREFIX}{requester}"),
                arn_format=cdk.ArnFormat.NO_RESOURCE_NAME,
            )
            for requester in requesters
        }
        self.add_environment("RETURN_ADDRESSES", json.dumps(return_addresses))
        for return_address in return_addresses.values():
            self.may("sqs:SendMessage", "sqs:GetQueueUrl", on=return_address)

    def identifies_users(self) -> None:
        """Tell the function whose tokens to accept: `TOKEN_ISSUER`, `TOKEN_AUDIENCE`, `KEYS_URL`."""
        stack = self._service_stack
        pool = stack.parameter(naming.USER_POOL_ID_PARAMETER)
        issuer = f"https://cognito-idp.{stack.region}.{stack.url_suffix}/{pool}"
        keys = f"{stack.stage.endpoint}/{pool}" if stack.stage.endpoint else issuer
        self.add_environment("TOKEN_ISSUER", issuer)
        self.add_environment("TOKEN_AUDIENCE", stack.parameter(naming.USER_POOL_CLIENT_ID_PARAMETER))
        self.add_environment("KEYS_URL", f"{keys}/.well-known/jwks.json")

    @cached_property
    def entry(self) -> lambda_.FunctionBase | lambda_.Alias:
        """What events, APIs and schedules invoke: the alias of the newest version, for a snapshot or a canary, or the
        function itself.
        """
        stack = self._service_stack
        if not (self._snap_start or stack.stage.canary):
            return self
        alias = lambda_.Alias(self, "Live", alias_name=naming.ALIAS, version=self.current_version)
        if stack.stage.canary and self._errors:
            stack.canaries.watch(self._name, alias, self._errors)
        return alias
