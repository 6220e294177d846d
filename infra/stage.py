"""The two stages, AWS and the local cloud. What the local one leaves out or does otherwise stands here and nowhere else."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk

from infra.artifacts import Target, aws_target, local_target


@dataclass(frozen=True)
class Stage:
    """How the stacks of a stage differ. The defaults are AWS."""

    name: str
    target: Callable[[], Target]
    """Where Lambda artifacts run."""
    synthesizer: Callable[[], cdk.IStackSynthesizer]
    left_out: frozenset[str] = frozenset()
    """Resource types that the stage's CloudFormation refuses."""
    endpoint: str | None = None
    """Base URL of the local cloud. API ids are pinned below it, so that URLs are known before anything is deployed."""
    tls_only: bool = True
    """Refuse requests over plain HTTP, by resource policy."""
    publish_condition: bool = True
    """Limit PutEvents to the service's own event source, by the condition key events:source."""
    batch_actions: frozenset[str] = frozenset()
    """Actions whose batch call needs a permission of its own; on AWS `sqs:SendMessage` covers SendMessageBatch."""
    password_login: bool = False
    """Let the user pool's client trade a password for tokens, as scripts do; otherwise SRP only."""
    snap_start: bool = True
    """Serve the functions that ask for it from a snapshot, through a version and its alias."""
    phones: str | None = None
    """Base URL of the phone simulator, which stands in for AWS End User Messaging."""
    origination_number: str | None = None
    """The number that SMS come from, in E.164 form; on AWS an SSM parameter holds it."""
    batches_at_once: int | None = None
    """The most batches of a queue that are handled at once, if fewer than the queue asks for."""
    waking_hours: str = "8-21"
    """Hours of the recipient's day at which SMS may be sent."""

    def api_url(self, name: str) -> str | None:
        """The base URL of a REST API, where it is known before the deployment."""
        return f"{self.endpoint}/_aws/execute-api/{name}" if self.endpoint else None


AWS: Final = Stage("aws", target=aws_target, synthesizer=cdk.DefaultStackSynthesizer)


def local(endpoint: str, phones: str = "http://localhost:4567") -> Stage:
    """The local cloud at this base URL (`http://localhost:4566`), with its phone simulator."""
    return Stage(
        "local",
        target=local_target,
        # The bootstrap roles' sessions may not write to the asset bucket there.
        synthesizer=cdk.CliCredentialsStackSynthesizer,
        left_out=frozenset(
            {
                "AWS::Events::Archive",
                "AWS::Events::EventBusPolicy",
                "AWS::SMSVOICE::ConfigurationSet",
                "AWS::SMSVOICE::OptOutList",
            }
        ),
        endpoint=endpoint.rstrip("/"),
        tls_only=False,
        publish_condition=False,
        batch_actions=frozenset({"sqs:SendMessage", "sqs:ChangeMessageVisibility"}),
        password_login=True,
        # Snapshots are taken on AWS only; here a version for every change would just slow the deployment.
        snap_start=False,
        phones=phones,
        origination_number="+12065550100",
        # A worker that starts takes a core for half a second: ten at once would delay each other for many.
        batches_at_once=2,
        waking_hours="0-24",  # nobody sleeps there
    )


def stage_of(app: cdk.App) -> Stage:
    """The stage that `-c stage=` names: `local`, else AWS.

    The local cloud is at AWS_ENDPOINT_URL, its phones are at AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2.
    """
    if app.node.try_get_context("stage") == "local":
        return local(
            os.environ.get("AWS_ENDPOINT_URL", "http://localhost:4566"),
            os.environ.get("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", "http://localhost:4567"),
        )
    return AWS


def leave_out(app: cdk.App, stage: Stage) -> None:
    """Take the resource types that the stage does not know out of every stack."""
    if not stage.left_out:
        return
    for construct in app.node.find_all():
        if isinstance(construct, cdk.CfnResource) and construct.cfn_resource_type in stage.left_out:
            scope = construct.node.scope
            if scope is not None:
                scope.node.try_remove_child(construct.node.id)
