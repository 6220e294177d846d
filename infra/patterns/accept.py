"""Accept a finding of a rule pack, with the reason."""

import aws_cdk as cdk
from constructs import IConstruct


def accept(construct: IConstruct, findings: dict[str, str]) -> None:
    """Accept findings (rule id, with the exact resource or action where the rule names one) for this construct."""
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in findings.items())
    )
