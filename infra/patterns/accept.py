"""Accept findings of the AWS Solutions rules, each with its reason."""

import aws_cdk as cdk
from constructs import IConstruct


def accept(construct: IConstruct, findings: dict[str, str]) -> None:
    """Accept findings for this construct.

    `findings` maps rule ids to reasons. Where a rule names a resource or an action, so does the id.
    """
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in findings.items())
    )
