"""A page on AWS: private files behind CloudFront, which says what the page may do, and lets nobody in over plain HTTP."""

import json
from typing import Any

import pytest

from infra.assembly import Assembly, Resource, as_list
from infra.page_headers import HEADERS, IMMUTABLE
from tests.support.pages import PUT_BY

PAGES = {
    "customer-app": ("WildRydesRideBooking", "rfq-api", "rfq-socket", "ride-booking-api"),
    "unicorn-app": ("WildRydesUnicornMgmt", "unicorn-api", "unicorn-socket", "unicorn-mgmt-api"),
}


def _only(assembly: Assembly, stack: str, type_: str) -> Resource:
    [found] = [resource for resource in assembly.all(type_) if resource.stack == stack]
    return found


def _distribution(assembly: Assembly, page: str) -> dict[str, Any]:
    config: dict[str, Any] = _only(assembly, PAGES[page][0], "AWS::CloudFront::Distribution").properties[
        "DistributionConfig"
    ]
    return config


def _headers(assembly: Assembly, page: str, behaviour: dict[str, Any]) -> dict[str, Any]:
    stack = PAGES[page][0]
    policy = assembly.behind(stack, behaviour["ResponseHeadersPolicyId"])
    assert policy
    config: dict[str, Any] = policy.properties["ResponseHeadersPolicyConfig"]
    return config


def _behaviours(assembly: Assembly, page: str) -> dict[str, dict[str, Any]]:
    config = _distribution(assembly, page)
    return {"*": config["DefaultCacheBehavior"]} | {
        each["PathPattern"]: each for each in config["CacheBehaviors"]
    }


@pytest.mark.parametrize("page", PAGES)
def test_a_page_may_call_its_api_its_socket_and_cognito_and_nobody_else(aws: Assembly, page: str) -> None:
    stack, api, socket, _ = PAGES[page]
    for behaviour in _behaviours(aws, page).values():
        security = _headers(aws, page, behaviour)["SecurityHeadersConfig"]
        policy = aws.text(stack, security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
        directives = dict(part.split(" ", 1) for part in policy.split("; "))
        assert directives["connect-src"].split() == [
            "'self'",
            f"https://{api}.execute-api.<Region>.<URLSuffix>",
            f"wss://{socket}.execute-api.<Region>.<URLSuffix>",
            "https://cognito-idp.<Region>.<URLSuffix>",
        ]
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == directives["style-src"] == "'self'"
        assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 365 * 24 * 3600


@pytest.mark.parametrize("page", PAGES)
def test_its_headers_are_those_of_the_local_cloud(aws: Assembly, page: str) -> None:
    for behaviour in _behaviours(aws, page).values():
        config = _headers(aws, page, behaviour)
        security = config["SecurityHeadersConfig"]
        found = {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}
        found |= {
            "X-Content-Type-Options": "nosniff" if security["ContentTypeOptions"]["Override"] else "",
            "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
            "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        }
        assert {name: found.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("page", PAGES)
def test_only_files_with_a_hash_in_their_name_are_kept(aws: Assembly, page: str) -> None:
    kept = {}
    for path, behaviour in _behaviours(aws, page).items():
        assert behaviour["ViewerProtocolPolicy"] == "https-only"
        items = _headers(aws, page, behaviour)["CustomHeadersConfig"]["Items"]
        kept[path] = next(item["Value"] for item in items if item["Header"] == "Cache-Control")
    assert kept == {"*": "no-cache", "assets/*": IMMUTABLE}


@pytest.mark.parametrize("page", PAGES)
def test_cloudfront_alone_reads_the_files(aws: Assembly, page: str) -> None:
    stack = PAGES[page][0]
    bucket = next(
        b
        for b in aws.all("AWS::S3::Bucket")
        if (b.stack == stack and b.logical_id.endswith("Files"))
        or (b.stack == stack and "Files" in b.logical_id)
    )
    said = [
        statement
        for policy in aws.all("AWS::S3::BucketPolicy")
        if policy.properties["Bucket"] == {"Ref": bucket.logical_id}
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]
    [allowed] = [statement for statement in said if statement["Effect"] == "Allow"]
    assert (allowed["Action"], allowed["Principal"]) == (
        "s3:GetObject",
        {"Service": "cloudfront.amazonaws.com"},
    )
    assert "SourceArn" in json.dumps(allowed["Condition"])
    [origin] = _distribution(aws, page)["Origins"]
    assert "OriginAccessControlId" in origin


@pytest.mark.parametrize("page", PAGES)
def test_its_api_lets_it_in(aws: Assembly, page: str) -> None:
    stack, _, _, function = PAGES[page]
    variables = aws.named("AWS::Lambda::Function", "FunctionName")[function].properties["Environment"]
    origins = json.loads(aws.text(stack, variables["Variables"]["ALLOWED_ORIGINS"]))
    distribution = _only(aws, stack, "AWS::CloudFront::Distribution")
    assert origins == [f"https://{aws.text(stack, {'Ref': distribution.logical_id})}"]


@pytest.mark.parametrize("name", PUT_BY)
def test_who_puts_files_there_may_touch_that_bucket_alone(aws: Assembly, name: str) -> None:
    function = aws.named("AWS::Lambda::Function", "FunctionName")[name]
    role = function.properties["Role"]["Fn::GetAtt"][0]
    granted = {
        (aws.text(function.stack, resource), action)
        for policy in aws.all("AWS::IAM::Policy")
        if {"Ref": role} in policy.properties["Roles"] and policy.stack == function.stack
        for statement in policy.properties["PolicyDocument"]["Statement"]
        for resource in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    page = "customerapp" if name.startswith("ride") else "unicornapp"
    assets = "arn:<Partition>:s3:::cdk-hnb659fds-assets-<AccountId>-<Region>/*"
    assert granted == {
        (assets, "s3:GetObject"),
        (f"{page}Files", "s3:ListBucket"),
        (f"{page}Files", "s3:GetBucketTagging"),
        (f"{page}Files/*", "s3:PutObject"),
        (f"{page}Files/*", "s3:DeleteObject"),
        (f"/aws/lambda/{name}", "logs:CreateLogStream"),
        (f"/aws/lambda/{name}", "logs:PutLogEvents"),
    }


def test_the_local_stage_hosts_no_page(local: Assembly) -> None:
    assert not [*local.all("AWS::CloudFront::Distribution")]
    assert not [*local.all("Custom::CDKBucketDeployment")]
