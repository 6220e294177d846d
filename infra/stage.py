"""The two stages, AWS and the local cloud. This is the only place that knows how the local one differs."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aws_cdk as cdk

from infra import pages
from infra.artifacts import Target, aws_target, local_target
from infra.naming import AWS_ENVIRONMENT, PLAIN, PROTECTED_ENVIRONMENT, Names
from infra.scale import USUAL, Scale

# What every phone shows, and short enough for the texts that name it to stay one SMS.
_CONTACT: Final = re.compile(r"[A-Za-z0-9.:/@+ -]{1,30}")
# What a browser sends as Origin (RFC 6454, 6.2), or with one `*`, as S3 takes it.
_ORIGIN: Final = re.compile(r"(?=[^*]*\*?[^*]*$)https?://[a-z0-9.*-]*[a-z0-9](:([0-9]+|\*))?")


@dataclass(frozen=True)
class Stage:
    """How the stacks differ between stages. The defaults are those of AWS."""

    name: str
    target: Callable[[], Target]
    """Where Lambda artifacts run."""
    synthesizer: Callable[[], cdk.IStackSynthesizer]
    names: Names = PLAIN
    """The names of the environment's resources. Several environments share an account, or one local cloud."""
    left_out: frozenset[str] = frozenset()
    """Resource types that the stage's CloudFormation does not accept."""
    endpoint: str | None = None
    """The base URL of the local cloud. API ids are pinned there: URLs are known before the deployment."""
    tls_only: bool = True
    """Whether resource policies deny plain HTTP."""
    publish_condition: bool = True
    """Whether the condition key events:source limits PutEvents to the service's own event source."""
    batch_actions: frozenset[str] = frozenset()
    """Actions whose batch calls need their own permission. On AWS `sqs:SendMessage` covers its batches."""
    password_login: bool = False
    """Whether clients of the user pool may log in with a password, as scripts do; otherwise by SRP alone."""
    versions: bool = True
    """Whether a function may be invoked through a version and its alias: for snapshots, and for canaries."""
    metric_math: bool = True
    """Whether alarms may go by an expression of several metrics. Where not, the stacks come without these."""
    dashboards: bool = True
    """Whether there is a console in which somebody looks at dashboards and saved queries."""
    phones: str | None = None
    """The base URL of the phone simulator, which replaces AWS End User Messaging."""
    textract: str | None = None
    """The base URL of the simulator of Amazon Textract, which replaces it."""
    textract_forms: bool = False
    """Whether Textract looks for keys and values, too: at 50 dollars a thousand pages instead of 1.50 (decision 102)."""
    textract_patience: int = 3600
    """Seconds until a document's job is looked at whose end nobody has told."""
    origination_number: str | None = None
    """The number that SMS come from, in E.164 form. None: it is in an SSM parameter."""
    import_chunk_bytes: int | None = None
    """How large the chunks of an imported file are. None: as an import would have them."""
    batches_at_once: int | None = None
    """The limit for batches of a queue that are handled at once. None: as many as the queue asks for."""
    open_rfqs: int = 10
    """How many RFQs of one customer are open at once."""
    scale: Scale = USUAL
    """How many RFQs a second the stacks are made for."""
    waking_hours: str = "8-21"
    """The hours of the recipient's day in which SMS may be sent."""
    support_contact: str = "wildrydes.example/help"
    """Where customers get help, as SMS name it: a web page, an e-mail address or a phone number."""
    origins: tuple[str, ...] = ()
    """Origins whose pages may call the APIs of users from a browser. A `*` stands for any part of a host or a port."""
    example_requesters: tuple[str, ...] = ()
    """The requesters among docs/examples, which may ask for quotes beside those that unicorn-mgmt names."""
    simulated_partners: bool = False
    """Whether the partner fleets that only simulators play are deployed, too."""
    gateway_account: bool = True
    """Whether the platform gives API Gateway the role by which all APIs of the account and region write logs."""
    hosts_pages: bool = True
    """Whether the services' stacks host their pages. On the local cloud `infra.rydes.pages` serves them."""
    page: Callable[[str], Path] = pages.build
    """Gives the directory of a built page."""
    macie: bool = True
    """Whether Amazon Macie, or its simulator, looks for personal data in buckets."""
    tags_settle: int = 60
    """Seconds after which CloudFormation has tagged a bucket that it has made."""
    canaries: bool = True
    """Whether a protected environment tries a new version of a function on a few calls first."""

    @property
    def protected(self) -> bool:
        """Whether nothing can be deleted that holds data. Everything in other environments goes with its stack."""
        return self.names.environment == PROTECTED_ENVIRONMENT

    @property
    def data_removal(self) -> cdk.RemovalPolicy:
        """What becomes of data, secrets and keys when their stack is deleted (decision 46)."""
        return cdk.RemovalPolicy.RETAIN if self.protected else cdk.RemovalPolicy.DESTROY

    @property
    def canary(self) -> bool:
        """Whether a new version of a function is tried on a few calls first (decision 47)."""
        return self.protected and self.versions and self.canaries

    def tags(self, service: str) -> dict[str, str]:
        """The tags of a service's resources, by which costs are told apart."""
        environment = {"environment": self.names.environment} if self.names.environment else {}
        return {"project": "wild-rydes", "service": service, **environment}

    def api_url(self, name: str) -> str | None:
        """The base URL of an API, or None if it is not known before the deployment."""
        return f"{self.endpoint}/_aws/execute-api/{name}" if self.endpoint else None


AWS: Final = Stage(
    "aws",
    target=aws_target,
    synthesizer=cdk.DefaultStackSynthesizer,
    names=Names(AWS_ENVIRONMENT),
)


def local(
    endpoint: str,
    phones: str = "http://localhost:4567",
    names: Names = PLAIN,
    textract: str = "http://localhost:4571",
) -> Stage:
    """The stage of the local cloud, by its base URL and those of its simulators of phones and of Textract."""
    return Stage(
        "local",
        target=local_target,
        # The sessions of the bootstrap roles cannot write to the asset bucket there.
        synthesizer=cdk.CliCredentialsStackSynthesizer,
        names=names,
        left_out=frozenset(
            {
                "AWS::CloudWatch::CompositeAlarm",
                "AWS::Events::Archive",
                "AWS::Events::EventBusPolicy",
                "AWS::EventSchemas::Registry",
                "AWS::EventSchemas::Schema",
                "AWS::Logs::QueryDefinition",
                "AWS::SMSVOICE::ConfigurationSet",
                "AWS::SMSVOICE::OptOutList",
                "AWS::WAFv2::WebACL",
                "AWS::WAFv2::WebACLAssociation",
            }
        ),
        endpoint=endpoint.rstrip("/"),
        tls_only=False,
        publish_condition=False,
        batch_actions=frozenset({"sqs:SendMessage", "sqs:ChangeMessageVisibility"}),
        password_login=True,
        # A version for every change would just slow down the deployment.
        versions=False,
        metric_math=False,
        dashboards=False,
        hosts_pages=False,
        tags_settle=1,
        phones=phones,
        textract=textract,
        textract_patience=20,  # tests lose messages
        origination_number=names.local_number,
        # A worker needs a core for half a second to start. Ten at once would delay each other for seconds.
        batches_at_once=2,
        import_chunk_bytes=1024 * 1024,  # so that a file of some megabytes has several
        open_rfqs=100,  # tests and scenarios are busy customers
        waking_hours="0-24",  # no simulated customer sleeps
        origins=("http://localhost:*", "http://127.0.0.1:*"),  # whatever a developer serves a page with
        example_requesters=("concierge",),
        simulated_partners=True,
    )


def stage_of(app: cdk.App) -> Stage:
    """The stage that the context `stage` names: the local cloud for `local`, otherwise AWS.

    The base URLs are AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2 for its phones, and
    AWS_ENDPOINT_URL_TEXTRACT. Raises ValueError for a value that its context cannot have.

    | context | value |
    |---|---|
    | `env` | the environment, whose name is part of every other: `dev` if not given, and none on the local cloud |
    | `origins` | more origins whose pages may call the APIs, separated by commas |
    | `support-contact` | where customers get help |
    | `scale` | how many RFQs a second to be made for |
    | `partners` | `all`: the simulated fleets, too, as always on the local cloud; otherwise `real` |
    | `gateway-account` | `no`: somebody else sees to the role by which APIs write logs; otherwise `yes` |
    | `macie` | `no`: Macie scans no bucket, or somebody else sees to it; otherwise `yes` |
    | `textract` | `forms`: Textract looks for keys and values in invoices, too; otherwise `text` |
    | `canary` | `no`: new versions get all calls at once in `prod`, too; otherwise `yes` |
    """
    environment = app.node.try_get_context("env") or ""
    if app.node.try_get_context("stage") == "local":
        stage = local(
            os.environ.get("AWS_ENDPOINT_URL", "http://localhost:4566"),
            os.environ.get("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", "http://localhost:4567"),
            Names(environment),
            os.environ.get("AWS_ENDPOINT_URL_TEXTRACT", "http://localhost:4571"),
        )
    else:
        stage = replace(AWS, names=Names(environment)) if environment else AWS
    return replace(
        stage,
        origins=stage.origins + _origins(app.node.try_get_context("origins") or ""),
        scale=_scale(app.node.try_get_context("scale")),
        support_contact=_contact(app.node.try_get_context("support-contact") or stage.support_contact),
        simulated_partners=stage.simulated_partners or _choice(app, "partners", "real", "all") == "all",
        gateway_account=_choice(app, "gateway-account", "yes", "no") == "yes",
        macie=stage.macie and _choice(app, "macie", "yes", "no") == "yes",
        textract_forms=_choice(app, "textract", "text", "forms") == "forms",
        canaries=_choice(app, "canary", "yes", "no") == "yes",
    )


def _scale(text: str | None) -> Scale:
    return Scale(int(text)) if text else USUAL


def _choice(app: cdk.App, name: str, *choices: str) -> str:
    """Read a context that has one of several values, by default the first."""
    value = app.node.try_get_context(name) or choices[0]
    if value not in choices:
        raise ValueError(f"{name} is {' or '.join(choices)}, not {value!r}")
    return str(value)


def _contact(text: str) -> str:
    if not _CONTACT.fullmatch(text):
        raise ValueError(f"{text!r} fits into no SMS: at most 30 letters, digits, spaces and . : / @ + -")
    return text


def _origins(text: str) -> tuple[str, ...]:
    """Read a list of origins. `*` alone is none: anybody's page could act for whoever has a token in it."""
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"{origin!r} is no origin: write https://app.example.com or https://*.example.com"
            )
    return origins


def leave_out(app: cdk.App, stage: Stage) -> None:
    """Remove the resource types that the stage does not accept from every stack."""
    if not stage.left_out:
        return
    for construct in app.node.find_all():
        if isinstance(construct, cdk.CfnResource) and construct.cfn_resource_type in stage.left_out:
            scope = construct.node.scope
            if scope is not None:
                scope.node.try_remove_child(construct.node.id)
