"""A page that people open in a browser: its files in a private bucket, behind CloudFront."""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra import naming
from infra.page_headers import FRESH, HEADERS, IMMUTABLE, content_security_policy
from infra.patterns.accept import accept
from infra.patterns.http_api import HttpApi
from infra.patterns.service_stack import ServiceStack
from infra.patterns.socket_api import SocketApi

_ASSETS: Final = "assets/*"
"""What has a hash of its content in its name."""
_QUALIFIER: Final = cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER
_OWN: Final = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options")
"""Headers for which CloudFront has settings of its own."""


class HostedPage(Construct):
    """Serves a built page over HTTPS alone, with a policy that lets it call its APIs and Cognito and nobody else.

    Its config.json says where these are. The API lets it in: nobody has to name its origin. What is deployed anew is
    seen at once: only files with a hash in their name are kept by browsers and by CloudFront. One page to a stack: its
    files are put there by the one function `<service>-page`.
    """

    def __init__(self, scope: ServiceStack, name: str, *, api: HttpApi, socket: SocketApi) -> None:
        super().__init__(scope, name)
        self._stack = scope
        self._name = name
        self._bucket = self._make_bucket()
        cognito = f"https://cognito-idp.{scope.region}.{scope.url_suffix}"
        self._policy = content_security_policy((api.origin, socket.origin, cognito))
        distribution = self._distribution()
        self.url = f"https://{distribution.distribution_domain_name}"
        api.let_in(self.url)
        config = {
            "region": scope.region,
            "userPoolId": scope.parameter(naming.USER_POOL_ID_PARAMETER),
            "userPoolClientId": scope.parameter(naming.USER_POOL_CLIENT_ID_PARAMETER),
            "api": api.public_url,
            "socket": socket.public_url,
            "passwordLogin": False,
        }
        self._put(scope.stage.page(name), config)

    def _make_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Files",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        cdk.Tags.of(bucket).add(naming.NOT_SCANNED_TAG, "the files of a page that anybody may open")
        accept(
            bucket,
            {"AwsSolutions-S1": "CloudFront alone reads the files, which are public: nobody needs a log"},
        )
        return bucket

    def _distribution(self) -> cloudfront.Distribution:
        own_name = self._stack.stage.names.of(self._name)
        control = cloudfront.S3OriginAccessControl(
            self, "Access", origin_access_control_name=f"{own_name}-{self._stack.region}"
        )
        origin = origins.S3BucketOrigin.with_origin_access_control(
            self._bucket, origin_access_control=control
        )
        missing = cloudfront.ErrorResponse(
            http_status=403,  # what S3 says of a file that is not there to those who may not list the bucket
            response_http_status=404,
            response_page_path="/index.html",
            ttl=cdk.Duration.seconds(0),
        )
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Wild Rydes: {own_name}",
            default_root_object="index.html",
            default_behavior=self._behaviour(origin, FRESH, cloudfront.CachePolicy.CACHING_DISABLED),
            additional_behaviors={
                _ASSETS: self._behaviour(origin, IMMUTABLE, cloudfront.CachePolicy.CACHING_OPTIMIZED)
            },
            error_responses=[missing],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
        accept(
            distribution,
            {
                "AwsSolutions-CFR1": "Rides are in one city, riders may be anywhere",
                "AwsSolutions-CFR2": "Nothing behind it but public files; the web ACL protects the users and the REST API",
                "AwsSolutions-CFR3": "Who opened a public page is personal data that nobody needs",
                "AwsSolutions-CFR4": "The certificate of cloudfront.net allows TLS 1.0; a domain of one's own brings its own",
            },
        )
        return distribution

    def _behaviour(
        self, origin: cloudfront.IOrigin, kept: str, cached: cloudfront.ICachePolicy
    ) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origin,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            cache_policy=cached,
            compress=True,
            response_headers_policy=self._headers("kept" if kept == IMMUTABLE else "fresh", kept),
        )

    def _headers(self, kind: str, kept: str) -> cloudfront.ResponseHeadersPolicy:
        more = {name: value for name, value in HEADERS.items() if name not in _OWN} | {"Cache-Control": kept}
        return cloudfront.ResponseHeadersPolicy(
            self,
            f"Headers-{kind}",
            response_headers_policy_name=f"{self._stack.stage.names.of(self._name)}-{kind}-{self._stack.region}",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=self._policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=cdk.Duration.days(365), include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                    for name, value in more.items()
                ]
            ),
        )

    def _put(self, built: Path, config: dict[str, object]) -> None:
        """Put the files into the bucket when the stack is deployed, and take them away with it."""
        own_name = self._stack.stage.names.of(f"{self._stack.service}-page")
        log_group = self._stack.log_group("PageLog", f"/aws/lambda/{own_name}")
        role = self._role(log_group)
        put = deployment.BucketDeployment(
            self,
            "Put",
            sources=[deployment.Source.asset(str(built)), deployment.Source.json_data("config.json", config)],
            destination_bucket=self._bucket,
            role=role.without_policy_updates(),  # it would be given all that begins with s3:GetBucket, and more
            memory_limit=512,
            retain_on_delete=False,
            log_group=log_group,
        )
        put.node.add_dependency(role)
        for function in self._stack.node.find_all():
            if isinstance(function, lambda_.CfnFunction) and function.handler == "index.handler":
                function.function_name = own_name
                accept(function, {"AwsSolutions-L1": "The CDK wrote the function, and chooses its runtime"})

    def _role(self, log_group: logs.LogGroup) -> iam.Role:
        """The role of the function that puts the files there: it reads what was synthesized, and writes this bucket."""
        stack, bucket = self._stack, self._bucket
        role = iam.Role(self, "PutRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        synthesized = f"cdk-{_QUALIFIER}-assets-{stack.account}-{stack.region}"
        assets = f"arn:{stack.partition}:s3:::{synthesized}/*"
        for actions, resource in (
            (["logs:CreateLogStream", "logs:PutLogEvents"], log_group.log_group_arn),
            (["s3:GetObject"], assets),
            (["s3:ListBucket", "s3:GetBucketTagging"], bucket.bucket_arn),
            (["s3:PutObject", "s3:DeleteObject"], bucket.arn_for_objects("*")),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        files = stack.get_logical_id(bucket.node.default_child)
        accept(
            role,
            {
                f"AwsSolutions-IAM5[Resource::<{files}.Arn>/*]": "All files of the page are its own",
                f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-{_QUALIFIER}"
                "-assets-<AWS::AccountId>-<AWS::Region>/*]": "An asset is named by a hash of its content",
            },
        )
        return role
