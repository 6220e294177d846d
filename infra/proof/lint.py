"""cfn-lint with all of its rules, those that inform and the experimental ones included.

It holds the templates against CloudFormation's schemas of the resource types: https://github.com/aws-cloudformation/cfn-lint
"""

import json
from collections.abc import Iterator
from typing import Final

from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra.assembly import Assembly
from infra.proof.finding import Finding

IGNORED: Final = {
    "I1022": "CDK writes Fn::Join where Fn::Sub would do: nobody writes these templates by hand",
    "I4010": "What a resource is for, its construct says, and docs/architecture.md",
    "W3005": "CDK writes DependsOn where a reference says it already",
}


def check(assembly: Assembly) -> Iterator[Finding]:
    """Check the templates with cfn-lint."""
    everything = ManualArgs(
        include_checks=["I"], include_experimental=True, ignore_checks=[*IGNORED], regions=["us-east-1"]
    )
    for stack, template in assembly.templates.items():
        for match in lint(json.dumps(template, indent=1), config=everything):
            path = getattr(match, "path", None) or ()  # cfn-lint sets it on most matches
            yield Finding(
                rule=f"cfn-lint {match.rule.id}: {match.rule.shortdesc}",
                where="/".join([stack, *map(str, path)]),
                why=match.message,
                to_do=f"Mend the construct; {match.rule.source_url} explains the rule.",
            )
