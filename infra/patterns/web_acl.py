"""A web ACL (AWS WAF) for what may have one: user pools and REST APIs. HTTP APIs and sockets may not (decision 84)."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.tiers import TIERS

ASSOCIATION: Final = "AWS::WAFv2::WebACLAssociation"
WEB_ACL: Final = "AWS::WAFv2::WebACL"

WINDOW: Final = 300
SIGN_INS: Final = 1_000
"""In a window, from one address. A person signs in once an hour; an office of a hundred behind one address comes nowhere near."""
REQUESTS: Final = 2 * WINDOW * max(tier.rate for tier in TIERS)
"""In a window, from one address: what two machine clients of the highest tier may send that share one."""

SIGNS_IN: Final = "AWSCognitoIdentityProviderService."
"""With this begins the header X-Amz-Target of every call to a user pool. Cognito refuses a call that has none."""

MANAGED_RULES: Final = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")
"""Not the common rule set: it looks for scripts and SQL in pages, refuses bodies of 8 KB, and costs another dollar."""


class WebAcl(Construct):
    """Lets everybody in but those that AWS's managed rules know, and addresses that come too often.

    No requests are sampled: they would show tokens in the console.
    """

    def __init__(self, scope: cdk.Stack, name: str) -> None:
        super().__init__(scope, "WebAcl")
        rules = [
            _too_often(name, "SignsInTooOften", 0, SIGN_INS, _signs_in()),
            _too_often(name, "TooOften", 1, REQUESTS),
            *(_managed(name, rule, priority) for priority, rule in enumerate(MANAGED_RULES, start=2)),
        ]
        acl = waf.CfnWebACL(
            self,
            "Acl",
            name=name,
            description="In front of what may have a web ACL: the user pool, and REST APIs",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=rules,
            visibility_config=_seen_as(name),
        )
        self.arn = acl.attr_arn

    def protect(self, construct_id: str, arn: str) -> None:
        """Put the ACL in front of a resource."""
        waf.CfnWebACLAssociation(self, construct_id, resource_arn=arn, web_acl_arn=self.arn)


def _too_often(
    name: str, rule: str, priority: int, limit: int, of: waf.CfnWebACL.StatementProperty | None = None
) -> waf.CfnWebACL.RuleProperty:
    """Block an address that comes more often than this in a window, with requests of one kind or with any."""
    return waf.CfnWebACL.RuleProperty(
        name=rule,
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP",
                limit=limit,
                evaluation_window_sec=WINDOW,
                scope_down_statement=of,
            )
        ),
        visibility_config=_seen_as(f"{name}-{rule}"),
    )


def _signs_in() -> waf.CfnWebACL.StatementProperty:
    return waf.CfnWebACL.StatementProperty(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": "x-amz-target"}),
            positional_constraint="STARTS_WITH",
            search_string=SIGNS_IN,
            text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
        )
    )


def _managed(name: str, rule: str, priority: int) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name=rule,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=rule
            )
        ),
        visibility_config=_seen_as(f"{name}-{rule}"),
    )


def _seen_as(metric: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )
